// `zlib`: the internal base classes of its streams.
import { hideClass } from '../lockdown/specimens.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @param {Function} Hidden a class whose subclasses call it by `super`
 * @returns {Function} constructs instances of these subclasses only
 */
const forSubclasses = (Hidden) => {
  const guard = /** @type {Function} */ (
    /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
      // Zstd(opts, mode, initParamsArray, maxParam): other arguments for the handle abort the process.
      const isCall = new.target === undefined || new.target === guard;
      if (isCall || !(args[2] instanceof Uint32Array)) throw new TypeError('Illegal constructor');
      return Reflect.construct(Hidden, args, new.target);
    }
  );
  return Object.defineProperties(guard, {
    name: { value: Hidden.name },
    prototype: { value: Hidden.prototype, writable: false },
  });
};

const isClass = (/** @type {Function} */ value) =>
  /^class\b/.test(Reflect.apply(Function.prototype.toString, value, []));

/**
 * Hides the internal base classes of `zlib` streams.
 *
 * @param {AnyObject} zlib
 * @param {Powers} powers
 */
export const tameZlib = (zlib, { getBuiltin }) => {
  const { Transform } = /** @type {AnyObject} */ (getBuiltin('stream'));
  for (const Class of Object.values(zlib)) {
    if (typeof Class !== 'function' || !(Class.prototype instanceof Transform)) continue;
    let child = Class;
    for (
      let prototype = Object.getPrototypeOf(Class.prototype);
      prototype !== Transform.prototype;
      prototype = Object.getPrototypeOf(prototype)
    ) {
      const Hidden = Object.getPrototypeOf(child);
      if (prototype.constructor === Hidden) {
        hideClass(prototype);
        if (isClass(child))
          Object.defineProperty(prototype, 'constructor', { value: forSubclasses(Hidden) });
      }
      Object.setPrototypeOf(child, prototype.constructor);
      child = prototype.constructor;
    }
  }
};
