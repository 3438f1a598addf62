// What a policy answers: which builtins, globals and packages a compartment may use.
import { criticalMembers, harmlessPaths } from '../base/authority.js';
import { ALL_POLICY, NO_POLICY, isAttenuation } from './policy-format.js';

/** @import { Attenuation, Grant, PackagePolicy } from './policy-format.js' */

/**
 * @typedef {object} PolicedMap what a policy asks of a compartment map
 * @property {{ compartment: string }} entry
 * @property {ReadonlyMap<string, { label: string, policy: PackagePolicy | undefined }>} compartments
 *
 * @typedef {object} Granted what is granted of a thing
 * @property {boolean} whole all of it, but for what `members` says otherwise
 * @property {boolean} write it may be assigned
 * @property {boolean} unlimited what is critical too: the policy says "any"
 * @property {Map<string, Granted>} members
 *
 * @typedef {Granted | Attenuation | undefined} Decision undefined: nothing is granted
 */

/** @typedef {import('../base/authority.js').Part} Part */

/**
 * @param {string | undefined} application the label of its own package, whose files dependencies have no claim to
 * @returns {PackagePolicy}
 */
const harmlessPolicy = (application) => ({
  packages: 'any',
  ...(application === undefined ? {} : { denied: application }),
  globals: new Map(harmlessPaths('globals').map((path) => [path, true])),
  builtins: new Map(harmlessPaths('builtins').map((path) => [path, true])),
  defaultAttenuator: undefined,
  harden: false,
});

/** @param {string} name of a builtin, with or without `node:` */
export const bareBuiltin = (name) => (name.startsWith('node:') ? name.slice('node:'.length) : name);

/**
 * @param {PolicedMap} map
 * @param {boolean} allowAll
 * @returns {(compartment: string) => PackagePolicy} the policy that holds for each compartment
 */
export const policiesOf = (map, allowAll) => {
  if (allowAll) return () => ALL_POLICY;
  const all = [...map.compartments.values()];
  const application = map.compartments.get(map.entry.compartment)?.label;
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
 * @returns {boolean} whether neither it nor a member of it may be used
 */
export const isDenied = (granted) => !grantsAnything(granted);

/**
 * @param {Granted} granted
 * @param {string} name of a member
 * @returns {Granted} what is granted of the member
 */
export const memberOf = (granted, name) =>
  granted.members.get(name) ?? { ...granted, members: new Map() };

/**
 * @typedef {object} Said what a policy says of a path
 * @property {Grant | undefined} grant
 * @property {Map<string, Said>} members
 */

/** @returns {Said} */
const nothingSaid = () => ({ grant: undefined, members: new Map() });

/**
 * @param {Said} said
 * @param {string[]} path
 * @returns {Said} of that path
 */
const saidOf = (said, path) => {
  for (const name of path) {
    const member = said.members.get(name) ?? nothingSaid();
    said.members.set(name, member);
    said = member;
  }
  return said;
};

/**
 * @param {Said} said
 * @param {boolean} held whether the object that holds it is granted whole
 * @param {boolean} write whether that may be assigned
 * @returns {Granted}
 */
const grantedBy = ({ grant, members }, held, write) => {
  const whole = grant === undefined ? held : grant === true || grant === 'write';
  const writes = whole && (grant === undefined ? write : grant === 'write');
  const below = [...members].map(
    ([name, said]) => /** @type {const} */ ([name, grantedBy(said, whole, writes)]),
  );
  return { whole, write: writes, unlimited: false, members: new Map(below) };
};

/**
 * What is critical never comes with the object that holds it.
 *
 * @param {Part} part
 * @param {string} name
 * @param {Said} said
 * @returns {Granted}
 */
const withoutCritical = (part, name, said) => {
  for (const path of criticalMembers(part, name)) {
    const member = saidOf(said, path.slice(name.length + 1).split('.'));
    member.grant ??= false;
  }
  return grantedBy(said, false, false);
};

/**
 * @param {Part} part
 * @param {ReadonlyMap<string, Grant | Attenuation>} grants
 * @returns {Map<string, Decision>} by the name of the global or builtin
 */
const decideAll = (part, grants) => {
  /** @type {Map<string, Said>} */
  const said = new Map();
  /** @type {Map<string, Decision>} */
  const decisions = new Map();
  for (const [granted, grant] of grants) {
    const [name = '', ...path] = (part === 'builtins' ? bareBuiltin(granted) : granted).split('.');
    if (isAttenuation(grant)) {
      if (path.length === 0) decisions.set(name, grant);
      continue;
    }
    const all = said.get(name) ?? nothingSaid();
    said.set(name, all);
    const place = saidOf(all, path);
    // `fs` and `node:fs` are one thing: what either of them withholds is withheld.
    if (place.grant === undefined || grant === false) place.grant = grant;
  }
  for (const [name, all] of said) {
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
 * @param {PackagePolicy} policy whose globals are not attenuated as a whole
 * @param {string} name
 * @returns {Decision}
 */
export const globalDecision = ({ globals }, name) => {
  if (globals === 'any') return ANY;
  return isAttenuation(globals) ? undefined : decide('globals', globals, name);
};

/**
 * @param {PackagePolicy} policy
 * @param {string} label canonical name of the other package
 */
export const mayUsePackage = ({ packages, denied }, label) =>
  packages === 'any' ? label !== denied : (packages.get(label) ?? false) !== false;
