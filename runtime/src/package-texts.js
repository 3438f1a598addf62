// Evaluates the functors of one package in its compartment: all at once when that is possible, one by one
// when a text among them is not well-formed, so that each SyntaxError belongs to its own module.

/**
 * @typedef {object} FunctorText
 * @property {string} file the module's name for stack traces
 * @property {string} text an expression that is one function, alone or in one pair of parentheses
 * @property {boolean} sloppy
 * @property {object | undefined} lexicals accessors for the module's own scope; it is evaluated alone
 *
 * @typedef {(...args: any[]) => unknown} Functor
 *
 * @typedef {object} Evaluator
 * @property {string} url of the joined text, for stack traces
 * @property {(text: string, options: { sloppy: boolean, lexicals: object | undefined }) => unknown} evaluate
 * @property {(url: string, texts: ReadonlyArray<FunctorText>) => void} located says which texts are in it
 */

/**
 * @param {ReadonlyArray<FunctorText>} texts
 * @param {string} url
 */
const joined = (texts, url) =>
  `[\n${texts.map(({ text }) => text).join('\n,\n')}\n]\n//# sourceURL=${url}`;

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
 * @param {ReadonlyArray<FunctorText>} texts
 * @param {string} url
 * @param {Evaluator} evaluator
 * @returns {unknown[] | undefined} as many values as there are texts
 */
const evaluateTogether = (texts, url, { evaluate, located }) => {
  const { sloppy = false, lexicals } = texts[0] ?? {};
  located(url, texts);
  const values = evaluate(joined(texts, url), { sloppy, lexicals });
  const asMany = Array.isArray(values) && values.length === texts.length;
  return asMany ? /** @type {unknown[]} */ (values) : undefined;
};

/**
 * @param {FunctorText} text
 * @param {string} url
 * @param {Evaluator} evaluator
 * @returns {Functor}
 */
const evaluateAlone = (text, url, evaluator) => {
  const [value] = evaluateTogether([text], url, evaluator) ?? [];
  if (isWhole(value, text.text)) return value;
  throw new SyntaxError(`${text.file} is not one function: it closes its wrapper`);
};

/**
 * @param {ReadonlyMap<string, FunctorText>} texts by module
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
      const values = evaluateTogether([...texts.values()], url, evaluator);
      for (const [index, [key, { text }]] of [...texts].entries()) {
        const value = values?.[index];
        if (isWhole(value, text)) good.set(key, value);
      }
    } catch {
      // Which of them is to blame is found out when each is asked for.
    }
    return good;
  };
  return (key) => {
    functors ??= evaluateAll();
    const text = /** @type {FunctorText} */ (texts.get(key));
    const functor =
      functors.get(key) ?? evaluateAlone(text, `${url}?${encodeURI(text.file)}`, evaluator);
    functors.set(key, functor);
    return functor;
  };
};

/**
 * @param {ReadonlyMap<string, FunctorText>} texts of all modules of a package, by key
 * @param {Evaluator} evaluator
 * @returns {(key: string) => Functor} evaluates at the first call; throws the module's own SyntaxError
 */
export const makePackageTexts = (texts, evaluator) => {
  /** @param {(text: FunctorText) => boolean} belongs */
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
