// Host objects that a package received: hardening the exports of the package must not touch them, because the host
// modifies them.
import { isObject } from '../base/objects.js';
import { ownProperty } from '../base/descriptors.js';

/** @import { Package } from '../protocols/package.js' */

/**
 * @param {Set<unknown>} found
 * @param {unknown} value
 */
const addWithPrototypes = (found, value) => {
  for (let at = value; isObject(at) && !found.has(at); at = Reflect.getPrototypeOf(at)) {
    found.add(at);
    const prototype = ownProperty(at, 'prototype')?.value;
    if (isObject(prototype)) found.add(prototype);
  }
};

/**
 * @param {Set<unknown>} found
 * @param {object} holder
 */
const addMembers = (found, holder) => {
  for (const key of Reflect.ownKeys(holder))
    addWithPrototypes(found, ownProperty(holder, key)?.value);
};

/**
 * @param {Package} pkg
 * @returns {Set<unknown>}
 */
const objectsOf = (pkg) => {
  /** @type {Set<unknown>} */
  const found = new Set();
  addMembers(found, pkg.application.powers.globals);
  for (const builtin of pkg.builtins.values()) {
    addWithPrototypes(found, builtin);
    if (isObject(builtin)) addMembers(found, builtin);
  }
  return found;
};

/**
 * @param {Package} pkg
 * @returns {(object: object) => boolean}
 */
export const makeHostTest = (pkg) => {
  /** @type {Set<unknown>} */
  let objects = new Set();
  let builtins = -1;
  return (object) => {
    if (builtins !== pkg.builtins.size) {
      builtins = pkg.builtins.size;
      objects = objectsOf(pkg);
    }
    return objects.has(object);
  };
};
