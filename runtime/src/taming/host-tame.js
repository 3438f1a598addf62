// What has to be done to a builtin of the host before packages share it: it is hardened, settings that
// hold for the whole process can't be changed through it, and hidden state is not shown.
import {
  assertOf,
  asyncResource,
  clonerOf,
  emitterResource,
  replacedGlobal,
} from '../replacements/replacements.js';
import { hideServerTimers, hideSocketTimers } from './hidden-timers.js';
import { hardenErrors } from './host-errors.js';
import { guardOpen } from './fs-descriptors.js';
import { replace } from '../lockdown/replace.js';
import {
  STREAM_CLASSES,
  hardenShared,
  hardenObjectsOf,
  hideClass,
  hardenResults,
  rareStreamObjects,
  withHardClass,
} from '../lockdown/specimens.js';
import { isConstructor } from '../views/view.js';
import { tameTimeline } from './tame-cloning.js';
import { tameFs } from './tame-fs.js';
import {
  hideConstructors,
  refuseEngines,
  tameHttp2,
  tameParser,
  tameSqlite,
  tameTls,
} from './tame-network.js';
import { hardenResultsOf } from './web-results.js';
import { hardenHidden, hardenStreams } from '../lockdown/hidden-prototypes.js';
import { codedError } from '../base/errors.js';
import { hardenHost, regardHardened } from '../lockdown/host-harden.js';
import { needStackForBuiltin, needStackForHost, once } from '../base/stack-space.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * A setting of all: it can be read, and an assignment changes nothing. Programs do assign such
 * settings, so it is no error.
 *
 * @param {AnyObject} owner
 * @param {string[]} names
 */
const fixSettings = (owner, names) => {
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(owner, name);
    if (property === undefined || !property.configurable) continue;
    const { get, value, enumerable = false } = property;
    const read = get ?? (() => value);
    const set = Object.freeze(() => undefined);
    Object.defineProperty(owner, name, { get: read, set, enumerable, configurable: true });
  }
};

/**
 * What is behind accessors of functions is loaded late, or made; it is hardened when it is read.
 *
 * @param {AnyObject} owner
 */
const hardenLate = (owner) => {
  for (const key of Reflect.ownKeys(owner)) {
    const property = Object.getOwnPropertyDescriptor(owner, key);
    const { get } = property ?? {};
    if (property === undefined || get === undefined || !property.configurable) continue;
    const read = () => hardenHost(Reflect.apply(get, owner, []));
    Object.defineProperty(owner, key, { ...property, get: read });
  }
};

/**
 * Node keeps `captureRejections` in a property of the prototype that can't become an accessor. When each
 * emitter has its own before it is assigned, that of the prototype can be fixed.
 *
 * @param {AnyObject} EventEmitter
 */
const fixCapture = (EventEmitter) => {
  const { prototype } = EventEmitter;
  const capture = Object.getOwnPropertySymbols(prototype).find(
    (key) => key.description === 'kCapture',
  );
  if (capture === undefined) return;
  const own = { value: false, writable: true, enumerable: true, configurable: true };
  replace(
    EventEmitter,
    'init',
    (init) =>
      /** @this {object} */ function (/** @type {unknown} */ options) {
        if (!Object.hasOwn(this, capture)) Object.defineProperty(this, capture, own);
        return Reflect.apply(init, this, [options]);
      },
  );
  Object.defineProperty(prototype, capture, { value: false, writable: false });
};

/**
 * @param {AnyObject} events
 * @param {Powers} powers
 */
const tameEvents = (events, powers) => {
  const get = Object.freeze(() => emitterResource(powers));
  Object.defineProperty(events, 'EventEmitterAsyncResource', { get, enumerable: true });
  fixSettings(events, ['defaultMaxListeners', 'captureRejections', 'usingDomains']);
  hardenLate(events);
  fixCapture(events);
  replace(events, 'setMaxListeners', (original) => (/** @type {unknown[]} */ ...args) => {
    if (args.length > 1) Reflect.apply(original, events, args); // else it sets the default of all
  });
};

// What makes a stream of a kind that no name leads to, by what holds it.
const RARE = {
  of: ['compose', 'duplexPair'],
  statics: ['from', 'toWeb', 'fromWeb', 'wrap'],
  methods: ['iterator', 'compose', 'map', 'filter', 'flatMap', 'drop', 'take', 'asIndexedPairs'],
};

/**
 * @param {AnyObject} owner
 * @param {string[]} names of functions
 * @param {() => void} prepare is called before each of them
 */
const prepareBefore = (owner, names, prepare) => {
  for (const name of names) {
    if (!Object.hasOwn(owner, name)) continue;
    const withPreparation = (/** @type {Function} */ original) =>
      /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
        prepare();
        return Reflect.apply(original, this, args);
      };
    replace(owner, name, withPreparation);
  }
};

/**
 * @param {AnyObject} stream
 * @param {Powers} powers
 */
const prepareRareStreams = (stream, { globals }) => {
  const prepare = () =>
    once(stream, 'rare', () => {
      hardenStreams(globals);
      hardenShared(rareStreamObjects({ ...stream }));
    });
  prepareBefore(stream, RARE.of, prepare);
  for (const name of ['Readable', 'Writable', 'Duplex']) {
    const statics = RARE.statics.filter((method) => name !== 'Readable' || method !== 'from');
    prepareBefore(stream[name], statics, prepare);
    prepareBefore(stream[name].prototype, RARE.methods, prepare);
  }
};

/**
 * @param {AnyObject} stream
 * @param {Powers} powers
 */
const tameStream = (stream, powers) => {
  prepareRareStreams(stream, powers);
  replace(stream, 'setDefaultHighWaterMark', () => () => undefined);
  hardenLate(stream);
  hardenHost(new stream['Writable']()['_writableState'].writecb); // what all have that have none
};

/**
 * Node hands out one function to all that ask for messages which nobody wants, and defines a property of it each time.
 *
 * @param {Function} original
 */
const ownDebuglog = (original) => (/** @type {unknown} */ set, /** @type {unknown} */ callback) =>
  typeof callback !== 'function'
    ? original(set)
    : original(set, (/** @type {any} */ shared) => {
        const own = (/** @type {unknown[]} */ ...args) => shared(...args);
        callback(Object.defineProperty(own, 'enabled', { get: () => shared.enabled }));
      });

/** @param {AnyObject} util */
const tameUtil = (util) => {
  hardenHost(util['inspect'].defaultOptions);
  fixSettings(util['inspect'], ['defaultOptions']);
  hardenHost(util['inspect']); // a URL hands it out, also where nobody asks for `util`
  for (const colors of [false, true]) {
    const custom = (/** @type {unknown} */ _depth, /** @type {AnyObject} */ { stylize }) =>
      void hardenHost(stylize); // what every object is handed that says how it is to be shown
    util['inspect']({ [util['inspect'].custom]: custom }, { colors });
  }
  for (const name of ['debuglog', 'debug']) replace(util, name, ownDebuglog);
  replace(util, 'setTraceSigInt', () => () => undefined);
};

/**
 * @param {AnyObject} buffer
 * @param {Powers} powers
 */
const tameBuffer = ({ Buffer, Blob }, { globals }) => {
  hardenHost(Buffer[Symbol.species]);
  prepareBefore(Blob.prototype, ['stream'], () => hardenStreams(globals));
};

/**
 * Requests that name no agent would share the connections of all packages, and show their agent.
 *
 * @param {AnyObject} http
 */
const separateAgents = (http) => {
  const { Agent } = http;
  class SeparateAgent extends Agent {
    /**
     * @param {any} request
     * @param {unknown[]} rest
     */
    addRequest(request, ...rest) {
      request.agent = new Agent();
      request.agent.addRequest(request, ...rest);
    }
  }
  http['globalAgent'] = new SeparateAgent();
};

/**
 * Node calls back with the native job as `this`: its class is one for all, and no name leads to it.
 *
 * @param {Function} original
 */
const callingPlainly = (original) => {
  // No arrow: `new crypto.createCipheriv()` is a call, too.
  const method = function (/** @type {unknown[]} */ ...args) {
    const callback = args.at(-1);
    if (typeof callback !== 'function') return original(...args);
    const plain = (/** @type {unknown[]} */ ...results) => callback(...results);
    return original(...args.slice(0, -1), plain);
  };
  return Object.defineProperty(method, 'prototype', { value: undefined, writable: false });
};

/**
 * Keys are made by functions. Their class trusts the handle that it is given.
 *
 * @param {AnyObject} crypto
 * @param {Powers} powers
 */
const tameCrypto = (crypto, { getBuiltin }) => {
  getBuiltin('constants'); // copies what is frozen from now on
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(crypto)))
    if (get !== undefined && /ObjectDefineProperty/.test(`${get}`)) void crypto[name]; // defines itself when it is read
  /** @type {Map<Function, Function>} functions that have several names, as `randomBytes` has */
  const made = new Map();
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(crypto))) {
    const { value } = property;
    if (typeof value !== 'function' || isConstructor(value)) continue;
    const known = made.get(value);
    if (known === undefined) replace(crypto, name, callingPlainly);
    else Object.defineProperty(crypto, name, { ...property, value: known });
    made.set(value, crypto[name]);
  }
  const { KeyObject } = crypto;
  hideClass(Object.getPrototypeOf(KeyObject.prototype));
  hideClass(KeyObject.prototype);
  const { constructor } = KeyObject.prototype;
  const { from } = KeyObject;
  Object.defineProperty(constructor, 'from', { value: (/** @type {unknown} */ key) => from(key) });
  crypto['KeyObject'] = constructor;
};

/**
 * @param {Function} Hidden a class whose subclasses call it by `super`
 * @returns {Function} that makes instances of these only, as they make them
 */
const forSubclasses = (Hidden) => {
  const guard = /** @type {Function} */ (
    /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
      // Zstd(opts, mode, initParamsArray, maxParam): a handle that is given anything else ends the process.
      const isCall = new.target === undefined || new.target === guard;
      if (isCall || !(args[2] instanceof Uint32Array)) throw new TypeError('Illegal constructor');
      return Reflect.construct(Hidden, args, new.target);
    }
  );
  return Object.defineProperties(guard, {
    name: { value: Hidden.name },
    prototype: { value: Hidden.prototype, writable: false },
  });
};

const isClass = (/** @type {Function} */ value) =>
  /^class\b/.test(Reflect.apply(Function.prototype.toString, value, []));

/**
 * The classes that streams of `zlib` inherit from, which no name leads to.
 *
 * @param {AnyObject} zlib
 * @param {Powers} powers
 */
const tameZlib = (zlib, { getBuiltin }) => {
  const { Transform } = /** @type {AnyObject} */ (getBuiltin('stream'));
  for (const Class of Object.values(zlib)) {
    if (typeof Class !== 'function' || !(Class.prototype instanceof Transform)) continue;
    let child = Class;
    for (
      let prototype = Object.getPrototypeOf(Class.prototype);
      prototype !== Transform.prototype;
      prototype = Object.getPrototypeOf(prototype)
    ) {
      const Hidden = Object.getPrototypeOf(child);
      if (prototype.constructor === Hidden) {
        hideClass(prototype);
        if (isClass(child))
          Object.defineProperty(prototype, 'constructor', { value: forSubclasses(Hidden) });
      }
      Object.setPrototypeOf(child, prototype.constructor);
      child = prototype.constructor;
    }
  }
};

/**
 * What Node's own return has a property that leads to the context of all.
 *
 * @param {AnyObject} hooks
 * @param {Powers} powers
 */
const tameAsyncHooks = ({ AsyncLocalStorage }, powers) => {
  const { bind } = asyncResource(powers);
  replace(AsyncLocalStorage, 'bind', () => (/** @type {Function} */ fn) => bind(fn));
  const call = (/** @type {Function} */ fn, /** @type {unknown[]} */ ...args) => fn(...args);
  replace(AsyncLocalStorage, 'snapshot', () => () => bind(call));
};

/**
 * In Node 24 an interface keeps its history in any file: that of a REPL. Its options are properties of the stream.
 *
 * @param {AnyObject} readline
 * @param {Powers} powers
 */
const tameReadline = (readline, { getBuiltin }) => {
  const { PassThrough } = /** @type {AnyObject} */ (getBuiltin('stream'));
  const { historyManager } = readline['createInterface']({ input: new PassThrough() });
  if (historyManager === undefined) return;
  const prototype = Object.getPrototypeOf(historyManager);
  replace(prototype, 'initialize', () => () => {
    throw codedError('ERR_ACCESS_DENIED', "no grant of 'readline' keeps a history in a file");
  });
  hideClass(prototype);
  hardenHost(prototype);
};

/**
 * @param {AnyObject} hooks
 * @param {Powers} powers
 */
const tamePerformance = (hooks, powers) =>
  tameTimeline(hooks, powers.globals, () => clonerOf(powers));

/**
 * @param {Powers} powers
 * @param {string[]} bindings whose classes make sockets of descriptors
 */
const guardNative = ({ internals, inherited = 0 }, bindings) => {
  for (const Class of bindings.flatMap((name) => Object.values(internals?.binding(name) ?? {})))
    if (typeof Class === 'function' && Class.prototype) guardOpen(Class.prototype, inherited);
};

/** @param {AnyObject} net */
const tameNet = (net) => {
  hideConstructors(net, ['Socket', 'Server']);
  for (const name of [
    'setDefaultAutoSelectFamily',
    'setDefaultAutoSelectFamilyAttemptTimeout',
    '_setSimultaneousAccepts',
  ])
    replace(net, name, () => () => undefined);
};

/** @type {Record<string, (builtin: any, powers: Powers) => void>} */
const TAMED = {
  __proto__: /** @type {never} */ (null),
  async_hooks: tameAsyncHooks,
  crypto: tameCrypto,
  zlib: tameZlib,
  assert: (_assert, powers) => void assertOf(powers),
  'assert/strict': (_assert, powers) => void assertOf(powers),
  buffer: tameBuffer,
  events: tameEvents,
  child_process: (processes) => hideConstructors(processes, ['ChildProcess']),
  dgram(dgram, powers) {
    hideConstructors(dgram, ['Socket']);
    guardNative(powers, ['udp_wrap']);
  },
  fs(fs, { getBuiltin, inherited = 0 }) {
    const [path, url] = ['path', 'url'].map((name) => /** @type {any} */ (getBuiltin(name)));
    tameFs(fs, path, url, inherited);
    hardenResults(fs, ['watch', 'watchFile']);
    hardenResults(fs.promises, ['watch']);
  },
  http(http, { getBuiltin }) {
    tameParser(/** @type {any} */ (getBuiltin('_http_common')).HTTPParser);
    hideServerTimers(http, http);
    separateAgents(http);
  },
  https(https, { getBuiltin }) {
    hideServerTimers(/** @type {AnyObject} */ (getBuiltin('http')), https);
    separateAgents(https);
  },
  http2: tameHttp2,
  net(net, powers) {
    tameNet(net);
    guardNative(powers, ['pipe_wrap', 'tcp_wrap']);
    hideSocketTimers(net);
  },
  perf_hooks: tamePerformance,
  readline: tameReadline,
  sqlite: tameSqlite,
  tls(tls, { internals }) {
    const { SecureContext } = internals?.binding('crypto') ?? {};
    if (SecureContext === undefined) tameTls(tls);
    else {
      refuseEngines(SecureContext.prototype); // without making one, which takes 20 ms
      withHardClass(Object.create(SecureContext.prototype));
    }
    hideConstructors(tls, ['TLSSocket', 'Server']);
  },
  worker_threads: (threads) => hideConstructors(threads, ['Worker']),
  stream: tameStream,
  util: tameUtil,
};

// Nearly all builtins, and globals, lead to the objects of these, which are loaded anyway.
const COMMON = ['buffer', 'events', 'stream', 'string_decoder', 'util'];

// Globals that objects lead to which every package can make: a signal's events, a decoder's errors.
const COMMON_GLOBALS = [
  ...['AbortController', 'AbortSignal', 'CustomEvent', 'DOMException', 'Event', 'EventTarget'],
];

/** @type {Record<string, string[]>} builtins that lead to those of others, which are to be tamed before */
const LEADS_TO = {
  __proto__: /** @type {never} */ (null),
  ...{ _http_agent: ['net', 'http'], _http_client: ['net', 'http'], _http_server: ['net', 'http'] },
  ...{ http: ['net'], https: ['net', 'tls', 'http'], http2: ['net', 'tls', 'http', 'https'] },
  ...{
    'fs/promises': ['fs'],
    'path/posix': ['path'],
    'path/win32': ['path'],
    'readline/promises': ['readline'],
    tls: ['net'],
    tty: ['net'],
    child_process: ['net'],
    cluster: ['net'],
  },
  ...{ _http_common: ['net', 'http'], _http_incoming: ['net', 'http'] },
  ...{ _http_outgoing: ['net', 'http'], _tls_common: ['net', 'tls'], _tls_wrap: ['net', 'tls'] },
  ...{ inspector: ['net'], dgram: ['net'], repl: ['fs'], test: ['fs'] },
};

// Node assigns to these while they are used. Those that packages are given themselves are critical: who
// is granted one has all of the process. Of the last three, packages have their own.
const UNHARDENED = new Set([
  ...['cluster', 'domain', 'repl', 'test', 'inspector', 'inspector/promises'],
  ...['console', 'module', 'process'],
]);

/** @type {Record<string, string[]>} what Node calls its native classes, by the builtins whose objects lead to them */
const BINDINGS = {
  __proto__: /** @type {never} */ (null),
  child_process: ['process_wrap', 'pipe_wrap'],
  crypto: ['crypto'],
  dgram: ['udp_wrap'],
  dns: ['cares_wrap'],
  'dns/promises': ['cares_wrap'],
  fs: ['fs', 'fs_event_wrap', 'fs_dir'],
  http: ['http_parser'],
  http2: ['http2'],
  inspector: ['inspector'],
  net: ['tcp_wrap', 'pipe_wrap', 'stream_wrap', 'cares_wrap', 'js_stream', 'block_list'],
  perf_hooks: ['performance'],
  tls: ['tls_wrap'],
  tty: ['tty_wrap'],
  v8: ['serdes', 'heap_utils', 'v8'],
  worker_threads: ['worker', 'messaging'],
  zlib: ['zlib'],
};

/** @param {unknown} Class of Node's native ones */
const hideNative = (Class) => {
  let at = typeof Class === 'function' ? Class.prototype : null;
  for (; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) hideClass(at);
};

/**
 * @param {Powers} powers
 * @param {string} name
 */
const hardenBinding = ({ internals }, name) => {
  for (const Class of Object.values(internals?.binding(name) ?? {})) {
    const prototype = typeof Class === 'function' ? Class.prototype : undefined;
    if (typeof prototype !== 'object' || prototype === null) continue;
    hideNative(Class);
    refuseEngines(prototype);
    hardenHost(prototype);
  }
};

// Nothing that these lead to makes a stream of the Web, but for what is prepared above. That of others takes a while to load.
const WITHOUT_WEB_STREAMS = new Set([
  ...[
    'assert',
    'assert/strict',
    'async_hooks',
    'buffer',
    'console',
    'constants',
    'crypto',
    'events',
  ],
  ...['module', 'os', 'path', 'path/posix', 'path/win32', 'perf_hooks', 'process', 'punycode'],
  ...['querystring', 'readline', 'stream', 'stream/promises', 'string_decoder', 'sys', 'timers'],
  ...['timers/promises', 'tty', 'url', 'util', 'util/types', 'zlib', 'net', 'tls', 'dns', 'http'],
  ...['https', 'child_process', 'vm', 'v8'],
]);

/**
 * Any target makes events, of a class of Node's own.
 *
 * @param {AnyObject} globals
 */
const hardenMadeEvents = ({ EventTarget }) => {
  const { prototype } = EventTarget;
  for (const key of Object.getOwnPropertySymbols(prototype))
    if (key.description === 'kCreateEvent') withHardClass(new EventTarget()[key](undefined, ''));
};

/** @typedef {(name: string) => AnyObject | undefined} LoadBuiltin gives a builtin, tamed and hardened */

/** @type {WeakMap<object, LoadBuiltin>} by the global object of the host */
const hardeners = new WeakMap();

/**
 * @param {Powers} powers
 * @returns {LoadBuiltin}
 */
const makeHardener = (powers) => {
  needStackForHost();
  const { process, console } = powers.globals;
  regardHardened([powers.globals, process, process.env, console]); // never frozen, whatever leads there
  /** @type {Set<string>} */
  const tamed = new Set();
  // All native resources inherit from one class, that shows the stores of all.
  hideNative(powers.internals?.binding('tcp_wrap')?.['TCP']);
  // Node keeps its own resources on requests that wait for a connection, and in each the stores of all.
  const hooks = /** @type {AnyObject} */ (powers.getBuiltin('async_hooks'));
  hooks['AsyncResource'] = asyncResource(powers);
  const tame = (/** @type {string} */ name) => {
    if (tamed.has(name)) return;
    tamed.add(name);
    TAMED[name]?.(powers.getBuiltin(name), powers);
  };
  for (const name of COMMON) tame(name);
  for (const name of COMMON_GLOBALS) hardenHost(powers.globals[name]);
  hardenMadeEvents(powers.globals);
  hardenErrors(powers);
  hardenHidden(powers.globals, 'URL');
  /** @type {Set<string>} */
  const hardened = new Set();
  const load = (/** @type {string} */ name) => {
    if (!hardened.has(name)) needStackForBuiltin(); // Node ends where there is none to load what it trusts
    const builtin = powers.getBuiltin(name);
    if (builtin !== undefined) hardenLoaded(name);
    return builtin;
  };
  const hardenLoaded = (/** @type {string} */ name) => {
    if (hardened.has(name)) return;
    hardened.add(name);
    for (const other of [...(LEADS_TO[name] ?? []), name]) tame(other);
    for (const other of LEADS_TO[name] ?? []) hardenLoaded(other);
    if (!WITHOUT_WEB_STREAMS.has(name)) hardenStreams(powers.globals);
    if (UNHARDENED.has(name)) return;
    for (const binding of BINDINGS[name] ?? []) hardenBinding(powers, binding);
    hardenHost(powers.getBuiltin(name));
    hardenObjectsOf(name, powers.getBuiltin(name));
  };
  for (const name of COMMON) hardenLoaded(name);
  return load;
};

/**
 * Must be called before the first package runs: whoever asks first gets what is hardened already.
 *
 * @param {Powers} powers
 * @returns {LoadBuiltin}
 */
export const hardenerOf = (powers) => {
  const harden = hardeners.get(powers.globals) ?? makeHardener(powers);
  hardeners.set(powers.globals, harden);
  return harden;
};

const FETCHED = ['Response', 'Headers', 'Request', 'FormData', 'Blob'];

/**
 * Node 22 shows what they are made of, of classes that no name leads to.
 *
 * @param {AnyObject} globals
 */
const hardenFetched = (globals) =>
  once(globals, 'fetched', () => {
    for (const name of FETCHED) hardenHost(globals[name]);
    const { FormData, Headers, Request, Response } = globals;
    hardenShared([
      () => new Response('x'),
      () => new Request('http://localhost'),
      () => new Headers([['x', 'x']]),
      () => new FormData(),
    ]);
  });

/**
 * Why a request failed is told by errors of classes that no name leads to.
 *
 * @param {any} error
 */
const throwHard = (error) => {
  for (let at = error; at instanceof Error; at = at.cause) withHardClass(at);
  throw error;
};

/** @type {WeakMap<object, Function>} */
const fetches = new WeakMap();

/**
 * What comes with Headers takes 57 ms to load, in Node: that waits until something is fetched.
 *
 * @param {AnyObject} globals
 * @returns {unknown} `fetch`, hardened
 */
const fetchOf = (globals) => {
  const { fetch: original } = globals;
  if (typeof original !== 'function') return original;
  const known = fetches.get(original);
  if (known !== undefined) return known;
  const { fetch } = {
    /** @param {[unknown, unknown?]} args */
    fetch(...args) {
      hardenHidden(globals, 'fetch');
      hardenStreams(globals);
      hardenFetched(globals);
      return Reflect.apply(original, undefined, args).catch(throwHard);
    },
  };
  fetches.set(original, hardenHost(fetch));
  return fetch;
};

const LEADS_TO_STREAMS = new Set([
  ...STREAM_CLASSES,
  ...['CompressionStream', 'DecompressionStream', 'TextDecoderStream', 'TextEncoderStream'],
  ...['Request', 'Response', 'FormData', 'WebSocketStream', 'WebAssembly'],
]);

/**
 * @param {Powers} powers
 * @param {string} name of a host global
 * @returns {unknown} it, hardened
 */
export const sharedGlobal = (powers, name) => {
  hardenerOf(powers);
  hardenResultsOf(powers.globals, name);
  const own = replacedGlobal(powers, name);
  if (own !== undefined) return own;
  if (name === 'fetch') return fetchOf(powers.globals);
  if (name.startsWith('Performance')) sharedBuiltin(powers, 'perf_hooks');
  hardenHidden(powers.globals, name);
  if (LEADS_TO_STREAMS.has(name)) hardenStreams(powers.globals);
  if (FETCHED.includes(name) && name !== 'Blob') hardenFetched(powers.globals);
  return hardenHost(powers.globals[name]);
};

/**
 * The host is prepared before the builtin is loaded, and takes what it uses of others.
 *
 * @param {Powers} powers
 * @param {string} name of a builtin, without `node:`
 * @returns {AnyObject | undefined} it, hardened
 */
export const sharedBuiltin = (powers, name) => hardenerOf(powers)(name);
