// File descriptors that packages may use by number: those opened by `fs`, and the standard ones. Others belong to the
// runtime (a report, the pipe of a sandbox), to Node, or to sockets of other packages.
import { ownProperty } from '../base/descriptors.js';
import { codedError } from '../base/errors.js';
import { replace } from '../lockdown/replace.js';

/** @import { AnyObject } from '../base/objects.js' */

const STANDARD = 2;

/** @type {Set<number>} */
const opened = new Set();

/** @type {Map<number, WeakRef<object>>} FileHandles by their initial descriptor */
const handles = new Map();

/** @param {number} descriptor opened after a check of its path */
export const noteOpened = (descriptor) => void opened.add(descriptor);

/** @param {unknown} descriptor that is about to be closed */
export const noteClosed = (descriptor) => void opened.delete(/** @type {number} */ (descriptor));

/**
 * @param {object} handle
 * @returns {number} -1: closed; ignores properties that the package defined on the handle
 */
const numberOf = (handle) => {
  const { get } = ownProperty(Object.getPrototypeOf(handle), 'fd') ?? {};
  return get === undefined ? -1 : Reflect.apply(get, handle, []);
};

/** @param {object} handle of `fs.promises.open` */
export const noteHandle = (handle) => void handles.set(numberOf(handle), new WeakRef(handle));

/**
 * @param {unknown} descriptor
 * @param {number} [inherited] number of descriptors beyond the standard ones that the parent process passed on
 */
export const checkDescriptor = (descriptor, inherited = 0) => {
  if (typeof descriptor !== 'number' || descriptor <= STANDARD + inherited) return;
  if (opened.has(descriptor)) return;
  const handle = handles.get(descriptor)?.deref();
  if (handle !== undefined && numberOf(handle) === descriptor) return;
  // The error of a closed descriptor, whose number another owner may use by now.
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
 * @param {string[]} names of functions whose first argument can be a descriptor, without `Sync`
 * @param {(descriptor: unknown, name: string) => void} check throws the error of a descriptor that the function must not
 *   get
 */
export const guardByDescriptor = (fs, names, check) => {
  for (const name of names.flatMap((each) => [each, `${each}Sync`])) {
    replace(fs, name, (original) => (/** @type {unknown[]} */ ...args) => {
      try {
        check(args[0], name);
      } catch (error) {
        const done = args.at(-1);
        if (typeof done !== 'function') throw error;
        return queueMicrotask(() => done(error));
      }
      return original(...args);
    });
  }
};

/**
 * @param {AnyObject} fs
 * @param {number} inherited
 */
export const guardDescriptors = (fs, inherited) =>
  guardByDescriptor(fs, OF_DESCRIPTORS, (descriptor, name) => {
    checkDescriptor(descriptor, inherited);
    if (name.startsWith('close')) noteClosed(descriptor);
  });

/**
 * Guards the native method that creates a socket from a descriptor.
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
