/** @import { AnyObject } from '../base/objects.js' */

/**
 * Replaces a function of the host. The replacement gets its name and other properties.
 *
 * @param {AnyObject} owner
 * @param {PropertyKey} name of a function; does nothing if there is none
 * @param {(original: Function) => Function} change
 */
export const replace = (owner, name, change) => {
  const property = Object.getOwnPropertyDescriptor(owner, name);
  if (typeof property?.value !== 'function') return;
  const { prototype: _none, ...statics } = Object.getOwnPropertyDescriptors(property.value);
  const value = change(property.value);
  Object.defineProperties(value, /** @type {PropertyDescriptorMap} */ (statics));
  Object.defineProperty(owner, name, { ...property, value });
};
