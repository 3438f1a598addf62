// The modules of the shims in an archive, parsed and linked before any of them runs.
import { InvalidArchive } from '../base/errors.js';
import * as json from '../base/json-shape.js';
import { REQUIRE_SUFFIXES, dirnameOf, filenameOf, resolveKey } from '../base/locations.js';
import { parseCjsSource, parseEsmSource } from '../archive/module-source.js';

/** @import { CompartmentDescriptor, CompartmentMap, FileModule, RequestKind } from '../archive/compartment-map.js' */
/** @import { CjsSource, EsmSource } from '../archive/module-source.js' */
/** @import { StoredFiles } from '../archive/stored-files.js' */
/** @import { ShimGrant } from '../policy/policy-format.js' */

/**
 * @typedef {object} ShimModule
 * @property {string} compartment
 * @property {string} key
 * @property {string} file for messages: `PACKAGE/LOCATION`
 * @property {string} filename as the module sees it
 * @property {string} dirname
 * @property {EsmSource | CjsSource | { kind: 'json', value: unknown }} source
 * @property {Map<string, ShimModule | undefined>} targets by specifier; undefined: none that a shim can load
 *
 * @typedef {object} Shim
 * @property {string} label canonical name of its package
 * @property {string} path in the package
 * @property {ShimGrant} grant
 * @property {ShimModule} module
 */

/**
 * @param {CompartmentDescriptor} descriptor
 * @param {FileModule} module
 * @param {string} key
 * @param {RequestKind} kind
 * @param {string} specifier
 * @returns {string[]} keys to try
 */
const candidates = (descriptor, module, key, kind, specifier) => {
  const listed = module.resolutions[kind].get(specifier);
  if (listed !== undefined) return [listed];
  const arithmetic = resolveKey(specifier, key);
  const keys = arithmetic === undefined ? [specifier] : [specifier, arithmetic];
  return keys.flatMap((each) => REQUIRE_SUFFIXES.map((suffix) => `${each}${suffix}`));
};

/**
 * @param {CompartmentMap} map
 * @param {StoredFiles} files
 */
const makeLoader = (map, files) => {
  /** @type {Map<string, ShimModule>} */
  const known = new Map();

  /**
   * Follows links without a look at policies: all modules of a shim are one domain.
   *
   * @param {string} compartment
   * @param {string} key
   * @returns {{ descriptor: CompartmentDescriptor, key: string, module: FileModule } | undefined}
   */
  const follow = (compartment, key) => {
    const descriptor = map.compartments.get(compartment);
    const module = descriptor?.modules.get(key);
    if (descriptor === undefined || module === undefined) return undefined;
    if (module.kind === 'link') return follow(module.compartment, module.module);
    return module.kind === 'file' ? { descriptor, key, module } : undefined;
  };

  /**
   * @param {string} compartment
   * @param {string} start
   * @returns {ShimModule | undefined}
   */
  const load = (compartment, start) => {
    const found = follow(compartment, start);
    if (found === undefined) return undefined;
    const { descriptor, key, module } = found;
    const { location: folder, label } = descriptor;
    const path = `${folder}/${module.location}`;
    const loaded = known.get(`${folder}\0${key}`);
    if (loaded !== undefined) return loaded;
    const filename = filenameOf(folder, `./${module.location}`);
    const source = sourceOf(module, path);
    if (source === undefined) return undefined;
    /** @type {ShimModule} */
    const own = {
      ...{ compartment: folder, key, filename, dirname: dirnameOf(filename), source },
      ...{ file: `${label}/${module.location}`, targets: new Map() },
    };
    known.set(`${folder}\0${key}`, own);
    for (const [kind, specifier] of requestsOf(module, source, path)) {
      const targets = candidates(descriptor, module, key, kind, specifier);
      const target = targets.map((each) => load(folder, each)).find((each) => each !== undefined);
      own.targets.set(specifier, target);
    }
    return own;
  };

  /**
   * @param {FileModule} module
   * @param {string} path
   * @returns {ShimModule['source'] | undefined}
   */
  const sourceOf = ({ parser }, path) => {
    if (parser === 'pre-mjs-json') {
      const source = parseEsmSource(files.jsonOf(path));
      if (!source.async) return source;
      throw new InvalidArchive(
        `the shim ${path} awaits at its top level, and nothing can run then`,
      );
    }
    if (parser === 'pre-cjs-json') return parseCjsSource(files.jsonOf(path));
    if (parser !== 'json') return undefined;
    return { kind: 'json', value: json.parseJson(files.textOf(path), path).value };
  };

  /**
   * @param {FileModule} module
   * @param {ShimModule['source']} source
   * @param {string} path
   * @returns {Array<[RequestKind, string]>}
   */
  const requestsOf = ({ resolutions }, source, path) => {
    if (source.kind === 'json') return [];
    const kind = source.kind === 'esm' ? 'import' : 'require';
    const specifiers =
      source.kind === 'esm'
        ? source.requests
        : json.asStrings(json.asObject(files.jsonOf(path)).need('imports'));
    return [...new Set([...resolutions[kind].keys(), ...specifiers])].map((each) => [kind, each]);
  };

  return load;
};

/**
 * @param {CompartmentMap} map
 * @param {StoredFiles} files
 * @returns {Shim[]} in the order in which they run: by package, then by path
 * @throws {InvalidArchive}
 */
export const shimsOf = (map, files) => {
  const load = makeLoader(map, files);
  /** @type {Shim[]} */
  const found = [];
  for (const [name, { label, policy, modules }] of map.compartments) {
    for (const [path, grant] of policy?.shims ?? []) {
      const [key] =
        [...modules].find(([, each]) => each.kind === 'file' && each.location === path) ?? [];
      const module = key === undefined ? undefined : load(name, key);
      if (module === undefined)
        throw new InvalidArchive(`it has no shim ${JSON.stringify(`${label}/${path}`)}`);
      found.push({ label, path, grant, module });
    }
  }
  const order = (/** @type {Shim} */ { label, path }) => `${label}\0${path}`;
  return found.sort((one, other) => (order(one) < order(other) ? -1 : 1));
};

/**
 * @param {CompartmentMap} map of an application in a realm that is locked down already
 * @param {string} hint
 * @throws {InvalidArchive} if it has shims
 */
export const refuseShims = (map, hint) => {
  for (const { policy, label } of map.compartments.values())
    for (const path of policy?.shims.keys() ?? [])
      throw new InvalidArchive(
        `the shim '${label}/${path}' must run before the lockdown, and this realm is locked down`,
        hint,
      );
};
