// What `fs` gives to packages that are granted it, or a part of it: files, but not the process itself (`/proc/self/mem` is
// its machine code, `/proc/self/environ` its environment), no devices, and no stream that leads to all of `fs`.
import { codedError } from '../errors.js';
import { hardenHost } from '../host-harden.js';
import { guardedClass } from './guarded-class.js';
import { hideClass } from './specimens.js';

/** @import { AnyObject } from '../attenuate.js' */

/** @typedef {'read' | 'write'} Access */

// Of https://nodejs.org/api/fs.html, what takes a path: how many, and whether it changes what is there. `open` says so itself.
/** @type {Record<string, { paths: number, access: Access }>} */
const METHODS = {
  __proto__: /** @type {never} */ (null),
  ...named('read', 1, [
    ...['access', 'exists', 'lstat', 'openAsBlob', 'opendir', 'readFile', 'readdir', 'readlink'],
    ...['realpath', 'stat', 'statfs', 'watch', 'watchFile', 'unwatchFile'],
  ]),
  ...named('write', 1, [
    ...['appendFile', 'chmod', 'chown', 'lchmod', 'lchown', 'lutimes', 'mkdir', 'mkdtemp', 'rm'],
    ...['rmdir', 'truncate', 'unlink', 'utimes', 'writeFile', 'mkdtempDisposable'],
  ]),
  ...named('write', 2, ['copyFile', 'cp', 'link', 'rename', 'symlink']),
};

/**
 * @param {Access} access
 * @param {number} paths
 * @param {string[]} names
 */
function named(access, paths, names) {
  return Object.fromEntries(names.map((name) => [name, { paths, access }]));
}

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

// As many as Linux follows.
const MOST_LINKS = 40;

const STANDARD = /^\/dev\/(?:stdin|stdout|stderr)$/;

// Paths are compared with each byte as a character, since what a kernel opens is bytes.
const toBytes = (/** @type {string} */ text) => Buffer.from(text).toString('latin1');
const fromBytes = (/** @type {string} */ bytes) => Buffer.from(bytes, 'latin1');

/**
 * @param {AnyObject} fs the host's, as it is before anything is changed
 * @param {AnyObject} path the builtin
 * @param {AnyObject} url the builtin
 */
const makeCheck = (fs, { posix }, { fileURLToPath }) => {
  const { readlinkSync } = fs;
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
  /** @param {string} asked absolute */
  const realOf = (asked) => {
    try {
      return native(fromBytes(asked), 'buffer').toString('latin1');
    } catch {
      return follow(asked);
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
    } catch {
      return undefined;
    }
  };
  return (/** @type {unknown} */ value, /** @type {Access} */ access) => {
    const bytes = bytesOf(value);
    if (bytes === undefined || bytes.includes('\0')) return;
    // Not resolved: a kernel follows what is before a `..`.
    const whole = bytes.startsWith('/') ? bytes : `${toBytes(posix.resolve())}/${bytes}`;
    const asked = posix.resolve(whole);
    if (isOpen(asked, access) && (STANDARD.test(whole) || isOpen(realOf(whole), access))) return;
    throw codedError(
      'ERR_ACCESS_DENIED',
      `'${fromBytes(asked)}' is the process itself, or a device: no grant of 'fs' ${access}s it`,
    );
  };
};

/**
 * @param {unknown} flags of `open`
 * @param {AnyObject} constants
 * @returns {Access}
 */
const accessOf = (flags, { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC }) => {
  if (typeof flags === 'number')
    return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) === 0 ? 'read' : 'write';
  return flags === undefined || flags === null || /^(?:r|rs|sr)$/.test(`${flags}`)
    ? 'read'
    : 'write';
};

/** @type {WeakSet<object>} those of `fs.promises` that packages were given */
const handles = new WeakSet();

// What takes a FileHandle for a path where its prototype says at that moment that it is none.
const OF_HANDLES = ['readFile', 'writeFile', 'appendFile'];

/** @type {WeakSet<object>} */
const branded = new WeakSet();

/**
 * @param {any} handle of `fs.promises.open`
 * @returns {object} the same: a FileHandle for ever, whatever becomes of its prototype
 */
const brandedHandle = (handle) => {
  handles.add(handle);
  const prototype = Object.getPrototypeOf(handle);
  if (branded.has(prototype)) return handle;
  branded.add(prototype);
  const { constructor: FileHandle } = prototype;
  const ordinary = Function.prototype[Symbol.hasInstance];
  const isHandle = (/** @type {object} */ value) =>
    handles.has(value) || Reflect.apply(ordinary, FileHandle, [value]);
  Object.defineProperty(FileHandle, Symbol.hasInstance, { value: isHandle });
  for (const name of OF_HANDLES) {
    const { value: original, ...property } = /** @type {PropertyDescriptor} */ (
      Object.getOwnPropertyDescriptor(prototype, name)
    );
    const { [name]: value } = {
      /**
       * @this {object}
       * @param {unknown[]} args
       */
      async [name](...args) {
        if (!handles.has(this)) throw new TypeError('Illegal invocation');
        return Reflect.apply(original, this, args);
      },
    };
    Object.defineProperty(prototype, name, { ...property, value });
  }
  hideClass(prototype);
  hardenHost(prototype);
  return handle;
};

/**
 * Any object, and any function, can be a URL for Node, and say something else when it is asked again: Node is given what
 * we made of it.
 *
 * @param {unknown} path
 * @returns {unknown}
 */
const settled = (path) => {
  if ((typeof path !== 'object' && typeof path !== 'function') || path === null) return path;
  if (ArrayBuffer.isView(path))
    return Buffer.from(new Uint8Array(path.buffer, path.byteOffset, path.byteLength));
  if (handles.has(path)) return path;
  const { href } = /** @type {any} */ (path);
  return typeof href === 'string' ? new URL(href) : Object.freeze({});
};

/**
 * @param {unknown[]} args of `readFile`
 * @param {AnyObject} constants
 * @returns {unknown[]} which open the file to be read, and make none
 */
const reading = ([path, options, ...rest], constants) => {
  if (typeof options !== 'object' || options === null) return [path, options, ...rest];
  const settledOptions = { ...options };
  const { flag } = /** @type {{ flag?: unknown }} */ (settledOptions);
  if (flag && accessOf(flag, constants) === 'write')
    throw codedError('ERR_ACCESS_DENIED', `'readFile' does not open with '${flag}'`);
  return [path, settledOptions, ...rest];
};

/**
 * @param {AnyObject} owner `fs`, or `fs.promises`
 * @param {ReturnType<typeof makeCheck>} check
 * @param {AnyObject} constants
 */
const guardMethods = (owner, check, constants) => {
  const isAsync = !Object.hasOwn(owner, 'openSync');
  /**
   * @param {string} name
   * @param {(args: unknown[]) => unknown[]} checked
   */
  const guard = (name, checked) => {
    const original = owner[name];
    if (typeof original !== 'function') return;
    const guarded = isAsync
      ? async (/** @type {unknown[]} */ ...args) => Reflect.apply(original, owner, checked(args))
      : (/** @type {unknown[]} */ ...args) => Reflect.apply(original, owner, checked(args));
    // Iterators are no promises.
    const value =
      isAsync && name === 'watch'
        ? (/** @type {unknown[]} */ ...args) => Reflect.apply(original, owner, checked(args))
        : guarded;
    Object.defineProperties(value, Object.getOwnPropertyDescriptors(original));
    if (typeof original.native === 'function')
      Object.defineProperty(value, 'native', {
        value: (/** @type {unknown[]} */ ...args) => original.native(...checked(args)),
        enumerable: true,
      });
    Object.defineProperty(owner, name, { ...Object.getOwnPropertyDescriptor(owner, name), value });
  };
  for (const [name, { paths, access }] of Object.entries(METHODS)) {
    const checked = (/** @type {unknown[]} */ args) => {
      const given = args.map((arg, index) => (index < paths ? settled(arg) : arg));
      for (const [index, path] of given.slice(0, paths).entries()) {
        const isSource = paths === 2 && index === 0 && (name === 'copyFile' || name === 'cp');
        check(path, isSource ? 'read' : access);
      }
      return name === 'readFile' ? reading(given, constants) : given;
    };
    guard(name, checked);
    guard(`${name}Sync`, checked);
  }
  const checkedOpen = (/** @type {unknown[]} */ [path, flags, ...rest]) => {
    const given = settled(path);
    check(given, typeof flags === 'function' ? 'read' : accessOf(flags, constants));
    return [given, flags, ...rest];
  };
  const short = (/** @type {unknown[]} */ args) => checkedOpen(args).slice(0, args.length);
  guard('open', short);
  if (isAsync) {
    const { open } = owner;
    const branding = async (/** @type {unknown[]} */ ...args) =>
      brandedHandle(await Reflect.apply(open, owner, args));
    Object.defineProperties(branding, Object.getOwnPropertyDescriptors(open));
    Object.defineProperty(owner, 'open', { value: branding });
  }
  guard('openSync', short);
};

/**
 * Streams keep the functions that they use where everybody sees them: by default, all of `fs`.
 *
 * @param {AnyObject} fs
 * @param {ReturnType<typeof makeCheck>} check
 */
const guardStreams = (fs, check) => {
  const { open, read, close, write, writev, fsync, constants } = fs;
  const readOnly = (
    /** @type {unknown} */ path,
    /** @type {unknown} */ flags,
    /** @type {unknown[]} */ ...rest
  ) => {
    if (accessOf(flags, constants) === 'write')
      throw codedError('ERR_ACCESS_DENIED', `a stream that reads does not open with '${flags}'`);
    return open(path, flags, ...rest);
  };
  const functions = {
    ReadStream: Object.freeze({ open: Object.freeze(readOnly), read, close }),
    WriteStream: Object.freeze({ open, write, writev, close, fsync }),
  };
  /** @type {Record<string, Access>} */
  const accesses = { ReadStream: 'read', WriteStream: 'write' };
  for (const [name, own] of Object.entries(functions)) {
    const Guarded = guardedClass(fs[name], ([path, asked]) => {
      const options = typeof asked === 'string' ? { encoding: asked } : { ...Object(asked) };
      const given = settled(path);
      const isHandle = typeof options.fd === 'object' && options.fd !== null;
      if (options.fd === undefined || options.fd === null) check(given, accesses[name] ?? 'write');
      return [given, isHandle ? options : { ...options, fs: options.fs ?? own }];
    });
    fs[name] = Guarded; // what `createReadStream` and its like make from now on
    fs[`File${name}`] = Guarded;
  }
};

/**
 * @param {AnyObject} fs the builtin, not yet hardened
 * @param {AnyObject} path
 * @param {AnyObject} url
 */
export const tameFs = (fs, path, url) => {
  const { promises, constants } = fs;
  /** @type {ReturnType<typeof makeCheck>} */
  const check = path['sep'] === '/' ? makeCheck(fs, path, url) : () => undefined;
  guardMethods(fs, check, constants);
  guardMethods(promises, check, constants);
  guardStreams(fs, check);
};
