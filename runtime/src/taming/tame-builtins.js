// Taming of each builtin before packages share it.
import { codedError } from '../base/errors.js';
import { hardenHost } from '../lockdown/host-harden.js';
import { replace } from '../lockdown/replace.js';
import { hardenResults, hideClass, withHardClass } from '../lockdown/specimens.js';
import { assertOf, asyncResource, clonerOf } from '../replacements/replacements.js';
import { checkDescriptor, guardOpen } from './fs-descriptors.js';
import { hideServerTimers, hideSocketTimers } from './hidden-timers.js';
import { tameTimeline } from './tame-cloning.js';
import { tameCrypto } from './tame-crypto.js';
import { tameEvents } from './tame-events.js';
import { tameFs } from './tame-fs.js';
import { guardedClass, hideConstructors } from './guarded-class.js';
import { refuseEngines, tameHttp2, tameParser, tameSqlite, tameTls } from './tame-network.js';
import { tameBuffer, tameStream } from './tame-streams.js';
import { tameUtil } from './tame-util.js';
import { tameZlib } from './tame-zlib.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * Gives each request without an agent a separate agent: otherwise packages would share connections and could reach
 * the shared agent.
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
 * Replaces functions whose results in Node have a property that exposes the async context of all packages.
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
 * Denies history files: in Node 24 an interface can store its history in any file, like a REPL. The options are
 * properties of the stream.
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
    throw codedError('ERR_ACCESS_DENIED', "no grant of 'readline' allows a history file");
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
 * @param {string[]} bindings whose classes create sockets from descriptors
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

/**
 * A terminal can be made of any pipe and socket: its class would read, write and close those of other packages.
 *
 * @param {AnyObject} tty
 * @param {Powers} powers
 */
const tameTty = (tty, { inherited = 0 }) => {
  for (const name of ['ReadStream', 'WriteStream'])
    tty[name] = guardedClass(tty[name], ([descriptor, ...rest]) => {
      checkDescriptor(descriptor, inherited);
      return [descriptor, ...rest];
    });
};

/** @type {Record<string, (builtin: any, powers: Powers) => void>} */
export const TAMED = {
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
    tameParser(/** @type {any} */ (getBuiltin('_http_common')));
    hideServerTimers(http, http);
    separateAgents(http);
    hideConstructors(http, ['ClientRequest']);
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
      refuseEngines(SecureContext.prototype); // without creating a context, which takes 20 ms
      withHardClass(Object.create(SecureContext.prototype));
    }
    hideConstructors(tls, ['TLSSocket', 'Server']);
  },
  tty: tameTty,
  worker_threads: (threads) => hideConstructors(threads, ['Worker']),
  stream: tameStream,
  util: tameUtil,
};
