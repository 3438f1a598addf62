// The host's modules as one package sees them: whole, by members, or attenuated, as its policy says.
import { isObject } from '../base/objects.js';
import { defineOwn, fillView, ownCopy } from '../views/view.js';
import { recordingStub } from '../audit/audit.js';
import { DEEP_BUILTIN_MEMBERS } from '../base/authority.js';
import { makeDenied } from '../audit/denial.js';
import { accessDenied, codedTypeError } from '../base/errors.js';
import { consoleOf, performanceOf, processOf, timersOf, webCryptoOf } from './globals.js';
import { membersOf } from './builtin-members.js';
import { makeOwnCluster } from '../replacements/own-cluster.js';
import { makeOwnDomains } from '../replacements/own-domain.js';
import { makeOwnVm } from '../replacements/own-vm.js';
import { makePrivateChannels } from '../replacements/private-channels.js';
import { assertOf, replacedMembers } from '../replacements/replacements.js';
import { hardenHost } from '../lockdown/host-harden.js';
import { sharedBuiltin } from '../taming/host-tame.js';
import { withOwnAgent } from '../views/http-agent.js';
import {
  bareBuiltin,
  builtinDecision,
  globalDecision,
  grantedOf,
  grantsAnything,
  isWhole,
  isDenied,
  memberOf,
} from '../policy/policy.js';
import { isAttenuation } from '../policy/policy-format.js';
import { ownFileMethods } from './files/own-files.js';
import { makeSyntheticRecord } from '../cyclic-modules/records.js';
import { reportUses } from '../audit/report.js';

/** @import { Decision, Granted } from '../policy/policy.js' */
/** @import { SyntheticRecord } from '../cyclic-modules/records.js' */
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Recorder } from '../protocols/audit.js' */
/** @import { Package } from '../protocols/package.js' */

/**
 * Without files of the host, a package has no use for the host's working directory.
 *
 * @param {Package} pkg
 * @returns {boolean}
 */
const knowsPlaces = ({ policy }) => {
  const process = grantedOf(globalDecision(policy, 'process'));
  return (
    (process !== undefined && memberOf(process, 'cwd').whole) ||
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
  const copy = ownCopy(path);
  copy.resolve = (/** @type {string[]} */ ...parts) => path.resolve('/', ...parts);
  copy.relative = (/** @type {string} */ from, /** @type {string} */ to) =>
    path.relative(copy.resolve(from), copy.resolve(to));
  const namespaced = (/** @type {unknown} */ asked) =>
    path.toNamespacedPath(typeof asked === 'string' && asked ? copy.resolve(asked) : asked);
  // That of POSIX gives back what it is given.
  if (path.sep === '\\') copy.toNamespacedPath = copy._makeLong = namespaced;
  return copy;
};

/**
 * @param {Package} pkg
 * @param {AnyObject} original `path`, or one of its kinds
 */
const ownPath = (pkg, original) => (knowsPlaces(pkg) ? ownCopy(original) : rootedPath(original));

/**
 * Node's own marks what it returns, which is frozen where a function brings its promisified form along.
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
 * @returns {Function} parses the arguments that the package may know of, where it names none
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
  const copy = ownCopy(original, hardenHost);
  if (knowsPlaces(pkg)) return copy;
  const places = /** @type {AnyObject} */ (sharedBuiltin(pkg.application.powers, 'path'));
  const isWindows = places['sep'] === '\\';
  const pathToFileURL = (/** @type {unknown} */ path, /** @type {AnyObject} */ options = {}) => {
    const windows = Boolean(options?.['windows'] ?? isWindows);
    const { isAbsolute } = windows ? places['win32'] : places['posix'];
    const isRelative = typeof path === 'string' && !isAbsolute(path);
    return original['pathToFileURL'](isRelative ? `/${path}` : path, { windows });
  };
  return Object.assign(copy, { pathToFileURL: Object.freeze(pathToFileURL) });
};

/**
 * @param {Package} pkg
 * @param {AnyObject} util
 * @returns {AnyObject} what tells of code that is not the package's, or hands out one object to all
 */
const ownUtilities = (pkg, util) => ({
  parseArgs: parseArgsOf(pkg, util),
  getCallSites: Object.freeze(() => []),
  promisify: promisifyOf(util),
  getSystemErrorMap: Object.freeze(
    () => new Map([...util['getSystemErrorMap']()].map(([code, said]) => [code, [...said]])),
  ),
});

/**
 * Modules that are not simply copies of the host's.
 *
 * @type {Record<string, (pkg: Package, original: AnyObject, granted: Granted) => unknown>}
 */
const OWN_BUILTINS = {
  __proto__: /** @type {never} */ (null),
  assert: (pkg) => assertOf(pkg.application.powers),
  'assert/strict': (pkg) => assertOf(pkg.application.powers)['strict'],
  fs(pkg, original) {
    const methods = ownFileMethods(pkg, original, 'fs', original);
    const copy = Object.assign(ownCopy(original, hardenHost), methods);
    const promises = hardenHost(original['promises']);
    const own = Object.assign(
      ownCopy(promises),
      ownFileMethods(pkg, promises, 'fs/promises', original),
    );
    return Object.defineProperty(copy, 'promises', { value: own, enumerable: true });
  },
  'fs/promises'(pkg, original) {
    const { powers, hardens } = pkg.application;
    const found = hardens ? sharedBuiltin(powers, 'fs') : powers.getBuiltin('fs');
    const fs = /** @type {AnyObject} */ (found);
    return Object.assign(ownCopy(original), ownFileMethods(pkg, original, 'fs/promises', fs));
  },
  console: (pkg, _original, { whole }) => consoleOf(pkg, { withClass: whole }),
  crypto(pkg, original) {
    const copy = ownCopy(original, hardenHost);
    const get = Object.freeze(() => webCryptoOf(pkg.application.powers.globals));
    const subtle = Object.freeze(() => get()['subtle']);
    return Object.defineProperties(copy, { webcrypto: { get }, subtle: { get: subtle } });
  },
  http: (_pkg, original) => withOwnAgent(ownCopy(original, hardenHost), original),
  https: (_pkg, original) => withOwnAgent(ownCopy(original, hardenHost), original),
  module: (pkg) => pkg.application.linker.commonJsOf(pkg).Module,
  perf_hooks(pkg, original) {
    const copy = ownCopy(original, hardenHost);
    defineOwn(copy, 'performance', performanceOf(pkg));
    return copy;
  },
  process: (pkg) => processOf(pkg),
  timers: (pkg) => ({
    ...timersOf(pkg),
    promises: ownCopy(
      /** @type {AnyObject} */ (sharedBuiltin(pkg.application.powers, 'timers/promises')),
    ),
  }),
  path(pkg, original) {
    const posix = ownPath(pkg, original['posix']);
    return Object.assign(posix, { posix, win32: ownPath(pkg, original['win32']) });
  },
  'path/posix': ownPath,
  'path/win32': ownPath,
  url: ownUrl,
  util: (pkg, original) =>
    Object.assign(ownCopy(original, hardenHost), ownUtilities(pkg, original)),
};
OWN_BUILTINS['sys'] = /** @type {any} */ (OWN_BUILTINS['util']);

/**
 * @param {Package} pkg
 * @param {string} name without `node:`
 * @param {Granted} granted
 * @returns {unknown}
 */
const wholeBuiltin = (pkg, name, granted) => {
  const { powers, hardens } = pkg.application;
  const original = hardens ? sharedBuiltin(powers, name) : powers.getBuiltin(name);
  if (original === undefined) {
    throw codedTypeError('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${name}`);
  }
  const own = OWN_BUILTINS[name];
  const copy =
    own !== undefined
      ? own(pkg, original, granted)
      : typeof original === 'object'
        ? ownCopy(original, hardenHost)
        : original;
  if (hardens) {
    for (const [member, value] of replacedMembers(powers, name))
      defineOwn(/** @type {AnyObject} */ (copy), member, value);
  }
  return copy;
};

/**
 * @param {Package} pkg
 * @param {string} path of a member of a builtin
 * @returns {Function}
 */
const deniedMember = (pkg, path) =>
  pkg.application.audit !== undefined
    ? recordedBuiltin(pkg, path)
    : makeDenied(
        () => accessDenied(pkg.label, 'builtin', path),
        path.slice(path.lastIndexOf('.') + 1),
      );

/**
 * @param {Package} pkg
 * @param {string} path of a builtin, or a member of one
 * @returns {Function} a stub, which is only recorded
 */
const recordedBuiltin = ({ label, application }, path) =>
  recordingStub(/** @type {Recorder} */ (application.audit), {
    ...{ label, part: 'builtins', path },
    deny: (at) => accessDenied(label, 'builtin', at),
    hasMembers: (at) => !at.includes('.') || DEEP_BUILTIN_MEMBERS.includes(at),
  });

/**
 * @param {Package} pkg under `--audit`
 * @param {string} name of a builtin of which nothing is granted
 * @returns {object} which has stubs for members
 */
const auditedBuiltin = (pkg, name) => {
  pkg.application.audit?.record(pkg.label, 'builtins', name, 'load');
  const original = pkg.application.powers.getBuiltin(name);
  if (!isObject(original)) return {};
  const stub = recordedBuiltin(pkg, name);
  if (typeof original === 'function') return stub;
  const members = {};
  for (const key of Object.keys(original))
    if (key !== 'default') defineOwn(members, key, recordedBuiltin(pkg, `${name}.${key}`));
  return members;
};

/**
 * A builtin that is granted whole, but for some of its members.
 *
 * @param {Package} pkg
 * @param {string} name of the builtin
 * @param {AnyObject} whole
 * @param {Granted} granted
 * @returns {AnyObject}
 */
const withoutDenied = (pkg, name, whole, granted) => {
  const excepted = [...granted.members].filter(([member]) => member in whole);
  if (
    name === 'process' ||
    excepted.every(([, member]) => member.whole && member.members.size === 0)
  )
    return whole;
  const view = typeof whole === 'function' ? ownCopy(whole) : whole;
  for (const [member, inner] of excepted) {
    const value = whole[member];
    if (isDenied(inner)) defineOwn(view, member, deniedMember(pkg, `${name}.${member}`));
    else if (inner.members.size > 0 && isObject(value)) {
      defineOwn(view, member, restricted(pkg, `${name}.${member}`, ownCopy(value), inner));
    }
  }
  return view;
};

/**
 * @param {Package} pkg
 * @param {string} name of a builtin, or the path of a member
 * @param {AnyObject} whole that the package has alone
 * @param {Granted} granted
 * @returns {AnyObject} what is granted of it
 */
const restricted = (pkg, name, whole, granted) => {
  if (granted.whole) return withoutDenied(pkg, name, whole, granted);
  const view = fillView(granted, { owner: () => whole, view: {} });
  addDenials(pkg, name, whole, view);
  return view;
};

/**
 * What a package has instead of the builtins `WITHOUT_POWER` while it is granted nothing of them.
 *
 * @type {Record<string, (pkg: Package) => AnyObject>}
 */
export const FORMS_WITHOUT_POWER = {
  __proto__: /** @type {never} */ (null),
  cluster: (pkg) =>
    makeOwnCluster(sharedBuiltin(pkg.application.powers, 'events'), (name) =>
      deniedMember(pkg, `cluster.${name}`),
    ),
  diagnostics_channel: makePrivateChannels,
  domain: (pkg) => makeOwnDomains(sharedBuiltin(pkg.application.powers, 'events')),
  vm: (pkg) => makeOwnVm((text) => pkg.compartment.evaluate(text, { sloppyGlobalsMode: true })),
};

/** @type {Granted} */
const NOTHING = { whole: false, write: false, unlimited: false, members: new Map() };
const EVERYTHING = { ...NOTHING, whole: true };

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
    defineOwn(view, key, deniedMember(pkg, `${name}.${key}`), false);
  }
};

/**
 * What a package is granted nothing of is not loaded for it.
 *
 * @param {Package} pkg
 * @param {string} name of a builtin
 * @param {ReadonlyArray<string>} members
 * @returns {AnyObject}
 */
const refusedBuiltin = (pkg, name, members) => {
  const view = {};
  for (const member of members)
    defineOwn(view, member, deniedMember(pkg, `${name}.${member}`), false);
  return view;
};

/**
 * @param {Package} pkg
 * @param {string} name
 * @param {Decision} decision
 * @returns {unknown}
 */
const makeBuiltin = (pkg, name, decision) => {
  const bare = bareBuiltin(name);
  if (isAttenuation(decision)) {
    const whole = wholeBuiltin(pkg, bare, EVERYTHING);
    return pkg.application.linker.attenuateModule(
      pkg,
      decision,
      bare,
      /** @type {object} */ (whole),
    );
  }
  if (decision === undefined && pkg.application.audit !== undefined)
    return auditedBuiltin(pkg, bare);
  const granted = decision ?? NOTHING;
  // `process` is the global, with the grants of the global.
  if (bare !== 'process' && !grantsAnything(granted)) {
    const powerless = FORMS_WITHOUT_POWER[bare]?.(pkg);
    if (powerless !== undefined) return powerless;
    const names = membersOf(bare, pkg.application.powers.globals['process']?.versions?.node);
    if (names !== undefined) return refusedBuiltin(pkg, bare, names);
  }
  const whole = wholeBuiltin(pkg, bare, granted);
  if (bare === 'process' || !isObject(whole)) return whole;
  reportUses(pkg, bare, whole);
  if (granted.unlimited) return whole;
  return restricted(pkg, bare, whole, granted);
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
