// `crypto`: functions create keys, never the internal classes.
import { replace } from '../lockdown/replace.js';
import { hideClass } from '../lockdown/specimens.js';
import { isConstructor } from '../views/view.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * Calls callbacks without `this`: Node passes the native job, whose internal class all packages would share.
 *
 * @param {Function} original
 */
const callingPlainly = (original) => {
  // Not an arrow function: packages call `new crypto.createCipheriv()` too.
  const method = function (/** @type {unknown[]} */ ...args) {
    const callback = args.at(-1);
    if (typeof callback !== 'function') return original(...args);
    const plain = (/** @type {unknown[]} */ ...results) => callback(...results);
    return original(...args.slice(0, -1), plain);
  };
  return Object.defineProperty(method, 'prototype', { value: undefined, writable: false });
};

/**
 * Hides the classes of keys, because their constructors trust the handle argument. Functions create keys.
 *
 * @param {AnyObject} crypto
 * @param {Powers} powers
 */
export const tameCrypto = (crypto, { getBuiltin }) => {
  getBuiltin('constants'); // copies objects that are frozen from now on
  /** @type {Map<Function, Function>} wrapped functions; some have several names, such as `randomBytes` */
  const wrapped = new Map();
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(crypto))) {
    const { value, configurable } = property; // those that are not make no jobs: `createCipher` of Node 20
    if (typeof value !== 'function' || !configurable || isConstructor(value)) continue;
    const known = wrapped.get(value);
    if (known === undefined) replace(crypto, name, callingPlainly);
    else Object.defineProperty(crypto, name, { ...property, value: known });
    wrapped.set(value, crypto[name]);
  }
  const { KeyObject } = crypto;
  hideClass(Object.getPrototypeOf(KeyObject.prototype));
  hideClass(KeyObject.prototype);
  const { constructor } = KeyObject.prototype;
  const { from } = KeyObject;
  Object.defineProperty(constructor, 'from', { value: (/** @type {unknown} */ key) => from(key) });
  crypto['KeyObject'] = constructor;
};
