// Module descriptors with source text, which SES's Compartment would treat as the name of another module.
import { ownProperty } from '../base/descriptors.js';

/** @import { Compiler } from './compile.js' */
/** @import { ResolveHook } from './commonjs.js' */

/**
 * @typedef {object} TextDescriptor
 * @property {string} source
 * @property {'module' | 'commonjs'} [language]
 * @property {string} [specifier]
 * @property {object} [importMeta]
 *
 * @typedef {Record<string, unknown>} ModuleMap
 * @typedef {(specifier: string) => unknown} Hook
 *
 * @typedef {object} Options of a compartment that are relevant here
 * @property {string} [name]
 * @property {unknown} [modules]
 * @property {ResolveHook} [resolveHook]
 * @property {import('ses').Transform[]} [__shimTransforms__]
 * @property {Hook} [importHook]
 * @property {Hook} [importNowHook]
 * @property {Hook} [moduleMapHook]
 *
 * @typedef {object} Compilers
 * @property {() => Promise<Compiler>} later
 * @property {() => Compiler} now throws if it can't be loaded synchronously
 */

const LANGUAGES = [undefined, 'module', 'commonjs'];

/**
 * @param {object} object a namespace of SES's may throw
 * @param {string} key
 * @returns {unknown} the value of its own data property
 */
const maybeOwn = (object, key) => {
  try {
    return ownProperty(object, key)?.value;
  } catch {
    return undefined;
  }
};

/**
 * With a `compartment`, a string keeps its meaning in SES: the specifier of another module in that compartment.
 *
 * @param {unknown} descriptor
 * @returns {descriptor is TextDescriptor}
 */
const isText = (descriptor) =>
  typeof descriptor === 'object' &&
  descriptor !== null &&
  typeof maybeOwn(descriptor, 'source') === 'string' &&
  maybeOwn(descriptor, 'compartment') === undefined &&
  maybeOwn(descriptor, 'namespace') === undefined;

/**
 * @param {unknown} value
 * @returns {Promise<unknown> | undefined} undefined: not a promise; a namespace of SES may throw
 */
const maybePromise = (value) => {
  try {
    const { then } = /** @type {{ then?: unknown }} */ (value);
    return typeof then === 'function' ? Promise.resolve(value) : undefined;
  } catch {
    return undefined;
  }
};

/** @param {unknown} entries an object, or a Map as in SES's types */
export const plainEntries = (entries) =>
  entries instanceof Map ? Object.fromEntries(entries) : entries;

/**
 * @param {Options} options
 * @returns {(compiler: Compiler, descriptor: TextDescriptor, specifier: string) => object} a descriptor for SES
 */
const makeCompiled =
  ({ name, resolveHook, __shimTransforms__: shimTransforms }) =>
  ({ compileSource }, descriptor, specifier) => {
    const { source: text, language, specifier: instance = specifier, ...rest } = descriptor;
    if (!LANGUAGES.includes(language))
      throw new TypeError(
        `the language of module ${JSON.stringify(specifier)} must be 'module' or 'commonjs', got ${JSON.stringify(language)}`,
      );
    const url = `compartment:///${encodeURI(name ?? 'compartment')}/${encodeURI(instance)}`;
    const place = { specifier: instance, resolveHook, shimTransforms };
    const source = compileSource({ ...place, text, language, url });
    return { ...rest, specifier: instance, source };
  };

/**
 * @param {unknown} modules
 * @returns {{ texts: Map<string, TextDescriptor>, others: ModuleMap }}
 */
const splitModules = (modules) => {
  /** @type {Map<string, TextDescriptor>} */
  const texts = new Map();
  /** @type {ModuleMap} */
  const others = {};
  for (const [specifier, descriptor] of Object.entries(plainEntries(modules) ?? {})) {
    if (isText(descriptor)) texts.set(specifier, descriptor);
    else Object.defineProperty(others, specifier, { value: descriptor, enumerable: true });
  }
  return { texts, others };
};

/**
 * SES calls `modules`, then `moduleMapHook`, then `importHook` or `importNowHook`, in immediate succession. A source
 * that an earlier one returns is pending until the last hook, because only that one can be asynchronous.
 *
 * @param {Options} options
 * @param {Compilers} compilers
 * @returns {Options} for SES's Compartment, with compiled sources
 */
export const withTexts = (options, compilers) => {
  const { name = '<unknown>', importHook, importNowHook, moduleMapHook } = options;
  const { texts, others } = splitModules(options.modules);
  if (texts.size === 0 && !importHook && !importNowHook && !moduleMapHook)
    return { ...options, modules: others };
  const compiled = makeCompiled(options);
  /** @type {TextDescriptor | undefined} */
  let pending;

  /**
   * @param {string} specifier
   * @param {string} hookName
   * @param {Hook | undefined} hook
   */
  const descriptorOf = (specifier, hookName, hook) => {
    const descriptor = pending;
    pending = undefined;
    if (descriptor !== undefined) return descriptor;
    if (hook !== undefined) return hook(specifier);
    const [module, compartment] = [specifier, name].map((word) => JSON.stringify(word));
    throw new Error(`${hookName} needed to load module ${module} in compartment ${compartment}`);
  };

  /**
   * @param {unknown} found
   * @param {string} specifier
   */
  const later = (found, specifier) =>
    isText(found)
      ? compilers.later().then((compiler) => compiled(compiler, found, specifier))
      : found;

  return {
    ...options,
    modules: others,
    moduleMapHook: (specifier) => {
      const found = texts.get(specifier) ?? moduleMapHook?.(specifier);
      pending = isText(found) ? found : undefined;
      return pending === undefined ? found : undefined;
    },
    importHook: (specifier) => {
      const found = descriptorOf(specifier, 'importHook', importHook);
      const promise = maybePromise(found);
      return promise === undefined
        ? later(found, specifier)
        : promise.then((settled) => later(settled, specifier));
    },
    importNowHook: (specifier) => {
      const found = descriptorOf(specifier, 'importNowHook', importNowHook);
      return isText(found) ? compiled(compilers.now(), found, specifier) : found;
    },
  };
};
