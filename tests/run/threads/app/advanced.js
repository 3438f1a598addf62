// Messages between processes in V8's format: `serialization: 'advanced'`.
const { fork } = require('child_process');
const path = require('path');

const next = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
const kinds = (message) =>
  Object.entries(message).map(([key, value]) => `${key}: ${Object.prototype.toString.call(value)}`);

(async () => {
  const file = path.join(__dirname, 'mirror.js');
  const child = fork(file, { serialization: 'advanced' });
  const cyclic = { name: 'cyclic' };
  cyclic.self = cyclic;
  const bytes = Buffer.from('bytes');
  const message = {
    map: new Map([[{ key: 1 }, new Set([1, 2n])]]),
    date: new Date(0),
    error: new RangeError('too much'),
    pattern: /a+/gi,
    buffer: bytes,
    again: bytes,
    typed: new Float64Array([1.5, NaN, -0]),
    part: new Uint16Array([1, 2, 3, 4]).subarray(1, 3),
    view: new DataView(new ArrayBuffer(3), 1),
    raw: new Uint8Array([7, 8]).buffer,
    nothing: undefined,
    sparse: [1, , 3],
    cyclic,
  };
  child.send(message);
  const { described, back } = await next(child, 'message');
  console.log(described);
  console.log(kinds(back), Buffer.isBuffer(back.buffer), back.buffer === back.again);
  console.log([...back.map].flat(), back.date, back.typed, back.part, back.sparse, back.pattern);
  console.log(back.error instanceof RangeError, back.cyclic.self === back.cyclic, back.raw);
  console.log('nothing' in back, back.view.byteLength);
  for (const value of [() => 0, { deep: Symbol('s') }]) {
    try {
      child.send(value);
    } catch (error) {
      console.log(error.message.replace(/(?<=function).*/, ''));
    }
  }
  child.send(12);
  console.log(await next(child, 'message'));
  child.disconnect();
  console.log(await next(child, 'exit'));
  const plain = fork(file, { serialization: 'json' });
  plain.send({ map: new Map([[1, 2]]) });
  console.log((await next(plain, 'message')).described);
  plain.disconnect();
  try {
    fork(file, { serialization: 'other' });
  } catch (error) {
    console.log(error.name, error.code);
  }
})();
