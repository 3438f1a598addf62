// Specimens of host objects whose class no global leads to: iterators, native handles, keys, controllers of streams.
// Packages reach these classes from objects that they get, and all packages reach the same ones.
import { ownProperty } from '../base/descriptors.js';
import { hardenHost, reachedFrom } from './host-harden.js';
import { replace } from './replace.js';

/** @import { AnyObject } from '../base/objects.js' */

/** @typedef {() => unknown} Maker creates a host object or a list of them; a thrown error counts as one too */

/**
 * @param {Maker} make
 * @returns {unknown}
 */
const resultOf = (make) => {
  try {
    return make();
  } catch (error) {
    return error; // the host lacks the API; errors have classes as well
  }
};

// Methods of handles that read or change state of other packages.
const NOT_SHOWN = ['getAsyncContextFrameForDebuggingOnly', 'asyncReset'];

/**
 * Replaces the constructor of a class that no global leads to. Only Node may create instances: some of these classes
 * trust their arguments and crash the process, or worse, for unexpected ones.
 *
 * @param {any} object
 */
export const hideClass = (object) => {
  if (Object.isFrozen(object)) return; // an intrinsic
  for (const name of NOT_SHOWN) if (Object.hasOwn(object, name)) delete object[name];
  const constructor = ownProperty(object, 'constructor')?.value;
  if (typeof constructor !== 'function' || constructor.prototype !== object) return;
  if (/** @type {any} */ (globalThis)[constructor.name] === constructor) return; // a global leads to it
  const { inert } = {
    inert: function () {
      throw new TypeError('Illegal constructor');
    },
  };
  // Node marks classes with symbols and reads them from `instance.constructor`: kIsEventTarget.
  for (let at = constructor; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    for (const key of Object.getOwnPropertySymbols(at)) {
      const value = at[key];
      if (typeof value === 'boolean') Object.defineProperty(inert, key, { value });
    }
  }
  Object.defineProperty(inert, 'name', { value: constructor.name });
  Object.defineProperty(inert, 'prototype', { value: object, writable: false });
  Object.defineProperty(object, 'constructor', { value: inert });
};

/**
 * @param {Function} bound
 * @returns {unknown} the result of `new`: an instance of the bound function, which is reachable in no other way
 */
const constructedBy = (bound) => resultOf(() => Reflect.construct(bound, [{}]));

/**
 * Hardens the objects that two specimens of a kind share. Other objects are state of one specimen and stay unfrozen.
 *
 * @param {Iterable<Maker>} makers
 */
export const hardenShared = (makers) => {
  for (const make of makers) {
    const other = reachedFrom(resultOf(make));
    const one = resultOf(make);
    for (const object of reachedFrom(one)) if (other.has(object)) hideClass(object);
    for (const object of reachedFrom(one)) if (other.has(object)) hardenHost(object);
  }
};

/** @type {WeakSet<object>} prototypes that are hardened */
const shared = new WeakSet();

/**
 * Hardens the class of an object that needs a network or a file to be created, when the first one is returned.
 *
 * @template T
 * @param {T} value of the host
 * @returns {T}
 */
export const withHardClass = (value) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || shared.has(prototype)) return value;
  for (let at = prototype; at !== null; at = Object.getPrototypeOf(at)) hideClass(at);
  hardenHost(prototype);
  shared.add(prototype);
  return value;
};

/**
 * @param {AnyObject} owner
 * @param {string[]} names of functions whose results have a class that no global leads to
 */
export const hardenResults = (owner, names) => {
  for (const name of names) {
    const hardening = (/** @type {Function} */ original) =>
      /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
        const result = Reflect.apply(original, this, args);
        const isLate = result instanceof Promise;
        return isLate ? result.then(withHardClass) : withHardClass(result);
      };
    replace(owner, name, hardening);
  }
};

/**
 * @param {AnyObject} globals of the host
 * @returns {Maker[]} of streams, their readers, writers, controllers and requests
 */
export const webStreams = ({ ReadableStream, WritableStream, TransformStream }) => {
  const bytes = { type: 'bytes', pull() {} };
  /** @param {(collect: (controller: unknown) => void) => unknown} make */
  const withController = (make) => () => {
    /** @type {unknown[]} */
    const controllers = [];
    const stream = make((controller) => controllers.push(controller));
    return [stream, ...controllers];
  };
  const quiet = (/** @type {any} */ promised) => {
    promised.catch(() => undefined);
    return promised;
  };
  return [
    withController((start) => new ReadableStream({ start })),
    withController((start) => new ReadableStream({ ...bytes, start })),
    withController((start) => new WritableStream({ start })),
    withController((start) => new TransformStream({ start })),
    () => new ReadableStream().getReader(),
    () => new ReadableStream().values(),
    () => new ReadableStream().tee(),
    () => ReadableStream.from?.([]),
    () => new WritableStream().getWriter(),
    () => {
      const reader = new ReadableStream(bytes).getReader({ mode: 'byob' });
      return [reader, quiet(reader.read(new Uint8Array(1)))];
    },
    () => {
      const reader = new ReadableStream().getReader();
      return [reader, quiet(reader.read())];
    },
  ];
};

/** @type {readonly string[]} classes of the parts of streams, which are globals of Node and of pages */
export const STREAM_CLASSES = [
  ...['ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader'],
  ...['ReadableStreamDefaultController', 'ReadableByteStreamController'],
  ...['ReadableStreamBYOBRequest', 'WritableStream', 'WritableStreamDefaultWriter'],
  ...['WritableStreamDefaultController', 'TransformStream', 'TransformStreamDefaultController'],
  ...['ByteLengthQueuingStrategy', 'CountQueuingStrategy'],
];

/**
 * @param {AnyObject} zlib
 * @returns {Maker[]}
 */
const zlibObjects = (zlib) => [
  ...['createGzip', 'createBrotliCompress', 'createZstdCompress'].map((name) => () => zlib[name]()),
  ...['createGunzip', 'createBrotliDecompress', 'createZstdDecompress'].map(
    (name) => () => zlib[name](),
  ),
  () => zlib['gunzipSync'](new Uint8Array(1)),
];

/**
 * @param {AnyObject} crypto
 * @returns {Maker[]}
 */
const cryptoObjects = (crypto) => {
  const bytes = new Uint8Array(16);
  return [
    () => crypto['createHash']('sha256'),
    () => crypto['createHmac']('sha256', bytes),
    () => crypto['createCipheriv']('aes-128-cbc', bytes, bytes),
    () => crypto['createDecipheriv']('aes-128-cbc', bytes, bytes),
    () => crypto['createSign']('sha256'),
    () => crypto['createVerify']('sha256'),
    () => crypto['createSecretKey'](bytes),
    () => Object.values(crypto['generateKeyPairSync']('ed25519')),
    () => crypto['createECDH']('prime256v1'),
    () => crypto['createDiffieHellman'](new Uint8Array([23]), 5),
    () => crypto['getDiffieHellman']('modp14'),
    () => crypto['createHash']('no such'),
  ];
};

/**
 * @param {AnyObject} stream
 * @returns {Maker[]}
 */
const streamObjects = ({ Readable, Writable, Duplex, Transform, PassThrough }) => [
  ...[Readable, Writable, Duplex, Transform, PassThrough].map((Stream) => () => new Stream()),
  () => {
    const stream = new Writable({ write() {} }).on('error', () => undefined);
    return constructedBy(stream._writableState.onwrite); // Node 22 binds it for each stream
  },
  () => Readable.from(['']),
  () => Readable.from([''])[Symbol.asyncIterator](),
];

/**
 * @param {AnyObject} stream
 * @returns {Maker[]} of objects that are slow to create and rarely needed
 */
export const rareStreamObjects = ({ Readable, Writable, Duplex, PassThrough, ...stream }) => {
  const from = () => Readable.from(['']);
  return [
    () => from().iterator(),
    () => stream['duplexPair'](),
    () => stream['compose'](new PassThrough(), new PassThrough()),
    () => Duplex.from(async function* none() {}),
    ...['map', 'filter', 'flatMap'].map((name) => () => from()[name](() => '')),
    ...['drop', 'take'].map((name) => () => from()[name](1)),
    () => Readable.toWeb(new Readable({ read() {} })),
    () => Readable.toWeb(from()),
    () => Writable.toWeb(new PassThrough()),
    () => Duplex.toWeb(new PassThrough()),
  ];
};

/**
 * @param {AnyObject} buffer
 * @returns {Maker[]}
 */
const bufferObjects = ({ Blob, File, Buffer }) => [
  () => new Blob([]),
  () => {
    const blob = new Blob(['x']);
    const key = Object.getOwnPropertySymbols(blob).find(
      ({ description }) => description === 'kHandle',
    );
    return key && blob[key].getReader();
  },
  () => new File([], ''),
  () => Buffer.from('x').entries(),
];

/**
 * @param {AnyObject} util
 * @returns {Maker[]}
 */
const utilObjects = ({ MIMEType, debuglog, deprecate, callbackify, promisify }) => [
  () => new MIMEType('a/b').params.keys(),
  () => debuglog('compartment-mapper'),
  () => deprecate(() => undefined, ''),
  () => callbackify(async () => undefined),
  () => promisify(() => undefined),
];

/**
 * @param {AnyObject} events
 * @returns {Maker[]}
 */
const eventObjects = (events) => [
  () => events['on'](new /** @type {any} */ (events)(), 'x'),
  () => new /** @type {any} */ (events)({ captureRejections: true }),
  () => events['addAbortListener'](new AbortController().signal, () => undefined),
  () => {
    const error = /** @type {any} */ (new Error());
    resultOf(() => new /** @type {any} */ (events)().emit('error', error));
    return Object.getOwnPropertySymbols(error).map((key) => constructedBy(error[key]));
  },
];

/** @type {Record<string, (builtin: any) => Maker[]>} by builtin */
const HOST_OBJECTS = {
  __proto__: /** @type {never} */ (null),
  buffer: bufferObjects,
  crypto: cryptoObjects,
  events: eventObjects,
  stream: streamObjects,
  util: utilObjects,
  zlib: zlibObjects,
  'timers/promises': (timers) => [
    () => timers.setInterval(1),
    () => {
      /** @type {Function | undefined} */
      let listener; // bound, for any object that looks like a signal
      const signal = {
        aborted: false,
        addEventListener: (/** @type {string} */ _type, /** @type {Function} */ given) =>
          void (listener = given),
        removeEventListener() {},
      };
      timers.setTimeout(1, undefined, { signal, ref: false }).catch(() => undefined);
      return constructedBy(/** @type {any} */ (listener));
    },
  ],
  perf_hooks: (hooks) => [() => hooks.createHistogram(), () => hooks.monitorEventLoopDelay()],
  fs: ({ fstatSync, statfsSync }) => [
    ...[0, 1, 2].map((standard) => () => fstatSync(standard, { bigint: true })),
    () => statfsSync('/'),
  ],
  sqlite: ({ DatabaseSync }) => [
    () => {
      const database = new DatabaseSync(':memory:');
      const statement = database.prepare('select 1');
      return [database, statement, statement.iterate?.(), database.createSession?.()];
    },
    () => new DatabaseSync(':memory:').createTagStore?.(),
  ],
  wasi: ({ WASI }) => [() => new WASI({ version: 'preview1' })],
  string_decoder: ({ StringDecoder }) => [() => new StringDecoder()],
  url: ({ Url }) => [() => new Url()],
  console: ({ Console }) =>
    [true, false].map((colorMode) => () => {
      const stdout = {
        write() {},
        on() {},
        once() {},
        removeListener() {},
        listenerCount: () => 0,
      };
      const console = new Console({ stdout, colorMode });
      const keys = Object.getOwnPropertySymbols(Console.prototype);
      return keys
        .filter(({ description }) => description === 'kGetInspectOptions')
        .map((key) => console[key](stdout));
    }),
  path: ({ posix, win32 }) => [
    () => constructedBy(posix.format),
    () => constructedBy(win32.format),
  ],
  http: ({ Agent, OutgoingMessage, Server }) => [
    () => new OutgoingMessage(),
    () => new Agent(),
    () => new Agent({ keepAlive: true }),
    () => {
      const server = new Server();
      server.emit('listening'); // starts its connection counter
      return server.close(() => undefined);
    },
  ],
  readline: (readline) => [() => readline.emitKeypressEvents],
  dns: ({ Resolver }) => [() => new Resolver()],
  'dns/promises': ({ Resolver }) => [() => new Resolver()],
  net: ({ BlockList, SocketAddress, Socket }) => [
    () => new BlockList(),
    () => new SocketAddress(),
    () => new Socket(),
  ],
  dgram: ({ createSocket }) => [() => createSocket('udp4').unref()],
  v8: ({ Serializer, Deserializer }) => [
    () => new Serializer(),
    () => new Deserializer(Buffer.alloc(2)),
  ],
};

/**
 * @param {string} name of a builtin
 * @param {unknown} builtin
 */
export const hardenObjectsOf = (name, builtin) => {
  const specimens = HOST_OBJECTS[name];
  if (specimens !== undefined) hardenShared(specimens(builtin));
};
