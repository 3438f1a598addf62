// A listener for one message ends with it, and with it the thread.
const { MessageChannel, Worker, isMainThread, parentPort } = require('worker_threads');

if (isMainThread) {
  const worker = new Worker(__filename);
  worker.once('exit', (code) => console.log('exit', code));
  worker.postMessage('first');
} else {
  const { port1, port2 } = new MessageChannel();
  port1.addEventListener('message', ({ data }) => console.log('event', data), { once: true });
  parentPort.once('message', (message) => {
    console.log('message', message);
    port2.postMessage('second');
  });
}
