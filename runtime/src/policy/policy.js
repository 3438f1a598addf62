// Policy decisions: which builtins, globals and packages a compartment may use.
import { criticalMembers, harmlessPaths } from '../base/authority.js';
import { ALL_POLICY, NO_POLICY, isAttenuation } from './policy-format.js';
import { NO_SCOPES, coversName, scopesBelow } from './scopes.js';

/** @import { Attenuation, Grant, PackagePolicy } from './policy-format.js' */

/**
 * @typedef {object} PolicedMap the parts of a compartment map that policy decisions need
 * @property {string} root compartment of the application
 * @property {ReadonlyMap<string, { label: string, policy: PackagePolicy | undefined }>} compartments
 *
 * @typedef {object} Granted the grant for a global, builtin or member
 * @property {boolean} whole all of it, except where `members` differs
 * @property {boolean} write it may be assigned
 * @property {boolean} unlimited includes critical members: the policy says "any"
 * @property {Map<string, Granted>} members
 *
 * @typedef {Granted | Attenuation | undefined} Decision undefined: not granted
 */

/** @typedef {import('../base/authority.js').Part} Part */

/**
 * @param {string | undefined} application label of the application's package, which dependencies may not import
 * @returns {PackagePolicy}
 */
const harmlessPolicy = (application) => ({
  packages: 'any',
  ...(application === undefined ? {} : { denied: application }),
  globals: new Map(harmlessPaths('globals').map((path) => [path, true])),
  builtins: new Map(harmlessPaths('builtins').map((path) => [path, true])),
  scopes: NO_SCOPES,
  defaultAttenuator: undefined,
  native: new Map(),
  shims: new Map(),
  harden: false,
});

/** @param {string} name of a builtin, with or without `node:` */
export const bareBuiltin = (name) => (name.startsWith('node:') ? name.slice('node:'.length) : name);

/**
 * @param {PolicedMap} map
 * @param {boolean} allowAll
 * @returns {(compartment: string) => PackagePolicy} the policy of each compartment
 */
export const policiesOf = (map, allowAll) => {
  if (allowAll) return () => ALL_POLICY;
  const all = [...map.compartments.values()];
  const application = map.compartments.get(map.root)?.label;
  const otherwise = all.some(({ policy }) => policy !== undefined)
    ? NO_POLICY
    : harmlessPolicy(application);
  return (compartment) => map.compartments.get(compartment)?.policy ?? otherwise;
};

/** @type {Granted} */
const ANY = { whole: true, write: true, unlimited: true, members: new Map() };

/**
 * @param {Decision} decision
 * @returns {Granted | undefined} undefined also for an attenuation
 */
export const grantedOf = (decision) =>
  decision === undefined || isAttenuation(decision) ? undefined : decision;

/** @param {Decision} decision */
export const isWhole = (decision) => grantedOf(decision)?.whole === true;

/**
 * @param {Granted} granted
 * @returns {boolean} whether neither the object nor any of its members is granted
 */
export const isDenied = (granted) => !grantsAnything(granted);

/**
 * @param {Granted} granted
 * @param {string} name of a member
 * @returns {Granted} the grant for the member
 */
export const memberOf = (granted, name) =>
  granted.members.get(name) ?? { ...granted, members: new Map() };

/**
 * @param {Granted} granted for `process.env`
 * @param {string} name of a variable
 * @returns {Granted} the grant for the variable, by its name or by the longest `PREFIX_*`
 */
export const variableOf = (granted, name) => {
  if (granted.members.has(name)) return memberOf(granted, name);
  const patterns = [...granted.members.keys()].filter(
    (one) => one.endsWith('*') && coversName(one, name),
  );
  const [longest] = patterns.sort((one, other) => other.length - one.length);
  return memberOf(granted, longest ?? name);
};

/**
 * @typedef {object} GrantTree the entries of a policy for a path and its members
 * @property {Grant | undefined} grant
 * @property {Map<string, GrantTree>} members
 */

/** @returns {GrantTree} */
const emptyTree = () => ({ grant: undefined, members: new Map() });

/**
 * @param {GrantTree} tree
 * @param {string[]} path
 * @returns {GrantTree} of that path
 */
const treeAt = (tree, path) => {
  for (const name of path) {
    const member = tree.members.get(name) ?? emptyTree();
    tree.members.set(name, member);
    tree = member;
  }
  return tree;
};

/**
 * @param {GrantTree} tree
 * @param {boolean} parentIsWhole whether the object that contains it is granted as a whole
 * @param {boolean} write whether that object may be assigned
 * @returns {Granted}
 */
const grantedBy = ({ grant, members }, parentIsWhole, write) => {
  const whole = grant === undefined ? parentIsWhole : grant === true || grant === 'write';
  const writes = whole && (grant === undefined ? write : grant === 'write');
  const below = [...members].map(
    ([name, tree]) => /** @type {const} */ ([name, grantedBy(tree, whole, writes)]),
  );
  return { whole, write: writes, unlimited: false, members: new Map(below) };
};

/**
 * A critical member is never granted with the object that contains it; a policy has to name it.
 *
 * @param {Part} part
 * @param {string} name
 * @param {GrantTree} tree
 * @returns {Granted}
 */
const withoutCritical = (part, name, tree) => {
  for (const path of criticalMembers(part, name)) {
    const member = treeAt(tree, path.slice(name.length + 1).split('.'));
    member.grant ??= false;
  }
  return grantedBy(tree, false, false);
};

/**
 * @param {Part} part
 * @param {ReadonlyMap<string, Grant | Attenuation>} grants
 * @returns {Map<string, Decision>} by the name of the global or builtin
 */
const decideAll = (part, grants) => {
  /** @type {Map<string, GrantTree>} */
  const trees = new Map();
  /** @type {Map<string, Decision>} */
  const decisions = new Map();
  for (const [granted, grant] of grants) {
    const [name = '', ...path] = (part === 'builtins' ? bareBuiltin(granted) : granted).split('.');
    if (isAttenuation(grant)) {
      if (path.length === 0) decisions.set(name, grant);
      continue;
    }
    const all = trees.get(name) ?? emptyTree();
    trees.set(name, all);
    const place = treeAt(all, path);
    // `fs` and `node:fs` are the same builtin: a denial under either name counts.
    if (place.grant === undefined || grant === false) place.grant = grant;
  }
  for (const [name, all] of trees) {
    if (decisions.has(name)) {
      if (all.grant === false) decisions.delete(name);
      continue;
    }
    const loads = all.grant === 'load';
    const granted = withoutCritical(part, name, all);
    if (loads || grantsAnything(granted)) decisions.set(name, granted);
  }
  return decisions;
};

/**
 * @param {Granted} granted
 * @returns {boolean}
 */
export const grantsAnything = ({ whole, members }) =>
  whole || [...members.values()].some((member) => grantsAnything(member));

/** @type {WeakMap<ReadonlyMap<string, Grant | Attenuation>, Map<string, Decision>>} */
const decided = new WeakMap();

/**
 * @param {Part} part
 * @param {ReadonlyMap<string, Grant | Attenuation>} grants
 * @returns {Map<string, Decision>} by the name of the global or builtin
 */
export const decisionsOf = (part, grants) => {
  const decisions = decided.get(grants) ?? decideAll(part, grants);
  decided.set(grants, decisions);
  return decisions;
};

/**
 * @param {Part} part
 * @param {ReadonlyMap<string, Grant | Attenuation>} grants
 * @param {string} name
 * @returns {Decision}
 */
const decide = (part, grants, name) => decisionsOf(part, grants).get(name);

/**
 * @param {PackagePolicy} policy
 * @param {string} name with or without `node:`
 * @returns {Decision}
 */
export const builtinDecision = ({ builtins }, name) =>
  builtins === 'any' ? ANY : decide('builtins', builtins, bareBuiltin(name));

/**
 * @param {PackagePolicy} policy without an attenuator for all globals
 * @param {string} name
 * @returns {Decision}
 */
export const globalDecision = ({ globals }, name) => {
  if (globals === 'any') return ANY;
  return isAttenuation(globals) ? undefined : decide('globals', globals, name);
};

/**
 * @param {string} path of a member
 * @returns {string[]} the path and those of the objects that contain it, the longest first
 */
export const holdersOf = (path) => {
  const names = path.split('.');
  return names.map((_, at) => names.slice(0, names.length - at).join('.'));
};

/**
 * @param {PackagePolicy} policy
 * @param {'globals' | 'builtins'} part
 * @param {string} name of a builtin or a global
 * @returns {ReturnType<typeof scopesBelow>} the restricted grants for it and its members, which `Decision` leaves out
 */
export const scopesOf = ({ scopes }, part, name) =>
  scopesBelow(scopes[part], part === 'builtins' ? bareBuiltin(name) : name);

/**
 * @param {PackagePolicy} policy
 * @param {string} holder path of a builtin or a member, whose grant has a scope
 * @param {string} path of a member of it
 * @returns {boolean} whether another grant or a denial without a scope decides about the member
 */
export const isDecidedBelow = ({ builtins }, holder, path) => {
  if (builtins === 'any') return false;
  return holdersOf(path).some(
    (at) => at.length > holder.length && (builtins.has(at) || builtins.has(`node:${at}`)),
  );
};

/**
 * @param {PackagePolicy} policy
 * @param {string} label canonical name of the requested package
 */
export const mayUsePackage = ({ packages, denied }, label) =>
  packages === 'any' ? label !== denied : (packages.get(label) ?? false) !== false;
