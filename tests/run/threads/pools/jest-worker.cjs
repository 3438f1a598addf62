const { Worker } = require('jest-worker');

const main = async () => {
  for (const enableWorkerThreads of [true, false]) {
    const options = { enableWorkerThreads, numWorkers: 2 };
    const worker = new Worker(require.resolve('./methods.cjs'), options);
    console.log(await Promise.all([worker.greet('a'), worker.greet('b')]));
    console.log(await worker.invert(new Map([['a', 1]])));
    try {
      await worker.fail();
    } catch (error) {
      console.log(error.name, error.message);
    }
    await worker.end();
  }
};
void main();
