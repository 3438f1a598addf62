// Errors that the runtime throws, with Node's error codes where Node has one.
import { severityOf } from './authority.js';

/** An archive that the runtime rejects: malformed, damaged or tampered with. */
export class InvalidArchive extends Error {
  /**
   * @param {string} message the problem, with its place in the archive
   * @param {string} [hint] how to fix it
   */
  constructor(message, hint = 'make the archive again with `compartment-mapper bundle`') {
    super(message);
    this.name = 'InvalidArchive';
    this.code = 'INVALID_ARCHIVE';
    this.hint = hint;
  }
}

/** A shim that does more than the policy allows, or that fails. */
export class ShimRefused extends Error {
  /**
   * @param {string} message what the shim did
   * @param {string} hint how to fix it
   */
  constructor(message, hint) {
    super(message);
    this.name = 'ShimRefused';
    this.code = 'SHIM_REFUSED';
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
    `Only URLs with a scheme in: file, data, and node are supported by this loader. Received protocol '${scheme}'`,
  );

export const dataNotPacked = () =>
  codedError(
    'ERR_UNSUPPORTED_ESM_URL_SCHEME',
    'A module in a data: URL is bundled only if the source has the whole URL as a literal; this one was computed',
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
 * @returns {string} key of the package in a policy file
 */
export const ownerOf = (label) =>
  label === '$root$' ? 'entry' : `resources[${JSON.stringify(label)}]`;

/**
 * @param {string} label
 * @param {'builtin' | 'global'} kind
 * @param {string} name
 * @returns {string} the command-line option, quoted for a shell
 */
const grantOption = (label, kind, name) =>
  optionOf(`${label}:${kind === 'builtin' ? 'node:' : ''}${name}`);

/**
 * @param {string} grant
 * @returns {string}
 */
const optionOf = (grant) => `--grant ${/^[\w@./:-]+$/.test(grant) ? grant : `'${grant}'`}`;

/** They start programs without a shell: machine code of packages has grants of its own. */
const STARTS = /^child_process\.(?:spawn|execFile)(?:Sync)?$/;

/**
 * @callback DeniedListener
 * @param {string} label
 * @param {'builtins' | 'globals' | 'packages'} part
 * @param {string} name
 * @param {string} [target] the host, path or program that the scope of the grant leaves out
 * @returns {void}
 */

/** @type {DeniedListener[]} */
const listeners = [];
let isQuiet = false;

/** @param {DeniedListener} notify called for each denial, whether or not the package catches the error */
export const onDenied = (notify) => {
  listeners.push(notify);
};

/** @type {DeniedListener} for a denial without an error */
export const notifyDenied = (label, part, name, target) => {
  if (isQuiet) return;
  for (const notify of listeners) notify(label, part, name, target);
};

/**
 * @template T
 * @param {() => T} look reads what no package requested: denials are not reported
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
 * @param {string} label canonical name of the package
 * @param {'builtin' | 'global' | 'package'} kind
 * @param {string} name of the denied builtin, global or package
 */
export const accessDenied = (label, kind, name) => {
  notifyDenied(label, /** @type {const} */ (`${kind}s`), name);
  const isCritical = kind !== 'package' && severityOf(`${kind}s`, name) === 'critical';
  return codedError(
    'ERR_ACCESS_DENIED',
    `package '${label}' may not use ${kind} '${name}'; grant it in the policy: ` +
      `${ownerOf(label)}.${kind}s[${JSON.stringify(name)}] = true` +
      (isCritical ? ' (critical: it allows a sandbox escape)' : '') +
      (kind === 'package' ? '' : `, or by ${grantOption(label, kind, name)}`) +
      (kind === 'builtin' && STARTS.test(name)
        ? `; machine code of a package needs only ${optionOf(`${label}:native`)}`
        : ''),
  );
};

/**
 * @typedef {object} OutOfScope
 * @property {string} label of the package
 * @property {'builtins' | 'globals'} part
 * @property {string} path of the grant
 * @property {string} action such as `connect to`
 * @property {string} target the host, path or program
 * @property {string} [reason] why the scope can't include the target as it is
 * @property {string} key of the scope: `hosts`
 * @property {string | ReadonlyArray<string>} [entry] pattern to add to it; undefined: no pattern allows this
 */

/** @param {OutOfScope} denied */
export const scopeDenied = ({ label, part, path, action, target, reason, key, entry }) => {
  notifyDenied(label, part, path, target);
  const grant = `${ownerOf(label)}.${part}[${JSON.stringify(path)}]`;
  const remedy =
    entry === undefined
      ? `only an unrestricted grant allows it: ${grant} = true`
      : `add ${JSON.stringify(entry)} to ${grant}.${key}`;
  return codedError(
    'ERR_ACCESS_DENIED',
    `package '${label}' may not ${action} '${target}' with '${path}'${reason === undefined ? '' : `: ${reason}`}; ${remedy}`,
  );
};
