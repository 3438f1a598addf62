// Classes of the host whose instances lead back to them: what `new` is given is changed first, whoever asks for it.

/** @import { AnyObject } from '../attenuate.js' */

/**
 * @param {Function} Host
 * @param {(args: unknown[]) => unknown[]} change what the constructor is given instead; it may throw
 * @returns {AnyObject & Function} another class with the same instances, to which these lead from now on
 */
export const guardedClass = (Host, change) => {
  const own = /** @type {AnyObject & Function} */ (
    /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
      const given = change(args);
      if (new.target === undefined) return Reflect.apply(Host, this, given); // `Host.call(this)` too
      return Reflect.construct(Host, given, new.target === own ? Host : new.target);
    }
  );
  const { prototype: _none, ...statics } = Object.getOwnPropertyDescriptors(Host);
  Object.defineProperties(own, /** @type {PropertyDescriptorMap} */ (statics));
  const { prototype } = /** @type {any} */ (Host);
  Object.defineProperty(own, 'prototype', { value: prototype, writable: false });
  Object.setPrototypeOf(own, Object.getPrototypeOf(Host));
  Object.defineProperty(prototype, 'constructor', { value: own });
  return own;
};
