// The files that packages read from their own folders, served from the archive at the places where
// their modules seem to be. Whatever else is asked of `fs` goes to the host's, as granted.
import { ownFunction } from '../../views/view.js';
import { needReading, optionsOf } from '../../taming/fs-open.js';
import { hardenHost } from '../../lockdown/host-harden.js';
import { makeDescriptors, makeHandle } from './own-descriptors.js';
import { matching } from './own-glob.js';
import {
  absolutePath,
  contentOf,
  isFile,
  kindMethods,
  makeLookup,
  notPacked,
  statsOf,
  systemError,
} from './own-places.js';

/** @import { Descriptors } from './own-descriptors.js' */
/** @import { Lookup, OwnFile, Place } from './own-places.js' */
/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Package } from '../../protocols/package.js' */

/** @type {Record<string, string>} what Node says of a method that meets nothing */
const SYSCALLS = {
  ...{ readFile: 'open', readdir: 'scandir', realpath: 'lstat', openAsBlob: 'open' },
  ...{ copyFile: 'copyfile', cp: 'lstat' },
};
const PROMISIFIED = Symbol.for('nodejs.util.promisify.custom');
const EXCLUSIVE = 1; // COPYFILE_EXCL

/**
 * @typedef {object} Own what is known of a package's files
 * @property {Package} pkg
 * @property {AnyObject} fs the host's
 * @property {Lookup} lookup
 * @property {Descriptors} descriptors
 * @property {(bytes: Uint8Array, options: any) => unknown} decoded
 * @property {(place: Place, path: string) => Uint8Array} contentOf
 * @property {AnyObject} streamed what Node's streams read by, of own files
 * @property {(path: unknown, options: any) => any} stream
 */

/** @param {any} options */
const encodingOf = (options) => (typeof options === 'string' ? options : options?.encoding);

/** @type {WeakMap<Package, Own>} */
const known = new WeakMap();

/**
 * @param {Package} pkg
 * @param {AnyObject} fs the host's
 * @returns {Own} the same for `fs` and `fs/promises`
 */
const ownOf = (pkg, fs) => {
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
 * @returns {AnyObject} what Node's streams read by
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

/**
 * @param {Own} own
 * @param {string} path of a folder
 * @param {Set<string>} names
 * @param {any} options
 */
const entriesOf = ({ lookup, pkg }, path, names, options) => {
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
 * @returns {AnyObject} what `opendir` gives
 */
const makeDirectory = (path, entries) => {
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
const copyTree = (own, path, place, to, options) => {
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
 * @param {unknown} target to which something is written
 */
const checkTarget = ({ lookup }, target) => {
  const found = lookup.at(target);
  if (found !== undefined) throw systemError('EROFS', 'open', found.path);
};

/**
 * What takes a path first, and answers at once.
 *
 * @param {Own} own
 * @returns {Record<string, (path: string, place: Place, ...rest: any[]) => unknown>}
 */
const readers = (own) => ({
  readFile: (path, place, options) => own.decoded(own.contentOf(place, path), options),
  readdir(path, place, options) {
    if (isFile(place)) throw systemError('ENOTDIR', 'scandir', path);
    return entriesOf(own, path, place.names, options);
  },
  opendir(path, place, options) {
    if (isFile(place)) throw systemError('ENOTDIR', 'opendir', path);
    const { recursive } = Object(options);
    const entries = entriesOf(own, path, place.names, { recursive, withFileTypes: true });
    return makeDirectory(path, /** @type {any[]} */ (entries));
  },
  stat: (_path, place, options) => statsOf(place, options?.bigint),
  lstat: (_path, place, options) => statsOf(place, options?.bigint),
  access: () => undefined,
  realpath: (path) => path,
  readlink(path) {
    throw systemError('EINVAL', 'readlink', path);
  },
  copyFile(path, place, to, mode) {
    checkTarget(own, to);
    if (typeof mode === 'number' && mode & EXCLUSIVE && own.fs['existsSync'](to))
      throw systemError('EEXIST', 'copyfile', path);
    const flag = typeof mode === 'number' && mode & EXCLUSIVE ? 'wx' : 'w';
    own.fs['writeFileSync'](to, own.contentOf(place, path), { flag });
  },
  cp(path, place, to, options) {
    checkTarget(own, to);
    copyTree(own, path, place, to, options);
  },
});

/**
 * @param {string} method
 * @param {any} options
 * @returns {boolean} whether that nothing is there is no error
 */
const isLenient = (method, options) =>
  (method === 'stat' || method === 'lstat') && options?.throwIfNoEntry === false;

/** @typedef {(method: string, args: any[]) => { value: unknown } | undefined} Answer undefined: the host's affair */

/**
 * @param {Own} own
 * @param {ReturnType<typeof readers>} read
 * @returns {Answer}
 */
const makeAnswer = (own, read) => (method, args) => {
  const [asked, ...rest] = args;
  if (method === 'readFile' && own.descriptors.isOwn(asked))
    return { value: own.decoded(own.descriptors.rest(asked), rest[0]) };
  const found = typeof asked === 'number' ? undefined : own.lookup.at(asked);
  if (found === undefined) return undefined;
  const { path, place } = found;
  if (place === undefined && isLenient(method, rest[0])) return { value: undefined };
  if (place === undefined) throw notPacked(own.pkg, SYSCALLS[method] ?? method, path);
  return { value: read[method]?.(path, place, ...rest) };
};

/**
 * @param {AnyObject} host
 * @param {string} method
 * @param {(args: any[]) => { value: unknown } | undefined} answer
 * @param {(value: any) => unknown[]} [results] what the callback gets after its error
 */
const withCallback =
  (host, method, answer, results = (value) => [value]) =>
  (/** @type {any[]} */ ...args) => {
    const done = /** @type {Function} */ (args.at(-1));
    /** @type {{ value: unknown } | undefined} */
    let own;
    try {
      own = answer(typeof done === 'function' ? args.slice(0, -1) : args);
    } catch (error) {
      if (typeof done !== 'function') throw error;
      queueMicrotask(() => done(error));
      return undefined;
    }
    if (own === undefined || typeof done !== 'function') return host[method](...args);
    const { value } = own;
    queueMicrotask(() => done(null, ...results(value)));
    return undefined;
  };

/**
 * What takes a descriptor.
 *
 * @param {Own} own
 * @returns {AnyObject}
 */
const descriptorMethods = ({ descriptors, fs }) => {
  /** @type {Record<string, { call: (fd: unknown, args: any[]) => any, result?: (value: any) => unknown, results?: (value: any) => unknown[] }>} */
  const calls = {
    close: { call: (fd) => descriptors.close(fd), results: () => [] },
    fstat: { call: (fd, [options]) => descriptors.stat(fd, options) },
    read: {
      call: (fd, args) => descriptors.read(fd, args),
      result: ({ bytesRead }) => bytesRead,
      results: ({ bytesRead, buffer }) => [bytesRead, buffer],
    },
    readv: {
      call: (fd, [buffers, position]) => descriptors.readv(fd, buffers, position),
      result: ({ bytesRead }) => bytesRead,
      results: ({ bytesRead, buffers }) => [bytesRead, buffers],
    },
  };
  /** @type {AnyObject} */
  const methods = {};
  for (const [
    method,
    { call, result = (/** @type {any} */ value) => value, results },
  ] of Object.entries(calls)) {
    const answer = (/** @type {any[]} */ [fd, ...args]) =>
      descriptors.isOwn(fd) ? { value: call(fd, args) } : undefined;
    methods[`${method}Sync`] = (/** @type {any[]} */ ...args) => {
      const found = answer(args);
      return found === undefined ? fs[`${method}Sync`](...args) : result(found.value);
    };
    methods[method] = withCallback(fs, method, answer, results);
    if (results !== undefined && result({ bytesRead: 0 }) === 0)
      methods[method][PROMISIFIED] = async (/** @type {any[]} */ ...args) =>
        answer(args)?.value ?? fs[method][PROMISIFIED]?.(...args) ?? promised(fs[method], args);
  }
  return methods;
};

/**
 * @param {Function} method
 * @param {unknown[]} args
 */
const promised = (method, args) =>
  new Promise((resolve, reject) => {
    method(
      ...args,
      (/** @type {unknown} */ error, /** @type {any} */ bytesRead, /** @type {any} */ buffer) =>
        error ? reject(error) : resolve({ bytesRead, buffer, buffers: buffer }),
    );
  });

/**
 * @param {Own} own
 * @param {unknown} asked
 * @param {unknown} options
 * @returns {string[] | undefined} what globs find in the package's folder; undefined where they mean other places
 */
const globbed = ({ lookup }, asked, options) => {
  const globs = (Array.isArray(asked) ? asked : [asked]).map((glob) => `${glob}`);
  const { cwd, exclude, withFileTypes } = Object(options);
  const folder = cwd === undefined ? undefined : lookup.at(cwd);
  if (globs.every((glob) => glob.startsWith('/'))) {
    const folders = globs.map((glob) =>
      glob.slice(0, glob.search(/[*?[{]|$/)).replace(/\/[^/]*$/, ''),
    );
    if (!folders.every((path) => lookup.at(path) !== undefined)) return undefined;
    const paths = folders.flatMap((path) => lookup.below(path).map((name) => `${path}/${name}`));
    return matching(new Set(paths), globs, exclude);
  }
  if (folder === undefined || withFileTypes) return undefined;
  return matching(lookup.below(folder.path), globs, exclude);
};

/**
 * @param {Own} own
 * @param {'fs' | 'fs/promises'} name
 * @param {AnyObject} host
 * @returns {AnyObject}
 */
const globMethods = (own, name, host) => {
  if (host['glob'] === undefined) return {};
  if (name === 'fs/promises') {
    async function* glob(/** @type {any[]} */ ...args) {
      yield* globbed(own, args[0], args[1]) ?? host['glob'](...args);
    }
    return { glob };
  }
  const answer = (/** @type {any[]} */ args) => {
    const value = globbed(own, args[0], args[1]);
    return value && { value };
  };
  return {
    glob: withCallback(host, 'glob', answer),
    globSync: (/** @type {any[]} */ ...args) => answer(args)?.value ?? host['globSync'](...args),
  };
};

/**
 * What is in an archive does not change: who watches it hears nothing.
 *
 * @param {Own} own
 * @param {'fs' | 'fs/promises'} name
 * @param {AnyObject} host
 * @returns {AnyObject}
 */
const watchMethods = (own, name, host) => {
  const isOwn = (/** @type {unknown} */ asked) => own.lookup.at(asked)?.place !== undefined;
  if (name === 'fs/promises') {
    async function* silence(/** @type {AbortSignal | undefined} */ signal) {
      await new Promise((_resolve, reject) => {
        const end = () => reject(/** @type {AbortSignal} */ (signal).reason);
        if (signal?.aborted) end();
        signal?.addEventListener('abort', end);
      });
    }
    return {
      watch: (/** @type {unknown} */ asked, /** @type {any} */ options) =>
        isOwn(asked) ? silence(options?.signal) : host['watch'](asked, options),
    };
  }
  const inert = () => {
    const { EventEmitter } = /** @type {any} */ (own.pkg.application.powers.getBuiltin('events'));
    const emitter = new EventEmitter();
    const close = () => void queueMicrotask(() => emitter.emit('close'));
    return Object.assign(emitter, { close, ref: () => emitter, unref: () => emitter });
  };
  return {
    watch(/** @type {any[]} */ ...args) {
      if (!isOwn(args[0])) return host['watch'](...args);
      const emitter = inert();
      const listener = args.at(-1);
      if (typeof listener === 'function') emitter.on('change', listener);
      return emitter;
    },
    watchFile: (/** @type {any[]} */ ...args) =>
      isOwn(args[0]) ? inert() : host['watchFile'](...args),
    unwatchFile: (/** @type {any[]} */ ...args) =>
      isOwn(args[0]) ? undefined : host['unwatchFile'](...args),
  };
};

/**
 * `fs.ReadStream`, of which packages make streams that open by an `open` of theirs (graceful-fs): the descriptor may be
 * one of either kind.
 *
 * @param {Own} own
 * @returns {Function}
 */
const readStreamOf = ({ fs, lookup, descriptors, streamed }) => {
  /** @type {(key: string) => (fd: unknown, ...args: unknown[]) => unknown} */
  const byDescriptor =
    (key) =>
    (fd, ...args) =>
      (descriptors.isOwn(fd) ? streamed : fs)[key](fd, ...args);
  const functions = Object.freeze({
    open: (
      /** @type {unknown} */ path,
      /** @type {unknown} */ flags,
      /** @type {any[]} */ ...args
    ) => {
      if (lookup.at(path) !== undefined) return streamed['open'](path, flags, ...args);
      needReading(flags, fs['constants']);
      return fs['open'](path, flags, ...args);
    },
    read: byDescriptor('read'),
    close: byDescriptor('close'),
  });
  const host = hardenHost(fs['ReadStream']);
  const own = ownFunction(host, ([path, asked]) => {
    const options = optionsOf(asked);
    const { fd } = options;
    const isHosts = fd !== undefined && fd !== null && !descriptors.isOwn(fd);
    if (options.fs || isHosts) return [path, asked];
    return [absolutePath(path) ?? path, { ...options, fs: functions }];
  });
  return Object.defineProperties(own, {
    name: { value: host.name },
    length: { value: host.length },
  });
};

/**
 * @param {Own} own
 * @returns {AnyObject} what of `fs` opens files, and what asks whether there is one
 */
const openingMethods = (own) => {
  const { fs, lookup, descriptors, pkg } = own;
  const opened = (/** @type {any[]} */ args) => {
    const value = descriptors.open(args[0], args[1]);
    return value === undefined ? undefined : { value };
  };
  const isThere = (/** @type {unknown} */ path) => {
    const found = lookup.at(path);
    return found && found.place !== undefined;
  };
  const exists = (/** @type {unknown} */ path, /** @type {Function} */ done) => {
    const own = typeof done === 'function' ? isThere(path) : undefined;
    return own === undefined ? fs['exists'](path, done) : queueMicrotask(() => done(own));
  };
  exists[PROMISIFIED] = async (/** @type {unknown} */ path) =>
    isThere(path) ?? fs['existsSync'](path);
  return {
    exists,
    existsSync: (/** @type {unknown} */ path) => isThere(path) ?? fs['existsSync'](path),
    openSync: (/** @type {any[]} */ ...args) => opened(args)?.value ?? fs['openSync'](...args),
    open: withCallback(fs, 'open', opened),
    createReadStream(/** @type {unknown} */ path, /** @type {any} */ asked) {
      const options = optionsOf(asked);
      const isOwn = descriptors.isOwn(options.fd);
      const { fd } = options;
      if (!isOwn && ((fd !== undefined && fd !== null) || lookup.at(path) === undefined))
        return fs['createReadStream'](path, asked);
      return own.stream(absolutePath(path) ?? path, options);
    },
    openAsBlob: async (/** @type {unknown} */ path, /** @type {any} */ options) => {
      const found = lookup.at(path);
      if (found === undefined) return fs['openAsBlob'](path, options);
      if (found.place === undefined) throw notPacked(pkg, 'open', found.path);
      const { Blob } = /** @type {any} */ (pkg.application.powers.globals);
      return new Blob([own.contentOf(found.place, found.path)], { type: `${options?.type ?? ''}` });
    },
  };
};

/**
 * @param {Own} own
 * @param {AnyObject} host
 * @returns {AnyObject}
 */
const handleMethods = ({ descriptors, decoded, stream, pkg, lookup }, host) => {
  /** @type {WeakSet<object>} */
  const handles = new WeakSet();
  const tools = {
    decoded,
    globals: pkg.application.powers.globals,
    stream: (/** @type {number} */ fd, /** @type {any} */ options) =>
      stream(descriptors.pathOf(fd), { ...options, fd }),
  };
  return {
    async open(/** @type {any[]} */ ...args) {
      const fd = lookup.at(args[0]) && descriptors.open(args[0], args[1]);
      if (fd === undefined) return host['open'](...args);
      const handle = makeHandle(fd, descriptors, tools);
      handles.add(handle);
      return handle;
    },
    isHandle: (/** @type {unknown} */ value) => handles.has(/** @type {object} */ (value)),
  };
};

/**
 * @param {Own} own
 * @param {AnyObject} host `fs/promises`
 * @returns {AnyObject}
 */
const promiseMethods = (own, host) => {
  const read = readers(own);
  const answer = makeAnswer(own, read);
  const { open, isHandle } = handleMethods(own, host);
  /** @type {AnyObject} */
  const methods = {
    ...globMethods(own, 'fs/promises', host),
    ...watchMethods(own, 'fs/promises', host),
  };
  methods['open'] = open;
  for (const method of Object.keys(read)) {
    methods[method] = async (/** @type {any[]} */ ...args) => {
      if (method === 'readFile' && isHandle(args[0])) return args[0].readFile(args[1]);
      const found = answer(method, args);
      return found === undefined ? host[method](...args) : found.value;
    };
  }
  return methods;
};

/**
 * @param {Own} own
 * @param {AnyObject} host `fs`
 * @returns {AnyObject}
 */
const callbackMethods = (own, host) => {
  const read = readers(own);
  const answer = makeAnswer(own, read);
  const stream = readStreamOf(own);
  /** @type {AnyObject} */
  const methods = {
    ...descriptorMethods(own),
    ...openingMethods(own),
    ReadStream: stream,
    FileReadStream: stream,
    ...globMethods(own, 'fs', host),
    ...watchMethods(own, 'fs', host),
  };
  for (const method of Object.keys(read)) {
    methods[`${method}Sync`] = (/** @type {any[]} */ ...args) => {
      const found = answer(method, args);
      return found === undefined ? host[`${method}Sync`](...args) : found.value;
    };
    const results = ['access', 'copyFile', 'cp'].includes(method) ? () => [] : undefined;
    methods[method] = withCallback(host, method, (args) => answer(method, args), results);
  }
  for (const method of ['realpath', 'realpathSync'])
    methods[method] = Object.assign(methods[method], { native: methods[method] });
  return methods;
};

/**
 * @param {Package} pkg
 * @param {AnyObject} host `fs`, or `fs/promises`
 * @param {'fs' | 'fs/promises'} name
 * @param {AnyObject} fs the host's `fs`
 * @returns {AnyObject} overrides for a copy of it
 */
export const ownFileMethods = (pkg, host, name, fs) => {
  const own = ownOf(pkg, fs);
  return name === 'fs' ? callbackMethods(own, host) : promiseMethods(own, host);
};
