// The files that a package reads from its own folder, served from the archive at the places where its
// modules seem to be. Whatever else is asked of `fs` goes to the host's, as granted.
import { filenameOfUrl } from './locations.js';

/** @import { AnyObject } from './attenuate.js' */
/** @import { Package } from './package.js' */

/**
 * @typedef {{ bytes: Uint8Array }} OwnFile
 * @typedef {{ names: Set<string> }} OwnFolder
 */

/**
 * @param {Package} pkg
 * @returns {Map<string, OwnFile | OwnFolder>} by absolute path
 */
const ownPlaces = (pkg) => {
  /** @type {Map<string, OwnFile | OwnFolder>} */
  const places = new Map();
  for (const module of pkg.descriptor.modules.values()) {
    if (module.kind !== 'file' || module.parser.startsWith('pre-')) continue;
    const bytes = pkg.world.files.get(`${pkg.name}/${module.location}`);
    const path = `/${pkg.name}/${module.location.replace(/#as=\w+$/, '')}`;
    if (bytes === undefined) continue;
    places.set(path, { bytes });
    addToFolders(places, path);
  }
  return places;
};

/**
 * @param {Map<string, OwnFile | OwnFolder>} places
 * @param {string} path
 */
const addToFolders = (places, path) => {
  const parts = path.split('/');
  for (let depth = parts.length - 1; depth > 1; depth -= 1) {
    const folder = parts.slice(0, depth).join('/');
    const known = places.get(folder);
    const names = known !== undefined && 'names' in known ? known.names : new Set();
    names.add(/** @type {string} */ (parts[depth]));
    places.set(folder, { names });
  }
};

/**
 * @param {unknown} path what `fs` takes: text, a URL or a Buffer
 * @returns {string | undefined} without dot segments; undefined for what is no absolute path
 */
const absolutePath = (path) => {
  const text = ArrayBuffer.isView(path) ? new TextDecoder().decode(path) : `${path}`;
  const isUrl = typeof path === 'object' && path !== null && 'href' in path;
  const found = isUrl ? filenameOfUrl(text) : text;
  if (found === undefined || !found.startsWith('/')) return undefined;
  /** @type {string[]} */
  const parts = [];
  for (const part of found.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return `/${parts.join('/')}`;
};

/**
 * @param {string} code
 * @param {string} text
 * @param {string} syscall
 * @param {string} path
 */
const systemError = (code, text, syscall, path) =>
  Object.assign(new Error(`${code}: ${text}, ${syscall} '${path}'`), { code, syscall, path });

/** @param {OwnFile | OwnFolder} place */
const statsOf = (place) => {
  const isFile = 'bytes' in place;
  const never = () => false;
  const time = { atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0 };
  return {
    ...{ dev: 0, ino: 0, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, blocks: 0, ...time },
    mode: isFile ? 0o100444 : 0o40555,
    size: isFile ? place.bytes.length : 0,
    mtime: new Date(0),
    isFile: () => isFile,
    isDirectory: () => !isFile,
    ...{ isSymbolicLink: never, isFIFO: never, isSocket: never },
    ...{ isBlockDevice: never, isCharacterDevice: never },
  };
};

/**
 * @param {Package} pkg
 * @returns {Record<string, (path: string, place: OwnFile | OwnFolder, options: any) => unknown>}
 */
const readers = (pkg) => {
  const Buffer = /** @type {any} */ (pkg.world.powers.globals['Buffer']);
  const encodingOf = (/** @type {any} */ options) =>
    typeof options === 'string' ? options : options?.encoding;
  return {
    readFile(path, place, options) {
      if (!('bytes' in place))
        throw systemError('EISDIR', 'illegal operation on a directory', 'read', path);
      const encoding = encodingOf(options);
      const copy = Buffer.from(place.bytes);
      return encoding && encoding !== 'buffer' ? copy.toString(encoding) : copy;
    },
    readdir(path, place) {
      if (!('names' in place)) throw systemError('ENOTDIR', 'not a directory', 'scandir', path);
      return [...place.names].sort();
    },
    stat: (_path, place) => statsOf(place),
    lstat: (_path, place) => statsOf(place),
    access: () => undefined,
    realpath: (path) => path,
  };
};

/**
 * @param {Package} pkg
 * @returns {(path: unknown) => { path: string, place: OwnFile | OwnFolder | undefined } | undefined}
 *   undefined for a path that is not in the package's own folder
 */
const makeLookup = (pkg) => {
  const places = ownPlaces(pkg);
  const root = `/${pkg.name}`;
  return (asked) => {
    const path = absolutePath(asked);
    if (path === undefined || (path !== root && !path.startsWith(`${root}/`))) return undefined;
    return { path, place: places.get(path) };
  };
};

/**
 * @param {Package} pkg
 * @param {AnyObject} host `fs`, or `fs/promises`
 * @param {'fs' | 'fs/promises'} name
 * @returns {AnyObject} overrides for a copy of it
 */
export const ownFileMethods = (pkg, host, name) => {
  const lookup = makeLookup(pkg);
  const read = readers(pkg);
  /** @type {(method: string, asked: unknown, options: unknown) => { value: unknown } | undefined} */
  const answer = (method, asked, options) => {
    const found = lookup(asked);
    if (found === undefined) return undefined;
    const { path, place } = found;
    if (place === undefined) throw systemError('ENOENT', 'no such file or directory', method, path);
    return { value: read[method]?.(path, place, options) };
  };
  /** @type {AnyObject} */
  const methods = {};
  for (const method of Object.keys(read)) {
    if (name === 'fs/promises') {
      methods[method] = async (/** @type {unknown} */ path, /** @type {unknown[]} */ ...rest) => {
        const own = answer(method, path, rest[0]);
        return own === undefined ? host[method](path, ...rest) : own.value;
      };
      continue;
    }
    methods[`${method}Sync`] = (/** @type {unknown} */ path, /** @type {unknown[]} */ ...rest) => {
      const own = answer(method, path, rest[0]);
      return own === undefined ? host[`${method}Sync`](path, ...rest) : own.value;
    };
    methods[method] = withCallback(host, method, answer);
  }
  if (name === 'fs') {
    methods['existsSync'] = (/** @type {unknown} */ path) => {
      const found = lookup(path);
      return found === undefined ? host['existsSync'](path) : found.place !== undefined;
    };
  }
  return methods;
};

/**
 * @param {AnyObject} host
 * @param {string} method
 * @param {(method: string, asked: unknown, options: unknown) => { value: unknown } | undefined} answer
 */
const withCallback =
  (host, method, answer) =>
  (/** @type {unknown} */ path, /** @type {unknown[]} */ ...rest) => {
    const done = /** @type {Function} */ (rest.at(-1));
    /** @type {{ value: unknown } | undefined} */
    let own;
    try {
      own = answer(method, path, rest[0]);
    } catch (error) {
      queueMicrotask(() => done(error));
      return undefined;
    }
    if (own === undefined) return host[method](path, ...rest);
    const { value } = own;
    queueMicrotask(() => done(null, value));
    return undefined;
  };
