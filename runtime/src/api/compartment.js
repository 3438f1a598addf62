// SES's Compartment, extended by module sources as strings.
import { plainEntries, withTexts } from './sources.js';

/** @import { Compilers, Options } from './sources.js' */

/**
 * @param {unknown[]} args
 * @param {Compilers} compilers
 * @returns {unknown[]} arguments for SES's constructor
 */
const translated = (args, compilers) => {
  const [first] = args;
  if (args.length === 0) return args;
  if (args.length === 1 && typeof first === 'object' && first !== null && '__options__' in first) {
    const options = /** @type {Options & { globals?: unknown, __options__: unknown }} */ (first);
    const { globals, __options__ } = options; // `__options__` may be inherited
    return [{ ...withTexts(options, compilers), globals: plainEntries(globals), __options__ }];
  }
  const [globals, modules, legacy = {}, ...rest] = args;
  const options = /** @type {Options} */ (legacy);
  // SES throws its own error for duplicate modules.
  if (options.modules !== undefined) return [plainEntries(globals), modules, options, ...rest];
  const { modules: others, ...hooks } = withTexts({ ...options, modules }, compilers);
  return [plainEntries(globals), others, hooks, ...rest];
};

/**
 * @param {() => typeof Compartment} original SES's, which its lockdown replaces
 * @param {Compilers} compilers
 * @returns {typeof Compartment} with the same prototype, so that each is the class of the other's instances
 */
export const extendCompartment = (original, compilers) => {
  /**
   * @this {unknown}
   * @param {unknown[]} args
   */
  function Compartment(...args) {
    if (new.target === undefined)
      throw new TypeError("Class constructor Compartment cannot be invoked without 'new'");
    return Reflect.construct(original(), translated(args, compilers), new.target);
  }
  /** @type {PropertyDescriptor} */
  const shared = { value: original().prototype, writable: false };
  Object.defineProperty(Compartment, 'prototype', shared);
  return /** @type {any} */ (Compartment);
};
