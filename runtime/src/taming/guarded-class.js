// Classes of the host whose instances lead back to them: what `new` is given is changed first, whoever asks for it.
import { ownFunction } from '../views/view.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * @param {Function} Host
 * @param {(args: unknown[]) => unknown[]} change what the constructor is given instead; it may throw
 * @param {(instance: any, given: unknown[]) => void} [finish] what is done to instances before anybody has them
 * @returns {AnyObject & Function} another class with the same instances, to which these lead from now on
 */
export const guardedClass = (Host, change, finish = undefined) => {
  const own = ownFunction(Host, change, finish);
  const { prototype: _shared, ...statics } = Object.getOwnPropertyDescriptors(Host);
  Object.defineProperties(own, /** @type {PropertyDescriptorMap} */ (statics));
  Object.defineProperty(own['prototype'], 'constructor', { value: own });
  return own;
};
