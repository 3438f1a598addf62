// MessageChannel and MessagePort of packages, and messages between threads. The runtime clones messages; the host's
// ports only pass their bytes on. Node's clone lets objects define how they are cloned and instantiates the class that
// they name.

import { makePrivate } from './private-state.js';

/** @import { Cloner, Ports } from './structured-clone.js' */
/** @import { Envelope } from '../protocols/threads.js' */
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @typedef {object} ChannelHost
 * @property {AnyObject} worker the builtin `worker_threads`
 * @property {(target: object, type: string) => unknown[]} listenersOf `getEventListeners` of the builtin `events`
 * @property {AnyObject} globals with `EventTarget`, `Event`, `MessageEvent`
 * @property {() => Cloner} cloner
 */

const FORBIDDEN = Symbol('only the runtime creates ports');

/**
 * @typedef {object} PortState
 * @property {any} real the host's port
 * @property {boolean} started
 * @property {boolean} gone it is closed or was transferred
 * @property {WeakMap<Function, Function>} wrapped listeners by the function passed to `on`
 * @property {Map<string, { handler: Function, listener: (event: unknown) => void }>} handlers
 */

/**
 * A property such as `onmessage`: https://html.spec.whatwg.org/#event-handler-attributes.
 *
 * @param {AnyObject} prototype
 * @param {string} type
 * @param {(port: object) => Pick<PortState, 'handlers'>} stateOf
 */
export const defineHandler = (prototype, type, stateOf) => {
  Object.defineProperty(prototype, `on${type}`, {
    /** @this {any} */
    get() {
      return stateOf(this).handlers.get(type)?.handler ?? null;
    },
    /**
     * @this {any}
     * @param {unknown} handler
     */
    set(handler) {
      const { handlers } = stateOf(this);
      const known = handlers.get(type);
      if (known) this.removeEventListener(type, known.listener);
      handlers.delete(type);
      if (typeof handler !== 'function') return;
      const listener = (/** @type {unknown} */ event) => void Reflect.apply(handler, this, [event]);
      handlers.set(type, { handler, listener });
      this.addEventListener(type, listener);
    },
    enumerable: true,
    configurable: true,
  });
};

/**
 * @param {unknown} options of `postMessage`: a list, or an object with one
 * @returns {unknown[]}
 */
export const transferIn = (options) => {
  const listed = Array.isArray(options) ? options : /** @type {any} */ (options)?.transfer;
  return listed === undefined || listed === null ? [] : [...listed];
};

/**
 * https://nodejs.org/api/worker_threads.html#class-messageport. DEVIATION: streams and handles are not transferred.
 *
 * @param {ChannelHost} host
 */
export const makeChannels = ({ worker, listenersOf, globals, cloner }) => {
  const { EventTarget, Event, MessageEvent, DOMException } = globals;
  /** @type {ReturnType<typeof makePrivate<PortState>>} */
  const { store, of: stateOf, has: isPort } = makePrivate();

  /** @type {Ports} */
  const ports = {
    // Packages have ports of the host only if all of them have all capabilities.
    hostOf(value) {
      if (!isPort(value)) return value instanceof worker['MessagePort'] ? value : undefined;
      return stateOf(value).gone ? undefined : stateOf(value).real;
    },
    release: (port) => void (isPort(port) && (stateOf(port).gone = true)),
    accept: (real) => makePort(real),
  };
  const pack = (/** @type {unknown} */ message, /** @type {unknown[]} */ transfer) =>
    cloner().pack(message, transfer, ports);
  const unpack = (/** @type {Envelope} */ envelope) => cloner().unpack(envelope, ports);
  /**
   * @param {EventTarget} port
   * @param {Envelope} envelope
   */
  const receive = (port, envelope) => {
    const [type, data] = opened(envelope);
    port.dispatchEvent(new MessageEvent(type, { data }));
  };
  /**
   * @param {Envelope} envelope
   * @returns {['message' | 'messageerror', unknown]}
   */
  const opened = (envelope) => {
    try {
      return ['message', unpack(envelope)];
    } catch (error) {
      return ['messageerror', error];
    }
  };

  /** @type {WeakMap<object, Set<object>>} the ports of packages over one of the host that keep the thread alive */
  const holders = new WeakMap();
  const holdersOf = (/** @type {object} */ real) => {
    const known = holders.get(real) ?? new Set();
    holders.set(real, known);
    return known;
  };

  const isHeard = (/** @type {object} */ port) => listenersOf(port, 'message').length > 0;
  /**
   * A port keeps its thread alive from its first listener to `message` to the end of the last: one for a single event
   * ends with it.
   *
   * @template T
   * @param {MessagePort} port
   * @param {() => T} change
   */
  const referenced = (port, change) => {
    const before = isHeard(port);
    const result = change();
    const after = isHeard(port);
    if (after && !before) {
      port.start();
      port.ref();
    }
    if (before && !after) port.unref();
    return result;
  };

  class MessagePort extends /** @type {typeof globalThis.EventTarget} */ (EventTarget) {
    /** @param {unknown} [token] */
    constructor(token) {
      if (token !== FORBIDDEN) throw new TypeError('Illegal constructor');
      super();
    }

    /**
     * @param {unknown} message
     * @param {unknown} [options]
     */
    postMessage(message, options) {
      const { real, gone } = stateOf(this);
      const transfer = transferIn(options);
      if (transfer.includes(this))
        throw new DOMException('Transfer list contains source port', 'DataCloneError');
      const { envelope, transfer: listed } = pack(message, transfer);
      if (!gone) real.postMessage(envelope, listed);
    }

    start() {
      const state = stateOf(this);
      if (state.started || state.gone) return;
      state.started = true;
      const { real } = state;
      real.on('message', (/** @type {Envelope} */ envelope) => receive(this, envelope));
      if (!isHeard(this)) this.unref();
    }

    close() {
      const state = stateOf(this);
      if (state.gone) return;
      state.gone = true;
      state.real.close();
    }

    ref() {
      const { real } = stateOf(this);
      holdersOf(real).add(this);
      real.ref();
    }

    unref() {
      const { real } = stateOf(this);
      holdersOf(real).delete(this);
      if (holdersOf(real).size === 0) real.unref();
    }

    hasRef() {
      return stateOf(this).real.hasRef();
    }

    /** @param {[string, any, any?]} args */
    addEventListener(...args) {
      referenced(this, () => super.addEventListener(...args));
    }

    /** @param {[string, any, any?]} args */
    removeEventListener(...args) {
      referenced(this, () => super.removeEventListener(...args));
    }

    /** @param {Event} event */
    dispatchEvent(event) {
      return referenced(this, () => super.dispatchEvent(event));
    }

    /**
     * Like the method of an emitter: the listener gets the value, not an event.
     *
     * @param {string} type
     * @param {Function} listener
     */
    on(type, listener) {
      return this.#listen(type, listener, false);
    }

    /**
     * @param {string} type
     * @param {Function} listener
     */
    once(type, listener) {
      return this.#listen(type, listener, true);
    }

    /**
     * @param {string} type
     * @param {Function} listener
     */
    off(type, listener) {
      this.removeEventListener(type, stateOf(this).wrapped.get(listener) ?? listener);
      return this;
    }

    /**
     * @param {string} type
     * @param {Function} listener
     * @param {boolean} once
     */
    #listen(type, listener, once) {
      const wrapper = (/** @type {any} */ event) =>
        void Reflect.apply(listener, this, type === 'message' ? [event.data] : []);
      stateOf(this).wrapped.set(listener, wrapper);
      this.addEventListener(type, wrapper, { once });
      return this;
    }
  }
  const { prototype } = /** @type {any} */ (MessagePort);
  Object.defineProperties(prototype, {
    addListener: { value: prototype.on, writable: true, configurable: true },
    removeListener: { value: prototype.off, writable: true, configurable: true },
    [Symbol.toStringTag]: { value: 'MessagePort', configurable: true },
  });
  for (const type of ['message', 'messageerror', 'close']) defineHandler(prototype, type, stateOf);

  /** @param {any} real */
  const makePort = (real) => {
    const port = new MessagePort(FORBIDDEN);
    store(port, {
      ...{ real, started: false, gone: false },
      ...{ wrapped: new WeakMap(), handlers: new Map() },
    });
    real.on('close', () => port.dispatchEvent(new Event('close')));
    return port;
  };

  class MessageChannel {
    constructor() {
      const { port1, port2 } = new worker['MessageChannel']();
      Object.assign(this, { port1: makePort(port1), port2: makePort(port2) });
    }
  }

  const { receiveMessageOnPort } = {
    /** @param {object} port */
    receiveMessageOnPort(port) {
      const { real, gone } = stateOf(port);
      const received = gone ? undefined : worker['receiveMessageOnPort'](real);
      return received && { message: unpack(received.message) };
    },
  };
  return { MessageChannel, MessagePort, receiveMessageOnPort, accept: makePort, opened, pack };
};
