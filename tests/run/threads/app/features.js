// A thread: what it gets, and what it can send.
const threads = require('node:worker_threads');

const { parentPort, workerData } = threads;
const answers = {
  port({ port, text }) {
    port.postMessage({ got: text, map: new Map([[1, { a: 2 }]]) });
    port.close();
  },
  buffer({ buffer }) {
    const sum = new Uint8Array(buffer).reduce((one, other) => one + other);
    parentPort.postMessage({ size: buffer.byteLength, sum, buffer }, [buffer]);
  },
  shared({ view }) {
    Atomics.add(view, 1, 7);
    parentPort.postMessage(view.byteOffset);
  },
  output() {
    console.log('from the thread');
    parentPort.postMessage('written');
  },
  state() {
    const { getEnvironmentData, isMainThread, threadId } = threads;
    const isMain = require.main === module;
    parentPort.postMessage([
      getEnvironmentData('key'),
      process.argv.slice(2),
      isMain,
      isMainThread,
      threadId > 0,
    ]);
  },
  error() {
    throw Object.assign(new RangeError('thrown in the thread'), { code: 'X', more: { a: 1 } });
  },
  exit: () => process.exit(5),
};
parentPort.on('message', (message) => answers[message.kind](message));
const { date, set, big, port } = workerData;
parentPort.postMessage([date instanceof Date, [...set], big, port === undefined]);
port?.postMessage('over a port of workerData');
