// `vm` of a package that is not granted Node's, which runs text past every compartment. Here a context is a compartment
// that has nothing but the language and what the package puts into it, and `runInThisContext` is the package's own.
// https://nodejs.org/api/vm.html
import { codedTypeError } from '../base/errors.js';
import { strictly } from '../lockdown/dynamic-code.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * @typedef {(text: string) => unknown} Evaluate
 *
 * @typedef {object} Context
 * @property {Compartment} compartment
 * @property {Set<string>} own names that it has by itself
 */

/**
 * What the text sees of the package's object, and what it leaves there.
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
const keepGlobals = ({ compartment: { globalThis }, own }, sandbox) => {
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(globalThis)))
    if ('value' in property && property.enumerable && !own.has(key)) sandbox[key] = property.value;
};

/**
 * @param {Evaluate} evaluateHere in the package's own compartment
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
        transforms: [(text) => strictly(text)],
      });
      const { globalThis } = compartment;
      const own = new Set(Object.getOwnPropertyNames(globalThis));
      contexts.set(sandbox, { compartment, own });
    }
    return sandbox;
  };

  const runInContext = (/** @type {unknown} */ text, /** @type {AnyObject} */ sandbox) => {
    const context = contexts.get(sandbox);
    if (context === undefined) {
      throw codedTypeError(
        'ERR_INVALID_ARG_TYPE',
        'The "contextifiedObject" argument must be an vm.Context.',
      );
    }
    showGlobals(context, sandbox);
    try {
      return context.compartment.evaluate(`${text}`, { sloppyGlobalsMode: true });
    } finally {
      keepGlobals(context, sandbox);
    }
  };

  const runInThisContext = (/** @type {unknown} */ text) => evaluateHere(`${text}`);

  const runInNewContext = (/** @type {unknown} */ text, /** @type {unknown} */ object) =>
    runInContext(text, createContext(object));

  class Script {
    #text;
    constructor(/** @type {unknown} */ text = '') {
      this.#text = `${text}`;
    }
    runInThisContext() {
      return runInThisContext(this.#text);
    }
    runInContext(/** @type {AnyObject} */ sandbox) {
      return runInContext(this.#text, sandbox);
    }
    runInNewContext(/** @type {unknown} */ object) {
      return runInNewContext(this.#text, object);
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
    const text = `(function (${parameters.join(',')}\n) {\n${body}\n})`;
    const { parsingContext } = options;
    return parsingContext === undefined
      ? runInThisContext(text)
      : runInContext(text, parsingContext);
  };

  const constants = Object.freeze({ __proto__: null });
  return {
    ...{ Script, createContext, isContext, runInContext, runInNewContext, runInThisContext },
    ...{ compileFunction, constants },
  };
};
