// Guards for host classes that are reachable from their instances: the arguments of every `new` are checked or
// changed first.
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
