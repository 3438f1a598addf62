// AsyncResource and EventEmitterAsyncResource of packages. Node's classes store the whole async context in a readable
// property: the stores of every AsyncLocalStorage, including sessions and tokens. Here it is in private state.
/** @import { AnyObject } from '../base/objects.js' */

/**
 * https://nodejs.org/api/async_context.html#class-asyncresource
 *
 * @param {AnyObject} HostResource
 */
export const makeAsyncResource = (HostResource) => {
  class AsyncResource {
    #resource;

    /**
     * @param {string} type
     * @param {unknown} [options]
     */
    constructor(type, options) {
      // An instance of the host's class, so that `init` hooks of the host never get an instance of a package's class.
      this.#resource = new /** @type {any} */ (HostResource)(type, options);
    }

    /**
     * @param {Function} fn
     * @param {unknown} thisArg
     * @param {unknown[]} args
     */
    runInAsyncScope(fn, thisArg, ...args) {
      return this.#resource.runInAsyncScope(fn, thisArg, ...args);
    }

    emitDestroy() {
      this.#resource.emitDestroy();
      return this;
    }

    asyncId() {
      return this.#resource.asyncId();
    }

    triggerAsyncId() {
      return this.#resource.triggerAsyncId();
    }

    /**
     * @param {Function} fn
     * @param {unknown} [thisArg]
     */
    bind(fn, thisArg) {
      if (typeof fn !== 'function') return this.#resource.bind(fn, thisArg); // throws Node's error
      const resource = this.#resource;
      const fixed = thisArg;
      /** @this {unknown} */
      const bound = function (/** @type {unknown[]} */ ...args) {
        return resource.runInAsyncScope(fn, fixed === undefined ? this : fixed, ...args);
      };
      return Object.defineProperty(bound, 'length', { value: fn.length });
    }

    /**
     * @param {Function} fn
     * @param {string} [type]
     * @param {unknown} [thisArg]
     */
    static bind(fn, type, thisArg) {
      return new AsyncResource(type || fn?.name || 'bound-anonymous-fn').bind(fn, thisArg);
    }
  }
  return AsyncResource;
};

/**
 * https://nodejs.org/api/events.html#class-eventseventemitterasyncresource-extends-eventemitter
 *
 * @param {AnyObject} EventEmitter
 * @param {ReturnType<typeof makeAsyncResource>} AsyncResource
 */
export const makeEmitterResource = (EventEmitter, AsyncResource) => {
  class EventEmitterReferencingAsyncResource extends AsyncResource {
    #eventEmitter;

    /**
     * @param {object} eventEmitter
     * @param {string} type
     * @param {unknown} options
     */
    constructor(eventEmitter, type, options) {
      super(type, options);
      this.#eventEmitter = eventEmitter;
    }

    get eventEmitter() {
      return this.#eventEmitter;
    }
  }
  class EventEmitterAsyncResource extends /** @type {any} */ (EventEmitter) {
    #asyncResource;

    /** @param {any} [options] */
    constructor(options) {
      const given = typeof options === 'string' ? undefined : options;
      super(given);
      const name = typeof options === 'string' ? options : (options?.name ?? new.target.name);
      this.#asyncResource = new EventEmitterReferencingAsyncResource(this, name, given ?? {});
    }

    /**
     * @param {string | symbol} event
     * @param {unknown[]} args
     */
    emit(event, ...args) {
      return this.#asyncResource.runInAsyncScope(super.emit, this, event, ...args);
    }

    emitDestroy() {
      this.#asyncResource.emitDestroy();
    }

    get asyncId() {
      return this.#asyncResource.asyncId();
    }

    get triggerAsyncId() {
      return this.#asyncResource.triggerAsyncId();
    }

    get asyncResource() {
      return this.#asyncResource;
    }
  }
  return EventEmitterAsyncResource;
};
