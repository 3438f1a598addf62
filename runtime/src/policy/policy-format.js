// The policy of a compartment in the map: Endo's PackagePolicy, with names that may be paths.
import limits from '../../../compartment_mapper/limits.json' with { type: 'json' };
import { InvalidArchive } from '../base/errors.js';
import * as json from '../base/json-shape.js';
import { NO_SCOPES, readScopes } from './scopes.js';

/** @import { Json } from '../base/json-shape.js' */
/** @import { Scopes } from './scopes.js' */

/**
 * @typedef {object} Attenuation
 * @property {string | undefined} attenuate specifier of the attenuator; undefined: the default of the policy
 * @property {unknown[]} params
 *
 * @typedef {boolean | 'write' | 'load'} Grant 'load': a builtin can be loaded, but is empty
 *
 * @typedef {object} PackagePolicy
 * @property {'any' | ReadonlyMap<string, Grant>} packages
 * @property {string} [denied] label of the package that `any` does not grant: the application
 * @property {'any' | Attenuation | ReadonlyMap<string, Grant>} globals
 * @property {'any' | ReadonlyMap<string, Grant | Attenuation>} builtins
 * @property {string | undefined} defaultAttenuator
 * @property {{ globals: Scopes, builtins: Scopes }} scopes grants that are restricted to hosts, files or programs
 * @property {ReadonlyMap<string, string>} native hashes of the native addons that the package may load, by path
 * @property {ReadonlyMap<string, ShimGrant>} shims modules that run before the lockdown, by path
 * @property {boolean | 'code'} harden which exports of the package other packages can't change
 */

/**
 * @typedef {object} ShimGrant
 * @property {string} integrity of the source of the shim and of all modules that it loads
 * @property {ReadonlyMap<string, string[]>} adds the properties that it may add, by the object that gets them
 * @property {ReadonlyMap<string, string[]>} restored the properties that it may replace; they are put back
 */

/** @type {PackagePolicy} */
export const NO_POLICY = {
  packages: new Map(),
  globals: new Map(),
  builtins: new Map(),
  scopes: NO_SCOPES,
  defaultAttenuator: undefined,
  native: new Map(),
  shims: new Map(),
  harden: false,
};

/** @type {PackagePolicy} */
export const ALL_POLICY = {
  packages: 'any',
  globals: 'any',
  builtins: 'any',
  scopes: NO_SCOPES,
  defaultAttenuator: undefined,
  native: new Map(),
  shims: new Map(),
  harden: false,
};

/**
 * @param {unknown} value
 * @returns {value is Attenuation}
 */
export const isAttenuation = (value) =>
  typeof value === 'object' && value !== null && 'params' in value && 'attenuate' in value;

/**
 * @param {Json} input
 * @returns {Grant}
 */
const asGrant = (input) => (input.value === 'write' ? 'write' : json.asBoolean(input));

/**
 * Limits the nesting of values without a schema, so that no reader exhausts its stack.
 *
 * @param {Json | undefined} input
 */
const checkDepth = (input) => {
  if (input !== undefined && isDeeper(input.value, limits.depth))
    throw new InvalidArchive(`${input.path}: is nested too deeply`);
};

/**
 * @param {unknown} value
 * @param {number} depth
 * @returns {boolean}
 */
const isDeeper = (value, depth) =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).some((member) => depth === 0 || isDeeper(member, depth - 1));

/**
 * @param {Json} input
 * @returns {Attenuation | undefined}
 */
const asAttenuation = (input) => {
  const { value } = input;
  if (Array.isArray(value)) {
    checkDepth(input);
    return { attenuate: undefined, params: value };
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'attenuate'))
    return undefined;
  const members = json.asObject(input);
  members.only(['attenuate', 'params']);
  const params = members.get('params');
  checkDepth(params);
  return {
    attenuate: json.asString(members.need('attenuate')),
    params: params === undefined ? [] : json.asListOf(params, (param) => param.value),
  };
};

/**
 * @param {Json | undefined} input
 * @returns {'any' | ReadonlyMap<string, Grant>}
 */
const asGrants = (input) => {
  if (input === undefined) return new Map();
  return input.value === 'any' ? 'any' : json.asMapOf(input, asGrant);
};

/**
 * @param {Json | undefined} input
 * @returns {PackagePolicy['packages']}
 */
const asPackages = (input) => {
  if (input === undefined) return new Map();
  return input.value === 'any' ? 'any' : json.asMapOf(input, json.asBoolean);
};

/**
 * @param {Json | undefined} input
 * @returns {PackagePolicy['builtins']}
 */
const asBuiltins = (input) => {
  if (input === undefined) return new Map();
  if (input.value === 'any') return 'any';
  return json.asMapOf(input, (member) => asAttenuation(member) ?? json.asBoolean(member));
};

/**
 * Endo's reader rejects 'write' and ignores `options`, so archives list assignable globals in `options`.
 *
 * @param {PackagePolicy['globals']} globals
 * @param {Json | undefined} options
 * @returns {PackagePolicy['globals']}
 */
const withWrites = (globals, options) => {
  if (!(globals instanceof Map) || options === undefined) return globals;
  if (typeof options.value !== 'object' || options.value === null) return globals;
  const writes = json.asObject(options).get('writes');
  if (writes === undefined) return globals;
  const granted = json.asStrings(writes).filter((name) => globals.get(name) === true);
  return new Map([...globals, ...granted.map((name) => /** @type {const} */ ([name, 'write']))]);
};

/**
 * @param {PackagePolicy['builtins']} builtins
 * @param {Json | undefined} options list the builtins that can be loaded, but are empty
 * @returns {PackagePolicy['builtins']}
 */
const withLoads = (builtins, options) => {
  if (builtins === 'any' || options === undefined) return builtins;
  if (typeof options.value !== 'object' || options.value === null) return builtins;
  const loads = json.asObject(options).get('loads');
  if (loads === undefined) return builtins;
  const named = json.asStrings(loads).map((name) => /** @type {const} */ ([name, 'load']));
  return new Map([...named, ...builtins]);
};

/**
 * @param {Json | undefined} options contain the hardening of exports
 * @returns {PackagePolicy['harden']}
 */
const asHarden = (options) => {
  if (options === undefined || typeof options.value !== 'object' || options.value === null)
    return false;
  const harden = json.asObject(options).get('harden');
  if (harden === undefined) return false;
  return harden.value === 'code' ? 'code' : json.asBoolean(harden);
};

/**
 * @param {Json | undefined} options list the native addons
 * @returns {PackagePolicy['native']}
 */
const asNative = (options) => {
  if (options === undefined || typeof options.value !== 'object' || options.value === null)
    return new Map();
  const native = json.asObject(options).get('native');
  return native === undefined ? new Map() : json.asMapOf(native, asIntegrity);
};

/**
 * @param {Json} input
 * @returns {ShimGrant}
 */
const asShim = (input) => {
  const members = json.asObject(input);
  members.only(['integrity', 'adds', 'restored']);
  const restored = members.get('restored');
  return {
    integrity: asIntegrity(members.need('integrity')),
    adds: json.asMapOf(members.need('adds'), json.asStrings),
    restored: restored === undefined ? new Map() : json.asMapOf(restored, json.asStrings),
  };
};

/**
 * @param {Json | undefined} options list the shims
 * @returns {PackagePolicy['shims']}
 */
const asShims = (options) => {
  if (options === undefined || typeof options.value !== 'object' || options.value === null)
    return new Map();
  const shims = json.asObject(options).get('shims');
  return shims === undefined ? new Map() : json.asMapOf(shims, asShim);
};

/**
 * @param {Json} input
 * @returns {string}
 */
const asIntegrity = (input) => {
  const integrity = json.asString(input);
  if (/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity)) return integrity;
  throw new InvalidArchive(`${input.path}: must be "sha512-" and a hash in Base64`);
};

/**
 * @param {Json} input
 * @returns {PackagePolicy}
 */
export const readPolicy = (input) => {
  const members = json.asObject(input);
  members.only([
    'packages',
    'globals',
    'builtins',
    'noGlobalFreeze',
    'defaultAttenuator',
    'options',
  ]);
  const freezes = members.get('noGlobalFreeze');
  if (freezes !== undefined) json.asBoolean(freezes);
  checkDepth(members.get('options'));
  const globals = members.get('globals');
  const attenuator = members.get('defaultAttenuator');
  if (attenuator !== undefined && attenuator.value === '') {
    throw new InvalidArchive(`${attenuator.path}: is empty`);
  }
  const options = members.get('options');
  const parts = {
    globals: withWrites((globals && asAttenuation(globals)) ?? asGrants(globals), options),
    builtins: withLoads(asBuiltins(members.get('builtins')), options),
  };
  return {
    packages: asPackages(members.get('packages')),
    ...parts,
    scopes: readScopes(options, (part, path) => {
      const grants = parts[part];
      return !(grants instanceof Map) || grants.has(path) || grants.has(`node:${path}`);
    }),
    defaultAttenuator: attenuator === undefined ? undefined : json.asString(attenuator),
    native: asNative(options),
    shims: asShims(options),
    harden: asHarden(members.get('options')),
  };
};
