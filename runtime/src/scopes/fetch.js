// `fetch`, `WebSocket` and `EventSource` of packages whose grants list hosts.
import { isObject } from '../base/objects.js';
import { makeConnections } from './connections.js';
import { refusal, requireHost } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Load } from './connections.js' */
/** @import { Rule } from './rules.js' */

const { URL } = globalThis;

/** @type {Record<string, number>} */
const PORTS = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 };

/**
 * @param {Rule} rule
 * @param {string} href
 */
const requireUrl = (rule, href) => {
  const { protocol, hostname, port } = new URL(href);
  const usual = PORTS[protocol];
  if (usual !== undefined) requireHost(rule, hostname, Number(port || usual));
};

/**
 * @param {Rule} rule
 * @param {AnyObject} globals of the host
 * @param {Load} load
 * @returns {object} undici's dispatcher: it connects to allowed hosts only, whatever a response redirects to
 */
const makeDispatcher = (rule, globals, load) => {
  void globals['Response']; // loads undici, which then publishes its dispatcher
  const common = [1, 2, 3]
    .map((version) => globals[Symbol.for(`undici.globalDispatcher.${version}`)])
    .find((dispatcher) => dispatcher !== undefined);
  if (common === undefined || common.constructor.name !== 'Agent') {
    const reason =
      'this process reaches the network through a proxy, or without the dispatcher of Node';
    throw refusal(rule, { action: 'connect to', target: 'any host', key: 'hosts', reason });
  }
  // The sockets of a package: a WebSocket of Node 22 leads to its own.
  const { open, openTls } = makeConnections(rule, load);
  const connect = (/** @type {any} */ options, /** @type {Function} */ done) => {
    const { hostname, protocol, port, servername, localAddress } = options;
    const isSecure = protocol === 'https:';
    const settle = (/** @type {unknown} */ error, /** @type {unknown} */ socket) => {
      done?.(error, socket);
      done = /** @type {any} */ (undefined);
    };
    let socket;
    try {
      const number = Number(port || (isSecure ? 443 : 80));
      const host = requireHost(rule, hostname, number);
      const place = { host: host.name, port: number, localAddress: localAddress ?? undefined };
      socket = isSecure
        ? openTls({
            ...{ ...place, ALPNProtocols: ['http/1.1'] },
            servername: servername ?? (host.address === undefined ? host.name : ''),
          })
        : open(place);
    } catch (error) {
      return void queueMicrotask(() => settle(error, undefined));
    }
    socket.setNoDelay(true);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => settle(null, socket));
    socket.on('error', (/** @type {Error} */ error) => settle(error, undefined));
    return socket;
  };
  const agent = new common.constructor({ connect });
  // Not the agent: its class makes others.
  const dispatch = (/** @type {unknown} */ request, /** @type {unknown} */ handler) =>
    agent.dispatch(request, handler);
  return Object.freeze({ __proto__: null, dispatch: Object.freeze(dispatch) });
};

// https://fetch.spec.whatwg.org/#requestinit
const INIT = [
  ...['method', 'headers', 'body', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache'],
  ...['redirect', 'integrity', 'keepalive', 'signal', 'duplex', 'window', 'priority'],
];

/**
 * @param {unknown} init of a package
 * @returns {AnyObject} a copy: getters of the original would see the dispatcher
 */
const settledInit = (init) => {
  /** @type {AnyObject} */
  const settled = {};
  for (const key of INIT) {
    const value = Object(init)[key];
    if (value !== undefined) settled[key] = value;
  }
  return settled;
};

/**
 * @param {unknown} error of fetch
 * @returns {unknown} the denial of a redirect, which fetch wraps
 */
const denialIn = (error) => {
  for (let at = /** @type {any} */ (error); isObject(at); at = at['cause'])
    if (at['code'] === 'ERR_ACCESS_DENIED') return at;
  return error;
};

/**
 * @param {Rule} rule
 * @param {AnyObject} globals of the host
 * @param {Load} load
 * @param {Function} fetch as packages share it
 * @returns {Function}
 */
export const restrictedFetch = (rule, globals, load, fetch) => {
  /** @type {object | undefined} */
  let dispatcher;
  const own = async (/** @type {unknown} */ input, /** @type {unknown} */ init) => {
    const isRequest = isObject(input) && typeof input['url'] === 'string';
    const settled = isRequest ? input : `${input}`;
    if (URL.canParse(isRequest ? input['url'] : settled))
      requireUrl(rule, isRequest ? input['url'] : settled);
    dispatcher ??= makeDispatcher(rule, globals, load);
    try {
      return await fetch(settled, { ...settledInit(init), dispatcher });
    } catch (error) {
      throw denialIn(error);
    }
  };
  return Object.freeze(Object.defineProperty(own, 'name', { value: 'fetch' }));
};

/**
 * In a page, nothing shows where a redirect leads before the browser follows it.
 *
 * @param {Rule} rule
 * @param {AnyObject} globals of the page
 * @param {Function} fetch
 * @returns {Function}
 */
export const restrictedPageFetch = (rule, globals, fetch) => {
  const { Request } = globals;
  const own = async (/** @type {unknown} */ input, /** @type {unknown} */ init) => {
    const { redirect, ...settled } = settledInit(init);
    const asked = new Request(input, settled);
    requireUrl(rule, asked.url);
    const mode = redirect ?? asked.redirect;
    const request = new Request(asked, { redirect: mode === 'follow' ? 'manual' : mode });
    const response = await fetch(request);
    if (response.type === 'opaqueredirect' && mode === 'follow') {
      const reason =
        'the response is a redirect, which a page can follow only with an unrestricted grant';
      throw refusal(rule, { action: 'fetch', target: asked.url, key: 'hosts', reason });
    }
    return response;
  };
  return Object.freeze(Object.defineProperty(own, 'name', { value: 'fetch' }));
};

/**
 * @param {any} given options of a WebSocket or an EventSource, or protocols
 * @returns {AnyObject} only what is known: Node takes an object with an iterator for a list, without a dispatcher
 */
const settledSocketOptions = (given) => {
  if (!isObject(given) || Array.isArray(given))
    return given === undefined ? {} : { protocols: given };
  /** @type {AnyObject} */
  const settled = {};
  for (const key of ['protocols', 'headers', 'withCredentials'])
    if (given[key] !== undefined) settled[key] = given[key];
  return settled;
};

/**
 * @param {Rule} rule
 * @param {AnyObject} globals of the host
 * @param {Load} load
 * @param {AnyObject & Function} Original `WebSocket` or `EventSource`, as packages share it
 * @returns {Function}
 */
export const restrictedClass = (rule, globals, load, Original) => {
  /** @type {object | undefined} */
  let dispatcher;
  const own = /** @type {any} */ (
    function (/** @type {unknown} */ url, /** @type {any} */ given) {
      if (new.target === undefined) return Original(url); // throws Node's error
      const href = `${url}`;
      requireUrl(rule, href);
      dispatcher ??= makeDispatcher(rule, globals, load);
      return Reflect.construct(
        Original,
        [href, { ...settledSocketOptions(given), dispatcher, node: { dispatcher } }],
        new.target === own ? Original : new.target,
      );
    }
  );
  const { prototype: _shared, ...statics } = Object.getOwnPropertyDescriptors(Original);
  Object.defineProperties(own, /** @type {any} */ (statics));
  Object.defineProperty(own, 'prototype', { value: Original.prototype, writable: false });
  return own;
};
