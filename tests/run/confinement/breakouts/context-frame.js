// Looks into what is made while another package's store is set.
const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
const { EventEmitterAsyncResource } = require('events');
const zlib = require('zlib');
const makers = {
  AsyncResource: () => new AsyncResource('x'),
  EventEmitterAsyncResource: () => new EventEmitterAsyncResource({ name: 'x' }).asyncResource,
  'AsyncLocalStorage.bind': () => AsyncLocalStorage.bind(() => 1),
  'AsyncLocalStorage.snapshot': () => AsyncLocalStorage.snapshot(),
  'AsyncResource.bind': () => AsyncResource.bind(() => 1),
  'a bound method': () => new AsyncResource('x').bind(() => 1),
  'a zlib handle': () => zlib.createDeflate()._handle,
};
const storesIn = (root) => {
  const seen = new Set();
  const stores = [];
  const look = (object, depth) => {
    if (Object(object) !== object || seen.has(object) || depth > 3) return;
    seen.add(object);
    caught(() => {
      for (const [key, store] of Map.prototype.entries.call(object))
        if (typeof key?.getStore === 'function') stores.push(store.secret);
    });
    caught(() => look(object.getAsyncContextFrameForDebuggingOnly(), depth + 1));
    for (const key of Reflect.ownKeys(object)) caught(() => look(object[key], depth + 1));
  };
  look(root, 0);
  return stores;
};
module.exports = () => {
  const ask = () =>
    Object.entries(makers)
      .filter(([, make]) => storesIn(caught(make)).includes(SECRET))
      .map(([name]) => name);
  return `stores seen by: ${victim.withStore(ask).join(', ')}`;
};
