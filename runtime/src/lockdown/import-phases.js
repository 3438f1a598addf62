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

// When SES has locked the realm down already, it is too late.
const isOpen = Object.isExtensible(prototype);
if (isOpen) Object.defineProperty(prototype, Symbol.search, { value: search });

/** To be called when ses has been loaded. */
export const endSearch = () => {
  if (isOpen) Object.defineProperty(prototype, Symbol.search, { value: original });
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

/** Tell V8, where it can be told, not to know them: for all code of the process that is compiled from now on. */
const forbidHere = () => {
  const { process } = /** @type {any} */ (globalThis);
  process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--no-js-source-phase-imports');
};

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
  if (isKnownHere()) forbidHere();
  if (isKnownHere())
    throw new Error(
      'SES was loaded before the runtime, and lets import.source() through: import the runtime first',
    );
};
