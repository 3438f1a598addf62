// Every error that the runtime itself makes, with Node's codes where Node has one.
import { severityOf } from './authority.js';

/** An archive that we refuse to run: malformed, damaged or tampered with. */
export class InvalidArchive extends Error {
  /**
   * @param {string} message what is wrong, with its place in the archive
   * @param {string} [hint] what to do about it
   */
  constructor(message, hint = 'make the archive again with `compartment-mapper bundle`') {
    super(message);
    this.name = 'InvalidArchive';
    this.code = 'INVALID_ARCHIVE';
    this.hint = hint;
  }
}

/**
 * @template {Error} E
 * @param {E} error
 * @param {string} code
 * @returns {E & { code: string }}
 */
const withCode = (error, code) => Object.assign(error, { code });

/**
 * @param {string} code
 * @param {string} message
 */
export const codedError = (code, message) => withCode(new Error(message), code);

/**
 * @param {string} code
 * @param {string} message
 */
export const codedTypeError = (code, message) => withCode(new TypeError(message), code);

/** @param {string} specifier */
export const requireNotFound = (specifier) =>
  Object.assign(codedError('MODULE_NOT_FOUND', `Cannot find module '${specifier}'`), {
    requireStack: /** @type {string[]} */ ([]),
  });

/**
 * @param {string} specifier
 * @param {string} referrer
 */
export const importNotFound = (specifier, referrer) => {
  const kind = /^(?:\.{0,2}\/|file:)/.test(specifier) ? 'module' : 'package';
  return codedError(
    'ERR_MODULE_NOT_FOUND',
    `Cannot find ${kind} '${specifier}' imported from ${referrer}`,
  );
};

/** @param {string} name of a builtin */
export const notInPages = (name) =>
  codedError(
    'MODULE_NOT_FOUND',
    `Cannot find module '${name}': a page has no Node builtins; bundle with --condition browser`,
  );

/** @param {string} scheme such as `http:` */
export const unsupportedScheme = (scheme) =>
  codedError(
    'ERR_UNSUPPORTED_ESM_URL_SCHEME',
    `Only URLs with a scheme in: file and node are supported by this loader. Received protocol '${scheme}'`,
  );

export const dataNotPacked = () =>
  codedError(
    'ERR_UNSUPPORTED_ESM_URL_SCHEME',
    'A module in a data: URL is packed where the text says the whole URL; this one was computed',
  );

/** @param {string} filename */
export const requireAsync = (filename) =>
  codedError(
    'ERR_REQUIRE_ASYNC_MODULE',
    `require() cannot be used on an ESM graph with top-level await. Use import() instead. ` +
      `Requested module: ${filename}`,
  );

/** @param {string} filename */
export const requireCycle = (filename) =>
  codedError(
    'ERR_REQUIRE_CYCLE_MODULE',
    `Cannot require() ES Module ${filename} in a cycle. A module that is being evaluated can't be required.`,
  );

/**
 * @param {string} label of a package
 * @returns {string} where in a policy file its part is
 */
export const ownerOf = (label) =>
  label === '$root$' ? 'entry' : `resources[${JSON.stringify(label)}]`;

/**
 * @param {string} label
 * @param {'builtin' | 'global'} kind
 * @param {string} name
 * @returns {string} the option of the command line, as it is typed in a shell
 */
const grantOption = (label, kind, name) => {
  const grant = `${label}:${kind === 'builtin' ? 'node:' : ''}${name}`;
  return `--grant ${/^[\w@./:-]+$/.test(grant) ? grant : `'${grant}'`}`;
};

/** @typedef {(label: string, part: 'builtins' | 'globals' | 'packages', name: string) => void} TellDenied */

/** @type {TellDenied | undefined} */
let listener;
let isQuiet = false;

/** @param {TellDenied} tell is told of each denial, whether or not the package catches the error */
export const onDenied = (tell) => {
  listener = tell;
};

/** @type {TellDenied} of what was denied without an error */
export const notifyDenied = (label, part, name) => {
  if (!isQuiet) listener?.(label, part, name);
};

/**
 * @template T
 * @param {() => T} look at what nobody has asked for
 * @returns {T}
 */
export const quietly = (look) => {
  isQuiet = true;
  try {
    return look();
  } finally {
    isQuiet = false;
  }
};

/**
 * @param {string} label the package that asked, by its canonical name
 * @param {'builtin' | 'global' | 'package'} kind
 * @param {string} name what it asked for
 */
export const accessDenied = (label, kind, name) => {
  notifyDenied(label, /** @type {const} */ (`${kind}s`), name);
  const isCritical = kind !== 'package' && severityOf(`${kind}s`, name) === 'critical';
  return codedError(
    'ERR_ACCESS_DENIED',
    `package '${label}' may not use ${kind} '${name}'; grant it in the policy: ` +
      `${ownerOf(label)}.${kind}s[${JSON.stringify(name)}] = true` +
      (isCritical ? ' (critical: it undoes confinement)' : '') +
      (kind === 'package' ? '' : `, or by ${grantOption(label, kind, name)}`),
  );
};
