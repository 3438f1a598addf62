// Reading functions of `fs` for files of the archive.
import { EXCLUSIVE, checkTarget, copyTree, entriesOf, makeDirectory } from './file-tree.js';
import { isFile, notPacked, statsOf, systemError } from './own-places.js';

/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Place } from './own-places.js' */
/** @import { Own } from './own-state.js' */

/** @type {Record<string, string>} syscall in Node's error of a method for a missing file */
const SYSCALLS = {
  ...{ readFile: 'open', readdir: 'scandir', realpath: 'lstat', openAsBlob: 'open' },
  ...{ copyFile: 'copyfile', cp: 'lstat' },
};

/**
 * Synchronous implementations of methods that take a path first.
 *
 * @param {Own} own
 * @returns {Record<string, (path: string, place: Place, ...rest: any[]) => unknown>}
 */
export const readers = (own) => ({
  readFile: (path, place, options) => own.decoded(own.contentOf(place, path), options),
  readdir(path, place, options) {
    if (isFile(place)) throw systemError('ENOTDIR', 'scandir', path);
    return entriesOf(own, path, place.names, options);
  },
  opendir(path, place, options) {
    if (isFile(place)) throw systemError('ENOTDIR', 'opendir', path);
    const { recursive } = Object(options);
    const entries = entriesOf(own, path, place.names, { recursive, withFileTypes: true });
    return makeDirectory(path, /** @type {any[]} */ (entries));
  },
  stat: (_path, place, options) => statsOf(place, options?.bigint),
  lstat: (_path, place, options) => statsOf(place, options?.bigint),
  access: () => undefined,
  realpath: (path) => path,
  readlink(path) {
    throw systemError('EINVAL', 'readlink', path);
  },
  copyFile(path, place, to, mode) {
    checkTarget(own, to);
    if (typeof mode === 'number' && mode & EXCLUSIVE && own.fs['existsSync'](to))
      throw systemError('EEXIST', 'copyfile', path);
    const flag = typeof mode === 'number' && mode & EXCLUSIVE ? 'wx' : 'w';
    own.fs['writeFileSync'](to, own.contentOf(place, path), { flag });
  },
  cp(path, place, to, options) {
    checkTarget(own, to);
    copyTree(own, path, place, to, options);
  },
});

/**
 * @param {string} method
 * @param {any} options
 * @returns {boolean} whether a missing file is no error
 */
const isLenient = (method, options) =>
  (method === 'stat' || method === 'lstat') && options?.throwIfNoEntry === false;

/**
 * @typedef {(method: string, args: any[]) => { value: unknown } | undefined} Answer undefined: the host handles the
 *   call
 */

/**
 * @param {Own} own
 * @param {ReturnType<typeof readers>} read
 * @returns {Answer}
 */
export const makeAnswer = (own, read) => (method, args) => {
  const [requested, ...rest] = args;
  if (method === 'readFile' && own.descriptors.isOwn(requested))
    return { value: own.decoded(own.descriptors.rest(requested), rest[0]) };
  const found = typeof requested === 'number' ? undefined : own.lookup.at(requested);
  if (found === undefined) return undefined;
  const { path, place } = found;
  if (place === undefined && isLenient(method, rest[0])) return { value: undefined };
  if (place === undefined) throw notPacked(own.pkg, SYSCALLS[method] ?? method, path);
  return { value: read[method]?.(path, place, ...rest) };
};

/**
 * @param {AnyObject} host
 * @param {string} method
 * @param {(args: any[]) => { value: unknown } | undefined} answer
 * @param {(value: any) => unknown[]} [results] arguments of the callback after the error
 */
export const withCallback =
  (host, method, answer, results = (value) => [value]) =>
  (/** @type {any[]} */ ...args) => {
    const done = /** @type {Function} */ (args.at(-1));
    /** @type {{ value: unknown } | undefined} */
    let own;
    try {
      own = answer(typeof done === 'function' ? args.slice(0, -1) : args);
    } catch (error) {
      if (typeof done !== 'function') throw error;
      queueMicrotask(() => done(error));
      return undefined;
    }
    if (own === undefined || typeof done !== 'function') return host[method](...args);
    const { value } = own;
    queueMicrotask(() => done(null, ...results(value)));
    return undefined;
  };

/**
 * @param {Function} method
 * @param {unknown[]} args
 */
export const promised = (method, args) =>
  new Promise((resolve, reject) => {
    method(
      ...args,
      (/** @type {unknown} */ error, /** @type {any} */ bytesRead, /** @type {any} */ buffer) =>
        error ? reject(error) : resolve({ bytesRead, buffer, buffers: buffer }),
    );
  });
