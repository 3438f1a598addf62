// CommonJS as a virtual module source: a functor that SES's Compartment calls when it executes the module.

/** @import { Transform } from 'ses' */

/**
 * @typedef {(specifier: string, referrer: string) => string} ResolveHook
 *
 * @typedef {object} CommonJsSource
 * @property {ReadonlyArray<string>} imports
 * @property {ReadonlyArray<string>} exports
 * @property {string} cjsFunctor
 *
 * @typedef {object} Place
 * @property {string} specifier
 * @property {ResolveHook | undefined} resolveHook of its compartment
 * @property {ReadonlyArray<Transform> | undefined} shimTransforms of its compartment, for modules
 *
 * @typedef {Record<string, unknown>} ModuleEnvironment gets the exports
 */

// As in Node, `require` returns the export of this name instead of the namespace.
const WHOLE = 'module.exports';

/**
 * @param {Compartment} compartment
 * @param {(specifier: string) => string} resolve
 */
const makeRequire = (compartment, resolve) => {
  const require = (/** @type {unknown} */ specifier) => {
    if (typeof specifier !== 'string')
      throw new TypeError('The "id" argument of require must be a string');
    const namespace = compartment.importNow(resolve(specifier));
    return WHOLE in namespace ? namespace[WHOLE] : namespace;
  };
  return Object.freeze(require);
};

/**
 * @param {ModuleEnvironment} environment
 * @param {unknown} exports
 * @param {ReadonlyArray<string>} names exports that static analysis found in the source
 */
const publish = (environment, exports, names) => {
  environment['default'] = exports;
  environment[WHOLE] = exports;
  if ((typeof exports !== 'object' && typeof exports !== 'function') || exports === null) return;
  const members = /** @type {Record<string, unknown>} */ (exports);
  const found = new Set([...names.filter((name) => name in members), ...Object.keys(members)]);
  for (const name of found)
    if (name !== 'default' && name !== WHOLE) environment[name] = members[name];
};

/**
 * @param {CommonJsSource} source
 * @param {Place} place
 * @returns {object} a virtual module source
 */
export const commonJsSource = (
  { imports, exports, cjsFunctor },
  { specifier, resolveHook, shimTransforms = [] },
) => ({
  imports: [...imports],
  exports: [...new Set([...exports, 'default', WHOLE])],
  /**
   * @param {ModuleEnvironment} environment
   * @param {Compartment} compartment
   * @param {Record<string, string>} resolved
   */
  execute(environment, compartment, resolved) {
    const resolve = (/** @type {string} */ name) =>
      resolved[name] ?? resolveHook?.(name, specifier) ?? name;
    // With lexicals, even an empty object, SES does not apply the compartment's `transforms`, which are for scripts.
    const options = { __moduleShimLexicals__: {}, transforms: [...shimTransforms] };
    const functor = compartment.evaluate(cjsFunctor, options);
    const module = { exports: {} };
    publish(environment, module.exports, []); // for modules that require this one before it has finished
    const require = makeRequire(compartment, resolve);
    const importLater = async (/** @type {unknown} */ name) => {
      const imported = await compartment.import(resolve(`${name}`));
      const { __noNamespaceBox__: plain } = /** @type {{ __noNamespaceBox__?: boolean }} */ (
        compartment
      );
      return plain ? imported : imported.namespace;
    };
    const { exports: own } = module;
    const given = [require, own, module, undefined, undefined, Object.freeze(importLater)];
    Reflect.apply(functor, own, given);
    publish(environment, module.exports, exports);
  },
});
