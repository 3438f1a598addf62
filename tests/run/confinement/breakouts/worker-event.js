module.exports = () => {
  let got = 'nothing';
  process.on('worker', (worker) => {
    const { constructor: Worker } = worker;
    got = `a worker, and ${typeof Worker.prototype.postMessage} of its class`;
  });
  victim.report();
  return new Promise((resolve) => setTimeout(() => resolve(got), 100));
};
