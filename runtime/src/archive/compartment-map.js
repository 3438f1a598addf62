// The schema of compartment-map.json: Endo's schema and the extra keys of this project in module entries.
import { InvalidArchive } from '../base/errors.js';
import * as json from '../base/json-shape.js';
import { PARSERS } from './languages.js';
import { readPolicy } from '../policy/policy-format.js';

/** @import { Parser } from './languages.js' */
/** @import { Json } from '../base/json-shape.js' */
/** @import { PackagePolicy } from '../policy/policy-format.js' */

/**
 * @typedef {'import' | 'require'} RequestKind
 *
 * @typedef {object} FileModule
 * @property {'file'} kind
 * @property {string} location relative to the compartment's
 * @property {Parser} parser
 * @property {string} sha512
 * @property {boolean} isEntry whether the application may start at this module instead of the map's entry
 * @property {Record<RequestKind, ReadonlyMap<string, string>>} resolutions module keys by specifier, where path
 *   arithmetic gives another result
 *
 * @typedef {{ kind: 'link', compartment: string, module: string }} LinkModule
 * @typedef {{ kind: 'exit', exit: string }} ExitModule
 * @typedef {{ kind: 'error', message: string, code: string | undefined }} ErrorModule
 * @typedef {FileModule | LinkModule | ExitModule | ErrorModule} ModuleConfiguration
 *
 * @typedef {object} CompartmentDescriptor
 * @property {string} name of the package
 * @property {string} label canonical name of the package
 * @property {string} location
 * @property {Map<string, ModuleConfiguration>} modules
 * @property {PackagePolicy | undefined} policy
 *
 * @typedef {object} CompartmentMap
 * @property {string} root compartment of the application
 * @property {{ compartment: string, module: string }} entry where the process starts; a thread starts elsewhere
 * @property {ReadonlyMap<string, CompartmentDescriptor>} compartments
 */

export const MAP_NAME = 'compartment-map.json';

// Keys that determine the kind of a module. An entry of two kinds would be ambiguous: a runtime and an inspector
// could read different modules.
const KINDS = ['compartment', 'exit', 'deferredError', 'parser'];

/**
 * @param {Json} input
 * @returns {Parser}
 */
const asParser = (input) => {
  const parser = json.asString(input);
  if (PARSERS.includes(parser)) return /** @type {Parser} */ (parser);
  throw new InvalidArchive(
    `${input.path}: unknown parser ${JSON.stringify(parser)}; known parsers: ${PARSERS.join(', ')}`,
  );
};

/**
 * @param {Json} input
 * @returns {string}
 */
const asLocation = (input) => {
  const location = json.asString(input);
  const plain = !/[\\\0]/.test(location);
  if (plain && location.split('/').every((part) => !['', '.', '..'].includes(part)))
    return location;
  throw new InvalidArchive(
    `${input.path}: ${JSON.stringify(location)} is not a plain relative path`,
  );
};

/**
 * @param {Json} input
 * @returns {string} the name of a package, or the names of packages on the way to it; empty if it has none
 */
const asPackageName = (input) => {
  const name = json.asString(input);
  const isPlain = !/[\\\0]/.test(name);
  if (isPlain && name.split(/[>/]/).every((part) => !['.', '..'].includes(part)) && name[0] !== '/')
    return name;
  throw new InvalidArchive(`${input.path}: ${JSON.stringify(name)} is not the name of a package`);
};

/**
 * @param {Json} input
 * @returns {string}
 */
const asSha512 = (input) => {
  if (input.value === undefined) {
    throw new InvalidArchive(
      `${input.path}: is missing; every module must have a hash`,
      "bundle the archive again; Endo's makeArchive writes hashes if its read powers have computeSha512",
    );
  }
  const hash = json.asString(input);
  return /^[0-9a-f]{128}$/.test(hash)
    ? hash
    : json.complain(input, '128 lowercase hexadecimal digits');
};

/** @type {FileModule['resolutions']} */
const NO_RESOLUTIONS = Object.freeze({ import: new Map(), require: new Map() });

/**
 * @param {Json | undefined} input
 * @returns {FileModule['resolutions']}
 */
const asResolutions = (input) => {
  if (input === undefined) return NO_RESOLUTIONS;
  const kinds = json.asObject(input);
  kinds.only(['import', 'require']);
  /** @param {RequestKind} kind */
  const table = (kind) => {
    const found = kinds.get(kind);
    return found === undefined ? NO_RESOLUTIONS[kind] : json.asMapOf(found, json.asString);
  };
  return { import: table('import'), require: table('require') };
};

/**
 * @param {Json} input
 * @param {boolean} hashed
 * @returns {ModuleConfiguration}
 */
const asModule = (input, hashed) => {
  const members = json.asObject(input);
  /** @param {string} key */
  const string = (key) => json.asString(members.need(key));
  const kinds = KINDS.filter((key) => members.has(key));
  if (kinds.length > 1)
    throw new InvalidArchive(`${input.path}: must not have both ${kinds.join(' and ')}`);
  if (members.has('compartment')) {
    return { kind: 'link', compartment: string('compartment'), module: string('module') };
  }
  if (members.has('exit')) return { kind: 'exit', exit: string('exit') };
  if (members.has('deferredError')) {
    const code = members.has('code') ? string('code') : undefined;
    return { kind: 'error', message: string('deferredError'), code };
  }
  const location = asLocation(members.need('location'));
  const parser = asParser(members.need('parser'));
  if (parser === 'json' && /\.[cm]?js$/.test(location)) {
    throw new InvalidArchive(`${input.path}: declares the code of ${location} to be JSON`);
  }
  return {
    kind: 'file',
    location,
    parser,
    sha512: hashed
      ? asSha512(members.get('sha512') ?? json.memberAt(input, 'sha512', undefined))
      : '',
    isEntry: members.has('entry') && json.asBoolean(members.need('entry')),
    resolutions: asResolutions(members.get('resolutions')),
  };
};

/**
 * @param {Json} input
 * @param {boolean} hashed
 * @returns {CompartmentDescriptor}
 */
const asCompartment = (input, hashed) => {
  const members = json.asObject(input);
  members.only(['name', 'label', 'location', 'modules', 'policy']);
  const policy = members.get('policy');
  return {
    name: asPackageName(members.need('name')),
    label: asPackageName(members.need('label')),
    location: asLocation(members.need('location')),
    modules: json.asMapOf(members.need('modules'), (found) => asModule(found, hashed)),
    policy: policy === undefined ? undefined : readPolicy(policy),
  };
};

/**
 * Follows all links to their targets and rejects dangling links and cycles.
 *
 * @param {CompartmentMap} map
 * @param {Iterable<string>} [names] of the compartments whose links are followed
 */
export const checkLinks = (map, names = map.compartments.keys()) => {
  /** @type {Set<ModuleConfiguration>} */
  const sound = new Set();
  /**
   * @param {string} compartment
   * @param {string} module
   */
  const find = (compartment, module) => map.compartments.get(compartment)?.modules.get(module);

  for (const name of names) {
    for (const [key, start] of map.compartments.get(name)?.modules ?? []) {
      /** @type {Set<ModuleConfiguration>} */
      const way = new Set();
      let at = start;
      while (at.kind === 'link' && !sound.has(at)) {
        const place = `compartments[${JSON.stringify(name)}].modules[${JSON.stringify(key)}]`;
        if (way.has(at)) throw new InvalidArchive(`${place}: the links form a cycle`);
        way.add(at);
        const next = find(at.compartment, at.module);
        if (next === undefined) {
          const target = `${JSON.stringify(at.module)} of compartment ${JSON.stringify(at.compartment)}`;
          throw new InvalidArchive(`${place}: links to ${target}, which is not in the map`);
        }
        at = next;
      }
      for (const link of way) sound.add(link);
    }
  }
};

/**
 * @param {Json} input
 * @param {boolean} hashed
 * @returns {Map<string, CompartmentDescriptor>}
 */
export const asCompartments = (input, hashed) => {
  const compartments = json.asMapOf(input, (found) => asCompartment(found, hashed));
  for (const [name, { location }] of compartments) {
    if (name !== location) {
      throw new InvalidArchive(
        `${MAP_NAME}: compartment ${JSON.stringify(name)} has another location`,
      );
    }
  }
  return compartments;
};

/** The label of the application's own package. */
const ROOT = '$root$';

/**
 * @param {Json} input compartment-map.json
 * @param {{ hashed?: boolean }} [options] `hashed`: whether each file needs a hash; the files of a script don't,
 *   because the script is one source
 * @returns {CompartmentMap}
 */
export const parseCompartmentMap = (input, { hashed = true } = {}) => {
  const members = json.asObject(input);
  members.only(['tags', 'entry', 'compartments']);
  const tags = members.get('tags');
  if (tags !== undefined) json.asStrings(tags);
  const compartments = asCompartments(members.need('compartments'), hashed);
  const entryInput = members.need('entry');
  const entryMembers = json.asObject(entryInput);
  entryMembers.only(['compartment', 'module']);
  const entry = {
    compartment: json.asString(entryMembers.need('compartment')),
    module: json.asString(entryMembers.need('module')),
  };
  if (compartments.get(entry.compartment)?.modules.get(entry.module) === undefined) {
    throw new InvalidArchive(`${MAP_NAME}.entry: names a module that is not in the map`);
  }
  // A tool that is installed in an application starts in its own compartment.
  const root = [...compartments].find(([, { label }]) => label === ROOT)?.[0];
  const map = { root: root ?? entry.compartment, entry, compartments };
  checkLinks(map);
  return map;
};

/**
 * @param {CompartmentMap} map
 * @param {string} name of a file of the application
 * @returns {CompartmentMap | undefined} the map with that file as its entry; undefined: the file is no entry
 */
export const beginningAt = (map, name) => {
  const { compartment, module: first } = map.entry;
  for (const [key, module] of map.compartments.get(compartment)?.modules ?? []) {
    if (module.kind !== 'file' || module.location !== name) continue;
    if (key !== first && !module.isEntry) continue;
    return { ...map, entry: { compartment, module: key } };
  }
  return undefined;
};

/**
 * @param {CompartmentMap} map
 * @returns {Map<string, { path: string, sha512: string }>} the files that the map lists, by name
 */
export const filesOf = (map) => {
  const files = new Map();
  for (const [name, { modules }] of map.compartments) {
    for (const [key, module] of modules) {
      if (module.kind !== 'file') continue;
      const path = `compartments[${JSON.stringify(name)}].modules[${JSON.stringify(key)}]`;
      const file = `${name}/${module.location}`;
      const known = files.get(file);
      if (known !== undefined && known.sha512 !== module.sha512) {
        throw new InvalidArchive(`${path}: ${file} has two hashes`);
      }
      files.set(file, { path, sha512: module.sha512 });
    }
  }
  return files;
};
