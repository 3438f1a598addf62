// structuredClone of packages: conforms to the standard, and values can't name classes of the host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import v8 from 'node:v8';
import { makeCloner, makeStructuredClone } from '../../src/replacements/structured-clone.js';

const cloner = makeCloner({ v8, Buffer, DOMException, Blob, File });
/** @type {(value?: unknown, options?: object) => any} */
const clone = makeStructuredClone(() => cloner);

test('values are cloned, and shared references once', () => {
  const shared = [1];
  const value = {
    a: shared,
    b: shared,
    map: new Map([[shared, new Set(['x'])]]),
    date: new Date(5),
  };
  const copy = clone(value);
  assert.deepEqual(copy, value);
  assert.notEqual(copy.a, shared);
  assert.equal(copy.a, copy.b);
  assert.equal(clone(undefined), undefined);
  assert.equal(clone(null), null);
  assert.ok(clone(new RangeError('x')) instanceof RangeError);
});

/** @type {Array<[string, unknown]>} */
const REFUSED = [
  ['a function', () => 1],
  ['a symbol', Symbol('x')],
  ['one within', { a: [() => 1] }],
  ['shared memory', new SharedArrayBuffer(8)],
  ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(8))],
  ['a port', new MessageChannel().port1],
  ['a promise', Promise.resolve()],
  ['a weak map', new WeakMap()],
];
for (const [what, value] of REFUSED)
  test(`can't be cloned: ${what}`, () => {
    const expected = { name: 'DataCloneError', message: /could not be cloned/ };
    assert.throws(() => clone(value), expected);
    assert.throws(
      () => clone(value),
      (error) => error instanceof DOMException && error.code === 25,
    );
  });

test('no value creates an object of the host', () => {
  const symbols = [];
  for (let at = new DOMException('x'); at; at = Object.getPrototypeOf(at))
    symbols.push(...Object.getOwnPropertySymbols(at));
  const cloning = symbols.find(({ description }) => description === 'messaging_clone_symbol');
  assert.notEqual(cloning, undefined);
  let requested = 0;
  const says = () => {
    requested += 1;
    return { data: {}, deserializeInfo: 'internal/fs/promises:FileHandle' };
  };
  const forged = new DOMException('m', 'n');
  Object.defineProperty(forged, /** @type {symbol} */ (cloning), { value: says });
  const copy = clone(forged);
  assert.equal(requested, 0);
  assert.deepEqual([copy.message, copy.name, copy instanceof DOMException], ['m', 'n', true]);
});

test('a DOMException is cloned with its stack and without other properties', () => {
  const error = Object.assign(new DOMException('m', 'AbortError'), { more: 1 });
  Object.defineProperty(error, 'stack', { value: 'at x' });
  const copy = clone(error);
  assert.deepEqual([copy.message, copy.name, copy.code], ['m', 'AbortError', 20]);
  assert.deepEqual(Object.getOwnPropertyDescriptor(copy, 'stack'), {
    ...{ value: 'at x', writable: false, enumerable: false, configurable: true },
  });
  assert.equal('more' in copy, false);
  assert.notEqual(copy, error);
});

test('files and blobs are cloned with their bytes', async () => {
  const file = clone(new File(['abc'], 'f.txt', { type: 'text/plain', lastModified: 7 }));
  assert.deepEqual([file.name, file.type, file.lastModified], ['f.txt', 'text/plain', 7]);
  assert.equal(await file.text(), 'abc');
  const blob = clone(new Blob(['ab'], { type: 'x/y' }));
  assert.deepEqual([await blob.text(), blob.type, blob instanceof File], ['ab', 'x/y', false]);
});

test('a host without File is supported', () => {
  const { clone: older } = makeCloner(/** @type {any} */ ({ v8, DOMException, Blob }));
  assert.deepEqual(older({ a: 1 }), { a: 1 });
  assert.ok(older(new Blob([])) instanceof Blob);
});

test('transferred buffers are detached', () => {
  const [one, two, kept] = [new ArrayBuffer(4), new ArrayBuffer(8), new ArrayBuffer(2)];
  new Uint8Array(two)[7] = 9;
  const copy = clone({ one, view: new Uint8Array(two), kept }, { transfer: [one, two] });
  assert.deepEqual(
    [copy.one.byteLength, copy.view.length, copy.view[7], copy.kept.byteLength],
    [4, 8, 9, 2],
  );
  assert.deepEqual(
    [one, two, kept].map(({ detached }) => detached),
    [true, true, false],
  );
});

test('an invalid transfer list is rejected before any transfer', () => {
  const buffer = new ArrayBuffer(4);
  const gone = new ArrayBuffer(4);
  gone.transfer();
  const lists = [
    [buffer, {}],
    [buffer, null],
    [buffer, new Uint8Array(4)],
    [buffer, new SharedArrayBuffer(4)],
    [buffer, new MessageChannel().port1],
    [buffer, gone],
    [buffer, { __proto__: buffer }],
    [buffer, buffer],
  ];
  for (const transfer of lists) {
    assert.throws(() => clone(1, { transfer }), { name: 'DataCloneError' });
    assert.equal(buffer.detached, false);
  }
  assert.throws(() => clone({ f() {} }, { transfer: [buffer] }), { name: 'DataCloneError' });
  assert.equal(buffer.detached, false, 'the value was invalid');
  assert.throws(() => clone(1, { transfer: [buffer, buffer] }), /more than once/);
  assert.throws(() => clone(1, { transfer: [{}] }), /not transferable/);
});

test('a missing value and a transfer list that is not iterable throw', () => {
  assert.throws(() => clone(), {
    code: 'ERR_MISSING_ARGS',
    name: 'TypeError',
  });
  assert.throws(() => clone(1, { transfer: 5 }), TypeError);
  assert.equal(clone(1, {}), 1);
  assert.equal(clone(1, undefined), 1);
  assert.equal(clone.name, 'structuredClone');
  assert.equal('prototype' in clone, false);
});

test('a message between processes is copied without its hooks', () => {
  const { copy } = cloner;
  let reads = 0;
  const bytes = Buffer.from('bytes');
  for (const name of ['buffer', 'byteOffset', 'byteLength', 'length', 'constructor'])
    Object.defineProperty(bytes, name, { get: () => (reads += 1) });
  Object.defineProperty(bytes, Symbol.toStringTag, { get: () => (reads += 1) });
  const message = { bytes, part: new Uint16Array([1, 2, 3]).subarray(1) };

  const found = /** @type {any} */ (copy(message));

  assert.equal(reads, 0);
  assert.ok(Buffer.isBuffer(found.bytes));
  assert.equal(`${found.bytes}`, 'bytes');
  assert.deepEqual(found.part, new Uint16Array([2, 3]));
  assert.notEqual(found.part.buffer, message.part.buffer);
  const shared = new SharedArrayBuffer(1);
  assert.ok(/** @type {any} */ (copy(new Uint8Array(shared))).buffer instanceof ArrayBuffer);
  assert.throws(() => copy({ shared }), { name: 'DataCloneError' });
  assert.throws(() => copy(new MessageChannel().port1), { name: 'DataCloneError' });
});
