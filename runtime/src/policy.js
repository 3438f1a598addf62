// What a policy answers: which builtins, globals and packages a compartment may use.
import { ALL_POLICY, NO_POLICY, isAttenuation } from './policy-format.js';

/** @import { CompartmentMap } from './compartment-map.js' */
/** @import { Attenuation, Grant, PackagePolicy } from './policy-format.js' */

/**
 * @typedef {{ write: boolean }} Whole all of a thing is granted
 * @typedef {Map<string, Whole | PathTree>} PathTree what is granted of a thing, by member names
 *
 * @typedef {Whole | PathTree | Attenuation | undefined} Decision undefined: nothing is granted
 */

// The harmless set: what can neither read nor change anything outside of its compartment.
const HARMLESS_GLOBALS = [
  ...['console', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'Buffer', 'atob', 'btoa'],
  ...[
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'setImmediate',
    'clearImmediate',
  ],
  ...['queueMicrotask', 'structuredClone', 'AbortController', 'AbortSignal', 'DOMException'],
  ...['Event', 'EventTarget', 'Date', 'Math.random'],
  ...['process.env.NODE_ENV', 'process.platform', 'process.arch', 'process.version'],
  ...['process.versions', 'process.nextTick'],
];
const HARMLESS_BUILTINS = [
  ...[
    'path',
    'path/posix',
    'path/win32',
    'util',
    'util/types',
    'url',
    'events',
    'assert',
    'assert/strict',
  ],
  ...['buffer', 'string_decoder', 'querystring', 'stream', 'punycode', 'timers', 'module'],
];

/** @type {PackagePolicy} */
const HARMLESS_POLICY = {
  packages: 'any',
  globals: new Map(HARMLESS_GLOBALS.map((name) => [name, true])),
  builtins: new Map(HARMLESS_BUILTINS.map((name) => [name, true])),
  defaultAttenuator: undefined,
  harden: false,
};

/** @param {string} name without `node:` */
export const isHarmlessBuiltin = (name) => HARMLESS_BUILTINS.includes(name);

/** @param {string} name of a builtin, with or without `node:` */
export const bareBuiltin = (name) => (name.startsWith('node:') ? name.slice('node:'.length) : name);

/**
 * @param {CompartmentMap} map
 * @param {boolean} allowAll
 * @returns {(compartment: string) => PackagePolicy} the policy that holds for each compartment
 */
export const policiesOf = (map, allowAll) => {
  if (allowAll) return () => ALL_POLICY;
  const all = [...map.compartments.values()];
  const otherwise = all.some(({ policy }) => policy !== undefined) ? NO_POLICY : HARMLESS_POLICY;
  return (compartment) => map.compartments.get(compartment)?.policy ?? otherwise;
};

/**
 * @param {Decision} decision
 * @returns {decision is Whole}
 */
export const isWhole = (decision) =>
  decision !== undefined && !(decision instanceof Map) && !isAttenuation(decision);

/**
 * @param {PathTree} tree
 * @param {string[]} path
 * @param {Grant} grant
 */
const plant = (tree, [first = '', ...rest], grant) => {
  const known = tree.get(first);
  if (rest.length === 0) {
    tree.set(first, { write: grant === 'write' });
  } else if (known === undefined || known instanceof Map) {
    const below = known ?? new Map();
    tree.set(first, below);
    plant(below, rest, grant);
  }
};

/**
 * @param {ReadonlyMap<string, Grant | Attenuation>} grants
 * @param {(granted: string) => string[]} split a granted name into its first part and a path of members
 * @returns {Map<string, Decision>} by first part
 */
const decideAll = (grants, split) => {
  /** @type {Map<string, Decision>} */
  const decisions = new Map();
  for (const [granted, grant] of grants) {
    const [first = '', ...path] = split(granted);
    const known = decisions.get(first);
    if (grant === false || (known !== undefined && !(known instanceof Map))) continue;
    if (grant === 'load') {
      decisions.set(first, known ?? new Map());
    } else if (path.length === 0) {
      decisions.set(first, isAttenuation(grant) ? grant : { write: grant === 'write' });
    } else if (!isAttenuation(grant)) {
      const tree = known ?? new Map();
      plant(tree, path, grant);
      decisions.set(first, tree);
    }
  }
  return decisions;
};

/** @type {WeakMap<ReadonlyMap<string, Grant | Attenuation>, Map<string, Decision>>} */
const decided = new WeakMap();

/**
 * @param {ReadonlyMap<string, Grant | Attenuation>} grants
 * @param {string} name
 * @param {(granted: string) => string[]} split
 * @returns {Decision}
 */
const decide = (grants, name, split) => {
  const decisions = decided.get(grants) ?? decideAll(grants, split);
  decided.set(grants, decisions);
  return decisions.get(name);
};

/** @param {string} granted */
const byDots = (granted) => granted.split('.');

/** @param {string} granted */
const byDotsBare = (granted) => byDots(bareBuiltin(granted));

/**
 * @param {PackagePolicy} policy
 * @param {string} name with or without `node:`
 * @returns {Decision}
 */
export const builtinDecision = ({ builtins }, name) =>
  builtins === 'any' ? { write: true } : decide(builtins, bareBuiltin(name), byDotsBare);

/**
 * @param {PackagePolicy} policy whose globals are not attenuated as a whole
 * @param {string} name
 * @returns {Decision}
 */
export const globalDecision = ({ globals }, name) => {
  if (globals === 'any') return { write: true };
  return isAttenuation(globals) ? undefined : decide(globals, name, byDots);
};

/**
 * @param {PackagePolicy} policy
 * @param {string} label canonical name of the other package
 */
export const mayUsePackage = ({ packages }, label) =>
  packages === 'any' || (packages.get(label) ?? false) !== false;
