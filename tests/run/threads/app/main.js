// Threads: the same output as in Node.
const { join } = require('path');
const pool = require('pool');
const {
  Worker,
  MessageChannel,
  receiveMessageOnPort,
  setEnvironmentData,
  isMainThread,
  threadId,
  parentPort,
  workerData,
} = require('worker_threads');

const next = (emitter, event = 'message') => new Promise((resolve) => emitter.once(event, resolve));
const told = (attempt) => {
  try {
    return attempt();
  } catch (error) {
    return [error.name, error.code];
  }
};

const main = async () => {
  console.log(isMainThread, threadId, parentPort, workerData);
  setEnvironmentData('key', { a: 1 });
  const given = new MessageChannel();
  const thread = new Worker(join(__dirname, 'features.js'), {
    workerData: { date: new Date(0), set: new Set([1]), big: 10n, port: given.port2 },
    transferList: [given.port2],
    argv: ['one', 2],
  });
  const over = next(given.port1);
  console.log(await next(thread), await over);
  given.port1.close();

  const { port1, port2 } = new MessageChannel();
  const reply = next(port1);
  thread.postMessage({ kind: 'port', port: port2, text: 'hi' }, [port2]);
  console.log(await reply);
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  thread.postMessage({ kind: 'buffer', buffer }, { transfer: [buffer] });
  const back = await next(thread);
  console.log(back.size, back.sum, buffer.byteLength, back.buffer.byteLength);
  const view = new Int32Array(new SharedArrayBuffer(16), 4, 2);
  thread.postMessage({ kind: 'shared', view });
  console.log(await next(thread), [...view]);
  const local = new MessageChannel();
  local.port1.postMessage({ a: [1] });
  console.log(receiveMessageOnPort(local.port2), receiveMessageOnPort(local.port2));
  local.port1.close();
  thread.postMessage({ kind: 'state' });
  console.log(await next(thread));
  console.log(told(() => thread.postMessage({ call: () => 0 })));
  console.log(told(() => new Worker('features.js')));
  const ended = next(thread, 'exit');
  thread.postMessage({ kind: 'error' });
  const error = await next(thread, 'error');
  const { name, message, code, more } = error;
  console.log(name, message, code, more, error instanceof RangeError, error.constructor.name);
  console.log(/features\.js:\d+/.test(error.stack), await ended);

  const limited = new Worker('./features.js', {
    workerData: { set: [] },
    resourceLimits: { maxOldGenerationSizeMb: 64 },
    stdout: true,
  });
  await next(limited);
  let output = '';
  limited.stdout.setEncoding('utf8');
  limited.stdout.on('data', (chunk) => (output += chunk));
  limited.postMessage({ kind: 'output' });
  await next(limited);
  limited.postMessage({ kind: 'exit' });
  const { maxOldGenerationSizeMb } = limited.resourceLimits;
  console.log(await next(limited, 'exit'), JSON.stringify(output), maxOldGenerationSizeMb);

  console.log(await pool.run(join(__dirname, 'task.mjs'), 12), process.env.POOL);
  const spinning = new Worker(join(__dirname, 'spin.js'));
  await next(spinning, 'online');
  console.log(await spinning.terminate());
  const failed = new Worker(new URL('./throws.js', `file://${__filename}`));
  console.log((await next(failed, 'error')).message);
};
void main();
