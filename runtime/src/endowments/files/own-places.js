// The files of packages in the archive, at the virtual locations of their modules.
import { isProgram } from '../../archive/languages.js';
import { filenameOfUrl } from '../../base/locations.js';
import {
  builtinDecision,
  grantedOf,
  grantsAnything,
  mayUsePackage,
  scopesOf,
} from '../../policy/policy.js';
import { entryFilename, linkedPackage } from '../../resolve/resolve.js';

/** @import { Package, Application } from '../../protocols/package.js' */

/**
 * @typedef {object} OwnFile
 * @property {Uint8Array | undefined} bytes undefined: code, which can only be loaded as a module
 * @property {() => number} size
 * @typedef {{ names: Set<string> }} OwnFolder
 * @typedef {OwnFile | OwnFolder} Place
 */

/** @typedef {Map<string, Place>} Places by absolute path */

const AS = /#as=\w+$/;

/**
 * @param {Place} place
 * @returns {place is OwnFile}
 */
export const isFile = (place) => 'size' in place;

/**
 * @param {Application} application
 * @param {string} name of a compartment
 * @param {(parser: string, key: string) => boolean} isServed
 * @param {Places} places
 */
const addPlaces = (application, name, isServed, places) => {
  for (const [key, module] of application.map.compartments.get(name)?.modules ?? []) {
    if (module.kind !== 'file' || !isServed(module.parser, key)) continue;
    const stored = () => application.files.bytesOf(`${name}/${module.location}`);
    const bytes = isProgram(module.parser) ? undefined : stored();
    const path = `/${name}/${module.location.replace(AS, '')}`;
    if (isOther(key) || (bytes === undefined && places.has(path))) continue;
    places.set(path, { bytes, size: () => (bytes ?? stored())?.length ?? 0 });
    addToFolders(places, path);
  }
};

/**
 * @param {string} key
 * @returns {boolean} whether the bundler generated the module, so that it is no file
 */
const isOther = (key) => AS.test(key) && !/#as=(?:bytes|text)$/.test(key);

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

/** @type {WeakMap<Application, Places>} */
const sharedPlaces = new WeakMap();

/**
 * Another package with a grant for `fs`, and so access to all files of the host, may read the files of a package on
 * its behalf: yargs passes the folder of its translations to y18n.
 *
 * @param {Application} application
 * @returns {Places} files of all packages that were bundled as data
 */
const placesOf = (application) => {
  const known = sharedPlaces.get(application);
  if (known !== undefined) return known;
  /** @type {Places} */
  const places = new Map();
  for (const name of application.map.compartments.keys())
    addPlaces(application, name, (parser, key) => parser === 'bytes' && AS.test(key), places);
  const first = entryFilename(application); // a program that knows its name may check that it exists
  if (first !== undefined && !places.has(first))
    places.set(first, { bytes: undefined, size: () => 0 });
  sharedPlaces.set(application, places);
  return places;
};

/**
 * @param {Package} pkg
 * @returns {Places} files in the package's own folder, including its modules and imported data
 */
const ownPlaces = (pkg) => {
  /** @type {Places} */
  const places = new Map();
  addPlaces(pkg.application, pkg.name, () => true, places);
  return places;
};

/**
 * Files of packages that a package may import: it can see that they exist and in which folder, but not their content.
 *
 * @param {Package} pkg
 * @returns {Places}
 */
const linkedPlaces = (pkg) => {
  const names = [...pkg.descriptor.modules.values()].flatMap((module) => {
    const isOther = module.kind === 'link' && module.compartment !== pkg.name;
    if (!isOther) return [];
    const { label } = pkg.application.packageOf(module.compartment);
    return mayUsePackage(pkg.policy, label) ? [module.compartment] : [];
  });
  /** @type {Places} */
  const found = new Map();
  for (const name of new Set(names)) addPlaces(pkg.application, name, () => true, found);
  for (const [path, place] of found)
    if (isFile(place)) found.set(path, { bytes: undefined, size: () => 0 });
  return found;
};

/**
 * @param {unknown} path a path argument of `fs`: a string, a URL or a Buffer
 * @returns {string | undefined} without dot segments; undefined for a relative path
 */
export const absolutePath = (path) => {
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

const IN_NODE_MODULES = /^.*\/node_modules\/((?:@[^/]+\/)?[^/@][^/]*)(\/.*)?$/;

/**
 * @param {Package} pkg
 * @returns {boolean} whether it has a grant for files of the host
 */
const hasFiles = ({ policy }) =>
  ['fs', 'fs/promises'].some((name) => {
    const granted = grantedOf(builtinDecision(policy, name));
    return (
      (granted !== undefined && grantsAnything(granted)) ||
      scopesOf(policy, 'builtins', name).size > 0
    );
  });

/**
 * @typedef {object} Lookup
 * @property {(requested: unknown) => { path: string, place: Place | undefined } | undefined} at undefined for a path
 *   that is neither in the package's own folder nor a file of another package
 * @property {(folder: string) => string[]} below relative paths of the files in a folder
 */

/**
 * @param {Package} pkg
 * @returns {Lookup}
 */
export const makeLookup = (pkg) => {
  const places = ownPlaces(pkg);
  const shared = placesOf(pkg.application);
  const root = `/${pkg.name}`;
  const { compartments } = pkg.application.map;
  /** @type {Places | undefined} */
  let linked;
  /** @param {string} path of another package */
  const ofAnother = (path) => shared.get(path) ?? (linked ??= linkedPlaces(pkg)).get(path);
  /** @param {string} path in the folder of a package, below `node_modules` */
  const installed = (path) => {
    const [, name = '', rest = ''] = IN_NODE_MODULES.exec(path) ?? [];
    const owner = [...(name ? compartments.keys() : [])].find((n) => path.startsWith(`/${n}/`));
    if (owner === undefined) return undefined;
    const found = linkedPackage(pkg.application.packageOf(owner), name) ?? linkedPackage(pkg, name);
    return found === undefined ? undefined : ofAnother(`/${found}${rest}`);
  };
  const { more, powers } = pkg.application;
  const project = more && hasFiles(pkg) ? powers.anchors?.().cwd : undefined;
  return {
    at(requested) {
      const path = absolutePath(requested);
      if (path === undefined) return undefined;
      if (project !== undefined) {
        // The grant decides about files in the project; files of packages outside of it are those of the archive.
        const place = `${path}/`.startsWith(`${project}/`) ? undefined : places.get(path);
        return place && { path, place };
      }
      if (path === root || path.startsWith(`${root}/`))
        return { path, place: places.get(path) ?? installed(path) };
      const place = ofAnother(path) ?? installed(path);
      return place && { path, place };
    },
    below(folder) {
      const start = folder === '/' ? folder : `${folder}/`;
      const known = folder === root || folder.startsWith(`${root}/`) ? places : shared;
      return [...known.keys()]
        .filter((path) => path.startsWith(start))
        .map((path) => path.slice(start.length))
        .sort();
    },
  };
};

const PROBLEMS = {
  EEXIST: { errno: -17, text: 'file already exists' },
  EBADF: { errno: -9, text: 'bad file descriptor' },
  EINVAL: { errno: -22, text: 'invalid argument' },
  EISDIR: { errno: -21, text: 'illegal operation on a directory' },
  ENOENT: { errno: -2, text: 'no such file or directory' },
  ENOTDIR: { errno: -20, text: 'not a directory' },
  EROFS: { errno: -30, text: 'read-only file system' },
};

/**
 * @param {keyof typeof PROBLEMS} code
 * @param {string} syscall
 * @param {string} [path]
 */
export const systemError = (code, syscall, path) => {
  const { errno, text } = PROBLEMS[code];
  const message = `${code}: ${text}, ${syscall}${path === undefined ? '' : ` '${path}'`}`;
  return Object.assign(new Error(message), {
    errno,
    code,
    syscall,
    ...(path !== undefined && { path }),
  });
};

/**
 * @param {Package} pkg
 * @param {string} syscall
 * @param {string} path in its own folder
 */
export const notPacked = ({ name, label }, syscall, path) => {
  const error = systemError('ENOENT', syscall, path);
  const file = path.slice(name.length + 2);
  const hint =
    file.includes('node_modules/') || file === ''
      ? 'only files in the archive exist'
      : `if the file exists, bundle with --asset '${label === '$root$' ? '' : `${label}:`}${file}'`;
  return syscall === 'open' || syscall === 'scandir' ? Object.assign(error, { hint }) : error;
};

/**
 * @param {Package} pkg
 * @param {Place} place
 * @param {string} path of it
 * @returns {Uint8Array}
 */
export const contentOf = (pkg, place, path) => {
  if (!isFile(place)) throw systemError('EISDIR', 'read');
  if (place.bytes === undefined) throw notPacked(pkg, 'open', path);
  return place.bytes;
};

const never = () => false;

/** @param {boolean} ofFile */
export const kindMethods = (ofFile) => ({
  isFile: () => ofFile,
  isDirectory: () => !ofFile,
  ...{ isSymbolicLink: never, isFIFO: never, isSocket: never },
  ...{ isBlockDevice: never, isCharacterDevice: never },
});

/**
 * @param {Place} place
 * @param {boolean} [big] returns BigInts
 */
export const statsOf = (place, big = false) => {
  const ofFile = isFile(place);
  const time = { atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0 };
  const numbers = {
    ...{ dev: 0, ino: 0, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, blocks: 0, ...time },
    mode: ofFile ? 0o100444 : 0o40555,
    size: ofFile ? place.size() : 0,
  };
  const nanoseconds = { atimeNs: 0n, mtimeNs: 0n, ctimeNs: 0n, birthtimeNs: 0n };
  return {
    ...(big
      ? Object.fromEntries(Object.entries(numbers).map(([name, n]) => [name, BigInt(n)]))
      : numbers),
    ...(big && nanoseconds),
    ...{ atime: new Date(0), mtime: new Date(0), ctime: new Date(0), birthtime: new Date(0) },
    ...kindMethods(ofFile),
  };
};
