// State of the `fs` functions of one package: its files, and its open descriptors.
import { makeDescriptors } from './own-descriptors.js';
import { contentOf, makeLookup } from './own-places.js';

/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Package } from '../../protocols/package.js' */
/** @import { Descriptors } from './own-descriptors.js' */
/** @import { Lookup, Place } from './own-places.js' */

export const PROMISIFIED = Symbol.for('nodejs.util.promisify.custom');

/**
 * @typedef {object} Own state of a package's files
 * @property {Package} pkg
 * @property {AnyObject} fs the host's
 * @property {Lookup} lookup
 * @property {Descriptors} descriptors
 * @property {(bytes: Uint8Array, options: any) => unknown} decoded
 * @property {(place: Place, path: string) => Uint8Array} contentOf
 * @property {AnyObject} streamed functions that Node's streams call for files of the archive
 * @property {(path: unknown, options: any) => any} stream
 */

/** @param {any} options */
export const encodingOf = (options) => (typeof options === 'string' ? options : options?.encoding);

/** @type {WeakMap<Package, Own>} */
const known = new WeakMap();

/**
 * @param {Package} pkg
 * @param {AnyObject} fs the host's
 * @returns {Own} the same for `fs` and `fs/promises`
 */
export const ownOf = (pkg, fs) => {
  const before = known.get(pkg);
  if (before !== undefined) return before;
  const Buffer = /** @type {any} */ (pkg.application.powers.globals['Buffer']);
  const lookup = makeLookup(pkg);
  const descriptors = makeDescriptors(pkg, fs, lookup);
  const streamed = streamFunctions(descriptors);
  /** @type {Own} */
  const own = {
    pkg,
    fs,
    lookup,
    descriptors,
    decoded(bytes, options) {
      const encoding = encodingOf(options);
      const copy = Buffer.from(bytes);
      return encoding && encoding !== 'buffer' ? copy.toString(encoding) : copy;
    },
    contentOf: (place, path) => contentOf(pkg, place, path),
    streamed,
    stream: (path, options) => fs['createReadStream'](path, { ...options, fs: streamed }),
  };
  known.set(pkg, own);
  return own;
};

/**
 * @param {Descriptors} descriptors
 * @returns {AnyObject} functions that Node's streams call
 */
const streamFunctions = (descriptors) => {
  /** @param {() => unknown[]} act */
  const later = (act) => (/** @type {Function} */ done) => {
    /** @type {unknown[]} */
    let values;
    try {
      values = act();
    } catch (error) {
      queueMicrotask(() => done(error));
      return;
    }
    queueMicrotask(() => done(null, ...values));
  };
  return Object.freeze({
    open: (/** @type {any[]} */ ...args) =>
      later(() => [descriptors.open(args[0], args[1])])(args.at(-1)),
    close: (/** @type {unknown} */ fd, /** @type {Function} */ done) =>
      later(() => [descriptors.close(fd)])(done),
    read: (/** @type {unknown} */ fd, /** @type {any[]} */ ...args) =>
      later(() => {
        const { bytesRead, buffer } = descriptors.read(fd, args.slice(0, -1));
        return [bytesRead, buffer];
      })(args.at(-1)),
  });
};
