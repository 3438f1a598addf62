const path = require('path');
const workerpool = require('workerpool');

const main = async () => {
  for (const workerType of ['thread', 'process']) {
    const script = path.join(__dirname, 'registered.cjs');
    const pool = workerpool.pool(script, { workerType, maxWorkers: 2 });
    console.log(workerType, await pool.exec('fibonacci', [12]));
    console.log(await (await pool.proxy()).upper('x'));
    await pool.terminate();
  }
};
void main();
