// Process-wide settings, which are read-only for packages.
import { hardenHost } from '../lockdown/host-harden.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * Makes process-wide settings read-only. Assignments are ignored instead of throwing, because programs do assign such
 * settings.
 *
 * @param {AnyObject} owner
 * @param {string[]} names
 */
export const fixSettings = (owner, names) => {
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(owner, name);
    if (property === undefined || !property.configurable) continue;
    const { get, value, enumerable = false } = property;
    const read = get ?? (() => value);
    const set = Object.freeze(() => undefined);
    Object.defineProperty(owner, name, { get: read, set, enumerable, configurable: true });
  }
};

/**
 * Hardens the values of accessors on read, because they are loaded or created lazily.
 *
 * @param {AnyObject} owner
 */
export const hardenLate = (owner) => {
  for (const key of Reflect.ownKeys(owner)) {
    const property = Object.getOwnPropertyDescriptor(owner, key);
    const { get } = property ?? {};
    if (property === undefined || get === undefined || !property.configurable) continue;
    const read = () => hardenHost(Reflect.apply(get, owner, []));
    Object.defineProperty(owner, key, { ...property, get: read });
  }
};

/**
 * Node's `defineLazyProperties`, and getters of `crypto`, redefine their property when they are first read, which a hardened
 * object does not allow.
 *
 * @param {AnyObject} owner
 */
export const settleGetters = (owner) => {
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(owner)))
    if (get !== undefined && /ObjectDefineProperty|lazyLoadedValue/.test(`${get}`))
      void owner[name];
};
