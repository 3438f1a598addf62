// Timers of one compartment. Node's own timer objects are linked with each other, and with the
// callbacks of everybody: packages get handles instead.

/**
 * @typedef {Record<string, any>} HostTimers setTimeout and its kin
 *
 * @typedef {{ real: any, again?: boolean }} Entry
 */

const PROMISIFY = Symbol.for('nodejs.util.promisify.custom');

/**
 * @param {HostTimers} host
 * @param {HostTimers | undefined} promises what util.promisify makes of them
 * @returns {Record<string, Function>}
 */
export const makeTimers = (host, promises) => {
  /** @type {WeakMap<object, Entry>} */
  const entries = new WeakMap();
  /** @type {Map<number, WeakRef<object>>} */
  const numbered = new Map();

  /** @param {object} handle */
  const realOf = (handle) => {
    const entry = entries.get(handle);
    if (entry === undefined) throw new TypeError('Illegal invocation');
    return entry.real;
  };

  class Timeout {
    ref() {
      realOf(this).ref();
      return this;
    }
    unref() {
      realOf(this).unref();
      return this;
    }
    hasRef() {
      return realOf(this).hasRef();
    }
    refresh() {
      realOf(this).refresh();
      return this;
    }
    close() {
      host.clearTimeout(realOf(this));
      return this;
    }
    [Symbol.toPrimitive]() {
      const number = Number(realOf(this));
      numbered.set(number, new WeakRef(this));
      return number;
    }
  }
  class Immediate {
    ref() {
      realOf(this).ref();
      return this;
    }
    unref() {
      realOf(this).unref();
      return this;
    }
    hasRef() {
      return realOf(this).hasRef();
    }
  }
  for (const [Class, clear] of /** @type {Array<[Function, Function]>} */ ([
    [Timeout, host.clearTimeout],
    [Immediate, host.clearImmediate],
  ])) {
    if (Symbol.dispose === undefined) continue;
    const value = {
      dispose() {
        clear(realOf(/** @type {object} */ (this)));
      },
    }.dispose;
    Object.defineProperty(Class.prototype, Symbol.dispose, {
      value,
      writable: true,
      configurable: true,
    });
  }

  /**
   * @param {string} name
   * @param {new () => object} Handle
   * @param {boolean} delayed whether the second argument is a delay
   */
  const starter = (name, Handle, delayed) => {
    const start = (/** @type {unknown} */ callback, /** @type {unknown[]} */ ...rest) => {
      if (typeof callback !== 'function') return host[name](callback, ...rest); // which says what is wrong
      const handle = new Handle();
      const args = delayed ? rest.slice(1) : rest;
      const fire = () => Reflect.apply(callback, handle, args);
      entries.set(handle, { real: delayed ? host[name](fire, rest[0]) : host[name](fire) });
      return handle;
    };
    Object.defineProperty(start, 'name', { value: name });
    const promise = promises?.[name];
    if (promise !== undefined && name !== 'setInterval') {
      const value = (/** @type {unknown[]} */ ...args) => promise(...args);
      Object.defineProperty(start, PROMISIFY, { value, enumerable: true });
    }
    return start;
  };

  /** @param {string} name */
  const clearer = (name) => {
    const clear = (/** @type {unknown} */ timer) => {
      const handle =
        typeof timer === 'number' || typeof timer === 'string'
          ? numbered.get(Number(timer))?.deref()
          : timer;
      const entry = typeof handle === 'object' && handle !== null ? entries.get(handle) : undefined;
      if (entry !== undefined) host[name](entry.real);
    };
    Object.defineProperty(clear, 'name', { value: name });
    return clear;
  };

  return {
    setTimeout: starter('setTimeout', Timeout, true),
    setInterval: starter('setInterval', Timeout, true),
    setImmediate: starter('setImmediate', Immediate, false),
    clearTimeout: clearer('clearTimeout'),
    clearInterval: clearer('clearInterval'),
    clearImmediate: clearer('clearImmediate'),
  };
};
