// Timers that the host hangs on sockets and servers. A timer of Node's is in a list with those of everybody, and so leads
// to the callbacks, and to the AsyncLocalStorage stores, of all packages: what is seen on the socket is a stand-in.
/** @import { AnyObject } from '../base/objects.js' */

const ACTIVE = Object.freeze(() => undefined);

/** @type {WeakMap<object, any>} Node's timers by their stand-ins */
const reals = new WeakMap();

/** What Node itself does with the timers of sockets and servers: refresh them, and clear them. */
class HiddenTimeout {
  refresh() {
    reals.get(this).refresh();
    return this;
  }

  ref() {
    reals.get(this).ref();
    return this;
  }

  unref() {
    reals.get(this).unref();
    return this;
  }

  hasRef() {
    return reals.get(this).hasRef();
  }

  // As `clearTimeout` looks at a timer: this one is cleared when its callback is taken away.
  get _onTimeout() {
    return reals.get(this)._onTimeout ? ACTIVE : null;
  }

  set _onTimeout(_none) {
    clearTimeout(reals.get(this));
  }

  get _destroyed() {
    return true;
  }

  get _idleTimeout() {
    return reals.get(this)._idleTimeout;
  }
}

/**
 * @param {AnyObject} prototype of instances that have timers
 * @param {symbol} key where they are
 */
const hideAt = (prototype, key) => {
  /** @type {WeakMap<object, unknown>} */
  const kept = new WeakMap();
  Object.defineProperty(prototype, key, {
    /** @this {object} */
    get() {
      return kept.get(this);
    },
    /**
     * @this {object}
     * @param {any} timer
     */
    set(timer) {
      if (!Object.isExtensible(this)) return; // what is kept for what is frozen, and so shared, would be a channel
      const isReal = typeof timer === 'object' && timer !== null && '_idlePrev' in timer;
      if (!isReal) return void kept.set(this, timer);
      const standIn = new HiddenTimeout();
      reals.set(standIn, timer);
      return void kept.set(this, harden(standIn));
    },
    configurable: true,
  });
};

/**
 * @param {object} object
 * @param {string} description
 */
const symbolOf = (object, description) =>
  Object.getOwnPropertySymbols(object).find((key) => key.description === description);

/** @param {AnyObject} net the builtin, not yet hardened */
export const hideSocketTimers = ({ Socket }) => {
  const key = symbolOf(new Socket(), 'timeout');
  if (key !== undefined) hideAt(Socket.prototype, key);
};

const CHECKING = 'http.server.connectionsCheckingInterval';

/**
 * @param {AnyObject} http the builtin
 * @param {AnyObject} builtin `http`, or `https`, not yet hardened
 */
export const hideServerTimers = (http, { Server }) => {
  const server = new http['Server']();
  server.emit('listening'); // what begins to check its connections
  const key = symbolOf(server, CHECKING);
  if (key === undefined) return;
  clearInterval(server[key]);
  hideAt(Server.prototype, key);
};
