const { workerData, parentPort, isMainThread } = require('node:worker_threads');

import(workerData.file).then((task) => {
  const result = task.default(workerData.data);
  parentPort.postMessage({ result, isMainThread, given: process.env.POOL });
});
