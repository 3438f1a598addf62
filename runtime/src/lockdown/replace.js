/** @import { AnyObject } from '../base/objects.js' */

/**
 * Puts another function where the host has one, with its name and all that hangs on it.
 *
 * @param {AnyObject} owner
 * @param {PropertyKey} name of a function; where there is none, nothing happens
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
