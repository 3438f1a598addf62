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

/** @type {WeakMap<Package, { lookup: Lookup, descriptors: Descriptors, byHost: WeakMap<object, Own> }>} */
const known = new WeakMap();

/**
 * @param {Package} pkg
 * @param {AnyObject} fs the host's, or the functions of it that a grant with paths allows
 * @returns {Own} the same for `fs` and `fs/promises`
 */
export const ownOf = (pkg, fs) => {
  const state = known.get(pkg) ?? makeState(pkg, fs);
  known.set(pkg, state);
  const own = state.byHost.get(fs) ?? makeOwn(pkg, fs, state);
  state.byHost.set(fs, own);
  return own;
};

/**
 * @param {Package} pkg
 * @param {AnyObject} fs
 */
const makeState = (pkg, fs) => {
  const lookup = makeLookup(pkg);
  /** @type {WeakMap<object, Own>} */
  const byHost = new WeakMap();
  return { lookup, descriptors: makeDescriptors(pkg, fs, lookup), byHost };
};

/**
 * @param {Package} pkg
 * @param {AnyObject} fs
 * @param {{ lookup: Lookup, descriptors: Descriptors }} state of the package
 * @returns {Own}
 */
const makeOwn = (pkg, fs, { lookup, descriptors }) => {
  const Buffer = /** @type {any} */ (pkg.application.powers.globals['Buffer']);
  const streamed = streamFunctions(descriptors);
  return {
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
