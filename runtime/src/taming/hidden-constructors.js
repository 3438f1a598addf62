// Instances of host classes that a package gets do not lead to the class, which makes others.
import { codedError } from '../base/errors.js';

/** @import { AnyObject } from '../base/objects.js' */

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
