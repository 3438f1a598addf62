// Which descriptors packages may use by their numbers: those that `fs` has opened, and the standard ones. Others belong to the
// runtime, such as that of a report or the pipe of a sandbox, to Node, or to sockets of other packages.
import { ownProperty } from '../base/descriptors.js';
import { codedError } from '../base/errors.js';
import { replace } from '../lockdown/replace.js';

/** @import { AnyObject } from '../base/objects.js' */

const STANDARD = 2;

/** @type {Set<number>} */
const opened = new Set();

/** @type {Map<number, WeakRef<object>>} FileHandles, by the number that each had at first */
const handles = new Map();

/** @param {number} descriptor that was opened by a name which was checked */
export const noteOpened = (descriptor) => void opened.add(descriptor);

/** @param {unknown} descriptor that is about to be closed */
export const noteClosed = (descriptor) => void opened.delete(/** @type {number} */ (descriptor));

/**
 * @param {object} handle
 * @returns {number} -1: it is closed; whatever the package has defined on it
 */
const numberOf = (handle) => {
  const { get } = ownProperty(Object.getPrototypeOf(handle), 'fd') ?? {};
  return get === undefined ? -1 : Reflect.apply(get, handle, []);
};

/** @param {object} handle of `fs.promises.open` */
export const noteHandle = (handle) => void handles.set(numberOf(handle), new WeakRef(handle));

/**
 * @param {unknown} descriptor
 * @param {number} [inherited] how many of the first that are not standard come from who started the program
 */
export const checkDescriptor = (descriptor, inherited = 0) => {
  if (typeof descriptor !== 'number' || descriptor <= STANDARD + inherited) return;
  if (opened.has(descriptor)) return;
  const handle = handles.get(descriptor)?.deref();
  if (handle !== undefined && numberOf(handle) === descriptor) return;
  // As for one that is closed, which may be another's by now.
  throw codedError(
    'EBADF',
    `EBADF: bad file descriptor ${descriptor}: 'fs' has not opened it here`,
  );
};

const OF_DESCRIPTORS = [
  ...['fstat', 'fsync', 'fdatasync', 'ftruncate', 'fchmod', 'fchown', 'futimes'],
  ...['read', 'readv', 'write', 'writev', 'close', 'truncate'],
];

/**
 * @param {AnyObject} fs
 * @param {number} inherited
 */
export const guardDescriptors = (fs, inherited) => {
  for (const name of OF_DESCRIPTORS.flatMap((each) => [each, `${each}Sync`])) {
    replace(fs, name, (original) => (/** @type {unknown[]} */ ...args) => {
      try {
        checkDescriptor(args[0], inherited);
      } catch (error) {
        const done = args.at(-1);
        if (typeof done !== 'function') throw error;
        return queueMicrotask(() => done(error));
      }
      if (name.startsWith('close')) noteClosed(args[0]);
      return original(...args);
    });
  }
};

/**
 * What makes a socket of a descriptor.
 *
 * @param {AnyObject} prototype of a native class
 * @param {number} inherited
 */
export const guardOpen = (prototype, inherited) =>
  replace(
    prototype,
    'open',
    (original) =>
      /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
        checkDescriptor(args[0], inherited);
        return Reflect.apply(original, this, args);
      },
  );
