// `crypto`: keys are made by functions, never by their hidden classes.
import { replace } from '../lockdown/replace.js';
import { hideClass } from '../lockdown/specimens.js';
import { isConstructor } from '../views/view.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * Node calls back with the native job as `this`: its class is one for all, and no name leads to it.
 *
 * @param {Function} original
 */
const callingPlainly = (original) => {
  // No arrow: `new crypto.createCipheriv()` is a call, too.
  const method = function (/** @type {unknown[]} */ ...args) {
    const callback = args.at(-1);
    if (typeof callback !== 'function') return original(...args);
    const plain = (/** @type {unknown[]} */ ...results) => callback(...results);
    return original(...args.slice(0, -1), plain);
  };
  return Object.defineProperty(method, 'prototype', { value: undefined, writable: false });
};

/**
 * Keys are made by functions. Their class trusts the handle that it is given.
 *
 * @param {AnyObject} crypto
 * @param {Powers} powers
 */
export const tameCrypto = (crypto, { getBuiltin }) => {
  getBuiltin('constants'); // copies what is frozen from now on
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(crypto)))
    if (get !== undefined && /ObjectDefineProperty/.test(`${get}`)) void crypto[name]; // defines itself when it is read
  /** @type {Map<Function, Function>} functions that have several names, as `randomBytes` has */
  const made = new Map();
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(crypto))) {
    const { value } = property;
    if (typeof value !== 'function' || isConstructor(value)) continue;
    const known = made.get(value);
    if (known === undefined) replace(crypto, name, callingPlainly);
    else Object.defineProperty(crypto, name, { ...property, value: known });
    made.set(value, crypto[name]);
  }
  const { KeyObject } = crypto;
  hideClass(Object.getPrototypeOf(KeyObject.prototype));
  hideClass(KeyObject.prototype);
  const { constructor } = KeyObject.prototype;
  const { from } = KeyObject;
  Object.defineProperty(constructor, 'from', { value: (/** @type {unknown} */ key) => from(key) });
  crypto['KeyObject'] = constructor;
};
