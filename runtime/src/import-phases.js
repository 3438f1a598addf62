// SES refuses every text that may say `import(`, but ses 2.3.0 lets `import.source(` and `import.defer(` through
// (https://tc39.es/proposal-source-phase-imports/, https://tc39.es/proposal-defer-import-eval/), which the host answers. It
// looks for them by RegExp.prototype[Symbol.search], of which it keeps the one that it finds when it is loaded.

const { apply } = Reflect;
const { prototype } = RegExp;
const { [Symbol.search]: original } = prototype;

const PATTERN = new RegExp('(^|[^.]|\\.\\.\\.)\\bimport(\\s*(?:\\(|/[/*]))', 'g').source;
const PHASES = /(?:^|[^.]|\.\.\.)\bimport\s*\.\s*(?:(?:source|defer)\b|\/[/*])/;

/**
 * @this {RegExp}
 * @param {string} text
 */
const search = function (text) {
  const found = apply(original, this, [text]);
  return found < 0 && this.source === PATTERN ? apply(original, PHASES, [text]) : found;
};

Object.defineProperty(prototype, Symbol.search, { value: search });

/** To be called when ses has been loaded. */
export const endSearch = () => {
  Object.defineProperty(prototype, Symbol.search, { value: original });
};

/** @returns {boolean} whether the engine knows one of them at all */
const isKnownHere = () =>
  ['source', 'defer'].some((phase) => {
    try {
      return new Function(`() => import.${phase}('')`) !== undefined;
    } catch {
      return false;
    }
  });

/**
 * @param {(text: string) => unknown} check of SES, for every text that is evaluated
 * @throws {Error} when SES was loaded before this module, where that matters
 */
export const checkPhases = (check) => {
  try {
    check('import.source("")');
  } catch {
    return;
  }
  if (isKnownHere())
    throw new Error(
      'SES was loaded before the runtime, and lets import.source() through: import the runtime first',
    );
};
