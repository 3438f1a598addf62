// Host classes that are reachable from their instances: the arguments of every `new` are checked or changed first, or
// the instances lead to a class that throws.
import { codedError } from '../base/errors.js';
import { ownFunction } from '../views/view.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * @param {Function} Host
 * @param {(args: unknown[]) => unknown[]} change maps the arguments of the constructor; it may throw
 * @param {(instance: any, given: unknown[]) => void} [finish] runs on new instances before they are returned
 * @returns {AnyObject & Function} another class with the same instances; their `constructor` leads to it from now on
 */
export const guardedClass = (Host, change, finish = undefined) => {
  const own = ownFunction(Host, change, finish);
  const { prototype: _shared, ...statics } = Object.getOwnPropertyDescriptors(Host);
  Object.defineProperties(own, /** @type {PropertyDescriptorMap} */ (statics));
  Object.defineProperty(own['prototype'], 'constructor', { value: own });
  return own;
};

/**
 * Replaces `constructor` of instances with a class that throws: a package with a grant gets the class by its name.
 *
 * @param {AnyObject} owner a builtin
 * @param {string[]} names of classes
 * @param {object} [above] the class that the hidden one inherits from: Node recognizes an EventTarget by it
 */
export const hideConstructors = (owner, names, above = Function.prototype) => {
  for (const name of names) {
    const { prototype } = owner[name] ?? {};
    if (prototype === undefined) continue;
    const { [name]: value } = {
      [name]: function () {
        throw codedError(
          'ERR_ACCESS_DENIED',
          `an instance gives no access to the constructor of ${name}`,
        );
      },
    };
    Object.defineProperty(/** @type {Function} */ (value), 'prototype', { value: prototype });
    Object.setPrototypeOf(value, above);
    const { enumerable = false } = Object.getOwnPropertyDescriptor(prototype, 'constructor') ?? {};
    Object.defineProperty(prototype, 'constructor', {
      ...{ value, enumerable, writable: true, configurable: true },
    });
  }
};
