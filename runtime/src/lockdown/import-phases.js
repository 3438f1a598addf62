// SES rejects source that may contain `import(`, but ses 2.3.0 accepts `import.source(` and `import.defer(`
// (https://tc39.es/proposal-source-phase-imports/, https://tc39.es/proposal-defer-import-eval/), which the host
// resolves. SES searches with RegExp.prototype[Symbol.search], and stores that function when it is loaded.

const { apply } = Reflect;
const { prototype } = RegExp;
const { [Symbol.search]: original } = prototype;

const PATTERN = new RegExp('(^|[^.]|\\.\\.\\.)\\bimport(\\s*(?:\\(|/[/*]))', 'g').source;
const PHASES = /(?:^|[^.]|\.\.\.)\bimport\s*\.\s*(?:(?:source|defer)\b|\/[/*])/;

/**
 * @this {RegExp}
 * @param {string} input
 */
const search = function (input) {
  const found = apply(original, this, [input]);
  return found < 0 && this.source === PATTERN ? apply(original, PHASES, [input]) : found;
};

// After lockdown it is too late.
const isOpen = Object.isExtensible(prototype);
if (isOpen) Object.defineProperty(prototype, Symbol.search, { value: search });

/** Must be called after ses has been loaded. */
export const endSearch = () => {
  if (isOpen) Object.defineProperty(prototype, Symbol.search, { value: original });
};

/** @returns {boolean} whether the engine supports one of them */
const isKnownHere = () =>
  ['source', 'defer'].some((phase) => {
    try {
      return new Function(`() => import.${phase}('')`) !== undefined;
    } catch {
      return false;
    }
  });

/** Disables them in V8, where possible, for all code of the process that is compiled from now on. */
const forbidHere = () => {
  const { process } = /** @type {any} */ (globalThis);
  process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--no-js-source-phase-imports');
};

/**
 * @param {(source: string) => unknown} check of SES for all evaluated source
 * @throws {Error} if SES was loaded before this module and the engine supports such imports
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
      'SES was loaded before the runtime and accepts import.source(): import the runtime first',
    );
};
