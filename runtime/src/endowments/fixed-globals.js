// Globals that become constants once a compartment has them.
import { ownProperty } from '../base/descriptors.js';

/** @import { Names } from '../archive/module-source.js' */
/** @import { AnyObject } from '../base/objects.js' */

const CONSTANT = Object.freeze({ writable: false, configurable: false });

/**
 * Makes globals constant: the engine reads a constant as fast as a local variable, and looks up other globals on
 * every use.
 *
 * @param {AnyObject} globalThis
 * @param {ReadonlyArray<string>} languageNames
 * @param {Names} names of the package's modules; names that a module assigns stay writable
 * @returns {string[]} the constant names
 */
export const fixGlobals = (globalThis, languageNames, { assigns, hostNames }) => {
  const assigned = new Set(assigns);
  const fixed = [];
  // Code that uses the global object as a value may modify it or wrap it in a Proxy, which can't report other values
  // for constant properties.
  const names = assigned.has('globalThis') ? languageNames : [...languageNames, ...hostNames];
  for (const name of new Set(names)) {
    const property = ownProperty(globalThis, name);
    if (property === undefined || !('value' in property) || assigned.has(name)) continue;
    if (property.configurable) Reflect.defineProperty(globalThis, name, CONSTANT);
    else if (property.writable) continue;
    fixed.push(name);
  }
  return fixed;
};
