// `fs` of packages whose grants list paths.
import { codedError } from '../base/errors.js';
import { isConstructor, ownFunction } from '../views/view.js';
import { guardFiles, resolutionOf } from '../taming/tame-fs.js';
import { guardOpening, optionsOf, settled } from '../taming/fs-open.js';
import { replace } from '../lockdown/replace.js';
import { makeScopedPlaces } from './places.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Anchors, ScopedPlaces } from './places.js' */
/** @import { Rule } from './rules.js' */

/** @param {string} what */
const refused = (what) =>
  codedError('ERR_ACCESS_DENIED', `a grant of 'fs' with paths does not include ${what}`);

/**
 * @param {unknown} host a function of `fs`
 * @returns {unknown} the same function without properties that lead to the host's version
 */
const bare = (host) => {
  if (typeof host !== 'function' || isConstructor(host)) return host;
  const own = (/** @type {unknown[]} */ ...args) => host(...args);
  for (const key of Reflect.ownKeys(host)) {
    const isPlain = key === 'name' || key === 'length';
    // Node's `promisify` reads the names of several results there.
    const isNames = typeof key === 'symbol' && key.description === 'customPromisifyArgs';
    if (isPlain || isNames)
      Object.defineProperty(
        own,
        key,
        /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(host, key)),
      );
  }
  const { native } = /** @type {any} */ (host);
  if (typeof native === 'function')
    Object.assign(own, { native: (/** @type {unknown[]} */ ...args) => native(...args) });
  return own;
};

/**
 * @param {AnyObject} owner
 * @param {string} name
 * @param {(args: unknown[]) => unknown[]} checked
 */
const guard = (owner, name, checked) => {
  const rejects = !Object.hasOwn(owner, 'openSync');
  replace(owner, name, (original) =>
    rejects
      ? async (/** @type {unknown[]} */ ...args) => original(...checked(args))
      : (/** @type {unknown[]} */ ...args) => original(...checked(args)),
  );
};

/**
 * @param {AnyObject} owner
 * @param {string} name
 * @param {(args: unknown[]) => unknown[]} checked
 */
const guardBoth = (owner, name, checked) => {
  for (const form of [name, `${name}Sync`]) guard(owner, form, checked);
};

/**
 * @param {unknown} options
 * @returns {boolean} whether a function goes down into folders
 */
const isRecursive = (options) =>
  typeof options === 'object' &&
  options !== null &&
  Boolean(/** @type {AnyObject} */ (options)['recursive']);

/**
 * Checks of functions that reach more than the path itself.
 *
 * @param {AnyObject} owner
 * @param {ScopedPlaces} scoped
 * @param {(path: unknown) => boolean} isFolder
 */
const guardTrees = (owner, { places, checkTree, checkParents }, isFolder) => {
  for (const name of ['readdir', 'opendir'])
    guardBoth(owner, name, ([path, options, ...rest]) => {
      const given = typeof options === 'object' && options !== null ? { ...options } : options;
      if (isRecursive(given))
        throw refused(`'recursive' of '${name}', which follows links: list each folder`);
      return [path, given, ...rest];
    });
  guardBoth(owner, 'rm', ([path, options, ...rest]) => {
    const given = typeof options === 'object' && options !== null ? { ...options } : options;
    const at = settled(path);
    if (isRecursive(given)) checkTree(at, 'write');
    return [at, given, ...rest];
  });
  guardBoth(owner, 'rmdir', ([path, options, ...rest]) => {
    if (isRecursive(options)) throw refused("'recursive' of 'rmdir': use 'rm'");
    return [path, options, ...rest];
  });
  guardBoth(owner, 'mkdir', ([path, options, ...rest]) => {
    const given = typeof options === 'object' && options !== null ? { ...options } : options;
    const at = settled(path);
    if (isRecursive(given)) checkParents(at);
    return [at, given, ...rest];
  });
  guardBoth(owner, 'rename', ([from, to, ...rest]) => {
    const [source, target] = [settled(from), settled(to)];
    if (isFolder(source)) for (const path of [source, target]) checkTree(path, 'write');
    return [source, target, ...rest];
  });
  guardBoth(owner, 'mkdtemp', ([prefix, ...rest]) => {
    if (typeof prefix === 'string') places.check(`${prefix}XXXXXX`, 'write');
    return [prefix, ...rest];
  });
};

const BY_DESCRIPTOR = [
  ...['fstat', 'fsync', 'fdatasync', 'ftruncate', 'read', 'readv', 'write', 'writev', 'close'],
  ...['readFile', 'writeFile', 'appendFile', 'truncate'],
];

/**
 * Only descriptors that the package opened itself, and standard output and error.
 *
 * @param {AnyObject} fs
 * @param {Set<unknown>} opened by the package
 */
const guardDescriptors = (fs, opened) => {
  replace(fs, 'openSync', (original) => (/** @type {unknown[]} */ ...args) => {
    const descriptor = original(...args);
    opened.add(descriptor);
    return descriptor;
  });
  replace(fs, 'open', (original) => (/** @type {unknown[]} */ ...args) => {
    const done = args.at(-1);
    if (typeof done !== 'function') return original(...args);
    return original(
      ...args.slice(0, -1),
      (/** @type {unknown} */ error, /** @type {number} */ descriptor) => {
        if (!error) opened.add(descriptor);
        done(error, descriptor);
      },
    );
  });
  const isWrite = (/** @type {string} */ name) => /^(?:write|append)/.test(name);
  for (const name of BY_DESCRIPTOR.flatMap((each) => [each, `${each}Sync`]))
    replace(fs, name, (original) => (/** @type {unknown[]} */ ...args) => {
      const [descriptor] = args;
      const isStandard = (descriptor === 1 || descriptor === 2) && isWrite(name);
      if (typeof descriptor === 'number' && !isStandard && !opened.has(descriptor)) {
        const error = codedError(
          'EBADF',
          `EBADF: bad file descriptor ${descriptor}: this package has not opened it`,
        );
        const done = args.at(-1);
        if (typeof done !== 'function') throw error;
        return void queueMicrotask(() => done(error));
      }
      if (name.startsWith('close')) opened.delete(descriptor);
      return original(...args);
    });
};

/**
 * @param {AnyObject} fs guarded
 * @param {AnyObject} host
 */
const addStreams = (fs, host) => {
  const { open, read, close, write, writev, fsync } = fs;
  const functions = {
    ReadStream: Object.freeze({ open, read, close }),
    WriteStream: Object.freeze({ open, write, writev, close, fsync }),
  };
  for (const [name, own] of Object.entries(functions)) {
    const change = (/** @type {unknown[]} */ [path, requested]) => {
      const options = optionsOf(requested);
      const isHandle = typeof options['fd'] === 'object' && options['fd'] !== null;
      return [settled(path), isHandle ? options : { ...options, fs: options['fs'] ?? own }];
    };
    fs[name] = ownFunction(host[name], change);
    fs[`File${name}`] = fs[name];
    fs[`create${name}`] = (/** @type {unknown[]} */ ...args) =>
      Reflect.construct(host[name], change(args));
  }
};

/** @type {WeakMap<object, Set<unknown>>} descriptors by the package that opened them */
const descriptors = new WeakMap();

/**
 * @param {Rule} rule
 * @param {AnyObject} host `fs`, as packages share it
 * @param {Anchors} anchors
 * @param {number} inherited number of descriptors from the parent process
 * @returns {AnyObject} functions of `fs` for the scope, and `promises`
 */
export const restrictedFiles = (rule, host, anchors, inherited) => {
  const resolution = resolutionOf(host);
  if (resolution === undefined) throw refused('any file on this system: its paths are not POSIX');
  const scoped = makeScopedPlaces(rule, anchors, resolution);
  const copy = (/** @type {AnyObject} */ from) =>
    Object.fromEntries(Object.keys(from).map((name) => [name, bare(from[name])]));
  const fs = /** @type {AnyObject} */ ({ ...copy(host), promises: copy(host['promises']) });
  const isFolder = (/** @type {unknown} */ path) => {
    const at = resolution.resolve(path);
    return at !== undefined && resolution.isFolder(at);
  };
  guardOpening(fs, scoped.places);
  guardFiles(fs, scoped.places, inherited);
  for (const owner of [fs, fs['promises']]) guardTrees(owner, scoped, isFolder);
  const opened = descriptors.get(rule.pkg) ?? new Set();
  descriptors.set(rule.pkg, opened);
  guardDescriptors(fs, opened);
  addStreams(fs, host);
  return fs;
};
