// Timers of one compartment. Node's timer objects are linked with each other and with the callbacks of all packages:
// packages get handles instead.

/** @typedef {Record<string, any>} HostTimers setTimeout and its kin */

const PROMISIFY = Symbol.for('nodejs.util.promisify.custom');

/** Node's timer objects by handle, and by number once a number was requested. */
const makeRegister = () => {
  /** @type {WeakMap<object, any>} */
  const reals = new WeakMap();
  /** @type {Map<number, WeakRef<object>>} */
  const numbered = new Map();
  return {
    /** @param {object} handle */
    realOf(handle) {
      const real = reals.get(handle);
      if (real === undefined) throw new TypeError('Illegal invocation');
      return real;
    },
    /** @param {object} handle */
    numberOf(handle) {
      const number = Number(this.realOf(handle));
      numbered.set(number, new WeakRef(handle));
      return number;
    },
    /** @param {unknown} timer a handle, or its number */
    find(timer) {
      const byNumber = typeof timer === 'number' || typeof timer === 'string';
      const handle = byNumber ? numbered.get(Number(timer))?.deref() : timer;
      return typeof handle === 'object' && handle !== null ? reals.get(handle) : undefined;
    },
    /**
     * @param {object} handle
     * @param {unknown} real
     */
    add: (handle, real) => void reals.set(handle, real),
  };
};

/**
 * @param {ReturnType<typeof makeRegister>} register
 * @param {HostTimers} host
 */
const makeHandleClasses = (register, host) => {
  class Immediate {
    ref() {
      register.realOf(this).ref();
      return this;
    }
    unref() {
      register.realOf(this).unref();
      return this;
    }
    hasRef() {
      return register.realOf(this).hasRef();
    }
    [Symbol.dispose]() {
      host['clearImmediate'](register.realOf(this));
    }
  }
  class Timeout extends Immediate {
    refresh() {
      register.realOf(this).refresh();
      return this;
    }
    close() {
      host['clearTimeout'](register.realOf(this));
      return this;
    }
    [Symbol.toPrimitive]() {
      return register.numberOf(this);
    }
    [Symbol.dispose]() {
      host['clearTimeout'](register.realOf(this));
    }
  }
  return harden({ Immediate, Timeout });
};

/**
 * @param {HostTimers} host
 * @param {HostTimers | undefined} promises their promisified versions
 * @param {() => void} prepare called before the host throws an error
 * @returns {Record<string, Function>}
 */
export const makeTimers = (host, promises, prepare) => {
  const register = makeRegister();
  const { Immediate, Timeout } = makeHandleClasses(register, host);

  /**
   * @param {string} name
   * @param {new () => object} Handle
   * @param {boolean} delayed whether the second argument is a delay
   */
  const starter = (name, Handle, delayed) => {
    const start = (/** @type {unknown} */ callback, /** @type {unknown[]} */ ...rest) => {
      if (typeof callback !== 'function') {
        prepare();
        return host[name](callback, ...rest); // throws Node's error
      }
      const handle = new Handle();
      const args = delayed ? rest.slice(1) : rest;
      const fire = () => Reflect.apply(callback, handle, args);
      register.add(handle, delayed ? host[name](fire, rest[0]) : host[name](fire));
      return handle;
    };
    Object.defineProperty(start, 'name', { value: name });
    const promise = promises?.[name];
    if (promise !== undefined && name !== 'setInterval') {
      const value = (/** @type {unknown[]} */ ...args) => {
        prepare();
        return promise(...args);
      };
      Object.defineProperty(start, PROMISIFY, { value: Object.freeze(value), enumerable: true });
    }
    return start;
  };

  /** @param {string} name */
  const clearer = (name) => {
    const clear = (/** @type {unknown} */ timer) => {
      const real = register.find(timer);
      if (real !== undefined) host[name](real);
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
