// node echo.cjs IN OUT: sends back every message, as it came: what a pipe costs.
const { writeSync } = require('node:fs');
const { Socket } = require('node:net');

const [input, output] = process.argv.slice(2).map(Number);
const socket = new Socket({ fd: input, readable: true, writable: false });
socket.on('data', (bytes) => writeSync(output, bytes));
socket.on('end', () => process.exit());
