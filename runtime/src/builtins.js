// The host's modules as one package sees them: whole, by members, or attenuated, as its policy says.
import { fillView, isObject, shallowCopy } from './attenuate.js';
import { makeDenied } from './denial.js';
import { accessDenied, codedTypeError } from './errors.js';
import { consoleOf, processOf, timersOf } from './globals.js';
import { hardenHost } from './host-harden.js';
import {
  bareBuiltin,
  builtinDecision,
  globalDecision,
  isHarmlessBuiltin,
  isWhole,
} from './policy.js';
import { isAttenuation } from './policy-format.js';
import { ownFileMethods } from './own-files.js';
import { makeSyntheticRecord } from './records.js';

/** @import { AnyObject } from './attenuate.js' */
/** @import { Decision } from './policy.js' */
/** @import { Package } from './package.js' */
/** @import { SyntheticRecord } from './records.js' */

/**
 * Without files of the host, a package has no use for the host's working directory.
 *
 * @param {Package} pkg
 * @returns {boolean}
 */
const knowsPlaces = ({ policy }) => {
  const cwd = globalDecision(policy, 'process');
  return (
    isWhole(cwd) ||
    (cwd instanceof Map && cwd.has('cwd')) ||
    ['fs', 'fs/promises', 'child_process'].some(
      (name) => builtinDecision(policy, name) !== undefined,
    )
  );
};

/**
 * @param {AnyObject} path `path.posix`, or `path.win32`
 * @returns {AnyObject} the same, in the working directory `/`
 */
const rootedPath = (path) => {
  const copy = shallowCopy(path);
  copy.resolve = (/** @type {string[]} */ ...parts) => path.resolve('/', ...parts);
  copy.relative = (/** @type {string} */ from, /** @type {string} */ to) =>
    path.relative(copy.resolve(from), copy.resolve(to));
  return copy;
};

/**
 * Modules that are not simply the host's.
 *
 * @type {Record<string, (pkg: Package, original: AnyObject, decision: Decision) => unknown>}
 */
const OWN_BUILTINS = {
  __proto__: /** @type {never} */ (null),
  fs(pkg, original) {
    const copy = Object.assign(shallowCopy(original), ownFileMethods(pkg, original, 'fs'));
    const promises = original['promises'];
    const own = Object.assign(shallowCopy(promises), ownFileMethods(pkg, promises, 'fs/promises'));
    return Object.defineProperty(copy, 'promises', { value: own, enumerable: true });
  },
  'fs/promises': (pkg, original) =>
    Object.assign(shallowCopy(original), ownFileMethods(pkg, original, 'fs/promises')),
  console: (pkg, _original, decision) => consoleOf(pkg, { withClass: isWhole(decision) }),
  module: (pkg) => pkg.world.linker.commonJsOf(pkg).Module,
  process: (pkg, original, decision) =>
    globalDecision(pkg.policy, 'process') === undefined && isWhole(decision)
      ? original
      : processOf(pkg),
  timers: (pkg) => ({ ...timersOf(pkg), promises: pkg.world.powers.timersPromises }),
  path(pkg, original) {
    if (knowsPlaces(pkg)) return shallowCopy(original);
    const posix = rootedPath(original['posix']);
    return Object.assign(posix, { posix, win32: rootedPath(original['win32']) });
  },
  'path/posix': (pkg, original) =>
    knowsPlaces(pkg) ? shallowCopy(original) : rootedPath(original),
  'path/win32': (pkg, original) =>
    knowsPlaces(pkg) ? shallowCopy(original) : rootedPath(original),
  util: (_pkg, original) =>
    Object.assign(shallowCopy(hardenHost(original)), { getCallSites: () => [] }),
};

/**
 * @param {Package} pkg
 * @param {string} name without `node:`
 * @param {AnyObject} original
 * @param {Decision} decision
 * @returns {unknown}
 */
const wholeBuiltin = (pkg, name, original, decision) => {
  const own = OWN_BUILTINS[name];
  if (own !== undefined) return own(pkg, original, decision);
  if (isHarmlessBuiltin(name)) hardenHost(original);
  return typeof original === 'object' ? shallowCopy(original) : original;
};

/**
 * What a package was not granted of a builtin says so when it is used, not when it is looked at.
 *
 * @param {Package} pkg
 * @param {string} name of the builtin
 * @param {AnyObject} whole
 * @param {AnyObject} view
 */
const addDenials = (pkg, name, whole, view) => {
  for (const key of Object.keys(whole)) {
    if (Object.hasOwn(view, key) || key === 'default') continue;
    const { value, get } = /** @type {PropertyDescriptor} */ (
      Object.getOwnPropertyDescriptor(whole, key)
    );
    if (get === undefined && !isObject(value)) continue;
    Object.defineProperty(view, key, {
      value: makeDenied(() => accessDenied(pkg.label, 'builtin', `${name}.${key}`), key),
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
};

/**
 * @param {Package} pkg
 * @param {string} name
 * @param {Decision} decision
 * @returns {unknown}
 */
const makeBuiltin = (pkg, name, decision) => {
  const bare = bareBuiltin(name);
  const original = pkg.world.powers.getBuiltin(name);
  if (original === undefined) {
    throw codedTypeError('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${name}`);
  }
  if (isAttenuation(decision)) {
    return pkg.world.linker.attenuateModule(pkg, decision, bare, shallowCopy(original));
  }
  if (!(decision instanceof Map)) return wholeBuiltin(pkg, bare, original, decision);
  const whole = wholeBuiltin(pkg, bare, original, decision);
  if (bare === 'process' || !isObject(whole)) return whole;
  const view = fillView(decision, { owner: () => whole, view: {} });
  addDenials(pkg, bare, whole, view);
  return view;
};

/**
 * @param {Package} pkg that is granted it, at least in part
 * @param {string} name with or without `node:`
 * @returns {unknown} what `require` gives
 */
export const builtinModule = (pkg, name) => {
  const bare = bareBuiltin(name);
  if (!pkg.builtins.has(bare)) {
    pkg.builtins.set(bare, makeBuiltin(pkg, name, builtinDecision(pkg.policy, bare)));
  }
  return pkg.builtins.get(bare);
};

/**
 * @param {Package} pkg
 * @param {string} name
 * @returns {SyntheticRecord}
 */
export const builtinRecord = (pkg, name) => {
  const id = `node:${bareBuiltin(name)}`;
  const known = pkg.records.get(id);
  if (known !== undefined) return /** @type {SyntheticRecord} */ (known);
  const value = builtinModule(pkg, name);
  const names = isObject(value) ? Object.getOwnPropertyNames(value) : [];
  const record = makeSyntheticRecord(pkg, id, new Set([...names, 'default']), (cells) => {
    for (const [member, cell] of cells) {
      cell.value = member === 'default' ? value : /** @type {AnyObject} */ (value)[member];
    }
  });
  pkg.records.set(id, record);
  return record;
};
