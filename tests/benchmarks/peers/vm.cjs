// node vm.cjs IN OUT: evaluates every message in a new context of node:vm, which confines nothing.
const { writeSync } = require('node:fs');
const { Socket } = require('node:net');
const { runInNewContext } = require('node:vm');

const [input, output] = process.argv.slice(2).map(Number);
const socket = new Socket({ fd: input, readable: true, writable: false });
// The messages are short, and each waits for the answer to the one before.
socket.on('data', (bytes) => writeSync(output, `${runInNewContext(`${bytes}`)}`.padEnd(bytes.length)));
socket.on('end', () => process.exit());
