import Tinypool from 'tinypool';

for (const runtime of ['worker_threads', 'child_process']) {
  const filename = new URL('./task.mjs', import.meta.url).href;
  const pool = new Tinypool({ filename, runtime, minThreads: 1, maxThreads: 2 });
  const sum = pool.run({ a: 4, b: 6 }, { name: 'add' });
  console.log(runtime, await Promise.all([pool.run(3), sum]));
  await pool.destroy();
}
