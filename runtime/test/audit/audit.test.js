import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { archive, cjs, esm, to } from '../archive.js';
import { run } from '../application.js';

const MAIN = fileURLToPath(new URL('../start.js', import.meta.url));

/**
 * @param {string} body of the package `evil`
 * @param {object} [policy]
 * @param {string} [main]
 */
const app = (body, policy = {}, main = '') =>
  archive(
    {
      'app-v1': {
        policy: { packages: { evil: true }, globals: { console: true, setTimeout: true } },
        modules: {
          './main.js': cjs(`require('evil');\n${main}`, {
            hostNames: ['process', 'console', 'setTimeout'],
          }),
          evil: to('evil-v1', './index.js'),
        },
      },
      'evil-v1': {
        policy: { globals: { console: true }, ...policy },
        modules: {
          './index.js': cjs(body, {
            hostNames: ['process', 'fetch', 'console', 'WebSocket', 'crypto'],
          }),
          other: to('other-v1', './index.js'),
        },
      },
      'other-v1': { modules: { './index.js': cjs('') } },
    },
    {},
  );

/** @param {string} stderr */
const linesOf = (stderr) => stderr.trimEnd().split('\n');

test('denied capabilities are recorded with their place and do nothing', () => {
  const { stdout, stderr, status } = run(
    app(
      `const fs = require('fs');\nconst { execSync } = require('child_process');\nfs.writeFileSync('/tmp/never-written-by-audit', 'x'); fs.writeFileSync('y');
       console.log(String(execSync('id')), +execSync('id'), [...execSync('id')].length, typeof fs.readFile);
       process.exit; process.exit(3); process.env.HOME; process.stdout.write('no'); process.pid; process.argv;
       class Socket extends WebSocket { constructor() { super('x'); this.mine = 1 } } console.log(new Socket() instanceof Socket, new Socket().mine);
       crypto.randomUUID(); globalThis.navigator;
       (async () => { const answer = await fetch('http://x'); for await (const _ of answer.body) throw 1; const { data } = await answer.json(); console.log('end', \`\${data}\`) })();
       try { require('other') } catch (error) { console.log(error.code) }`,
    ),
    { flags: ['--audit'] },
  );
  assert.equal(stdout, ' 0 0 function\ntrue 1\nERR_ACCESS_DENIED\nend \n');
  assert.deepEqual(linesOf(stderr), [
    'audit: denied by the policy, and used:',
    'resources["evil"].builtins["child_process"] = "load"  # evil/index.js:2'.replace(
      /^/,
      'critical: ',
    ),
    'critical: resources["evil"].builtins["child_process.execSync"] = true  # evil/index.js:4',
    'resources["evil"].builtins["fs"] = "load"  # evil/index.js:1',
    'resources["evil"].builtins["fs.writeFileSync"] = true  # evil/index.js:3',
    'resources["evil"].globals["WebSocket"] = true  # evil/index.js:6',
    'resources["evil"].globals["crypto.randomUUID"] = true  # evil/index.js:7',
    'resources["evil"].globals["fetch"] = true  # evil/index.js:8',
    'resources["evil"].globals["navigator"] = true  # evil/index.js:7',
    'resources["evil"].globals["process.argv"] = true  # evil/index.js:5',
    'resources["evil"].globals["process.env.HOME"] = true  # evil/index.js:5',
    'resources["evil"].globals["process.exit"] = true  # evil/index.js:5',
    'resources["evil"].globals["process.pid"] = true  # evil/index.js:5',
    'resources["evil"].globals["process.stdout.write"] = true  # evil/index.js:5',
    'resources["evil"].packages["other"] = true  # evil/index.js:9',
  ]);
  assert.equal(status, 0);
});

test('members missing from a grant are recorded', () => {
  const { stderr, stdout } = run(
    app(
      `require('fs').existsSync('/'); require('fs').unlinkSync('x'); require('fs').promises.rm('x');\nprocess.stdout.write('x'); console.log(process.stdout.isTTY === process.stdout.isTTY); process.cwd(); process.kill(1);`,
      {
        globals: {
          console: true,
          'process.stdout.isTTY': true,
          process: true,
          'process.cwd': false,
        },
        builtins: { 'fs.existsSync': true },
      },
    ),
    { flags: ['--audit'] },
  );
  assert.equal(stdout, 'xtrue\n');
  assert.deepEqual(linesOf(stderr).slice(1), [
    'resources["evil"].builtins["fs.promises.rm"] = true  # evil/index.js:1',
    'resources["evil"].builtins["fs.unlinkSync"] = true  # evil/index.js:1',
    'resources["evil"].globals["process.cwd"] = true  # evil/index.js:2',
    'critical: resources["evil"].globals["process.kill"] = true  # evil/index.js:2',
  ]);
});

test('the audit is printed after an error and after exit, also as JSON', () => {
  const failing = run(app(`require('os').hostname();`, {}, `throw new Error('late')`), {
    flags: ['--audit'],
  });
  assert.match(
    failing.stderr,
    /Error: late[^]*\naudit: denied[^]*builtins\["os\.hostname"\] = true/,
  );
  assert.equal(failing.status, 1);
  const { stderr } = run(app(`require('os').hostname();`), { flags: ['--audit=json'] });
  const { audit } = JSON.parse(linesOf(stderr).at(-1) ?? '');
  assert.deepEqual(audit.at(-1), {
    label: 'evil',
    part: 'builtins',
    path: 'os.hostname',
    grant: true,
    severity: 'low',
    place: 'evil/index.js:1',
  });
});

test('nothing was denied', () => {
  const { stderr, status } = run(app(''), { flags: ['--audit'] });
  assert.deepEqual([stderr, status], ['audit: the policy denied nothing that was used\n', 0]);
});

test('a program that waits for a stub forever gets the denial', () => {
  const { stderr, status } = run(app(`const fs = require('fs'); while (fs.readSync(0)) ;`), {
    flags: ['--audit'],
  });
  assert.equal(status, 1);
  assert.match(stderr, /may not use builtin 'fs\.readSync'[^]*audit: denied/);
});

test('imports of a denied builtin are recorded', () => {
  const bytes = archive({
    'app-v1': {
      policy: { globals: { console: true } },
      modules: {
        './main.js': esm(
          `let r; $i([['fs', [['readFileSync', [(value) => { r = value }]]]]]); r('/etc/passwd').x; console.log('on')`,
          {
            imports: { fs: ['readFileSync'] },
          },
        ),
        fs: { exit: 'fs' },
      },
    },
  });
  const { stdout, stderr } = run(bytes, { flags: ['--audit'] });
  assert.equal(stdout, 'on\n');
  assert.match(stderr, /\nentry\.builtins\["fs\.readFileSync"\] = true  # \$root\$\/main\.js:1\n/);
});

/**
 * @param {object} policies
 * @param {object} policy of the archive for `evil`
 * @param {string} body
 */
const runRestricted = (policies, policy, body) => {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  writeFileSync(join(folder, 'app.zip'), app(body, policy));
  writeFileSync(join(folder, 'policies.json'), JSON.stringify(policies));
  const descriptor = openSync(join(folder, 'policies.json'), 'r');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [MAIN, '--restrict-fd', '3', join(folder, 'app.zip')],
    { stdio: ['ignore', 'pipe', 'pipe', descriptor], encoding: 'utf8' },
  );
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
  return { stdout, stderr, status };
};

test('a run can restrict the policies of its archive', () => {
  const body = `let seen; try { seen = typeof require('fs').readFileSync('/etc/hostname') } catch (error) { seen = error.code } console.log(seen)`;
  const policy = { builtins: { fs: true }, globals: { console: true } };
  assert.equal(runRestricted({}, policy, body).stdout, 'object\n');
  const restrict = { evil: { builtins: { 'fs.existsSync': true }, globals: { console: true } } };
  assert.equal(runRestricted(restrict, policy, body).stdout, 'ERR_ACCESS_DENIED\n');
});

for (const [what, limit, wider] of /** @type {Array<[string, object, object]>} */ ([
  ['builtins os', {}, { builtins: { os: true } }],
  ['builtins fs', { builtins: { 'fs.existsSync': true } }, { builtins: { fs: true } }],
  [
    'builtins fs.readFileSync',
    { builtins: { 'fs.existsSync': true } },
    { builtins: { 'node:fs.readFileSync': true } },
  ],
  ['builtins fs.rm', { builtins: { fs: true, 'fs.rm': false } }, { builtins: { fs: true } }],
  [
    'builtins v8.setFlagsFromString',
    { builtins: { v8: true } },
    { builtins: { v8: true, 'v8.setFlagsFromString': true } },
  ],
  [
    'globals process.env.X',
    { globals: { 'process.env.X': true } },
    { globals: { 'process.env.X': true }, options: { writes: ['process.env.X'] } },
  ],
  ['globals any', { globals: { process: true } }, { globals: 'any' }],
  ['package other', {}, { packages: { other: true } }],
  ['packages any', {}, { packages: 'any' }],
])) {
  test(`a run can't extend them: ${what}`, () => {
    const { stdout, stderr, status } = runRestricted({ evil: wider }, limit, `console.log('ran')`);
    assert.deepEqual([stdout, status], ['', 1]);
    assert.ok(stderr.includes(`the policy of this run grants ${what} to 'evil'`), stderr);
  });
}

test('a restricting policy for an unknown package is rejected', () => {
  const { stderr, status } = runRestricted({ nobody: {} }, {}, '');
  assert.match(stderr, /names 'nobody', which is not in the archive/);
  assert.equal(status, 1);
});
