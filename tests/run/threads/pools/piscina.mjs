import { Piscina } from 'piscina';

const pool = new Piscina({ filename: new URL('./task.mjs', import.meta.url).href, maxThreads: 2 });
console.log(await Promise.all([1, 2, 3].map((number) => pool.run(number))));
console.log(await pool.run({ a: 4, b: 6 }, { name: 'add' }));
try {
  await pool.run('x', { name: 'fail' });
} catch (error) {
  console.log(error.name, error.message);
}
await pool.destroy();
