// Which places `fs` leads to: files, and neither the process itself nor devices.
import { codedError } from '../base/errors.js';

/** @import { AnyObject } from '../base/objects.js' */

/** @typedef {'read' | 'write'} Access */

/**
 * @typedef {object} Places
 * @property {(path: unknown, access: Access) => void} check throws for a path that leads to anything but a file
 * @property {(target: unknown, place: unknown) => void} checkLink the same of a link that is to be made at a place: what it says
 *   is followed from where it lies
 * @property {(descriptor: number, path: unknown, access: Access) => void} checkOpened the same of what was opened: a link
 *   may have been changed since the path was checked
 */

// What of a process's own folder tells nothing of what it holds: programs look there for the container that they run in.
const OF_PROCESS = new Set(['cgroup', 'mountinfo', 'mounts', 'sched']);
const DEVICES = new Set(['random', 'urandom', 'stdin']);
const WRITABLE_DEVICES = new Set(['null', 'stdout', 'stderr']);
const SHARED_MEMORY = /^\/dev\/(?:shm|mqueue)\//;

/**
 * @param {string} path absolute, without dot segments or links
 * @param {Access} access
 * @returns {boolean} whether it is a plain place of files
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
const isWalled = (error) =>
  /** @type {NodeJS.ErrnoException} */ (error).code === 'ERR_ACCESS_DENIED';

// As many as Linux follows.
const MOST_LINKS = 40;

const STANDARD = /^\/dev\/(?:stdin|stdout|stderr)$/;

// Paths are compared with each byte as a character, since what a kernel opens is bytes.
const toBytes = (/** @type {string} */ text) => Buffer.from(text).toString('latin1');
const fromBytes = (/** @type {string} */ bytes) => Buffer.from(bytes, 'latin1');

/**
 * @param {string} place
 * @param {Access} access
 */
const refused = (place, access) =>
  codedError(
    'ERR_ACCESS_DENIED',
    `'${fromBytes(place)}' is the process itself, or a device: no grant of 'fs' ${access}s it`,
  );

/**
 * @param {AnyObject} fs the host's, as it is before anything is changed
 * @param {AnyObject} path the builtin
 * @param {AnyObject} url the builtin
 * @returns {Places}
 */
export const makePlaces = (fs, { posix }, { fileURLToPath }) => {
  const { readlinkSync } = fs; // before it is guarded itself
  const native = fs['realpathSync'].native;
  /**
   * @param {string} place
   * @returns {string | undefined} what the link says that is there; undefined: there is none
   */
  const linkAt = (place) => {
    try {
      return readlinkSync(fromBytes(place), 'buffer').toString('latin1');
    } catch (error) {
      const { code = '' } = /** @type {NodeJS.ErrnoException} */ (error);
      if (['EINVAL', 'ENOENT', 'ENOTDIR', 'EACCES'].includes(code)) return undefined;
      throw error; // what can't be looked at may be there all the same
    }
  };
  /**
   * Step by step, as the kernel goes: `realpath` finds nothing at links that lead to what has no name, at those to what is
   * yet to be made, and too deep below.
   *
   * @param {string} asked absolute
   * @returns {string} where it leads; that of which there are too many links is opened by nobody
   */
  const follow = (asked) => {
    const waiting = asked.split('/').reverse();
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
   * @param {string} asked absolute
   * @returns {string} where it leads; behind a wall that lets nothing be read, what was asked: what is opened is looked at
   */
  const realOf = (asked) => {
    try {
      return native(fromBytes(asked), 'buffer').toString('latin1');
    } catch (error) {
      return isWalled(error) ? posix.resolve(asked) : follow(asked);
    }
  };
  /**
   * @param {unknown} value that was given as a path
   * @returns {string | undefined} undefined: it is none, and Node will say so
   */
  const bytesOf = (value) => {
    if (typeof value === 'string') return toBytes(value);
    if (ArrayBuffer.isView(value))
      return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
    try {
      return toBytes(fileURLToPath(value));
    } catch (error) {
      // Anything else may end otherwise when Node does the same: there may have been no room on the stack.
      if (!/^ERR_/.test(/** @type {NodeJS.ErrnoException} */ (error).code ?? '')) throw error;
      return undefined;
    }
  };
  /**
   * @param {unknown} value
   * @returns {string | undefined} absolute, and not resolved: a kernel follows what is before a `..`
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
    const asked = posix.resolve(whole);
    if (isOpen(asked, access) && (STANDARD.test(whole) || isOpen(realOf(whole), access))) return;
    throw refused(asked, access);
  };
  return {
    check(value, access) {
      const whole = wholeOf(value);
      if (whole !== undefined) checkWhole(whole, access);
    },
    checkLink(target, place) {
      const said = bytesOf(target);
      const at = wholeOf(place);
      if (said === undefined || at === undefined) return;
      checkWhole(at, 'write');
      checkWhole(said.startsWith('/') ? said : `${posix.dirname(at)}/${said}`, 'write');
    },
    checkOpened(descriptor, value, access) {
      const whole = wholeOf(value);
      if (whole === undefined || STANDARD.test(whole)) return;
      const opened = linkAt(`/proc/self/fd/${descriptor}`);
      if (opened === undefined) return; // there is no such folder here
      // What has no name, such as a pipe, can only have been another descriptor of the process.
      if (!opened.startsWith('/') || !isOpen(opened, access)) throw refused(opened, access);
    },
  };
};
