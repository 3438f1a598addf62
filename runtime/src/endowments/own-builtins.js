// Builtins with a separate instance for each package: they depend on the package's files, folder or settings.
import { isObject } from '../base/objects.js';
import {
  builtinDecision,
  globalDecision,
  grantedOf,
  memberOf,
  scopesOf,
} from '../policy/policy.js';
import { assertOf } from '../replacements/replacements.js';
import { sharedBuiltin, sharingOf } from '../taming/host-tame.js';
import { processStarters } from '../threads/fork-sync.js';
import { ownThreads } from '../threads/own-threads.js';
import { withOwnAgent } from '../views/http-agent.js';
import { defineOwn, ownCopy } from '../views/view.js';
import { ownFileMethods } from './files/own-files.js';
import { consoleOf, performanceOf, processOf, timersOf, webCryptoOf } from './globals.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Granted } from '../policy/policy.js' */
/** @import { Package } from '../protocols/package.js' */

/**
 * A package without access to files of the host does not get the host's working directory.
 *
 * @param {Package} pkg
 * @returns {boolean}
 */
const knowsPlaces = ({ policy }) => {
  const process = grantedOf(globalDecision(policy, 'process'));
  return (
    (process !== undefined && memberOf(process, 'cwd').whole) ||
    ['fs', 'fs/promises', 'child_process'].some(
      (name) =>
        builtinDecision(policy, name) !== undefined || scopesOf(policy, 'builtins', name).size > 0,
    )
  );
};

/**
 * @param {AnyObject} path `path.posix`, or `path.win32`
 * @returns {AnyObject} a copy with the working directory `/`
 */
const rootedPath = (path) => {
  const copy = ownCopy(path);
  copy.resolve = (/** @type {string[]} */ ...parts) => path.resolve('/', ...parts);
  copy.relative = (/** @type {string} */ from, /** @type {string} */ to) =>
    path.relative(copy.resolve(from), copy.resolve(to));
  const namespaced = (/** @type {unknown} */ requested) =>
    path.toNamespacedPath(
      typeof requested === 'string' && requested ? copy.resolve(requested) : requested,
    );
  // The POSIX version returns its argument.
  if (path.sep === '\\') copy.toNamespacedPath = copy._makeLong = namespaced;
  return copy;
};

/**
 * @param {Package} pkg
 * @param {AnyObject} original `path`, `path.posix` or `path.win32`
 */
const ownPath = (pkg, original) => (knowsPlaces(pkg) ? ownCopy(original) : rootedPath(original));

/**
 * Wraps `promisify`, because Node's sets a property on its result, which is frozen if the function has a custom
 * promisified version.
 *
 * @param {AnyObject} util
 * @returns {Function}
 */
const promisifyOf = ({ promisify: original }) => {
  const { custom } = original;
  const promisify = (/** @type {any} */ method) => {
    const known = typeof method === 'function' ? method[custom] : undefined;
    return typeof known === 'function' && !Object.isExtensible(known) ? known : original(method);
  };
  return Object.freeze(Object.assign(promisify, { custom }));
};

/**
 * @param {Package} pkg
 * @param {AnyObject} util
 * @returns {Function} with the arguments visible to the package as its default
 */
const parseArgsOf = (pkg, { parseArgs: original }) => {
  const parseArgs = (/** @type {AnyObject} */ config = {}) => {
    const { args } = config;
    const own = args ?? processOf(pkg)['argv'].slice(2);
    return original(isObject(config) ? { ...config, args: own } : config);
  };
  return Object.freeze(parseArgs);
};

/**
 * @param {Package} pkg
 * @param {AnyObject} original `url`
 * @returns {AnyObject}
 */
const ownUrl = (pkg, original) => {
  const copy = ownCopy(original, sharingOf(pkg.application));
  if (knowsPlaces(pkg)) return copy;
  const places = /** @type {AnyObject} */ (sharedBuiltin(pkg.application, 'path'));
  const isWindows = places['sep'] === '\\';
  const pathToFileURL = (/** @type {unknown} */ path, /** @type {AnyObject} */ options = {}) => {
    const windows = Boolean(options?.['windows'] ?? isWindows);
    const { isAbsolute } = windows ? places['win32'] : places['posix'];
    const isRelative = typeof path === 'string' && !isAbsolute(path);
    return original['pathToFileURL'](isRelative ? `/${path}` : path, { windows });
  };
  return Object.assign(copy, { pathToFileURL: Object.freeze(pathToFileURL) });
};

const MOST_SITES = 200; // as in Node

/**
 * @param {Package} pkg
 * @returns {Function} `util.getCallSites`: the frames of packages, with the locations that packages see
 */
const callSitesOf = ({ application: { powers, stacks } }) => {
  const getCallSites = (/** @type {unknown} */ count = 8) => {
    const limit = typeof count === 'number' ? Math.min(Math.max(1, count), MOST_SITES) : 8;
    const holder = {};
    powers.capture(holder, getCallSites);
    return stacks.collect(holder, limit).flatMap((frame) => {
      const { file, scriptName = file, line, column, site } = frame;
      const position = { lineNumber: line, columnNumber: column, column };
      const functionName = site.getFunctionName() ?? '';
      return file === null ? [] : [{ functionName, scriptId: '0', scriptName, ...position }];
    });
  };
  return Object.freeze(getCallSites);
};

/**
 * @param {Package} pkg
 * @param {AnyObject} util
 * @returns {AnyObject} replacements of functions that expose code of other packages or shared objects
 */
const ownUtilities = (pkg, util) => ({
  parseArgs: parseArgsOf(pkg, util),
  getCallSites: callSitesOf(pkg),
  promisify: promisifyOf(util),
  getSystemErrorMap: Object.freeze(
    () => new Map([...util['getSystemErrorMap']()].map(([code, entry]) => [code, [...entry]])),
  ),
});

/**
 * Builtins that are more than copies of the host's.
 *
 * @type {Record<string, (pkg: Package, original: AnyObject, granted: Granted) => unknown>}
 */
export const OWN_BUILTINS = {
  __proto__: /** @type {never} */ (null),
  assert: (pkg) => assertOf(pkg.application.powers),
  'assert/strict': (pkg) => assertOf(pkg.application.powers)['strict'],
  fs(pkg, original) {
    const methods = ownFileMethods(pkg, original, 'fs', original);
    const share = sharingOf(pkg.application);
    const copy = Object.assign(ownCopy(original, share), methods);
    const promises = share(original['promises']);
    const own = Object.assign(
      ownCopy(promises),
      ownFileMethods(pkg, promises, 'fs/promises', original),
    );
    return Object.defineProperty(copy, 'promises', { value: own, enumerable: true });
  },
  'fs/promises'(pkg, original) {
    const fs = /** @type {AnyObject} */ (sharedBuiltin(pkg.application, 'fs'));
    return Object.assign(ownCopy(original), ownFileMethods(pkg, original, 'fs/promises', fs));
  },
  child_process(pkg, original) {
    const copy = ownCopy(original, sharingOf(pkg.application));
    for (const [name, start] of Object.entries(processStarters(pkg, original)))
      defineOwn(copy, name, start);
    return copy;
  },
  console: (pkg, _original, { whole }) => consoleOf(pkg, { withClass: whole }),
  crypto(pkg, original) {
    const copy = ownCopy(original, sharingOf(pkg.application));
    const get = Object.freeze(() => webCryptoOf(pkg.application));
    const subtle = Object.freeze(() => get()['subtle']);
    return Object.defineProperties(copy, { webcrypto: { get }, subtle: { get: subtle } });
  },
  http: (pkg, original) => withOwnAgent(ownCopy(original, sharingOf(pkg.application)), original),
  https: (pkg, original) => withOwnAgent(ownCopy(original, sharingOf(pkg.application)), original),
  module: (pkg) => pkg.application.linker.commonJsOf(pkg).Module,
  perf_hooks(pkg, original) {
    const copy = ownCopy(original, sharingOf(pkg.application));
    defineOwn(copy, 'performance', performanceOf(pkg));
    return copy;
  },
  process: (pkg) => processOf(pkg),
  timers: (pkg) => ({
    ...timersOf(pkg),
    promises: ownCopy(/** @type {AnyObject} */ (sharedBuiltin(pkg.application, 'timers/promises'))),
  }),
  path(pkg, original) {
    const posix = ownPath(pkg, original['posix']);
    return Object.assign(posix, { posix, win32: ownPath(pkg, original['win32']) });
  },
  'path/posix': ownPath,
  'path/win32': ownPath,
  url: ownUrl,
  worker_threads: ownThreads,
  util: (pkg, original) =>
    Object.assign(ownCopy(original, sharingOf(pkg.application)), ownUtilities(pkg, original)),
};
