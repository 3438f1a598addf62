// Timers that Node stores on sockets and servers. A Node timer is in a linked list with all others, so it exposes
// callbacks and AsyncLocalStorage stores of all packages: sockets expose a stand-in.
/** @import { AnyObject } from '../base/objects.js' */

const ACTIVE = Object.freeze(() => undefined);

/** @type {WeakMap<object, any>} Node's timers by their stand-ins */
const reals = new WeakMap();

/** The operations that Node itself needs for timers of sockets and servers: refresh and clear. */
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

  // The property that `clearTimeout` checks and clears.
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
 * @param {symbol} key of the timer
 */
const hideAt = (prototype, key) => {
  /** @type {WeakMap<object, unknown>} */
  const timers = new WeakMap();
  Object.defineProperty(prototype, key, {
    /** @this {object} */
    get() {
      return timers.get(this);
    },
    /**
     * @this {object}
     * @param {any} timer
     */
    set(timer) {
      if (!Object.isExtensible(this)) return; // a value stored for a frozen object, which is shared, would be a communication channel
      const isReal = typeof timer === 'object' && timer !== null && '_idlePrev' in timer;
      if (!isReal) return void timers.set(this, timer);
      const standIn = new HiddenTimeout();
      reals.set(standIn, timer);
      return void timers.set(this, harden(standIn));
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
  server.emit('listening'); // starts checking its connections
  const key = symbolOf(server, CHECKING);
  if (key === undefined) return;
  clearInterval(server[key]);
  hideAt(Server.prototype, key);
};
