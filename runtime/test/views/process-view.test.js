import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { archive, cjs } from '../archive.js';
import { evil, trying } from '../evil.js';

const MAIN = fileURLToPath(new URL('../start.js', import.meta.url));

/**
 * @param {object} policy of the program
 * @param {string} body
 * @param {string} [input]
 */
const program = (policy, body, input = '') => {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  const builtins = ['events', 'stream', 'readline', 'fs', 'stream/promises'];
  const modules = {
    './main.js': cjs(body, { hostNames: ['process'] }),
    ...Object.fromEntries(builtins.map((name) => [name, { exit: name }])),
  };
  writeFileSync(join(folder, 'app.zip'), archive({ 'app-v1': { policy, modules } }));
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, join(folder, 'app.zip')], {
    input,
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  return { stdout, stderr, status };
};

const WHOLE = {
  globals: { process: true, console: true, setTimeout: true },
  builtins: { events: true, stream: true, readline: true, fs: true, 'stream/promises': true },
};

test('process granted whole is a view that works like the real one', () => {
  const { stdout, stderr, status } = program(
    WHOLE,
    `const EventEmitter = require('events'); const out = [];
     out.push(process instanceof EventEmitter, Object.prototype.toString.call(process), process.pid > 0, typeof process.hrtime.bigint(),
       process.argv.length, process.cwd().length > 1, process.constructor.name, 'PATH' in process.env, Object.keys(process.env).includes('PATH'));
     process.once('exit', function (code) { console.log(JSON.stringify(out), code, this === process, process.exitCode); });
     process.on('uncaughtException', function (error, origin) { out.push(error.message, origin, this === process) });
     process.emitWarning; process.exitCode = 5; process.nextTick((x) => out.push(x), 'tick');
     out.push(process.listenerCount('exit'), process.on('x', () => {}) === process, process.emit('x'), process.removeAllListeners('x') === process, process.emit('x'));
     setTimeout(() => { throw new Error('late') }, 1);`,
  );
  assert.deepEqual(
    [JSON.parse(stdout.split('] ')[0] + ']'), stdout.split('] ')[1], stderr, status],
    [
      [
        ...[true, '[object process]', true, 'bigint', 2, true, 'process', true, true],
        ...[1, true, true, true, false, 'tick', 'late', 'uncaughtException', true],
      ],
      ...['5 true 5\n', '', 5],
    ],
  );
});

test('a grant for process does not include critical members', async () => {
  const seen = await evil(
    { globals: { process: true, 'process.kill': true } },
    `${trying} module.exports = [...['binding', 'dlopen', 'setuid', 'reallyExit', '_linkedBinding'].map((name) => trying(() => process[name]())[0]),
       typeof process.mainModule, typeof process.domain, typeof process._events, trying(() => process.kill(process.pid, 0)),
       trying(() => process.getBuiltinModule('vm')), process.getBuiltinModule('fs')?.constructor];`,
    { hostNames: ['process'] },
  );
  assert.deepEqual(seen, [
    ...Array(5).fill('ERR_ACCESS_DENIED'),
    ...['undefined', 'undefined', 'object', true, undefined, undefined],
  ]);
});

test('a member can be denied in a grant for the whole object', async () => {
  const seen = await evil(
    {
      builtins: { fs: true, 'fs.writeFileSync': false, 'fs.promises.writeFile': false, v8: true },
      globals: { process: true, 'process.exit': false },
    },
    `${trying} const fs = require('fs'), v8 = require('v8'); module.exports = [typeof fs.readFileSync, trying(() => fs.writeFileSync('x'))[1],
       typeof fs.promises.readFile, trying(() => fs.promises.writeFile('x'))[0], trying(() => process.exit())[0],
       trying(() => v8.setFlagsFromString('--x'))[1], typeof v8.serialize];`,
    { hostNames: ['process'], modules: { v8: { exit: 'v8' } } },
  );
  assert.match(seen[1], /package 'evil' may not use builtin 'fs.writeFileSync'; grant it/);
  assert.match(seen[5], /resources\["evil"\]\.builtins\["v8\.setFlagsFromString"\] = true/);
  assert.deepEqual(
    [seen[0], seen[2], seen[3], seen[4], seen[6]],
    ['function', 'function', 'ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED', 'function'],
  );
});

test('the environment, granted as a whole, is live; assignments stay in the package', async () => {
  process.env['TEST_LIVE'] = 'one';
  const seen = await evil(
    { globals: { 'process.env': true } },
    `const before = process.env.TEST_LIVE; process.env.TEST_MINE = 1; delete process.env.TEST_LIVE;
     module.exports = [before, process.env.TEST_LIVE, 'TEST_LIVE' in process.env, process.env.TEST_MINE, Object.keys(process.env).includes('TEST_MINE'),
       { ...process.env }.TEST_MINE, process.env.hasOwnProperty('TEST_MINE'), () => process.env.TEST_LATER]`,
    { hostNames: ['process'] },
  );
  process.env['TEST_LATER'] = 'later';
  assert.deepEqual(seen.slice(0, 7), ['one', undefined, false, '1', true, '1', true]);
  assert.equal(seen[7](), 'later');
  assert.deepEqual([process.env['TEST_LIVE'], process.env['TEST_MINE']], ['one', undefined]);
});

test('standard output is a stream of the package', () => {
  const { stdout, stderr, status } = program(
    WHOLE,
    `const { Readable, Writable } = require('stream'); const { pipeline } = require('stream/promises'); const out = process.stdout;
     out.write('a'); console.log('b'); out.write(Buffer.from('c'), () => {}); console.log('d');
     const source = require('fs').createReadStream(process.execPath, { start: 1, end: 2 });
     source.pipe(out); source.on('end', async () => {
       await pipeline(Readable.from(['x', 'y']), out);
       out.write('after'); process.stderr.write(JSON.stringify([out instanceof Writable, out.isTTY, out.constructor === Writable, out._handle, out.fd,
         out.writable, out.on('resize', () => {}) === out, out.listenerCount('resize'), typeof out.getColorDepth]));
       out.end('.', () => out.write('!'));
     });`.replace('Buffer.from', '((x) => new TextEncoder().encode(x))'),
  );
  assert.equal(stdout, 'ab\ncd\nELxyafter.!');
  assert.deepEqual(JSON.parse(stderr), [
    ...[true, null, true, null, 1, true, true, 1, 'undefined'],
  ]);
  assert.equal(status, 0);
});

test('standard output by members', () => {
  const { stdout, stderr } = program(
    {
      globals: {
        'process.stdout.write': true,
        'process.stderr.isTTY': true,
        'process.stderr.on': true,
        console: true,
      },
    },
    `${trying} process.stdout.write('w'); console.log(typeof process.stdout.fd, trying(() => process.stderr.write('x'))[1]);
     console.log(process.stderr.isTTY, process.stdin)`,
  );
  assert.match(
    stdout,
    /^wundefined package '\$root\$' may not use global 'process\.stderr\.write'; grant it in the policy: entry\.globals\["process\.stderr\.write"\]/,
  );
  assert.match(stdout, /\nundefined undefined\n$/);
  assert.equal(stderr, '');
});

for (const [how, body] of Object.entries({
  'for await': `(async () => { let all = ''; process.stdin.setEncoding('utf8'); for await (const part of process.stdin) all += part; console.log(all.length) })()`,
  data: `let all = 0; process.stdin.on('data', (part) => { all += part.length }).on('end', () => console.log(all))`,
  pipe: `let all = 0; process.stdin.pipe(new (require('stream').Writable)({ write(part, _, done) { all += part.length; done() } })).on('finish', () => console.log(all))`,
  readline: `let all = 0; require('readline').createInterface({ input: process.stdin }).on('line', (line) => { all += line.length + 1 }).on('close', () => console.log(all))`,
  readable: `let all = 0; process.stdin.on('readable', () => { for (let part; (part = process.stdin.read()) !== null;) all += part.length }).on('end', () => console.log(all))`,
  'pause and resume': `let all = 0; process.stdin.on('data', (part) => { all += part.length; process.stdin.pause(); setTimeout(() => process.stdin.resume(), 1) }).on('end', () => console.log(all))`,
})) {
  test(`standard input is read: ${how}`, () => {
    const { stdout, stderr, status } = program(WHOLE, body, 'some text\n'.repeat(30_000));
    assert.deepEqual([stdout, stderr, status], ['300000\n', '', 0]);
  });
}

test('a program that stops reading exits', () => {
  const body = `const lines = require('readline').createInterface({ input: process.stdin }); lines.once('line', (line) => { console.log(line); lines.close() })`;
  assert.deepEqual(program(WHOLE, body, 'one\ntwo\n').stdout, 'one\n');
});
