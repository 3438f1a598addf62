// Policies of a run restrict the policies of the archive and never extend them.
import { asMapOf, parseJson } from '../base/json-shape.js';
import { InvalidArchive } from '../base/errors.js';
import {
  decisionsOf,
  grantedOf,
  holdersOf,
  mayUsePackage,
  memberOf,
  policiesOf,
  variableOf,
} from '../policy/policy.js';
import { coversScope } from '../policy/scopes.js';
import { isAttenuation, readPolicy } from '../policy/policy-format.js';

/** @import { CompartmentMap } from './compartment-map.js' */
/** @import { Decision, Granted, Part } from '../policy/policy.js' */
/** @import { PackagePolicy, ShimGrant } from '../policy/policy-format.js' */

/**
 * @param {string} label
 * @param {string} what
 * @returns {InvalidArchive}
 */
const widened = (label, what) =>
  new InvalidArchive(
    `the policy of this run grants ${what} to '${label}', which the policy of the archive does not`,
    'a run can only restrict grants; to add some, bundle again with another policy',
  );

/**
 * @param {Granted} granted
 * @param {Granted} limit
 * @param {string} path
 * @returns {string | undefined} path of a member that exceeds the limit
 */
const excess = (granted, limit, path) => {
  for (const key of /** @type {const} */ (['whole', 'write', 'unlimited']))
    if (granted[key] && !limit[key]) return path;
  const member = path === 'process.env' ? variableOf : memberOf;
  for (const name of new Set([...granted.members.keys(), ...limit.members.keys()])) {
    const below = excess(member(granted, name), member(limit, name), `${path}.${name}`);
    if (below !== undefined) return below;
  }
  return undefined;
};

/**
 * @param {Decision} decision
 * @param {Decision} limit
 * @param {string} name
 * @returns {string | undefined}
 */
const excessOf = (decision, limit, name) => {
  if (decision === undefined) return undefined;
  if (isAttenuation(decision)) {
    // The attenuator gets the whole object.
    const same = isAttenuation(limit) && JSON.stringify(limit) === JSON.stringify(decision);
    const isSubset = grantedOf(limit)?.whole === true && grantedOf(limit)?.members.size === 0;
    return same || isSubset ? undefined : name;
  }
  const granted = grantedOf(limit);
  return granted === undefined ? name : excess(decision, granted, name);
};

/**
 * @param {Part} part
 * @param {PackagePolicy} policy
 * @param {PackagePolicy} limit
 * @returns {string | undefined}
 */
const partExcess = (part, policy, limit) => {
  const grants = policy[part];
  const limits = limit[part];
  if (limits === 'any') return undefined;
  if (grants === 'any') return 'any';
  if (isAttenuation(grants) || isAttenuation(limits)) {
    const empty = !isAttenuation(grants) && grants.size === 0;
    return empty || JSON.stringify(grants) === JSON.stringify(limits)
      ? undefined
      : 'other attenuated globals';
  }
  const known = decisionsOf(part, limits);
  for (const [name, decision] of decisionsOf(part, grants)) {
    const found = excessOf(decision, known.get(name), name);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * @param {PackagePolicy[Part]} grants
 * @param {string} path
 */
const isDenied = (grants, path) =>
  grants instanceof Map && (grants.get(path) === false || grants.get(`node:${path}`) === false);

/**
 * @param {Part} part
 * @param {PackagePolicy} policy
 * @param {PackagePolicy} limit
 * @returns {string | undefined}
 */
const scopeExcess = (part, policy, limit) => {
  const limits = limit[part];
  if (limits === 'any') return undefined;
  const known = isAttenuation(limits) ? new Map() : decisionsOf(part, limits);
  for (const [path, scope] of policy.scopes[part]) {
    const [name = '', ...members] = path.split('.');
    const granted = grantedOf(known.get(name));
    const whole = granted && members.reduce(memberOf, granted);
    const isWhole = whole !== undefined && whole.whole && whole.members.size === 0;
    const { scopes } = limit;
    const nearest = holdersOf(path).find(
      (holder) => scopes[part].has(holder) || isDenied(limits, holder),
    );
    const allowed = scopes[part].get(nearest ?? '');
    if (!isWhole && !(allowed !== undefined && coversScope(allowed, scope))) return path;
  }
  return undefined;
};

/**
 * @param {ShimGrant | undefined} limit
 * @param {ShimGrant} shim
 */
const coversShim = (limit, { integrity, adds, restored }) => {
  /**
   * @param {ReadonlyMap<string, string[]>} listed
   * @param {ReadonlyMap<string, string[]>} wanted
   */
  const covers = (listed, wanted) =>
    [...wanted].every(([object, names]) =>
      names.every((name) => listed.get(object)?.includes(name)),
    );
  return (
    limit?.integrity === integrity && covers(limit.adds, adds) && covers(limit.restored, restored)
  );
};

/**
 * @param {string} label
 * @param {PackagePolicy} policy
 * @param {PackagePolicy} limit policy of the archive
 */
const checkSubset = (label, policy, limit) => {
  for (const part of /** @type {const} */ (['globals', 'builtins'])) {
    const found = partExcess(part, policy, limit) ?? scopeExcess(part, policy, limit);
    if (found !== undefined) throw widened(label, `${part} ${found}`);
  }
  const { packages, defaultAttenuator } = policy;
  if (packages === 'any' && (limit.packages !== 'any' || policy.denied !== limit.denied))
    throw widened(label, 'packages any');
  for (const [other, grant] of packages === 'any' ? [] : packages)
    if (grant !== false && !mayUsePackage(limit, other)) throw widened(label, `package ${other}`);
  for (const [path, integrity] of policy.native)
    if (limit.native.get(path) !== integrity) throw widened(label, `the native addon ${path}`);
  for (const [path, shim] of policy.shims)
    if (!coversShim(limit.shims.get(path), shim)) throw widened(label, `the shim ${path}`);
  if (defaultAttenuator !== undefined && defaultAttenuator !== limit.defaultAttenuator)
    throw widened(label, `the attenuator ${defaultAttenuator}`);
};

/**
 * @param {CompartmentMap} map
 * @param {string} text JSON: policies by label, in the format of a compartment map
 * @returns {CompartmentMap} the map with these policies
 * @throws {InvalidArchive} if a policy is malformed or grants more than that of the archive
 */
export const restricted = (map, text) => {
  const policies = asMapOf(parseJson(text, 'policy'), readPolicy);
  const limitOf = policiesOf(map, false);
  const known = new Set([...map.compartments.values()].map(({ label }) => label));
  for (const label of policies.keys())
    if (!known.has(label))
      throw new InvalidArchive(
        `the policy of this run names '${label}', which is not in the archive`,
      );
  const compartments = [...map.compartments].map(([name, descriptor]) => {
    const limit = limitOf(name);
    const policy = policies.get(descriptor.label) ?? limit;
    checkSubset(descriptor.label, policy, limit);
    return /** @type {const} */ ([name, { ...descriptor, policy }]);
  });
  return { ...map, compartments: new Map(compartments) };
};
