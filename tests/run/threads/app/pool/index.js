// A pool as piscina is one: its own thread loads a file of the application.
const { join } = require('path');
const { Worker } = require('worker_threads');

exports.run = (file, data) =>
  new Promise((resolve, reject) => {
    const workerData = { file, data };
    const thread = new Worker(join(__dirname, 'thread.js'), { workerData, env: { POOL: 'yes' } });
    thread.once('message', (message) => {
      resolve(message);
      thread.terminate();
    });
    thread.once('error', reject);
  });
