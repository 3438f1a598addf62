// Paths that `fs` can access: files, but neither the process itself nor devices.
import { codedError } from '../base/errors.js';

/** @import { AnyObject } from '../base/objects.js' */

/** @typedef {'read' | 'write'} Access */

/**
 * @typedef {object} Places
 * @property {(path: unknown, access: Access) => void} check throws for a path that leads to something other than a file
 * @property {(target: unknown, place: unknown) => void} checkLink the same check for a new link: its target is
 *   resolved from the location of the link
 * @property {(descriptor: number, path: unknown, access: Access) => void} checkOpened the same check for an opened
 *   file: a link may have changed since the check of the path
 */

// Files of `/proc/self` without data of the process: programs read them to detect their container.
const OF_PROCESS = new Set(['cgroup', 'mountinfo', 'mounts', 'sched']);
const DEVICES = new Set(['random', 'urandom', 'stdin']);
const WRITABLE_DEVICES = new Set(['null', 'stdout', 'stderr']);
const SHARED_MEMORY = /^\/dev\/(?:shm|mqueue)\//;

/**
 * @param {string} path absolute, without dot segments or links
 * @param {Access} access
 * @returns {boolean} whether the path is in a regular file system
 */
const isOpen = (path, access) => {
  const [, top = '', first = '', ...rest] = path.split('/');
  if (top === 'sys') return access === 'read';
  if (top === 'proc') {
    if (access === 'write') return false;
    const isProcess = first === 'self' || first === 'thread-self' || /^\d+$/.test(first);
    if (!isProcess) return first !== 'kcore';
    return rest.length === 0 || (rest.length === 1 && OF_PROCESS.has(`${rest[0]}`));
  }
  if (top !== 'dev' || first === '' || SHARED_MEMORY.test(path)) return true;
  return rest.length === 0 && (access === 'read' ? DEVICES : WRITABLE_DEVICES).has(first);
};

/** @param {unknown} error of Node's permission model */
const isPermissionDenied = (error) =>
  /** @type {NodeJS.ErrnoException} */ (error).code === 'ERR_ACCESS_DENIED';

// The limit of Linux.
const MOST_LINKS = 40;

const STANDARD = /^\/dev\/(?:stdin|stdout|stderr)$/;

// Paths are compared as latin1, one character per byte, because the kernel opens paths as bytes.
const toBytes = (/** @type {string} */ text) => Buffer.from(text).toString('latin1');
const fromBytes = (/** @type {string} */ bytes) => Buffer.from(bytes, 'latin1');

/**
 * @param {string} place
 * @param {Access} access
 */
const refused = (place, access) =>
  codedError(
    'ERR_ACCESS_DENIED',
    `'${fromBytes(place)}' is the process itself or a device: no grant of 'fs' allows ${access} access`,
  );

/**
 * @typedef {object} Resolution how paths are resolved; as bytes, one character each
 * @property {(value: unknown) => string | undefined} resolve the real path of an argument; undefined: not a path
 * @property {(value: unknown) => string | undefined} placeOf the same, without following a link at the path itself
 * @property {(path: string) => string} realOf an absolute path
 * @property {(descriptor: number) => string | undefined} openedAt undefined: the system has no /proc
 * @property {(path: string) => boolean} isFolder
 * @property {(path: string) => boolean} exists
 * @property {(path: string) => Array<{ name: string, isFolder: boolean }>} namesIn of a folder; links are no folders
 */

/**
 * @param {AnyObject} fs the host's builtin before any change
 * @param {AnyObject} path the builtin
 * @param {AnyObject} url the builtin
 * @returns {Places & { resolution: Resolution }}
 */
export const makePlaces = (fs, { posix }, { fileURLToPath }) => {
  const { readdirSync, readlinkSync, statSync } = fs; // the originals, before they are guarded
  const native = fs['realpathSync'].native;
  /**
   * @param {string} place
   * @returns {string | undefined} the target of the link; undefined: not a link
   */
  const linkAt = (place) => {
    try {
      return readlinkSync(fromBytes(place), 'buffer').toString('latin1');
    } catch (error) {
      const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
      if (['EINVAL', 'ENOENT', 'ENOTDIR', 'EACCES'].includes(code)) return undefined;
      throw error; // a link may exist that can't be read
    }
  };
  /**
   * Resolves a path step by step, like the kernel: `realpath` fails for links to objects without a name, links to
   * files that do not exist yet, and paths that are too deep.
   *
   * @param {string} requested absolute
   * @returns {string} the resolved path; with too many links, the kernel refuses to open it
   */
  const follow = (requested) => {
    const waiting = requested.split('/').reverse();
    /** @type {string[]} */
    const passed = [];
    let links = 0;
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      if (name === '..') passed.pop();
      if (name === '' || name === '.' || name === '..') continue;
      const target = linkAt(`/${[...passed, name].join('/')}`);
      if (target === undefined) passed.push(name);
      else if (links < MOST_LINKS) {
        links += 1;
        if (target.startsWith('/')) passed.length = 0;
        waiting.push(...target.split('/').reverse());
      }
    }
    return `/${passed.join('/')}`;
  };
  /**
   * Resolves the folder of a file that does not exist. Node's permission model may deny reading the folders above it,
   * which `follow` reads.
   *
   * @param {string} requested absolute
   * @param {number} links passed before
   * @returns {string}
   */
  const missing = (requested, links) => {
    const [, folder = '', name = ''] = /^(.*)\/([^/]+)\/*$/.exec(requested) ?? [];
    if (name === '' || name === '.' || name === '..') return follow(requested);
    const parent = realOf(folder === '' ? '/' : folder, links);
    const target = linkAt(posix.join(parent, name));
    if (target === undefined || links >= MOST_LINKS) return posix.join(parent, name);
    return realOf(target.startsWith('/') ? target : `${parent}/${target}`, links + 1);
  };
  /**
   * @param {string} requested absolute
   * @param {number} [links] passed before
   * @returns {string} the resolved path; if Node's permission model denies reading, the requested path, because the
   *   opened file is checked too
   */
  const realOf = (requested, links = 0) => {
    try {
      return native(fromBytes(requested), 'buffer').toString('latin1');
    } catch (error) {
      if (isPermissionDenied(error)) return posix.resolve(requested);
      const { code } = /** @type {NodeJS.ErrnoException} */ (error);
      return code === 'ENOENT' ? missing(requested, links) : follow(requested);
    }
  };
  /**
   * @param {unknown} value the path argument
   * @returns {string | undefined} undefined: not a path, for which Node throws
   */
  const bytesOf = (value) => {
    if (typeof value === 'string') return toBytes(value);
    if (ArrayBuffer.isView(value))
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
    try {
      return toBytes(fileURLToPath(value));
    } catch (error) {
      // Other errors, such as missing stack space, may not recur when Node repeats the conversion.
      if (!/^ERR_/.test(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) throw error;
      return undefined;
    }
  };
  /**
   * @param {unknown} value
   * @returns {string | undefined} absolute, but not normalized: the kernel follows links before a `..`
   */
  const wholeOf = (value) => {
    const bytes = bytesOf(value);
    if (bytes === undefined || bytes.includes('\0')) return undefined;
    return bytes.startsWith('/') ? bytes : `${toBytes(posix.resolve())}/${bytes}`;
  };
  /**
   * @param {string} whole
   * @param {Access} access
   */
  const checkWhole = (whole, access) => {
    const requested = posix.resolve(whole);
    if (isOpen(requested, access) && (STANDARD.test(whole) || isOpen(realOf(whole), access)))
      return;
    throw refused(requested, access);
  };
  const openedAt = (/** @type {number} */ descriptor) => linkAt(`/proc/self/fd/${descriptor}`);
  /** @type {(place: string, ask: (stats: any) => boolean) => boolean} */
  const isAt = (place, ask) => {
    try {
      return ask(statSync(fromBytes(place), { throwIfNoEntry: false }));
    } catch {
      return true; // the permission model of Node hides what it is
    }
  };
  return {
    resolution: {
      resolve(value) {
        const whole = wholeOf(value);
        return whole === undefined ? undefined : posix.resolve(realOf(whole));
      },
      placeOf(value) {
        const whole = wholeOf(value);
        if (whole === undefined) return undefined;
        const [, folder = '', name = ''] = /^(.*)\/([^/]+)$/s.exec(whole) ?? [];
        if (name === '' || name === '.' || name === '..') return posix.resolve(realOf(whole));
        return posix.join(realOf(folder === '' ? '/' : folder), name);
      },
      realOf,
      openedAt,
      isFolder: (place) => isAt(place, (stats) => stats?.isDirectory() ?? false),
      namesIn(place) {
        try {
          return readdirSync(fromBytes(place), { encoding: 'latin1', withFileTypes: true }).map(
            (/** @type {any} */ one) => ({ name: one.name, isFolder: one.isDirectory() }),
          );
        } catch (error) {
          const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
          if (code === 'ENOENT' || code === 'ENOTDIR') return [];
          throw error; // what is there is unknown
        }
      },
      exists: (place) => isAt(place, (stats) => stats !== undefined),
    },
    check(value, access) {
      const whole = wholeOf(value);
      if (whole !== undefined) checkWhole(whole, access);
    },
    checkLink(target, place) {
      const linked = bytesOf(target);
      const at = wholeOf(place);
      if (linked === undefined || at === undefined) return;
      checkWhole(at, 'write');
      checkWhole(linked.startsWith('/') ? linked : `${posix.dirname(at)}/${linked}`, 'write');
    },
    checkOpened(descriptor, value, access) {
      const whole = wholeOf(value);
      if (whole === undefined || STANDARD.test(whole)) return;
      const opened = openedAt(descriptor);
      if (opened === undefined) return; // the system has no /proc
      // An object without a path, such as a pipe, can only be another descriptor of the process.
      if (!opened.startsWith('/') || !isOpen(opened, access)) throw refused(opened, access);
    },
  };
};
