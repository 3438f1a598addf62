// Builtins for one package: whole, restricted to members, or attenuated, according to its policy.
import { recordingStub } from '../audit/audit.js';
import { makeDenied } from '../audit/denial.js';
import { reportUses } from '../audit/report.js';
import { DEEP_BUILTIN_MEMBERS } from '../base/authority.js';
import { accessDenied, codedTypeError } from '../base/errors.js';
import { isObject } from '../base/objects.js';
import { makeSyntheticRecord } from '../cyclic-modules/records.js';
import { isAttenuation } from '../policy/policy-format.js';
import {
  bareBuiltin,
  builtinDecision,
  grantedOf,
  grantsAnything,
  isDenied,
  memberOf,
  scopesOf,
} from '../policy/policy.js';
import { makeOwnCluster } from '../replacements/own-cluster.js';
import { clusterFor } from '../threads/cluster.js';
import { makeOwnDomains } from '../replacements/own-domain.js';
import { makeOwnVm } from '../replacements/own-vm.js';
import { makePrivateChannels } from '../replacements/private-channels.js';
import { replacedMembers } from '../replacements/replacements.js';
import { sharedBuiltin, sharingOf } from '../taming/host-tame.js';
import { defineOwn, fillView, ownCopy } from '../views/view.js';
import { membersOf } from './builtin-members.js';
import { ownFileMethods } from './files/own-files.js';
import { OWN_BUILTINS } from './own-builtins.js';
import { programStarters } from '../threads/programs.js';
import { restrictedMembers } from '../scopes/members.js';
import { observedMembers } from '../scopes/observing.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { SyntheticRecord } from '../cyclic-modules/records.js' */
/** @import { Decision, Granted } from '../policy/policy.js' */
/** @import { Recorder } from '../protocols/audit.js' */
/** @import { Package } from '../protocols/package.js' */

OWN_BUILTINS['cluster'] = (pkg) => clusterOf(pkg);
OWN_BUILTINS['sys'] = /** @type {any} */ (OWN_BUILTINS['util']);

/**
 * @param {Package} pkg
 * @param {string} name without `node:`
 * @param {Granted} granted
 * @returns {unknown}
 */
const wholeBuiltin = (pkg, name, granted) => {
  const { powers, hardens } = pkg.application;
  const original = sharedBuiltin(pkg.application, name);
  if (original === undefined) {
    throw codedTypeError('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${name}`);
  }
  const own = OWN_BUILTINS[name];
  const copy =
    own !== undefined
      ? own(pkg, original, granted)
      : typeof original === 'object'
        ? ownCopy(original, sharingOf(pkg.application))
        : original;
  // Messages of all threads have one form.
  if (hardens || name === 'worker_threads') {
    for (const [member, value] of replacedMembers(powers, name))
      defineOwn(/** @type {AnyObject} */ (copy), member, value);
  }
  return copy;
};

/**
 * @param {string} path of a member of a builtin
 * @returns {object} what Node adds to the error of a command that a shell does not find: programs ask for the output
 */
const failedCommand = (path) =>
  /^child_process\.exec(?:File)?Sync$/.test(path)
    ? { status: 127, signal: null, output: [null, '', ''], stdout: '', stderr: '' }
    : {};

/**
 * @param {Package} pkg
 * @param {string} path of a member of a builtin
 * @returns {Function}
 */
const deniedMember = (pkg, path) =>
  pkg.application.audit !== undefined
    ? recordedBuiltin(pkg, path)
    : makeDenied(
        () => Object.assign(accessDenied(pkg.label, 'builtin', path), failedCommand(path)),
        path.slice(path.lastIndexOf('.') + 1),
      );

/**
 * @param {Package} pkg
 * @param {string} path of a builtin, or a member of one
 * @returns {Function} a recording stub
 */
const recordedBuiltin = ({ label, application }, path) =>
  recordingStub(/** @type {Recorder} */ (application.audit), {
    ...{ label, part: 'builtins', path },
    deny: (at) => accessDenied(label, 'builtin', at),
    hasMembers: (at) => !at.includes('.') || DEEP_BUILTIN_MEMBERS.includes(at),
  });

/**
 * @param {Package} pkg under `--audit`
 * @param {string} name of a builtin without a grant
 * @returns {object} with stubs for members
 */
const auditedBuiltin = (pkg, name) => {
  if (scopesOf(pkg.policy, 'builtins', name).size === 0)
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
 * A builtin that is granted as a whole, except some members.
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
 * @param {AnyObject} whole the package's own copy
 * @param {Granted} granted
 * @returns {AnyObject} its granted members
 */
const restricted = (pkg, name, whole, granted) => {
  if (granted.whole) return withoutDenied(pkg, name, whole, granted);
  const view = fillView(granted, { owner: () => whole, view: {} });
  addDenials(pkg, name, whole, view);
  return view;
};

/**
 * @param {Package} pkg
 * @returns {AnyObject} `cluster`; it starts workers if `cluster.fork` is granted
 */
const clusterOf = (pkg) => {
  const granted = grantedOf(builtinDecision(pkg.policy, 'cluster'));
  const isGranted = granted !== undefined && !isDenied(memberOf(granted, 'fork'));
  const denied = deniedMember(pkg, 'cluster.fork');
  const mayFork = isGranted || scopesOf(pkg.policy, 'builtins', 'cluster').has('fork');
  if (pkg.application.powers.threads === undefined)
    return makeOwnCluster(sharedBuiltin(pkg.application, 'events'), (name) =>
      deniedMember(pkg, `cluster.${name}`),
    );
  return clusterFor(pkg, mayFork ? undefined : () => denied());
};

/**
 * Replacements of the builtins `WITHOUT_POWER` for packages without a grant.
 *
 * @type {Record<string, (pkg: Package) => AnyObject>}
 */
export const FORMS_WITHOUT_POWER = {
  __proto__: /** @type {never} */ (null),
  cluster: (pkg) => clusterOf(pkg),
  diagnostics_channel: makePrivateChannels,
  domain: (pkg) => makeOwnDomains(sharedBuiltin(pkg.application, 'events')),
  vm: (pkg) => makeOwnVm((source) => pkg.compartment.evaluate(source, { sloppyGlobalsMode: true })),
};

/** @type {Granted} */
const NOTHING = { whole: false, write: false, unlimited: false, members: new Map() };

const EVERYTHING = { ...NOTHING, whole: true };

/**
 * Adds stubs for denied members: a use throws, a reference does not.
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
 * Creates stubs for a builtin without a grant, without loading the builtin.
 *
 * @param {Package} pkg
 * @param {string} name of a builtin
 * @param {ReadonlyArray<string>} members
 * @returns {AnyObject}
 */
const deniedBuiltin = (pkg, name, members) => {
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
    if (names !== undefined) return deniedBuiltin(pkg, bare, names);
  }
  const whole = wholeBuiltin(pkg, bare, granted);
  if (bare === 'process' || !isObject(whole)) return whole;
  reportUses(pkg, bare, whole);
  if (granted.unlimited) return whole;
  return restricted(pkg, bare, whole, granted);
};

/**
 * @param {Package} pkg
 * @param {AnyObject} fs functions of `fs` for a scope
 */
const withOwnFiles = (pkg, fs) => ({
  fs: { ...fs, ...ownFileMethods(pkg, fs, 'fs', fs) },
  promises: { ...fs['promises'], ...ownFileMethods(pkg, fs['promises'], 'fs/promises', fs) },
});

/**
 * @param {Package} pkg
 * @param {string} name of a builtin
 * @param {unknown} view with the unrestricted grants
 * @returns {unknown} with the grants that have a scope
 */
const withScopes = (pkg, name, view) => {
  if (!isObject(view)) return view;
  const granted = grantedOf(builtinDecision(pkg.policy, name));
  const { application } = pkg;
  if (application.audit !== undefined && application.hardens && granted !== undefined) {
    const load = (/** @type {string} */ other) =>
      /** @type {AnyObject} */ (sharedBuiltin(application, other));
    addMembers(view, observedMembers(pkg, name, view, granted, load));
  }
  const scopes = scopesOf(pkg.policy, 'builtins', name);
  if (scopes.size > 0)
    addMembers(
      view,
      restrictedMembers(pkg, name, scopes, (fs) => withOwnFiles(pkg, fs)),
    );
  if (name === 'child_process' && hasPrograms(pkg))
    addMembers(view, new Map(Object.entries(programStarters(pkg, view))));
  return view;
};

/** @param {Package} pkg */
const hasPrograms = ({ application: { map, powers } }) =>
  powers.storeProgram !== undefined &&
  [...map.compartments.values()].some(({ modules }) =>
    [...modules.values()].some((module) => module.kind === 'file' && module.parser === 'native'),
  );

/**
 * @param {AnyObject} view
 * @param {Map<string, unknown>} members by path: `promises.readFile`
 */
const addMembers = (view, members) => {
  /** @type {AnyObject} */
  const promises = {};
  for (const [path, value] of members) {
    if (path.startsWith('promises.')) defineOwn(promises, path.slice('promises.'.length), value);
    else defineOwn(view, path, value);
  }
  if (Object.keys(promises).length > 0) {
    const { promises: denied } = view;
    const nested = isObject(denied) && typeof denied !== 'function' ? ownCopy(denied) : {};
    Object.defineProperties(nested, Object.getOwnPropertyDescriptors(promises));
    defineOwn(view, 'promises', nested);
  }
};

/**
 * @param {Package} pkg with a grant for the builtin or a member
 * @param {string} name with or without `node:`
 * @returns {unknown} the result of `require`
 */
export const builtinModule = (pkg, name) => {
  const bare = bareBuiltin(name);
  if (!pkg.builtins.has(bare)) {
    const view = makeBuiltin(pkg, name, builtinDecision(pkg.policy, bare));
    pkg.builtins.set(bare, withScopes(pkg, bare, view));
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
