// Folders of the archive for `readdir`, `opendir` and `cp`.
import { isFile, kindMethods, systemError } from './own-places.js';
import { encodingOf } from './own-state.js';

/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Place } from './own-places.js' */
/** @import { Own } from './own-state.js' */

export const EXCLUSIVE = 1; // COPYFILE_EXCL

/**
 * @param {Own} own
 * @param {string} path of a folder
 * @param {Set<string>} names
 * @param {any} options
 */
export const entriesOf = ({ lookup, pkg }, path, names, options) => {
  const found = options?.recursive ? lookup.below(path) : [...names].sort();
  if (!options?.withFileTypes) {
    const { Buffer } = /** @type {any} */ (pkg.application.powers.globals);
    return encodingOf(options) === 'buffer' ? found.map((name) => Buffer.from(name)) : found;
  }
  return found.map((name) => {
    const parent = name.includes('/') ? `${path}/${name.slice(0, name.lastIndexOf('/'))}` : path;
    return {
      ...{ name: name.slice(name.lastIndexOf('/') + 1), parentPath: parent, path: parent },
      ...kindMethods(isFile(/** @type {Place} */ (lookup.at(`${path}/${name}`)?.place))),
    };
  });
};

/**
 * @param {string} path
 * @param {any[]} entries
 * @returns {AnyObject} the result of `opendir`
 */
export const makeDirectory = (path, entries) => {
  let index = 0;
  const readSync = () => {
    const entry = entries[index] ?? null;
    index += 1;
    return entry;
  };
  const closeSync = () => undefined;
  const later =
    (/** @type {() => unknown} */ act) =>
    (/** @type {Function | undefined} */ done = undefined) => {
      if (done === undefined) return Promise.resolve(act());
      const value = act();
      return queueMicrotask(() => done(null, value));
    };
  async function* entriesLeft() {
    for (let entry = readSync(); entry !== null; entry = readSync()) yield entry;
  }
  return {
    ...{ path, readSync, closeSync, read: later(readSync), close: later(closeSync) },
    entries: entriesLeft,
    [Symbol.asyncIterator]: entriesLeft,
  };
};

/**
 * @param {Own} own
 * @param {string} path
 * @param {Place} place
 * @param {any} to
 * @param {any} options of `cp`
 */
export const copyTree = (own, path, place, to, options) => {
  const { fs, lookup } = own;
  const { recursive = false, force = true, errorOnExist = false, filter } = Object(options);
  if (typeof filter === 'function' && !filter(path, to)) return;
  if (isFile(place)) {
    if (!force && fs['existsSync'](to)) {
      if (!errorOnExist) return;
      throw Object.assign(new Error(`Target already exists: ${to}`), { code: 'ERR_FS_CP_EEXIST' });
    }
    const folder = `${to}`.slice(0, `${to}`.lastIndexOf('/'));
    if (folder !== '') fs['mkdirSync'](folder, { recursive: true });
    fs['writeFileSync'](to, own.contentOf(place, path));
    return;
  }
  if (!recursive)
    throw Object.assign(
      new Error(`Recursive option not enabled, cannot copy a directory: ${path}`),
      {
        code: 'ERR_FS_EISDIR',
      },
    );
  fs['mkdirSync'](to, { recursive: true });
  for (const name of place.names) {
    const inner = lookup.at(`${path}/${name}`)?.place;
    if (inner !== undefined) copyTree(own, `${path}/${name}`, inner, `${to}/${name}`, options);
  }
};

/**
 * @param {Own} own
 * @param {unknown} target of a write
 */
export const checkTarget = ({ lookup }, target) => {
  const found = lookup.at(target);
  if (found !== undefined) throw systemError('EROFS', 'open', found.path);
};
