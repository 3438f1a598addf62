// Evaluates the functors of one package in its compartment: all at once if possible, otherwise one by one, so that
// each SyntaxError belongs to its own module.

import { joined } from '../stacks/package-lines.js';

/** @import { FunctorSource } from '../stacks/package-lines.js' */
/** @import { Functor } from '../protocols/modules.js' */

/**
 * @typedef {object} Evaluator
 * @property {string} url of the joined source in stack traces
 * @property {(source: string, options: SourceOptions) => unknown} evaluate
 * @property {(url: string, sources: ReadonlyArray<FunctorSource>) => void} located registers the functors of a URL
 * @property {(sources: ReadonlyArray<FunctorSource>) => string | undefined} mapUrl of the source map for debuggers,
 *   if any
 *
 * @typedef {object} SourceOptions
 * @property {string} url
 * @property {string[]} files of the functors
 * @property {boolean} sloppy
 * @property {object | undefined} lexicals
 * @property {string | undefined} mapUrl
 * @property {boolean} together whether the source joins all functors of a package that can be evaluated at once
 */

/**
 * Source that closes its wrapper too early evaluates to another value than its function.
 *
 * @param {unknown} value
 * @param {string} source
 * @returns {value is Functor}
 */
const isWhole = (value, source) => {
  if (typeof value !== 'function') return false;
  const expected = source.trim();
  const found = Function.prototype.toString.call(value);
  if (found.length === expected.length) return found === expected;
  return (
    expected.startsWith('(') && expected.endsWith(')') && found === expected.slice(1, -1).trim()
  );
};

/**
 * @param {ReadonlyArray<FunctorSource>} sources
 * @param {string} url
 * @param {Evaluator} evaluator
 * @param {boolean} together
 * @returns {Array<Functor | undefined>} undefined: the source is not one function
 */
const evaluateSources = (sources, url, { evaluate, located, mapUrl }, together) => {
  const { sloppy = false, lexicals } = sources[0] ?? {};
  located(url, sources);
  const files = sources.map(({ file }) => file);
  const values = evaluate(joined(sources), {
    ...{ url, files, sloppy, lexicals, together },
    mapUrl: mapUrl(sources),
  });
  if (!Array.isArray(values) || values.length !== sources.length)
    return sources.map(() => undefined);
  return sources.map(({ source }, index) => {
    const value = /** @type {unknown} */ (values[index]);
    return isWhole(value, source) ? value : undefined;
  });
};

/**
 * @param {FunctorSource} source
 * @param {string} url
 * @param {Evaluator} evaluator
 * @returns {Functor}
 */
const evaluateAlone = (source, url, evaluator) => {
  const [functor] = evaluateSources([source], url, evaluator, false);
  if (functor !== undefined) return functor;
  throw new SyntaxError(`${source.file} is not one function: it closes its wrapper`);
};

/**
 * @param {ReadonlyMap<string, FunctorSource>} sources by module
 * @param {string} url
 * @param {Evaluator} evaluator
 * @returns {(key: string) => Functor}
 */
const makeGroup = (sources, url, evaluator) => {
  /** @type {Map<string, Functor> | undefined} */
  let functors;
  const evaluateAll = () => {
    /** @type {Map<string, Functor>} */
    const good = new Map();
    try {
      const functors = evaluateSources([...sources.values()], url, evaluator, true);
      for (const [index, key] of [...sources.keys()].entries()) {
        const functor = functors[index];
        if (functor !== undefined) good.set(key, functor);
      }
    } catch {
      // Each functor is evaluated alone on request, which throws the SyntaxError of its own module.
    }
    return good;
  };
  return (key) => {
    functors ??= evaluateAll();
    const source = /** @type {FunctorSource} */ (sources.get(key));
    const functor =
      functors.get(key) ?? evaluateAlone(source, `${url}?${encodeURI(source.file)}`, evaluator);
    functors.set(key, functor);
    return functor;
  };
};

/**
 * @param {ReadonlyMap<string, FunctorSource>} sources of all modules of a package, by key
 * @param {Evaluator} evaluator
 * @returns {(key: string) => Functor} evaluates on the first call; throws the SyntaxError of the module
 */
export const makePackageSources = (sources, evaluator) => {
  /** @param {(source: FunctorSource) => boolean} belongs */
  const only = (belongs) => new Map([...sources].filter(([, source]) => belongs(source)));
  const { url } = evaluator;
  const strict = makeGroup(
    only((source) => !source.sloppy && !source.lexicals),
    url,
    evaluator,
  );
  const sloppy = makeGroup(
    only((source) => source.sloppy),
    `${url}?sloppy`,
    evaluator,
  );
  /** @type {Map<string, Functor>} */
  const alone = new Map();
  return (key) => {
    const source = sources.get(key);
    if (source === undefined) throw new TypeError(`${key} has no source`);
    if (source.sloppy) return sloppy(key);
    if (source.lexicals === undefined) return strict(key);
    const functor =
      alone.get(key) ?? evaluateAlone(source, `${url}?${encodeURI(source.file)}`, evaluator);
    alone.set(key, functor);
    return functor;
  };
};
