// `fs` of packages whose grants list paths.
import { codedError } from '../base/errors.js';
import { isConstructor, ownFunction } from '../views/view.js';
import { guardByDescriptor } from '../taming/fs-descriptors.js';
import { guard, guardFiles, resolutionOf } from '../taming/tame-fs.js';
import { guardOpening, optionsOf, settled } from '../taming/fs-open.js';
import { replace } from '../lockdown/replace.js';
import { openAtOnce, settledOptions, useAtOnce } from './files-at-once.js';
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
const guardBoth = (owner, name, checked) => {
  for (const form of [name, `${name}Sync`]) guard(owner, form, checked);
};

/**
 * @param {any} options settled
 * @returns {boolean} whether a function goes down into folders
 */
const isRecursive = (options) => Boolean(options?.recursive);

/**
 * @param {unknown} prefix settled
 * @returns {unknown} a path of the form of the folders that `mkdtemp` makes
 */
const withSuffix = (prefix) => {
  const suffix = 'XXXXXX';
  if (typeof prefix === 'string') return `${prefix}${suffix}`;
  if (ArrayBuffer.isView(prefix))
    return Buffer.concat([/** @type {Uint8Array} */ (prefix), Buffer.from(suffix)]);
  return prefix instanceof URL
    ? new URL(`${prefix.href.replace(/[?#].*$/s, '')}${suffix}`)
    : prefix;
};

/**
 * Checks of functions that reach more than the path itself.
 *
 * @param {AnyObject} owner
 * @param {ScopedPlaces} scoped
 * @param {(path: unknown) => boolean} isFolder
 */
const guardTrees = (owner, { places, checkTree, checkParents, checkMove }, isFolder) => {
  for (const name of ['readdir', 'opendir'])
    guardBoth(owner, name, ([path, options, ...rest]) => {
      const given = settledOptions(options);
      if (isRecursive(given))
        throw refused(`'recursive' of '${name}', which follows links: list each folder`);
      return [path, given, ...rest];
    });
  guardBoth(owner, 'rm', ([path, options, ...rest]) => {
    const given = settledOptions(options);
    const at = settled(path);
    if (isRecursive(given)) checkTree(at, 'write');
    return [at, given, ...rest];
  });
  guardBoth(owner, 'rmdir', ([path, options, ...rest]) => {
    const given = settledOptions(options);
    if (isRecursive(given)) throw refused("'recursive' of 'rmdir': use 'rm'");
    return [path, given, ...rest];
  });
  guardBoth(owner, 'mkdir', ([path, options, ...rest]) => {
    const given = settledOptions(options);
    const at = settled(path);
    if (isRecursive(given)) checkParents(at);
    return [at, given, ...rest];
  });
  guardBoth(owner, 'rename', ([from, to, ...rest]) => {
    const [source, target] = [settled(from), settled(to)];
    const isTree = isFolder(source);
    if (isTree) for (const path of [source, target]) checkTree(path, 'write');
    checkMove(source, target, isTree);
    return [source, target, ...rest];
  });
  guardBoth(owner, 'link', ([from, to, ...rest]) => {
    const [source, target] = [settled(from), settled(to)];
    checkMove(source, target, false);
    return [source, target, ...rest];
  });
  for (const name of ['mkdtemp', 'mkdtempDisposable'])
    guardBoth(owner, name, ([requested, ...rest]) => {
      const prefix = settled(requested);
      places.check(withSuffix(prefix), 'write');
      return [prefix, ...rest];
    });
};

// Functions that reach a link itself: number of their paths, and the access to it.
/** @type {Record<string, { paths: number, access: 'read' | 'write' }>} */
const OF_LINKS = {
  lstat: { paths: 1, access: 'read' },
  readlink: { paths: 1, access: 'read' },
  unlink: { paths: 1, access: 'write' },
  rm: { paths: 1, access: 'write' },
  lchown: { paths: 1, access: 'write' },
  lutimes: { paths: 1, access: 'write' },
  rename: { paths: 2, access: 'write' },
  link: { paths: 2, access: 'write' },
};

/**
 * Checks where a link is; the checks of paths follow it.
 *
 * @param {AnyObject} owner
 * @param {ScopedPlaces} scoped
 */
const guardLinks = (owner, { checkPlace }) => {
  for (const [name, { paths, access }] of Object.entries(OF_LINKS))
    guardBoth(owner, name, (args) => {
      const given = args.map((arg, at) => (at < paths ? settled(arg) : arg));
      for (const path of given.slice(0, paths)) checkPlace(path, access);
      return given;
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
  guardByDescriptor(fs, BY_DESCRIPTOR, (descriptor, name) => {
    const isStandard = (descriptor === 1 || descriptor === 2) && /^(?:write|append)/.test(name);
    if (typeof descriptor === 'number' && !isStandard && !opened.has(descriptor))
      throw codedError(
        'EBADF',
        `EBADF: bad file descriptor ${descriptor}: this package has not opened it`,
      );
    if (name.startsWith('close')) opened.delete(descriptor);
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
      // Node takes all of its own `fs` instead of one that is falsy.
      return [settled(path), isHandle ? options : { ...options, fs: options['fs'] || own }];
    };
    fs[name] = ownFunction(host[name], change);
    fs[`File${name}`] = fs[name];
    fs[`create${name}`] = (/** @type {unknown[]} */ ...args) =>
      Reflect.construct(host[name], change(args));
  }
};

/**
 * Callbacks get the error of a file that counts as missing, as from the host.
 *
 * @param {AnyObject} fs
 */
const passAbsence = (fs) => {
  for (const name of Object.keys(fs)) {
    if (typeof fs[`${name}Sync`] !== 'function') continue;
    replace(fs, name, (original) => (/** @type {unknown[]} */ ...args) => {
      try {
        return Reflect.apply(original, fs, args);
      } catch (error) {
        const done = args.at(-1);
        if (typeof done !== 'function' || /** @type {any} */ (error)?.code !== 'ENOENT')
          throw error;
        return queueMicrotask(() => done(name === 'exists' ? false : error));
      }
    });
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
  openAtOnce(fs);
  guardFiles(fs, scoped.places, inherited);
  for (const owner of [fs, fs['promises']]) {
    guardTrees(owner, scoped, isFolder);
    guardLinks(owner, scoped);
  }
  useAtOnce(fs);
  const opened = descriptors.get(rule.pkg) ?? new Set();
  descriptors.set(rule.pkg, opened);
  guardDescriptors(fs, opened);
  if (rule.pkg.application.more !== undefined) passAbsence(fs);
  addStreams(fs, host);
  return fs;
};
