// spawnSync and execFileSync of Node itself, with a module of the archive.
const { execFileSync, spawnSync } = require('child_process');
const path = require('path');

const script = path.join(__dirname, 'filter.js');
const env = { ...process.env, GIVEN: 'yes' };
const done = spawnSync(process.execPath, ['--no-warnings', script, 'one'], { input: 'typed', env });
const { status, signal, output, stdout, stderr } = done;
console.log(Object.keys(done), status, signal, output.length, Buffer.isBuffer(stdout));
console.log(`${stdout}`, `${stderr}`, typeof done.pid);
const bytes = new Uint8Array([0, 65, 66, 0]).subarray(1, 3);
console.log(execFileSync('node', [script], { input: bytes, encoding: 'utf8' }));
console.log(spawnSync(process.execPath, [script], { encoding: 'latin1' }).stdout);
console.log(spawnSync(process.execPath, [script], { stdio: ['ignore', 'pipe', 'ignore'] }).output.length);
console.log(spawnSync(process.execPath, [script], { stdio: 'ignore' }).output);
spawnSync(process.execPath, [script], { stdio: ['pipe', 'inherit', 'inherit'], input: 'shown' });
try {
  execFileSync(process.execPath, [script, 'fail'], { stdio: 'pipe' });
} catch (error) {
  console.log(error.status, error.message.split('\n')[1], `${error.stderr}`, error.pid > 0);
}
const late = spawnSync(process.execPath, [script, 'hang'], { timeout: 2000, killSignal: 'SIGKILL' });
console.log(late.error.code, late.signal, late.status);
const large = 'x'.repeat(300_000);
console.log(execFileSync(process.execPath, [script], { input: large }).length > 300_000);
