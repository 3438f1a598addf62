// The files that packages read from their own folders, served from the archive at the places where
// their modules seem to be. Whatever else is asked of `fs` goes to the host's, as granted.
import { filenameOfUrl } from './locations.js';

/** @import { AnyObject } from './attenuate.js' */
/** @import { Package, World } from './package.js' */

/**
 * @typedef {{ bytes: Uint8Array }} OwnFile
 * @typedef {{ names: Set<string> }} OwnFolder
 */

/** @typedef {Map<string, OwnFile | OwnFolder>} Places by absolute path */

const AS = /#as=\w+$/;

/**
 * @param {World} world
 * @param {string} name of a compartment
 * @param {(parser: string, key: string) => boolean} isServed
 * @param {Places} places
 */
const addPlaces = (world, name, isServed, places) => {
  for (const [key, module] of world.map.compartments.get(name)?.modules ?? []) {
    if (module.kind !== 'file' || !isServed(module.parser, key)) continue;
    const bytes = world.files.bytesOf(`${name}/${module.location}`);
    const path = `/${name}/${module.location.replace(AS, '')}`;
    if (bytes === undefined) continue;
    places.set(path, { bytes });
    addToFolders(places, path);
  }
};

/** @type {WeakMap<World, Places>} */
const sharedPlaces = new WeakMap();

/**
 * What a package finds may be read for it by another one that has `fs`, and so all the host's files:
 * yargs gives the folder of its own texts to y18n.
 *
 * @param {World} world
 * @returns {Places} the files of all packages that were bundled to be read
 */
const placesOf = (world) => {
  const known = sharedPlaces.get(world);
  if (known !== undefined) return known;
  /** @type {Places} */
  const places = new Map();
  for (const name of world.map.compartments.keys())
    addPlaces(world, name, (parser, key) => parser === 'bytes' && AS.test(key), places);
  sharedPlaces.set(world, places);
  return places;
};

/**
 * @param {Package} pkg
 * @returns {Places} what the package has of its own folder: also what it imports as data
 */
const ownPlaces = (pkg) => {
  /** @type {Places} */
  const places = new Map();
  addPlaces(pkg.world, pkg.name, (parser) => !parser.startsWith('pre-'), places);
  return places;
};

/**
 * @param {Places} places
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

const PROBLEMS = {
  EISDIR: { errno: -21, text: 'illegal operation on a directory' },
  ENOENT: { errno: -2, text: 'no such file or directory' },
  ENOTDIR: { errno: -20, text: 'not a directory' },
};

/** @type {Record<string, string>} what Node says of a method that meets nothing */
const SYSCALLS = { readFile: 'open', readdir: 'scandir', realpath: 'lstat' };

/**
 * @param {keyof typeof PROBLEMS} code
 * @param {string} syscall
 * @param {string} path
 */
const systemError = (code, syscall, path) => {
  const { errno, text } = PROBLEMS[code];
  const message = `${code}: ${text}, ${syscall} '${path}'`;
  return Object.assign(new Error(message), { errno, code, syscall, path });
};

const never = () => false;

/** @param {boolean} isFile */
const kindMethods = (isFile) => ({
  isFile: () => isFile,
  isDirectory: () => !isFile,
  ...{ isSymbolicLink: never, isFIFO: never, isSocket: never },
  ...{ isBlockDevice: never, isCharacterDevice: never },
});

/** @param {OwnFile | OwnFolder} place */
const statsOf = (place) => {
  const isFile = 'bytes' in place;
  const time = { atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0 };
  return {
    ...{ dev: 0, ino: 0, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, blocks: 0, ...time },
    mode: isFile ? 0o100444 : 0o40555,
    size: isFile ? place.bytes.length : 0,
    ...{ atime: new Date(0), mtime: new Date(0), ctime: new Date(0), birthtime: new Date(0) },
    ...kindMethods(isFile),
  };
};

/**
 * @param {Package} pkg
 * @param {(path: string) => OwnFile | OwnFolder | undefined} placeAt
 * @returns {Record<string, (path: string, place: OwnFile | OwnFolder, options: any) => unknown>}
 */
const readers = (pkg, placeAt) => {
  const Buffer = /** @type {any} */ (pkg.world.powers.globals['Buffer']);
  const encodingOf = (/** @type {any} */ options) =>
    typeof options === 'string' ? options : options?.encoding;
  return {
    readFile(path, place, options) {
      if (!('bytes' in place)) throw systemError('EISDIR', 'read', path);
      const encoding = encodingOf(options);
      const copy = Buffer.from(place.bytes);
      return encoding && encoding !== 'buffer' ? copy.toString(encoding) : copy;
    },
    readdir(path, place, options) {
      if (!('names' in place)) throw systemError('ENOTDIR', 'scandir', path);
      const names = [...place.names].sort();
      if (!options?.withFileTypes) return names;
      return names.map((name) => ({
        ...{ name, parentPath: path, path },
        ...kindMethods('bytes' in /** @type {object} */ (placeAt(`${path}/${name}`))),
      }));
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
 *   undefined for a path that is neither in the package's own folder nor a file of another package
 */
const makeLookup = (pkg) => {
  const places = ownPlaces(pkg);
  const shared = placesOf(pkg.world);
  const root = `/${pkg.name}`;
  return (asked) => {
    const path = absolutePath(asked);
    if (path === undefined) return undefined;
    if (path === root || path.startsWith(`${root}/`)) return { path, place: places.get(path) };
    const place = shared.get(path);
    return place && { path, place };
  };
};

/**
 * @param {string} method
 * @param {any} options
 * @returns {boolean} whether that nothing is there is no error
 */
const isLenient = (method, options) =>
  (method === 'stat' || method === 'lstat') && options?.throwIfNoEntry === false;

/**
 * @param {Package} pkg
 * @param {AnyObject} host `fs`, or `fs/promises`
 * @param {'fs' | 'fs/promises'} name
 * @returns {AnyObject} overrides for a copy of it
 */
export const ownFileMethods = (pkg, host, name) => {
  const lookup = makeLookup(pkg);
  const read = readers(pkg, (path) => lookup(path)?.place);
  /** @type {(method: string, asked: unknown, options: unknown) => { value: unknown } | undefined} */
  const answer = (method, asked, options) => {
    const found = lookup(asked);
    if (found === undefined) return undefined;
    const { path, place } = found;
    if (place === undefined && isLenient(method, options)) return { value: undefined };
    if (place === undefined) throw systemError('ENOENT', SYSCALLS[method] ?? method, path);
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
    for (const method of ['realpath', 'realpathSync'])
      methods[method] = Object.assign(methods[method], { native: methods[method] });
    methods['createReadStream'] = (/** @type {unknown} */ path, /** @type {any} */ options) => {
      const own = answer('readFile', path, undefined);
      if (own === undefined) return host['createReadStream'](path, options);
      return streamOf(pkg, /** @type {Uint8Array} */ (own.value), options);
    };
    methods['existsSync'] = (/** @type {unknown} */ path) => {
      const found = lookup(path);
      return found === undefined ? host['existsSync'](path) : found.place !== undefined;
    };
  }
  return methods;
};

/**
 * @param {Package} pkg
 * @param {Uint8Array} bytes
 * @param {any} options of `createReadStream`
 * @returns {object} a stream of what they ask for
 */
const streamOf = (pkg, bytes, options) => {
  const { start = 0, end = bytes.length - 1 } = Object(options);
  const encoding = typeof options === 'string' ? options : options?.encoding;
  const { Readable } = /** @type {AnyObject} */ (pkg.world.powers.getBuiltin('stream'));
  const stream = Readable.from([bytes.subarray(start, end + 1)], { objectMode: false });
  return encoding ? stream.setEncoding(encoding) : stream;
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
