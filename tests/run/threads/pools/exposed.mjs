import { parentPort } from 'worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';

class Counter {
  constructor(value) {
    this.value = value;
  }
  increment() {
    this.value += 1;
  }
}
const each = async (list, call) => {
  for (const item of list) await call(item);
};
Comlink.expose({ add: (a, b) => a + b, each, Counter }, nodeEndpoint(parentPort));
