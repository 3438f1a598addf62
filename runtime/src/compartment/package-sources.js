// Evaluates the functors of one package in its compartment: all at once when that is possible, one by one
// when a text among them is not well-formed, so that each SyntaxError belongs to its own module.

import { joined } from '../stacks/package-lines.js';

/** @import { FunctorSource } from '../stacks/package-lines.js' */
/** @import { Functor } from '../protocols/modules.js' */

/**
 * @typedef {object} Evaluator
 * @property {string} url of the joined text, for stack traces
 * @property {(text: string, options: TextOptions) => unknown} evaluate
 * @property {(url: string, texts: ReadonlyArray<FunctorSource>) => void} located says which texts are in it
 * @property {(texts: ReadonlyArray<FunctorSource>) => string | undefined} mapUrl of the source map for debuggers, if any
 *
 * @typedef {object} TextOptions
 * @property {string} url
 * @property {string[]} files whose texts they are
 * @property {boolean} sloppy
 * @property {object | undefined} lexicals
 * @property {string | undefined} mapUrl
 * @property {boolean} together whether it is all the texts of a package that may be evaluated at once
 */

/**
 * A text that closes its wrapper too early evaluates to something else than the function that it should be.
 *
 * @param {unknown} value
 * @param {string} text
 * @returns {value is Functor}
 */
const isWhole = (value, text) => {
  if (typeof value !== 'function') return false;
  const expected = text.trim();
  const found = Function.prototype.toString.call(value);
  if (found.length === expected.length) return found === expected;
  return (
    expected.startsWith('(') && expected.endsWith(')') && found === expected.slice(1, -1).trim()
  );
};

/**
 * @param {ReadonlyArray<FunctorSource>} texts
 * @param {string} url
 * @param {Evaluator} evaluator
 * @param {boolean} together
 * @returns {Array<Functor | undefined>} undefined: the text is something else than one function
 */
const evaluateSources = (texts, url, { evaluate, located, mapUrl }, together) => {
  const { sloppy = false, lexicals } = texts[0] ?? {};
  located(url, texts);
  const files = texts.map(({ file }) => file);
  const values = evaluate(joined(texts), {
    ...{ url, files, sloppy, lexicals, together },
    mapUrl: mapUrl(texts),
  });
  if (!Array.isArray(values) || values.length !== texts.length) return texts.map(() => undefined);
  return texts.map(({ text }, index) => {
    const value = /** @type {unknown} */ (values[index]);
    return isWhole(value, text) ? value : undefined;
  });
};

/**
 * @param {FunctorSource} text
 * @param {string} url
 * @param {Evaluator} evaluator
 * @returns {Functor}
 */
const evaluateAlone = (text, url, evaluator) => {
  const [functor] = evaluateSources([text], url, evaluator, false);
  if (functor !== undefined) return functor;
  throw new SyntaxError(`${text.file} is not one function: it closes its wrapper`);
};

/**
 * @param {ReadonlyMap<string, FunctorSource>} texts by module
 * @param {string} url
 * @param {Evaluator} evaluator
 * @returns {(key: string) => Functor}
 */
const makeGroup = (texts, url, evaluator) => {
  /** @type {Map<string, Functor> | undefined} */
  let functors;
  const evaluateAll = () => {
    /** @type {Map<string, Functor>} */
    const good = new Map();
    try {
      const functors = evaluateSources([...texts.values()], url, evaluator, true);
      for (const [index, key] of [...texts.keys()].entries()) {
        const functor = functors[index];
        if (functor !== undefined) good.set(key, functor);
      }
    } catch {
      // Which of them is to blame is found out when each is asked for.
    }
    return good;
  };
  return (key) => {
    functors ??= evaluateAll();
    const text = /** @type {FunctorSource} */ (texts.get(key));
    const functor =
      functors.get(key) ?? evaluateAlone(text, `${url}?${encodeURI(text.file)}`, evaluator);
    functors.set(key, functor);
    return functor;
  };
};

/**
 * @param {ReadonlyMap<string, FunctorSource>} texts of all modules of a package, by key
 * @param {Evaluator} evaluator
 * @returns {(key: string) => Functor} evaluates at the first call; throws the module's own SyntaxError
 */
export const makePackageSources = (texts, evaluator) => {
  /** @param {(text: FunctorSource) => boolean} belongs */
  const only = (belongs) => new Map([...texts].filter(([, text]) => belongs(text)));
  const { url } = evaluator;
  const strict = makeGroup(
    only((text) => !text.sloppy && !text.lexicals),
    url,
    evaluator,
  );
  const sloppy = makeGroup(
    only((text) => text.sloppy),
    `${url}?sloppy`,
    evaluator,
  );
  /** @type {Map<string, Functor>} */
  const alone = new Map();
  return (key) => {
    const text = texts.get(key);
    if (text === undefined) throw new TypeError(`${key} has no text`);
    if (text.sloppy) return sloppy(key);
    if (text.lexicals === undefined) return strict(key);
    const functor =
      alone.get(key) ?? evaluateAlone(text, `${url}?${encodeURI(text.file)}`, evaluator);
    alone.set(key, functor);
    return functor;
  };
};
