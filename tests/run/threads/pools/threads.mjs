import { spawn, Thread, Worker } from 'threads';

const api = await spawn(new Worker('./exposed.cjs'));
console.log(await api.twice(4));
await Thread.terminate(api);
