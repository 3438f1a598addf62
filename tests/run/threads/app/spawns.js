// spawn and execFile of Node itself, with a module of the archive.
const { execFile, spawn } = require('child_process');
const path = require('path');
const { promisify } = require('util');

const next = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
(async () => {
  const script = path.join(__dirname, 'echo.js');
  const child = spawn(process.execPath, ['--no-warnings', script, 'one'], { env: { GIVEN: 'yes' } });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stdin.end('typed');
  console.log(await next(child, 'close'), output, child.stdio.length);
  const inherited = spawn(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit'] });
  console.log(await next(inherited, 'exit'), inherited.stdout);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, 'two']);
  console.log(JSON.stringify(stdout), JSON.stringify(stderr));
  execFile(process.execPath, [script, 'fail'], (error, out) => {
    console.log(error.code, error.killed, error.message.startsWith('Command failed'), out);
  });
})();
