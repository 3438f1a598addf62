// Sockets of packages whose grants list hosts. Node's sockets can connect anywhere, and so can their prototypes: a
// package gets a stream in front of a socket that it can't reach.
import { codedError } from '../base/errors.js';
import { unlisted } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Rule } from './rules.js' */

// Values that a socket shows: strings, numbers, booleans and errors.
const VALUES = [
  ...['connecting', 'pending', 'readyState', 'timeout', 'bytesRead', 'bytesWritten', 'bufferSize'],
  ...['remoteAddress', 'remotePort', 'remoteFamily', 'localAddress', 'localPort', 'localFamily'],
  ...[
    'encrypted',
    'authorized',
    'authorizationError',
    'alpnProtocol',
    'servername',
    'secureConnecting',
  ],
];

const SETTERS = ['setNoDelay', 'setKeepAlive', 'ref', 'unref'];

// https://nodejs.org/api/tls.html#class-tlstlssocket: methods that return data of the connection.
const OF_TLS = [
  ...['exportKeyingMaterial', 'getCertificate', 'getCipher', 'getEphemeralKeyInfo', 'getFinished'],
  ...['getPeerCertificate', 'getPeerFinished', 'getPeerX509Certificate', 'getProtocol'],
  ...['getSession', 'getSharedSigalgs', 'getTLSTicket', 'getX509Certificate', 'isSessionReused'],
  ...['disableRenegotiation', 'setMaxSendFragment'],
];

const EVENTS = [
  ...['connect', 'ready', 'lookup', 'timeout', 'secureConnect', 'secure', 'session', 'keylog'],
  ...['OCSPResponse', 'connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout'],
];

/** @type {WeakMap<object, AnyObject>} Node's sockets by the package's */
const reals = new WeakMap();

/** @type {WeakMap<object, ((real: AnyObject) => void)[]>} settings of sockets without a connection */
const settings = new WeakMap();

/**
 * @param {object} own the package's socket
 * @param {(real: AnyObject) => unknown} change
 */
const change = (own, change) => {
  const real = reals.get(own);
  if (real !== undefined) change(real);
  else settings.set(own, [...(settings.get(own) ?? []), change]);
};

/**
 * @param {unknown} socket of a package
 * @returns {AnyObject | undefined} Node's socket behind it
 */
export const realSocket = (socket) => reals.get(/** @type {object} */ (socket));

/**
 * @param {AnyObject} own the package's socket
 * @param {AnyObject} real
 */
const attach = (own, real) => {
  reals.set(own, real);
  for (const apply of settings.get(own) ?? []) apply(real);
  real.on('data', (/** @type {unknown} */ chunk) => {
    if (!own.push(chunk)) real.pause();
  });
  real.on('end', () => own.push(null));
  real.on('error', (/** @type {Error} */ error) => own.destroy(error));
  real.on('close', () => {
    if (own.readableEnded || own.destroyed) own.destroy();
    else own.once('end', () => own.destroy()); // the package has not read everything yet
    own.push(null);
  });
  for (const event of EVENTS)
    real.on(event, (/** @type {unknown[]} */ ...args) => own.emit(event, ...args));
};

/**
 * @param {AnyObject} stream the builtin, as packages share it
 * @param {(args: unknown[]) => AnyObject} openReal checks where a socket connects to and opens it
 * @param {Rule} rule
 * @returns {AnyObject & Function} the class `net.Socket` of a package
 */
export const makeSocketClass = ({ Duplex }, openReal, rule) => {
  class Socket extends Duplex {
    /** @param {any} [options] */
    constructor(options) {
      const { allowHalfOpen = false, fd, handle, signal } = Object(options);
      if (fd !== undefined || handle !== undefined)
        throw unlisted(rule, `${fd ?? 'a handle'}`, 'open a socket from the descriptor');
      super({ allowHalfOpen, signal });
    }
    connect(/** @type {unknown[]} */ ...args) {
      if (reals.has(this))
        throw codedError('EISCONN', 'connect EISCONN: the socket has a connection already');
      attach(this, openReal(args));
      const listener = args.at(-1);
      if (typeof listener === 'function') this.once('connect', listener);
      return this;
    }
    _read() {
      reals.get(this)?.resume();
    }
    _write(
      /** @type {unknown} */ chunk,
      /** @type {unknown} */ encoding,
      /** @type {Function} */ done,
    ) {
      const real = reals.get(this);
      if (real === undefined)
        this.once('connect', () => reals.get(this)?.['write'](chunk, encoding, done));
      else real.write(chunk, encoding, done);
    }
    _writev(/** @type {any[]} */ chunks, /** @type {Function} */ done) {
      const real = reals.get(this);
      if (real === undefined) return void this.once('connect', () => this._writev(chunks, done));
      real.cork();
      chunks.forEach(({ chunk, encoding }, at) =>
        real.write(chunk, encoding, at === chunks.length - 1 ? done : undefined),
      );
      real.uncork();
    }
    _final(/** @type {Function} */ done) {
      const real = reals.get(this);
      if (real === undefined || real.destroyed) done();
      else real.end(() => done());
    }
    _destroy(/** @type {unknown} */ error, /** @type {Function} */ done) {
      const real = reals.get(this);
      if (real === undefined || real.closed) return done(error);
      real.once('close', () => done(error));
      real.destroy();
    }
    setTimeout(/** @type {number} */ time, /** @type {any} */ listener) {
      if (typeof listener === 'function') {
        if (time === 0) this.removeListener('timeout', listener);
        else this.once('timeout', listener);
      }
      change(this, (real) => real['setTimeout'](time));
      return this;
    }
    destroySoon() {
      if (this.writable) this.end();
      if (this.writableFinished) this.destroy();
      else this.once('finish', this.destroy);
    }
    resetAndDestroy() {
      reals.get(this)?.resetAndDestroy();
      return this.destroy();
    }
    address() {
      return { ...reals.get(this)?.address() };
    }
  }
  addMembers(Socket.prototype);
  return Socket;
};

/** @param {AnyObject} prototype of the class of sockets */
const addMembers = (prototype) => {
  for (const name of VALUES) {
    const { get } = {
      /** @this {object} */
      get() {
        const real = reals.get(this);
        return real === undefined && name === 'pending' ? true : real?.[name];
      },
    };
    Object.defineProperty(prototype, name, { get, configurable: true });
  }
  const define = (/** @type {string} */ name, /** @type {Function} */ value) =>
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  for (const name of SETTERS)
    define(
      name,
      /** @this {object} */ function (/** @type {unknown[]} */ ...args) {
        change(this, (real) => real[name](...args));
        return this;
      },
    );
  for (const name of OF_TLS)
    define(
      name,
      /** @this {object} */ function (/** @type {unknown[]} */ ...args) {
        return reals.get(this)?.[name]?.(...args);
      },
    );
};

/**
 * @param {AnyObject & Function} Socket class of a package
 * @param {AnyObject} real
 * @returns {AnyObject} its socket
 */
export const socketFor = (Socket, real) => {
  const own = Reflect.construct(Socket, [{ allowHalfOpen: real['allowHalfOpen'] }]);
  attach(own, real);
  return own;
};
