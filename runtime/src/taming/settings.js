// Settings of the whole process, which packages can read and not change.
import { hardenHost } from '../lockdown/host-harden.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * A setting of all: it can be read, and an assignment changes nothing. Programs do assign such
 * settings, so it is no error.
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
 * What is behind accessors of functions is loaded late, or made; it is hardened when it is read.
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
