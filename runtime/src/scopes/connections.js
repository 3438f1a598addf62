// `net` and `tls` of packages whose grants list hosts.
import { isObject } from '../base/objects.js';
import { connectionTo } from './lookup.js';
import { requireHost, unlisted } from './rules.js';
import { makeSocketClass, realSocket, socketFor } from './socket.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Rule } from './rules.js' */

/** @typedef {(name: string) => AnyObject} Load returns a builtin, as packages share it */

/**
 * @param {unknown} options of a package
 * @returns {AnyObject} a copy, which can't change after the check; its functions get no `this`, which would be an object
 *   of Node
 */
export const settledOptions = (options) =>
  Object.fromEntries(
    Object.entries(Object(options))
      .filter(([key]) => key !== '__proto__') // Node assigns options to objects
      .map(([key, value]) => [
        key,
        typeof value === 'function' ? (/** @type {unknown[]} */ ...args) => value(...args) : value,
      ]),
  );

/**
 * @param {unknown[]} args of `connect`: options, or a port and a host
 * @returns {AnyObject} options, of `tls` too
 */
export const connectOptionsOf = (args) => {
  const [first, second, third] = args;
  if (isObject(first) && typeof first !== 'function') return settledOptions(first);
  const isPort = typeof first === 'number' || /^\d+$/.test(`${first}`);
  const place = isPort
    ? { port: first, ...(typeof second === 'string' && { host: second }) }
    : { path: first };
  const more = [second, third].find((arg) => isObject(arg) && typeof arg !== 'function');
  return { ...settledOptions(more), ...place };
};

// Options of https://nodejs.org/api/net.html and tls.html that neither decide where a connection leads nor take a handle
// or a descriptor: Node passes its own sockets to a handle.
const OPTIONS = [
  ...['allowHalfOpen', 'autoSelectFamily', 'autoSelectFamilyAttemptTimeout', 'blockList', 'family'],
  ...['highWaterMark', 'hints', 'keepAlive', 'keepAliveInitialDelay', 'localAddress', 'localPort'],
  ...['noDelay', 'signal', 'timeout'],
  ...['ALPNProtocols', 'allowPartialTrustChain', 'ca', 'cert', 'checkServerIdentity', 'ciphers'],
  ...['crl', 'dhparam', 'ecdhCurve', 'enableTrace', 'honorCipherOrder', 'key', 'maxVersion'],
  ...['minDHSize', 'minVersion', 'passphrase', 'pfx', 'pskCallback', 'rejectUnauthorized'],
  ...['requestOCSP', 'secureContext', 'secureOptions', 'secureProtocol', 'servername', 'session'],
  ...['sessionIdContext', 'sessionTimeout', 'sigalgs', 'ticketKeys'],
];

/**
 * @param {AnyObject} options settled
 * @returns {AnyObject} those in the list
 */
const plainOptions = (options) =>
  Object.fromEntries(
    OPTIONS.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );

/** @param {unknown} port */
const portOf = (port) => (/^\d{1,5}$/.test(`${port}`) ? Number(port) : -1);

/**
 * @param {Rule} rule
 * @param {Load} load
 * @param {AnyObject} options settled
 * @returns {AnyObject} options for Node that lead to an allowed host only
 */
const checkedOptions = (rule, load, options) => {
  const { host, port, path } = options;
  if (path !== undefined && path !== null) throw unlisted(rule, `${path}`, 'connect to the socket');
  const number = portOf(port);
  const found = requireHost(rule, host || 'localhost', number);
  return { ...plainOptions(options), ...connectionTo(rule, load('dns'), found, number) };
};

/**
 * @typedef {object} Connections
 * @property {AnyObject & Function} Socket
 * @property {(options: AnyObject) => AnyObject} open a TCP connection to an allowed host
 * @property {(options: AnyObject) => AnyObject} openTls
 */

/**
 * @param {Rule} rule
 * @param {Load} load
 * @returns {Connections}
 */
export const makeConnections = (rule, load) => {
  const openReal = (/** @type {AnyObject} */ options) =>
    load('net')['connect'](checkedOptions(rule, load, options));
  const Socket = makeSocketClass(load('stream'), (args) => openReal(connectOptionsOf(args)), rule);
  const openTls = (/** @type {AnyObject} */ options) => {
    const { socket, path: _request, ...others } = options;
    const tls = load('tls');
    // Node connects unless the socket is truthy.
    if (!socket) return socketFor(Socket, tls['connect'](checkedOptions(rule, load, others)));
    const through = { ...plainOptions(others), socket: realSocket(socket) ?? socket };
    return socketFor(Socket, tls['connect'](through));
  };
  return {
    Socket,
    open: ({ path, ...options }) => socketFor(Socket, openReal({ ...options, path })),
    openTls,
  };
};

/**
 * @param {Rule} rule
 * @param {Load} load
 * @returns {AnyObject} members of `net`
 */
export const restrictedNet = (rule, load) => {
  const { Socket } = makeConnections(rule, load);
  const connect = (/** @type {unknown[]} */ ...args) => {
    const options = args.find((arg) => isObject(arg) && typeof arg !== 'function');
    const socket = Reflect.construct(Socket, [settledOptions(options)]);
    const { timeout } = Object(options);
    if (timeout) socket.setTimeout(timeout);
    return socket.connect(...args);
  };
  return { Socket, Stream: Socket, connect, createConnection: connect };
};

/**
 * @param {Rule} rule
 * @param {Load} load
 * @returns {AnyObject} members of `tls`
 */
export const restrictedTls = (rule, load) => {
  const { openTls } = makeConnections(rule, load);
  const connect = (/** @type {unknown[]} */ ...args) => {
    const options = connectOptionsOf(args);
    if (options['path'] !== undefined && !options['socket'])
      throw unlisted(rule, `${options['path']}`, 'connect to the socket');
    const socket = openTls(options);
    const listener = args.at(-1);
    if (typeof listener === 'function') socket['once']('secureConnect', listener);
    return socket;
  };
  return { connect };
};
