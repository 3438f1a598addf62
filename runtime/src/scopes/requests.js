// `http`, `https` and `http2` of packages whose grants list hosts.
import { isObject } from '../base/objects.js';
import { makeAgentClass } from './agent.js';
import { makeConnections, settledOptions } from './connections.js';
import { requireHost, unlisted } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Load } from './connections.js' */
/** @import { Rule } from './rules.js' */

const { URL } = globalThis;

// The options of Node's global agents.
const LIKE_GLOBAL = { keepAlive: true, scheduling: 'lifo', timeout: 5000 };

/**
 * @param {unknown} value
 * @returns {string | undefined} the URL, as Node recognizes one
 */
const hrefOf = (value) => {
  if (typeof value === 'string') return value;
  const { href, protocol, auth, path } = Object(value);
  const isUrl = Boolean(href && protocol) && auth === undefined && path === undefined;
  return isUrl ? `${href}` : undefined;
};

/**
 * @param {unknown[]} args of `request`: a URL and options, or options; and a listener
 * @param {AnyObject} url the builtin
 * @returns {{ options: AnyObject, rest: unknown[] }}
 */
export const requestOf = (args, { urlToHttpOptions }) => {
  const [first, second, ...rest] = args;
  const href = hrefOf(first);
  if (href === undefined) return { options: settledOptions(first), rest: args.slice(1) };
  const place = urlToHttpOptions(new URL(href));
  if (!isObject(second) || typeof second === 'function')
    return { options: { ...place }, rest: args.slice(1) };
  return { options: { ...place, ...settledOptions(second) }, rest };
};

/**
 * @param {Rule} rule
 * @param {Load} load
 * @param {'http' | 'https'} name
 * @returns {AnyObject} members of the builtin
 */
const restrictedRequests = (rule, load, name) => {
  const { open, openTls } = makeConnections(rule, load);
  const protocol = `${name}:`;
  const Agent = makeAgentClass(
    load('events'),
    /** @type {'http:' | 'https:'} */ (protocol),
    ({ path: _path, socketPath, ...options }) => {
      if (socketPath) throw unlisted(rule, `${socketPath}`, 'connect to the socket');
      return name === 'http' ? open(options) : openTls(options);
    },
  );
  const globalAgent = Reflect.construct(Agent, [LIKE_GLOBAL]);
  const original = load(name);
  const checked = (/** @type {unknown[]} */ args) => {
    const { options, rest } = requestOf(args, load('url'));
    const { lookup: _own, _defaultAgent: _node, onread: _raw, hostname, ...others } = options;
    if (others['socketPath'])
      throw unlisted(rule, `${others['socketPath']}`, 'connect to the socket');
    const { agent, createConnection } = others;
    const usual = name === 'http' ? 80 : 443;
    const port = Number(others['port'] || others['defaultPort'] || agent?.defaultPort || usual);
    const host = requireHost(rule, hostname || others['host'] || 'localhost', port);
    const isOwn = isObject(agent) && typeof agent !== 'function';
    const ofPackage = !isOwn && agent !== false && typeof createConnection === 'function';
    const chosen = isOwn ? agent : agent === false ? Reflect.construct(Agent, []) : globalAgent;
    const settled = { ...others, protocol: others['protocol'] ?? protocol, host: host.name, port };
    return [
      { ...settled, agent: ofPackage ? undefined : chosen, _defaultAgent: globalAgent },
      ...rest,
    ];
  };
  const request = (/** @type {unknown[]} */ ...args) => original['request'](...checked(args));
  const get = (/** @type {unknown[]} */ ...args) => {
    const found = request(...args);
    found.end();
    return found;
  };
  return { Agent, globalAgent, request, get };
};

/** @type {(rule: Rule, load: Load) => AnyObject} */
export const restrictedHttp = (rule, load) => restrictedRequests(rule, load, 'http');

/** @type {(rule: Rule, load: Load) => AnyObject} */
export const restrictedHttps = (rule, load) => restrictedRequests(rule, load, 'https');

/** @type {WeakMap<object, object>} */
const withoutConnect = new WeakMap();

/**
 * Node puts a socket of its own in front of the stream of a session. It can't connect, but its prototype leads to
 * `connect` of all sockets: it gets another one.
 *
 * @param {AnyObject} session
 */
const hideSocketClass = (session) => {
  for (const key of Object.getOwnPropertySymbols(session)) {
    const socket = session[key];
    if (!isObject(socket) || typeof socket['connect'] !== 'function') continue;
    const original = Object.getPrototypeOf(socket);
    const known = withoutConnect.get(original) ?? flat(original);
    withoutConnect.set(original, known);
    Object.setPrototypeOf(socket, known);
  }
};

/**
 * @param {object} prototype
 * @returns {object} with the members of all prototypes above it
 */
const flat = (prototype) => {
  /** @type {object[]} */
  const all = [];
  for (let at = prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
    all.unshift(at);
  /** @type {PropertyDescriptorMap} */
  const members = {};
  for (const each of all) Object.assign(members, Object.getOwnPropertyDescriptors(each));
  const { connect: _connect, constructor: _class, ...others } = /** @type {any} */ (members);
  return Object.freeze(Object.defineProperties({}, others));
};

/**
 * @param {Rule} rule
 * @param {Load} load
 * @returns {AnyObject} members of `http2`
 */
export const restrictedHttp2 = (rule, load) => {
  const { open, openTls } = makeConnections(rule, load);
  const connect = (/** @type {unknown} */ authority, /** @type {unknown[]} */ ...rest) => {
    const href = hrefOf(authority);
    const place = href === undefined ? settledOptions(authority) : new URL(href);
    const given = typeof rest[0] === 'function' ? {} : settledOptions(rest[0]);
    const listener = rest.find((arg) => typeof arg === 'function');
    const protocol = place.protocol ?? given['protocol'] ?? 'https:';
    const port = Number(place.port || (protocol === 'http:' ? 80 : 443));
    const name = (place.hostname || place.host || 'localhost').replace(/^\[|\]$/g, '');
    const host = requireHost(rule, name, port);
    const { lookup: _own, createConnection, path: _path, socket: _socket, ...options } = given;
    const usual = () => {
      const target = { ...options, host: host.name, port };
      if (protocol === 'http:') return open(target);
      const servername = host.address === undefined ? host.name : '';
      return openTls({ servername, ...target, ALPNProtocols: ['h2'] });
    };
    const url = `${protocol}//${name.includes(':') ? `[${name}]` : host.name}:${port}`;
    // Node connects by itself, as the options say, unless this is a function.
    const opener = typeof createConnection === 'function' ? createConnection : usual;
    const settled = { ...options, createConnection: opener };
    const session = load('http2')['connect'](url, settled, listener);
    hideSocketClass(session);
    return session;
  };
  return { connect };
};
