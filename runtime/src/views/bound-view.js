// Views of host objects with mutable state, one for each compartment.
import { isObject } from '../base/objects.js';
import { bindMethod, frozenAccessor } from './view.js';
import { hardenHost } from '../lockdown/host-harden.js';

/** @import { AnyObject } from '../base/objects.js' */

/** The methods of an EventTarget. */
export const LISTENING = ['addEventListener', 'removeEventListener', 'dispatchEvent'];

/**
 * @param {AnyObject} object
 * @returns {Map<string, PropertyDescriptor>} its own and inherited properties
 */
const propertiesOf = (object) => {
  /** @type {Map<string, PropertyDescriptor>} */
  const properties = new Map();
  for (let holder = object; holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
    if (holder === null) break;
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(holder)))
      if (!properties.has(name)) properties.set(name, property);
  }
  return properties;
};

/**
 * @param {AnyObject} original
 * @param {(value: any) => any} [share] returns an object as packages share it
 * @returns {AnyObject} a new object with its members, bound, and its shared prototype
 */
export const boundView = (original, share = hardenHost) => {
  const view = Object.create(share(Object.getPrototypeOf(original)));
  for (const [name, { value, get, enumerable = false }] of propertiesOf(original)) {
    // A listener on a shared object would receive the events of all packages, and `this` in a listener is the shared
    // object.
    if (name === 'constructor' || LISTENING.includes(name)) continue;
    if (typeof value === 'function' && get === undefined) {
      const bound = bindMethod(value, original);
      Object.defineProperty(view, name, {
        value: bound,
        writable: true,
        enumerable,
        configurable: true,
      });
      continue;
    }
    const read = () => {
      const found = original[name];
      if (typeof found === 'function') return bindMethod(found, original);
      return isObject(found) ? share(found) : found;
    };
    const assign = (/** @type {unknown} */ own) =>
      void Object.defineProperty(view, name, {
        value: own,
        writable: true,
        enumerable,
        configurable: true,
      });
    Object.defineProperty(view, name, { ...frozenAccessor(read, assign), enumerable });
  }
  return view;
};
