import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { archive, cjs, esm } from '../archive.js';
import { run } from '../application.js';

// Everything but `--allow-all`, which would print a warning.
const OWN = { packages: {}, globals: 'any', builtins: 'any' };

/** @param {import('../archive.js').Stored} main */
const app = (main) => archive({ 'app-v1': { policy: OWN, modules: { './main.js': main } } });

test('arguments, output and exit code of the program', () => {
  const program = cjs(
    `console.log(JSON.stringify(process.argv.slice(1))); console.error('err'); process.exitCode = 7`,
  );
  const { stdout, stderr, status } = run(app(program), { args: ['a', '--b'] });
  assert.deepEqual(
    [JSON.parse(stdout), stderr, status],
    [['/app-v1/main.js', 'a', '--b'], 'err\n', 7],
  );
});

test('an uncaught exception is printed with its place, code and cause, and without paths of the host', () => {
  const program = cjs(
    `const cause = new Error('deep');\nfunction fail() {\n  throw Object.assign(new TypeError('top', { cause }), { code: 'E_TOP' });\n}\nfail();`,
  );
  const { stderr, status } = run(app(program));
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^compartment:\/\/\/\$root\$\/main\.js:3\n {2}throw .*\n {22}\^\n\nTypeError: top\n {4}at fail \(compartment:\/\/\/\$root\$\/main\.js:3:23\)\n/,
  );
  assert.match(stderr, /code: 'E_TOP'/);
  assert.match(stderr, /\[cause\]: Error: deep/);
  assert.doesNotMatch(stderr, /runtime\/|file:\/\/\/|node_modules/);
});

test('Node prints a later exception', () => {
  const { stderr, status } = run(app(cjs(`setTimeout(() => { throw new Error('later') }, 1)`)));
  assert.equal(status, 1);
  assert.match(stderr, /Error: later\n    at .*compartment:\/\/\/\$root\$\/main\.js:1:/);
});

test('a handler of uncaught exceptions gets those of the entry', () => {
  const { stdout, status } = run(
    app(
      cjs(
        `process.on('uncaughtException', (e) => console.log('heard', e.message)); throw new Error('x')`,
      ),
    ),
  );
  assert.deepEqual([stdout, status], ['heard x\n', 0]);
});

test('a top-level await that never settles', () => {
  const { stderr, status } = run(app(esm(`await new Promise(() => {})`, { async: true })));
  assert.deepEqual([stderr, status], ['Warning: Detected unsettled top-level await\n', 13]);
});

test('an invalid archive is not run', () => {
  const bytes = app(cjs(`console.log('ran')`));
  const { stdout, stderr, status } = run(bytes.subarray(0, -1));
  assert.deepEqual([stdout, status], ['', 1]);
  assert.match(stderr, /^error \[INVALID_ARCHIVE\]: .*not a usable zip file.*\nhint: /);
});

test('an archive is read from a file descriptor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  const path = join(folder, 'x');
  writeFileSync(path, app(cjs(`console.log(process.argv[1])`)));
  const descriptor = openSync(path, 'r');
  const main = fileURLToPath(new URL('../start.js', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [main, '--no-cache', '--fd', '3', 'entry.js'], {
    stdio: ['ignore', 'pipe', 'inherit', descriptor],
    encoding: 'utf8',
  });
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
  assert.equal(stdout, '/app-v1/main.js\n');
});

test('every run with all capabilities prints a warning', () => {
  const bytes = archive({
    'app-v1': {
      policy: {},
      modules: { './main.js': cjs(`console.log(typeof require('fs').readFileSync)`) },
    },
  });
  const { stdout, stderr } = run(bytes, { flags: ['--allow-all'] });
  assert.equal(stdout, 'function\n');
  assert.match(stderr, /grants every package all capabilities/);
});

test('a program prints nothing that it does not print under Node', () => {
  const { stdout, stderr, status } = run(
    app(cjs(`setImmediate(() => Promise.resolve().then(() => console.log('done')))`)),
  );
  assert.deepEqual([stdout, stderr, status], ['done\n', '', 0]);
});

test('--timings prints the time of each stage on exit', () => {
  const { stdout, stderr, status } = run(app(esm(`console.log('x')`)), { flags: ['--timings'] });
  assert.deepEqual([stdout, status], ['x\n', 0]);
  const stages = ['node', 'ses', 'archive', 'lockdown', 'link', 'evaluate', 'rest'];
  const form = stages.map((stage) => `${stage} \\d+\\.\\d ms`).join(', ');
  assert.match(stderr, new RegExp(`^timings: ${form}; total \\d+\\.\\d ms\n$`));
});
