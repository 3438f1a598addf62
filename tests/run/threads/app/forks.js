// child_process.fork of a module of the archive.
const { fork } = require('child_process');
const path = require('path');

const next = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
(async () => {
  const child = fork(path.join(__dirname, 'child.mjs'), ['one', 'two'], {
    env: { ...process.env, GIVEN: 'yes' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  child.stdout.setEncoding('utf8');
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const closed = next(child, 'close');
  child.send({ deep: [1, { a: null }] });
  console.log(JSON.stringify(await next(child, 'message')), child.connected, typeof child.pid);
  child.disconnect();
  console.log(await closed, JSON.stringify(output), child.exitCode, child.spawnargs.length > 1);
  const failing = fork('./child', { silent: true, execArgv: ['--no-warnings'] });
  let text = '';
  failing.stderr.on('data', (chunk) => (text += chunk));
  failing.send('throw');
  console.log(await next(failing, 'close'), /TypeError: in the child/.test(text));
  try {
    fork('./child', { stdio: ['pipe'] });
  } catch (error) {
    console.log(error.code);
  }
  const quiet = fork('./child', { stdio: 'ignore' });
  quiet.kill('SIGTERM');
  console.log(await next(quiet, 'exit'), quiet.signalCode, quiet.killed);
})();
