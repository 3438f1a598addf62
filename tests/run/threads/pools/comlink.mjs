import { Worker } from 'worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

const worker = new Worker(new URL('./exposed.mjs', import.meta.url));
const api = Comlink.wrap(nodeEndpoint(worker));
console.log(await api.add(2, 3));
await api.each([1, 2], Comlink.proxy((item) => console.log('callback', item)));
const counter = await new api.Counter(5);
await counter.increment();
console.log(await counter.value);
await worker.terminate();
