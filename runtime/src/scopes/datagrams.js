// `dgram` of packages whose grants list hosts.
import { codedError } from '../base/errors.js';
import { isObject } from '../base/objects.js';
import { guardedLookup } from './lookup.js';
import { requireHost } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Load } from './connections.js' */
/** @import { Rule } from './rules.js' */

const FORWARDED = [
  ...['setTTL', 'setBroadcast', 'setRecvBufferSize', 'setSendBufferSize', 'ref', 'unref'],
  ...['getRecvBufferSize', 'getSendBufferSize', 'getSendQueueCount', 'getSendQueueSize'],
  ...['address', 'remoteAddress', 'disconnect'],
];

const EVENTS = ['close', 'connect', 'error', 'listening', 'message'];

/**
 * @param {ArrayBufferView} message
 * @param {unknown} offset
 * @param {number} length
 * @returns {Uint8Array} that part: with a number after the message, Node could take it for a port
 */
const partOf = ({ buffer, byteOffset, byteLength }, offset, length) => {
  const start = Number(offset);
  if (!(start >= 0 && length >= 0 && start + length <= byteLength))
    throw new RangeError('Attempt to access memory outside buffer bounds');
  return new Uint8Array(buffer, byteOffset + start, length);
};

/**
 * @param {Rule} rule
 * @param {Load} load
 * @returns {AnyObject} members of `dgram`
 */
export const restrictedDatagrams = (rule, load) => {
  const { EventEmitter } = /** @type {AnyObject} */ (load('events'));
  const [dgram, dns] = [load('dgram'), load('dns')];
  /**
   * @param {unknown} type
   * @param {unknown} requested
   * @param {unknown} port
   * @param {(error: unknown, address?: string) => void} done gets an allowed address
   */
  const resolve = (type, requested, port, done) => {
    const number = Number(port);
    const usual = type === 'udp6' ? '::1' : '127.0.0.1';
    const host = requireHost(rule, requested || usual, number, 'send to');
    if (host.address !== undefined) return done(null, host.name);
    const family = type === 'udp6' ? 6 : 4;
    return guardedLookup(rule, dns, host, number)(host.name, { family }, done);
  };
  class Socket extends EventEmitter {
    /** @type {AnyObject} */
    #real;
    constructor(/** @type {any} */ options) {
      super();
      const { type, reuseAddr, ipv6Only, recvBufferSize, sendBufferSize, signal } = options;
      this.type = type;
      this.#real = dgram['createSocket']({
        ...{ type, reuseAddr, ipv6Only, signal },
        ...(recvBufferSize && { recvBufferSize }),
        ...(sendBufferSize && { sendBufferSize }),
      });
      for (const event of EVENTS)
        this.#real['on'](event, (/** @type {unknown[]} */ ...args) => this.emit(event, ...args));
      for (const name of FORWARDED)
        Object.defineProperty(this, name, {
          value: (/** @type {unknown[]} */ ...args) => {
            const result = this.#real[name](...args);
            return result === this.#real ? this : result;
          },
          configurable: true,
          writable: true,
        });
    }
    /**
     * @param {unknown} listener of the package
     * @returns {Function | undefined} one that gets no `this`, which would be the real socket
     */
    #listener(listener) {
      if (typeof listener !== 'function') return undefined;
      return (/** @type {unknown[]} */ ...given) => Reflect.apply(listener, this, given);
    }
    bind(/** @type {any[]} */ ...args) {
      const listener = this.#listener(args.findLast((arg) => typeof arg === 'function'));
      const [first, second] = args;
      const given = isObject(first) && typeof first !== 'function' ? first : {};
      const port = typeof first === 'number' ? first : given['port'];
      const address = typeof second === 'string' ? second : given['address'];
      this.#real['bind']({ port, address }, listener);
      return this;
    }
    connect(/** @type {unknown} */ port, /** @type {any[]} */ ...rest) {
      const done = this.#listener(rest.findLast((arg) => typeof arg === 'function'));
      const host = typeof rest[0] === 'string' ? rest[0] : undefined;
      resolve(this.type, host, port, (error, address) => {
        if (error) return done === undefined ? this.emit('error', error) : done(error);
        return this.#real['connect'](port, address, done);
      });
    }
    send(/** @type {any} */ message, /** @type {any[]} */ ...rest) {
      const done = this.#listener(typeof rest.at(-1) === 'function' ? rest.pop() : undefined);
      // send(message, offset, length, port, address) or send(message, port, address)
      const isPart = typeof rest[1] === 'number' && ArrayBuffer.isView(message);
      const part = isPart ? partOf(message, rest[0], rest[1]) : message;
      const [port, host] = isPart ? rest.slice(2) : rest;
      if (port === undefined || port === null || port === 0)
        return void this.#real['send'](part, ...(done === undefined ? [] : [done])); // connected
      return resolve(this.type, host, port, (error, address) => {
        if (error) return done === undefined ? this.emit('error', error) : done(error);
        return this.#real['send'](part, port, address, done);
      });
    }
    close(/** @type {any} */ done) {
      if (typeof done === 'function') this.once('close', done);
      this.#real['close']();
      return this;
    }
  }
  const createSocket = (/** @type {any} */ requested, /** @type {any} */ listener) => {
    const options = isObject(requested) ? { ...requested } : { type: requested };
    if (!['udp4', 'udp6'].includes(/** @type {string} */ (options['type'])))
      throw codedError(
        'ERR_SOCKET_BAD_TYPE',
        'Bad socket type specified. Valid types are: udp4, udp6',
      );
    const socket = new Socket(options);
    if (typeof listener === 'function') socket.on('message', listener);
    return socket;
  };
  return { createSocket };
};
