// Opening of files by `fs`: the opened file is checked before the first read or write.
import { codedError } from '../base/errors.js';
import { hardenHost } from '../lockdown/host-harden.js';
import { checkDescriptor, noteHandle, noteOpened } from './fs-descriptors.js';
import { replace } from '../lockdown/replace.js';
import { hideClass } from '../lockdown/specimens.js';

/** @import { Access, Places } from './fs-places.js' */
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @param {unknown} flags of `open`
 * @param {AnyObject} constants
 * @returns {Access}
 */
export const accessOf = (flags, { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC }) => {
  if (typeof flags === 'number')
    return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) === 0 ? 'read' : 'write';
  return flags === undefined || flags === null || /^(?:r|rs|sr)$/.test(`${flags}`)
    ? 'read'
    : 'write';
};

/** @type {WeakSet<object>} FileHandles of `fs.promises` that packages have */
const handles = new WeakSet();

// Methods that treat a FileHandle as a path while its prototype is modified.
const OF_HANDLES = ['readFile', 'writeFile', 'appendFile'];

/** @type {WeakSet<object>} */
const branded = new WeakSet();

/**
 * @param {any} handle of `fs.promises.open`
 * @returns {any} the handle, recognized as a FileHandle even if its prototype is modified
 */
const brandedHandle = (handle) => {
  handles.add(handle);
  noteHandle(handle);
  const prototype = Object.getPrototypeOf(handle);
  if (branded.has(prototype)) return handle;
  branded.add(prototype);
  const { constructor: FileHandle } = prototype;
  const ordinary = Function.prototype[Symbol.hasInstance];
  const isHandle = (/** @type {object} */ value) =>
    handles.has(value) || Reflect.apply(ordinary, FileHandle, [value]);
  Object.defineProperty(FileHandle, Symbol.hasInstance, { value: isHandle });
  for (const name of OF_HANDLES) {
    const checking = (/** @type {Function} */ original) =>
      /** @this {object} */ async function (/** @type {unknown[]} */ ...args) {
        if (!handles.has(this)) throw new TypeError('Illegal invocation');
        return Reflect.apply(original, this, args);
      };
    replace(prototype, name, checking);
  }
  hideClass(prototype);
  hardenHost(prototype);
  return handle;
};

/**
 * Copies a path. Node accepts any object or function as a URL and reads it more than once, so it could change after
 * the check: Node gets the copy.
 *
 * @param {unknown} path
 * @returns {unknown}
 */
export const settled = (path) => {
  if ((typeof path !== 'object' && typeof path !== 'function') || path === null) return path;
  if (ArrayBuffer.isView(path))
    return Buffer.from(new Uint8Array(path.buffer, path.byteOffset, path.byteLength));
  if (handles.has(path)) return path;
  const { href } = /** @type {any} */ (path);
  return typeof href === 'string' ? new URL(href) : Object.freeze({});
};

/**
 * @param {unknown} flags of a read stream
 * @param {AnyObject} constants of `fs`
 */
export const needReading = (flags, constants) => {
  if (accessOf(flags, constants) === 'write')
    throw codedError('ERR_ACCESS_DENIED', `a read stream can't open with the flags '${flags}'`);
};

/**
 * @param {unknown} options of a function of `fs`: an object or an encoding
 * @returns {AnyObject} a copy, which can't change between reads
 */
export const optionsOf = (options) =>
  typeof options === 'string' ? { encoding: options } : { ...Object(options) };

/**
 * @typedef {object} Opened how a function opens files by path
 * @property {unknown} flag default flag
 * @property {number} at index of the options among its arguments
 * @property {boolean} reads it neither creates nor changes files
 */

/** @type {Record<string, Opened>} */
const OPENING = {
  readFile: { flag: 'r', at: 1, reads: true },
  writeFile: { flag: 'w', at: 2, reads: false },
  appendFile: { flag: 'a', at: 2, reads: false },
};

/**
 * @param {Opened} opened
 * @param {string} name
 * @param {unknown[]} args without a callback
 * @param {AnyObject} constants
 */
const settledOptions = ({ flag: usual, at, reads }, name, args, constants) => {
  const { flag = usual, mode = 0o666, ...others } = optionsOf(args[at]);
  if (reads && accessOf(flag ?? usual, constants) === 'write')
    throw codedError('ERR_ACCESS_DENIED', `'${name}' can't open with the flag '${flag}'`);
  const rest = args.slice(1, at);
  return { opening: [flag ?? usual, mode], rest: [...rest, others] };
};

/**
 * @param {unknown} path
 * @param {number} inherited
 */
const isOpened = (path, inherited) => {
  checkDescriptor(path, inherited);
  return typeof path === 'number' || handles.has(/** @type {object} */ (path));
};

/**
 * @param {AnyObject} fs not yet guarded
 * @param {Places} places
 */
const guardOpenSync = (fs, { check, checkOpened }) => {
  const { constants, closeSync } = fs;
  replace(fs, 'openSync', (original) => (/** @type {unknown[]} */ ...args) => {
    const [path, access] = [settled(args[0]), accessOf(args[1], constants)];
    check(path, access);
    const descriptor = original(path, ...args.slice(1));
    try {
      checkOpened(descriptor, path, access);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
    noteOpened(descriptor);
    return descriptor;
  });
};

/**
 * @param {AnyObject} fs not yet guarded
 * @param {Places} places
 */
const guardOpenLater = (fs, { check, checkOpened }) => {
  const { constants, close } = fs;
  replace(fs, 'open', (original) => (/** @type {unknown[]} */ ...args) => {
    const done = args.at(-1);
    const flags = typeof args[1] === 'function' ? undefined : args[1];
    const [path, access] = [settled(args[0]), accessOf(flags, constants)];
    check(path, access);
    if (typeof done !== 'function') return original(path, ...args.slice(1)); // throws Node's error
    const opened = (/** @type {unknown} */ failure, /** @type {number} */ descriptor) => {
      if (failure) return done(failure);
      try {
        checkOpened(descriptor, path, access);
      } catch (error) {
        return close(descriptor, () => done(error));
      }
      noteOpened(descriptor);
      return done(null, descriptor);
    };
    return original(path, ...args.slice(1, -1), opened);
  });
};

/**
 * @param {AnyObject} fs not yet guarded
 * @param {Places} places
 */
const guardOpenHandle = ({ constants, promises }, { check, checkOpened }) => {
  replace(promises, 'open', (original) => async (/** @type {unknown[]} */ ...args) => {
    const [path, access] = [settled(args[0]), accessOf(args[1], constants)];
    check(path, access);
    const handle = brandedHandle(await original(path, ...args.slice(1)));
    try {
      checkOpened(handle.fd, path, access);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  });
};

/**
 * Checks the descriptor before the first read or write, because links can change between the check of a path and its
 * opening.
 *
 * @param {AnyObject} fs not yet guarded
 * @param {Places} places
 */
export const guardOpening = (fs, places) => {
  guardOpenSync(fs, places);
  guardOpenLater(fs, places);
  guardOpenHandle(fs, places);
};

/**
 * @param {AnyObject} fs whose `open` is guarded
 * @param {number} inherited descriptors
 */
export const openByName = (fs, inherited) => {
  const { constants, promises, open, openSync, close, closeSync } = fs;
  for (const [name, opened] of Object.entries(OPENING)) {
    replace(fs, `${name}Sync`, (original) => (/** @type {unknown[]} */ ...args) => {
      const [path] = args;
      if (isOpened(path, inherited)) return original(...args);
      const { opening, rest } = settledOptions(opened, name, args, constants);
      const descriptor = openSync(path, ...opening);
      try {
        return original(descriptor, ...rest);
      } finally {
        closeSync(descriptor);
      }
    });
    replace(fs, name, (original) => (/** @type {unknown[]} */ ...args) => {
      const [path] = args;
      const done = args.at(-1);
      if (isOpened(path, inherited) || typeof done !== 'function') return original(...args);
      const { opening, rest } = settledOptions(opened, name, args.slice(0, -1), constants);
      return open(
        path,
        ...opening,
        (/** @type {unknown} */ failure, /** @type {number} */ found) => {
          if (failure) return done(failure);
          const closed = (/** @type {unknown[]} */ ...results) =>
            close(found, () => done(...results));
          return original(found, ...rest, closed);
        },
      );
    });
    replace(promises, name, (original) => async (/** @type {unknown[]} */ ...args) => {
      const [path] = args;
      if (isOpened(path, inherited)) return original(...args);
      const { opening, rest } = settledOptions(opened, name, args, constants);
      const handle = await promises.open(path, ...opening);
      try {
        return await original(handle, ...rest);
      } finally {
        await handle.close();
      }
    });
  }
};
