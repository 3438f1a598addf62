// `vm` of a package that is not granted Node's, which evaluates code outside compartments. Here a context is a
// compartment that has only the language and the endowments of the package, and `runInThisContext` evaluates in the
// package's compartment.
// https://nodejs.org/api/vm.html
import { codedTypeError } from '../base/errors.js';
import { strictly } from '../lockdown/dynamic-code.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * @typedef {(source: string) => unknown} Evaluate
 *
 * @typedef {object} Context
 * @property {Compartment} compartment
 * @property {Set<string>} own names of its initial globals
 */

/**
 * Defines the properties of the sandbox object as globals, and deletes removed ones.
 *
 * @param {Context} context
 * @param {AnyObject} sandbox
 */
const showGlobals = ({ compartment: { globalThis }, own }, sandbox) => {
  for (const key of Object.keys(globalThis))
    if (!own.has(key) && !(key in sandbox)) delete globalThis[key];
  for (const key of Object.getOwnPropertyNames(sandbox)) {
    const property = Object.getOwnPropertyDescriptor(globalThis, key);
    if (property?.configurable === false) continue;
    const get = () => sandbox[key];
    const set = (/** @type {unknown} */ value) => void (sandbox[key] = value);
    Object.defineProperty(globalThis, key, { get, set, enumerable: true, configurable: true });
  }
};

/**
 * @param {Context} context
 * @param {AnyObject} sandbox
 */
const storeGlobals = ({ compartment: { globalThis }, own }, sandbox) => {
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(globalThis)))
    if ('value' in property && property.enumerable && !own.has(key)) sandbox[key] = property.value;
};

/**
 * @param {Evaluate} evaluateHere evaluates in the package's own compartment
 * @returns {AnyObject}
 */
export const makeOwnVm = (evaluateHere) => {
  /** @type {WeakMap<object, Context>} */
  const contexts = new WeakMap();

  /**
   * @param {unknown} object
   * @returns {boolean}
   */
  const isContext = (object) => contexts.has(/** @type {object} */ (object));

  const createContext = (/** @type {unknown} */ object = {}) => {
    const sandbox = typeof object === 'object' && object !== null ? object : {};
    if (!contexts.has(sandbox)) {
      const compartment = new Compartment({
        __options__: true,
        name: 'vm',
        transforms: [(source) => strictly(source)],
      });
      const { globalThis } = compartment;
      const own = new Set(Object.getOwnPropertyNames(globalThis));
      contexts.set(sandbox, { compartment, own });
    }
    return sandbox;
  };

  const runInContext = (/** @type {unknown} */ source, /** @type {AnyObject} */ sandbox) => {
    const context = contexts.get(sandbox);
    if (context === undefined) {
      throw codedTypeError(
        'ERR_INVALID_ARG_TYPE',
        'The "contextifiedObject" argument must be an vm.Context.',
      );
    }
    showGlobals(context, sandbox);
    try {
      return context.compartment.evaluate(`${source}`, { sloppyGlobalsMode: true });
    } finally {
      storeGlobals(context, sandbox);
    }
  };

  const runInThisContext = (/** @type {unknown} */ source) => evaluateHere(`${source}`);

  const runInNewContext = (/** @type {unknown} */ source, /** @type {unknown} */ object) =>
    runInContext(source, createContext(object));

  class Script {
    #source;
    constructor(/** @type {unknown} */ source = '') {
      this.#source = `${source}`;
    }
    runInThisContext() {
      return runInThisContext(this.#source);
    }
    runInContext(/** @type {AnyObject} */ sandbox) {
      return runInContext(this.#source, sandbox);
    }
    runInNewContext(/** @type {unknown} */ object) {
      return runInNewContext(this.#source, object);
    }
    createCachedData() {
      return Buffer.alloc(0);
    }
  }

  const compileFunction = (
    /** @type {unknown} */ body,
    /** @type {unknown[]} */ parameters = [],
    /** @type {AnyObject} */ options = {},
  ) => {
    const source = `(function (${parameters.join(',')}\n) {\n${body}\n})`;
    const { parsingContext } = options;
    return parsingContext === undefined
      ? runInThisContext(source)
      : runInContext(source, parsingContext);
  };

  const constants = Object.freeze({ __proto__: null });
  return {
    ...{ Script, createContext, isContext, runInContext, runInNewContext, runInThisContext },
    ...{ compileFunction, constants },
  };
};
