// `fs` for packages with a grant: files, but not the process itself (`/proc/self/mem` contains its machine code,
// `/proc/self/environ` its environment), no devices, and no streams that expose all of `fs`.
import { codedTypeError } from '../base/errors.js';
import { makePlaces } from './fs-places.js';
import { guardOpening, needReading, openByName, optionsOf, settled } from './fs-open.js';
import { guardedClass, hideConstructors } from './guarded-class.js';
import { checkDescriptor, guardDescriptors } from './fs-descriptors.js';
import { replace } from '../lockdown/replace.js';

/** @import { Access, Places, Resolution } from './fs-places.js' */
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @typedef {(args: unknown[]) => unknown[]} Checked maps arguments; throws for a path that leads to something other
 *   than a file
 */

// Functions of https://nodejs.org/api/fs.html that take paths without opening a file: number of paths and required
// access.
/** @type {Record<string, { paths: number, access: Access }>} */
export const METHODS = {
  __proto__: /** @type {never} */ (null),
  ...named('read', 1, [
    ...['access', 'lstat', 'openAsBlob', 'opendir', 'readdir', 'readlink', 'realpath'],
    ...['stat', 'statfs', 'watch', 'watchFile', 'unwatchFile'],
  ]),
  ...named('write', 1, [
    ...['chmod', 'chown', 'lchmod', 'lchown', 'lutimes', 'mkdir', 'mkdtemp', 'mkdtempDisposable'],
    ...['rm', 'rmdir', 'truncate', 'unlink', 'utimes'],
  ]),
  ...named('write', 2, ['copyFile', 'link', 'rename']),
};

/**
 * @param {Access} access
 * @param {number} paths
 * @param {string[]} names
 */
function named(access, paths, names) {
  return Object.fromEntries(names.map((name) => [name, { paths, access }]));
}

/** @param {AnyObject} owner */
const isPromises = (owner) => !Object.hasOwn(owner, 'openSync');

/**
 * @param {AnyObject} owner `fs`, or its promises
 * @param {string} name
 * @param {Checked} checked
 */
export const guard = (owner, name, checked) => {
  const rejects = isPromises(owner) && name !== 'watch'; // it returns an iterator
  replace(owner, name, (original) =>
    rejects
      ? async (/** @type {unknown[]} */ ...args) => Reflect.apply(original, owner, checked(args))
      : (/** @type {unknown[]} */ ...args) => Reflect.apply(original, owner, checked(args)),
  );
  const { native } = owner[name] ?? {};
  if (typeof native !== 'function') return;
  const value = (/** @type {unknown[]} */ ...args) => native(...checked(args));
  Object.defineProperty(owner[name], 'native', { value });
};

/**
 * Checks the argument of `statfs`: in Node 22, `fs.promises.statfs` aborts the process for another type.
 *
 * @param {any} path
 */
const checkType = (path) => {
  if (typeof path === 'string' || ArrayBuffer.isView(path) || typeof path?.href === 'string')
    return;
  const expected = 'must be of type string or an instance of Buffer or URL';
  throw codedTypeError('ERR_INVALID_ARG_TYPE', `The "path" argument ${expected}.`);
};

/**
 * @param {AnyObject} owner
 * @param {Places} places
 */
const guardPaths = (owner, { check }) => {
  for (const [name, { paths, access }] of Object.entries(METHODS)) {
    /** @type {Checked} */
    const checked = (args) => {
      const given = args.map((arg, index) => (index < paths ? settled(arg) : arg));
      const [first, second] = given;
      if (name === 'statfs') checkType(first);
      check(first, name === 'copyFile' ? 'read' : access);
      if (paths === 2) check(second, access);
      return given;
    };
    for (const form of [name, `${name}Sync`]) guard(owner, form, checked);
  }
};

/**
 * `exists` reports false for a path that leads to something other than a file.
 *
 * @param {AnyObject} fs
 * @param {Places} places
 */
const guardExistence = (fs, { check }) => {
  const isThere = (/** @type {unknown} */ path) => {
    try {
      check(path, 'read');
      return true;
    } catch {
      return false;
    }
  };
  replace(fs, 'existsSync', (original) => (/** @type {unknown} */ requested) => {
    const path = settled(requested);
    return isThere(path) && original(path);
  });
  replace(fs, 'exists', (original) => (/** @type {unknown[]} */ ...args) => {
    const [requested, done] = args;
    const path = settled(requested);
    if (typeof done !== 'function' || isThere(path)) return original(path, ...args.slice(1));
    return queueMicrotask(() => done(false));
  });
};

/**
 * @param {AnyObject} owner
 * @param {Places} places
 */
const guardLinks = (owner, { checkLink }) => {
  /** @type {Checked} */
  const checked = ([target, place, ...rest]) => {
    const [to, at] = [settled(target), settled(place)];
    checkLink(to, at);
    return [to, at, ...rest];
  };
  for (const name of ['symlink', 'symlinkSync']) guard(owner, name, checked);
};

/**
 * Checks each file in a folder and each followed link with the `filter` option.
 *
 * @param {AnyObject} owner
 * @param {Places} places
 */
const guardCopies = (owner, { check }) => {
  /** @type {Checked} */
  const checked = ([from, to, given, ...rest]) => {
    const [source, target] = [settled(from), settled(to)];
    check(source, 'read');
    check(target, 'write');
    const options = typeof given === 'function' ? {} : { ...Object(given) };
    const { filter: own } = options;
    const filter = (/** @type {string} */ one, /** @type {string} */ other) => {
      check(one, 'read');
      check(other, 'write');
      return typeof own === 'function' ? own(one, other) : true;
    };
    const later = typeof given === 'function' ? [given] : rest;
    return [source, target, { ...options, filter }, ...later];
  };
  for (const name of ['cp', 'cpSync']) guard(owner, name, checked);
};

/**
 * Streams expose the functions that they use, by default all of `fs`: they get only the needed ones.
 *
 * @param {AnyObject} fs
 * @param {Places} places
 * @param {number} inherited
 */
const guardStreams = (fs, { check }, inherited) => {
  const { open, read, close, write, writev, fsync, constants } = fs;
  const readOnly = (
    /** @type {unknown} */ path,
    /** @type {unknown} */ flags,
    /** @type {unknown[]} */ ...rest
  ) => {
    needReading(flags, constants);
    return open(path, flags, ...rest);
  };
  const functions = {
    ReadStream: Object.freeze({ open: Object.freeze(readOnly), read, close }),
    WriteStream: Object.freeze({ open, write, writev, close, fsync }),
  };
  /** @type {Record<string, Access>} */
  const accesses = { ReadStream: 'read', WriteStream: 'write' };
  if (fs.Utf8Stream !== undefined) {
    const value = guardedClass(fs.Utf8Stream, ([requested, ...rest]) => {
      const options = { ...Object(requested) };
      if (options.dest !== undefined) check(options.dest, 'write');
      checkDescriptor(options.fd, inherited);
      return [options, ...rest];
    });
    Object.defineProperty(fs, 'Utf8Stream', { value, enumerable: true, configurable: true });
  }
  for (const [name, own] of Object.entries(functions)) {
    const Guarded = guardedClass(fs[name], ([path, requested]) => {
      const options = optionsOf(requested);
      const given = settled(path);
      if (!options.fs) checkDescriptor(options.fd, inherited); // otherwise only that object interprets it
      const isHandle = typeof options.fd === 'object' && options.fd !== null;
      if (options.fd === undefined || options.fd === null) check(given, accesses[name] ?? 'write');
      return [given, isHandle ? options : { ...options, fs: options.fs || own }]; // Node tests whether it is truthy
    });
    fs[name] = Guarded; // `createReadStream` and `createWriteStream` use it from now on
    fs[`File${name}`] = Guarded;
  }
};

/** @type {WeakMap<AnyObject, Resolution>} */
const resolutions = new WeakMap();

/**
 * @param {AnyObject} fs the builtin, tamed
 * @returns {Resolution | undefined} undefined: its paths are not POSIX
 */
export const resolutionOf = (fs) => resolutions.get(fs);

/**
 * Applies the checks of `places` to functions that take paths; their `open` is guarded before.
 *
 * @param {AnyObject} fs functions of `fs`; `promises` is an object of its own
 * @param {Places} places
 * @param {number} inherited number of descriptors from the parent process
 */
export const guardFiles = (fs, places, inherited) => {
  guardExistence(fs, places);
  openByName(fs, inherited);
  for (const owner of [fs, fs['promises']]) {
    guardPaths(owner, places);
    guardLinks(owner, places);
    guardCopies(owner, places);
  }
};

/**
 * @param {AnyObject} fs the builtin, not yet hardened
 * @param {AnyObject} path
 * @param {AnyObject} url
 * @param {number} inherited number of descriptors from the parent process
 */
export const tameFs = (fs, path, url, inherited) => {
  const anywhere = () => undefined;
  /** @type {Places} */
  let places = { check: anywhere, checkLink: anywhere, checkOpened: anywhere };
  if (path['sep'] === '/') {
    const { resolution, ...posix } = makePlaces(fs, path, url);
    resolutions.set(fs, resolution);
    places = posix;
  }
  guardOpening(fs, places);
  guardDescriptors(fs, inherited);
  guardFiles(fs, places, inherited);
  guardStreams(fs, places, inherited);
  hideConstructors(fs, ['ReadStream', 'WriteStream']);
};
