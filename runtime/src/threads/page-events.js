// Events of workers in pages: each package gets its own, whose targets are objects of its own.
/** @import { Application } from '../protocols/package.js' */

/**
 * @param {Application} application
 * @param {any} event of the host
 * @param {unknown} [data]
 * @returns {Event} a new one with the same message
 */
export const messageLike = ({ powers: { globals } }, event, data = event.data) => {
  const { type, origin, lastEventId, ports } = event;
  return new globals['MessageEvent'](type, { data, origin, lastEventId, ports: [...ports] });
};

/**
 * Defines an event handler attribute that is the one of an object of the host.
 *
 * @param {object} view
 * @param {string} name such as `onfetch`
 * @param {Record<string, any>} original
 */
export const forwardHandler = (view, name, original) => {
  Object.defineProperty(view, name, {
    get: () => original[name],
    set: (handler) => void (original[name] = handler),
    enumerable: true,
    configurable: true,
  });
};

/**
 * Defines event handler attributes, such as `onmessage`.
 * https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-attributes
 *
 * @param {object} holder an EventTarget, or the prototype of some
 * @param {string[]} types
 * @param {(holder: any) => any} [targetOf]
 */
export const defineHandlers = (holder, types, targetOf = (target) => target) => {
  for (const type of types) {
    /** @type {WeakMap<object, { handler: unknown }>} */
    const states = new WeakMap();
    Object.defineProperty(holder, `on${type}`, {
      enumerable: true,
      configurable: true,
      /** @this {object} */
      get() {
        return states.get(targetOf(this))?.handler ?? null;
      },
      /** @this {object} */
      set(handler) {
        const target = targetOf(this);
        const own = typeof handler === 'function' ? handler : null;
        const state = states.get(target);
        if (state !== undefined) return void (state.handler = own);
        const added = { handler: own };
        states.set(target, added);
        target.addEventListener(type, (/** @type {Event} */ event) => {
          if (typeof added.handler !== 'function') return;
          if (Reflect.apply(added.handler, this, [event]) === false) event.preventDefault();
        });
      },
    });
  }
};
