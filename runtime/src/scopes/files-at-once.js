// Functions of `fs` that check a path and use it at once. The functions of Node that wait for a thread use it later: in
// between, the package could move a folder there that holds a link to somewhere else.
import { codedTypeError } from '../base/errors.js';
import { accessOf, settled } from '../taming/fs-open.js';
import { replace } from '../lockdown/replace.js';

/** @import { AnyObject } from '../base/objects.js' */

// Those that take paths without opening a file, which is checked after that.
const NAMES = [
  ...['access', 'chmod', 'chown', 'copyFile', 'link', 'lstat', 'mkdir', 'mkdtemp', 'opendir'],
  ...['readdir', 'readlink', 'realpath', 'rename', 'rm', 'rmdir', 'stat', 'truncate', 'unlink'],
  ...['utimes', 'lchown', 'lutimes'],
];

/**
 * @param {unknown} given options, or a callback
 * @returns {unknown} a copy, which can't change after the check, and whose getters can't move folders; Node reads options from functions too
 */
export const settledOptions = (given) => {
  if (typeof given === 'function') return (/** @type {unknown[]} */ ...args) => given(...args);
  return typeof given === 'object' && given !== null ? { ...given } : given;
};

/**
 * @param {(...args: any[]) => unknown} act throws errors of the system, which the callback gets
 * @param {(value: any) => unknown[]} [results] arguments of the callback after the error
 */
const withCallback =
  (act, results = (value) => (value === undefined ? [] : [value])) =>
  (/** @type {any[]} */ ...args) => {
    const done = args.at(-1);
    if (typeof done !== 'function')
      throw codedTypeError(
        'ERR_INVALID_ARG_TYPE',
        'The "cb" argument must be of type function. Received undefined',
      );
    /** @type {unknown[]} */
    let found;
    try {
      found = [null, ...results(act(...args.slice(0, -1)))];
    } catch (error) {
      if (/^ERR_/.test(`${/** @type {NodeJS.ErrnoException} */ (error).code}`)) throw error;
      found = [error];
    }
    queueMicrotask(() => done(...found));
  };

/**
 * @param {string} name
 * @param {any[]} args
 * @returns {any[]} without the option that only the synchronous functions have
 */
const laterArguments = (name, args) =>
  name === 'stat' || name === 'lstat'
    ? [args[0], { ...args[1], throwIfNoEntry: true }, ...args.slice(2)]
    : args;

const WITH_TWO_PATHS = ['copyFile', 'link', 'rename'];

/**
 * @param {string} name
 * @param {any[]} args
 * @returns {any[]} with copies of options; those of `utimes` are times
 */
const settledArguments = (name, args) => {
  const paths = WITH_TWO_PATHS.includes(name) ? 2 : name.endsWith('utimes') ? 3 : 1;
  return [...args.slice(0, paths), ...args.slice(paths).map(settledOptions)];
};

/**
 * @param {AnyObject} fs guarded functions; `promises` is an object of its own
 */
export const useAtOnce = (fs) => {
  for (const name of NAMES) {
    const guarded = fs[`${name}Sync`];
    if (typeof guarded !== 'function') continue;
    const atOnce = (/** @type {any[]} */ ...args) => guarded(...settledArguments(name, args));
    fs[`${name}Sync`] = atOnce;
    const act = (/** @type {any[]} */ ...args) => atOnce(...laterArguments(name, args));
    fs[name] = withCallback(act);
    if (fs['promises'][name] !== undefined)
      fs['promises'][name] = async (/** @type {any[]} */ ...args) => act(...args);
  }
  const { exists, existsSync } = fs;
  fs['exists'] = (/** @type {unknown} */ path, /** @type {unknown} */ done) => {
    if (typeof done !== 'function') return exists(path, done); // throws Node's error
    const isThere = existsSync(path);
    return queueMicrotask(() => done(isThere));
  };
};

// The flags that open what is there, by those that may create or empty it.
/** @type {Record<string, string[]>} */
const OPENING = {
  __proto__: /** @type {never} */ (null),
  ...{ w: ['O_WRONLY'], 'w+': ['O_RDWR'], 'r+': ['O_RDWR'], 'rs+': ['O_RDWR', 'O_SYNC'] },
  ...{ a: ['O_WRONLY', 'O_APPEND'], 'a+': ['O_RDWR', 'O_APPEND'] },
  ...{ as: ['O_WRONLY', 'O_APPEND', 'O_SYNC'], 'as+': ['O_RDWR', 'O_APPEND', 'O_SYNC'] },
};

/**
 * @param {any} flags valid ones of `open`
 * @param {AnyObject} constants
 * @returns {number}
 */
const againFlags = (flags, constants) => {
  const { O_CREAT, O_EXCL, O_TRUNC } = constants;
  if (typeof flags === 'number') return flags & ~(O_CREAT | O_EXCL | O_TRUNC);
  const names = OPENING[flags.replace('x', '').replace(/^s([ar])/, '$1s')] ?? [];
  return names.reduce((all, name) => all | constants[name], 0);
};

/**
 * @param {AnyObject} fs whose `open` is guarded, but not yet the functions that use it
 */
export const openAtOnce = (fs) => {
  const { constants, openSync, closeSync, promises } = fs;
  replace(fs, 'open', (original) => {
    const open = withCallback(openSync);
    return (/** @type {unknown[]} */ ...args) => {
      const flags = typeof args[1] === 'function' ? undefined : args[1];
      return (accessOf(flags, constants) === 'read' ? original : open)(...args);
    };
  });
  replace(promises, 'open', (original) => async (/** @type {unknown[]} */ ...args) => {
    const [requested, flags, mode] = args;
    if (accessOf(flags, constants) === 'read') return original(...args);
    const path = settled(requested);
    closeSync(openSync(path, flags, mode)); // creates or empties the file
    return original(path, againFlags(flags, constants), mode);
  });
};
