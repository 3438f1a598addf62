// Module resolution: the archive's tables first, then path arithmetic. Only modules in the compartment map are found,
// and the policy of a package decides every step to another package.
import {
  accessDenied,
  quietly,
  codedError,
  dataNotPacked,
  codedTypeError,
  importNotFound,
  notInPages,
  requireNotFound,
  unsupportedScheme,
} from '../base/errors.js';
import { WITHOUT_POWER } from '../base/authority.js';
import {
  REQUIRE_SUFFIXES,
  filenameOf,
  filenameOfUrl,
  isRelative,
  resolveKey,
} from '../base/locations.js';
import { bareBuiltin, builtinDecision, mayUsePackage, scopesOf } from '../policy/policy.js';

/** @import { FileModule, RequestKind } from '../archive/compartment-map.js' */
/** @import { FileTarget, Package, Target, Application } from '../protocols/package.js' */

/**
 * @typedef {object} Request
 * @property {Package} pkg
 * @property {string} key of the requesting module
 * @property {RequestKind} kind
 * @property {string} specifier
 * @property {string | undefined} [type] of the import
 * @property {boolean} [isKnown] whether only modules that the application has are found
 */

/**
 * @param {Package} pkg
 * @param {string} name
 * @returns {Target}
 */
const builtinTarget = (pkg, name) => {
  const bare = bareBuiltin(name);
  if (pkg.application.powers.page) return { kind: 'error', error: notInPages(bare) };
  const { builtins } = pkg.policy;
  const hasForm =
    WITHOUT_POWER.includes(bare) && !(builtins instanceof Map && builtins.get(bare) === false);
  const decision = builtinDecision(pkg.policy, bare);
  const hasScope = scopesOf(pkg.policy, 'builtins', bare).size > 0;
  if (decision === undefined && !hasScope && !hasForm && pkg.application.audit === undefined) {
    return { kind: 'error', error: accessDenied(pkg.label, 'builtin', bare) };
  }
  return { kind: 'builtin', pkg, name };
};

/**
 * @param {RequestKind} kind
 * @param {string} message
 * @param {string | undefined} code
 */
const deferredError = (kind, message, code) => {
  const usual = kind === 'require' ? 'MODULE_NOT_FOUND' : 'ERR_MODULE_NOT_FOUND';
  // Node throws TypeErrors for import attributes.
  const make = code?.startsWith('ERR_IMPORT_ATTRIBUTE_') ? codedTypeError : codedError;
  const error = make(code ?? usual, message);
  return error.code === 'MODULE_NOT_FOUND' ? Object.assign(error, { requireStack: [] }) : error;
};

/**
 * Follows the links of the compartment map from a key to its target.
 *
 * @param {Package} from
 * @param {string} start
 * @param {RequestKind} kind
 * @returns {Target | undefined}
 */
export const followKey = (from, start, kind) => {
  let pkg = from;
  let key = start;
  for (;;) {
    const module = pkg.descriptor.modules.get(key);
    if (module === undefined) return undefined;
    if (module.kind === 'file') return { kind: 'file', pkg, key, module };
    if (module.kind === 'exit') return builtinTarget(pkg, module.exit);
    if (module.kind === 'error') {
      return { kind: 'error', error: deferredError(kind, module.message, module.code) };
    }
    const next = pkg.application.packageOf(module.compartment);
    if (next !== pkg && !mayUsePackage(pkg.policy, next.label)) {
      const error = accessDenied(pkg.label, 'package', next.label);
      return { kind: 'error', error, denied: { label: pkg.label, name: next.label } };
    }
    pkg = next;
    key = module.module;
  }
};

const AS = /#as=(?:bytes|text)$/;

/**
 * @param {Package} pkg
 * @param {FileModule} module
 * @returns {string} the location of its file as packages see it, regardless of how it is loaded
 */
const filenameOfModule = (pkg, { location }) =>
  filenameOf(pkg.name, `./${location.replace(AS, '')}`);

/**
 * @param {Package} pkg
 * @returns {Map<string, string>} keys by the filenames of their targets
 */
const keysByFilename = (pkg) => {
  if (pkg.keys.size > 0) return pkg.keys;
  for (const [key, module] of pkg.descriptor.modules) {
    if (module.kind !== 'file') continue;
    const filename = filenameOfModule(pkg, module);
    if (!AS.test(key) || !pkg.keys.has(filename)) pkg.keys.set(filename, key);
  }
  for (const [key, module] of pkg.descriptor.modules) {
    const target =
      module.kind === 'link' ? quietly(() => followKey(pkg, key, 'require')) : undefined;
    if (target?.kind !== 'file') continue;
    const filename = filenameOfTarget(target);
    if (!pkg.keys.has(filename)) pkg.keys.set(filename, key);
  }
  return pkg.keys;
};

/**
 * @param {Package} pkg
 * @param {string} filename
 * @returns {string | undefined}
 */
export const keyOfFilename = (pkg, filename) => keysByFilename(pkg).get(filename);

/**
 * Maps a path in the working directory into the application: a search for a configuration file there finds the
 * bundled file of the application.
 *
 * @param {Package} pkg
 * @param {string} path absolute
 * @returns {string[]}
 */
const inApplication = ({ application: { map, powers, more } }, path) => {
  if (more !== undefined) return [];
  const folder = /** @type {any} */ (powers.globals['process'])?.cwd?.();
  const isBelow = typeof folder === 'string' && path.startsWith(`${folder}/`);
  // For a package without a grant for `cwd`, that folder is the root.
  return [`/${map.root}${isBelow ? path.slice(folder.length) : path}`];
};

/**
 * @param {Request} request
 * @returns {boolean} whether the archive has the target: a file as bytes is what an import with that type requests
 */
const isListed = ({ pkg, key, kind, specifier }) => {
  const own = pkg.descriptor.modules.get(key);
  return own?.kind === 'file' && kind === 'import' && own.resolutions[kind].has(specifier);
};

/**
 * @param {Request} request
 * @returns {string[]} keys to try, most likely first
 */
const candidates = ({ pkg, key, kind, specifier }) => {
  const own = pkg.descriptor.modules.get(key);
  const table = own?.kind === 'file' ? own.resolutions[kind].get(specifier) : undefined;
  if (table !== undefined) return [table];
  const suffixes = kind === 'require' ? REQUIRE_SUFFIXES : [''];
  const absolute = specifier.startsWith('/') ? specifier : filenameOfUrl(specifier);
  if (absolute !== undefined) {
    if (kind === 'require' && absolute !== specifier) return [];
    return [absolute, ...inApplication(pkg, absolute)]
      .flatMap((path) => suffixes.map((suffix) => keyOfFilename(pkg, `${path}${suffix}`)))
      .filter((found) => found !== undefined);
  }
  const path =
    kind === 'import' && isRelative(specifier) ? specifier.replace(/[?#].*$/, '') : specifier;
  const arithmetic = resolveKey(path, key);
  if (arithmetic === undefined) return [];
  const other = specifier.startsWith('node:') ? bareBuiltin(specifier) : `node:${specifier}`;
  const read = kind === 'require' || path.endsWith('.json') ? [`${arithmetic}#as=bytes`] : [];
  const keys = isRelative(specifier) ? [arithmetic, ...read] : [specifier, arithmetic];
  return [...keys.flatMap((found) => suffixes.map((suffix) => `${found}${suffix}`)), other];
};

/**
 * @param {Request} request
 * @returns {Error}
 */
const notFound = ({ pkg, key, kind, specifier }) => {
  if (kind === 'import' && /^data:/i.test(specifier)) return dataNotPacked();
  if (kind === 'require') return requireNotFound(specifier);
  const scheme = /^([a-z][a-z\d+.-]*:)/i.exec(specifier)?.[1];
  if (scheme === 'node:') {
    return codedError('ERR_UNKNOWN_BUILTIN_MODULE', `No such built-in module: ${specifier}`);
  }
  if (scheme !== undefined && scheme !== 'file:') return unsupportedScheme(scheme);
  return importNotFound(specifier, filenameOf(pkg.name, key));
};

/**
 * @param {Request} request
 * @returns {Target} an error target if nothing is found or the policy denies it
 */
export const resolveRequest = (request) => {
  const { pkg, key, kind, specifier } = request;
  const targets = pkg.targets[kind];
  const ofModule = targets.get(key) ?? new Map();
  const known = ofModule.get(specifier);
  if (known !== undefined) return known;
  const target = withSuffix(findTarget(request), request);
  if (target.kind === 'error') return target; // each error has its own stack
  targets.set(key, ofModule.set(specifier, target));
  return target;
};

/**
 * @param {Target} target
 * @param {Request} request
 * @returns {Target}
 */
const withSuffix = (target, { kind, specifier }) => {
  const isUrl = kind === 'import' && (isRelative(specifier) || /^(?:\/|file:)/i.test(specifier));
  const suffix = isUrl && target.kind === 'file' ? /[?#].*$/.exec(specifier)?.[0] : undefined;
  return suffix === undefined ? target : { .../** @type {FileTarget} */ (target), suffix };
};

/**
 * A module request for a file that was bundled as bytes: JSON becomes a separate module.
 *
 * @param {FileTarget} target
 * @returns {FileTarget | undefined}
 */
const asProgram = ({ kind, pkg, key, module }) => {
  if (!key.replace(AS, '').endsWith('.json')) return undefined;
  const own = key.replace(AS, '#as=json');
  const { modules } = pkg.descriptor;
  const known = modules.get(own);
  const json =
    known?.kind === 'file' ? known : { ...module, parser: /** @type {const} */ ('json') };
  modules.set(own, json);
  return { kind, pkg, key: own, module: json };
};

/**
 * @param {Request} request
 * @param {string} key
 * @returns {Target | undefined} without a report of the denial of a link, which the parent may still allow
 */
const followQuietly = ({ pkg, kind }, key) => {
  const found = quietly(() => followKey(pkg, key, kind));
  const isDecided = found?.kind !== 'error' || found.denied !== undefined;
  return isDecided ? found : followKey(pkg, key, kind);
};

/**
 * @param {Request} request
 * @returns {Target}
 */
const findTarget = (request) => {
  const { pkg, kind, specifier } = request;
  const { more } = pkg.application;
  // A module that was added may need a link that the first modules of its package did not: the parent decides.
  const asks = more !== undefined && request.isKnown !== true;
  const isElsewhere = more !== undefined && request.key.startsWith('/'); // of createRequire
  for (const key of isElsewhere ? [] : candidates(request)) {
    const found = asks ? followQuietly(request, key) : followKey(pkg, key, kind);
    const isRead = AS.test(key) && found?.kind === 'file' && !isListed(request);
    const target = isRead ? asProgram(found) : found;
    if (target === undefined) continue;
    const denied = target.kind === 'error' ? target.denied : undefined;
    if (denied !== undefined && asks) return more.find(request) ?? target;
    if (denied !== undefined) pkg.application.audit?.record(denied.label, 'packages', denied.name);
    return target;
  }
  if (pkg.application.powers.isBuiltin(specifier)) return builtinTarget(pkg, specifier);
  const isUrl = kind === 'import' && (isRelative(specifier) || /^(?:\/|file:)/i.test(specifier));
  const plain = isUrl ? specifier.replace(/[?#].*$/, '') : specifier;
  const added = request.isKnown ? undefined : more?.find({ ...request, specifier: plain });
  if (added !== undefined) return added;
  return { kind: 'error', error: notFound(request) };
};

/**
 * @param {{ map: import('../archive/compartment-map.js').CompartmentMap }} application
 * @returns {string | undefined} the virtual location of the application's entry module
 */
export const entryFilename = ({ map: { entry, compartments } }) => {
  const module = compartments.get(entry.compartment)?.modules.get(entry.module);
  return module?.kind === 'file'
    ? filenameOf(entry.compartment, `./${module.location}`)
    : undefined;
};

/**
 * @param {Application} application
 * @param {string} path absolute
 * @returns {string | undefined} the compartment whose folder contains the path
 */
export const ownerOfPath = ({ map: { compartments } }, path) =>
  [...compartments.keys()]
    .filter((name) => path.startsWith(`/${name}/`))
    .sort((one, other) => other.length - one.length)[0];

/**
 * @param {Application} application
 * @param {string} path absolute
 * @returns {string | undefined} the location of the module that `require` would find there, without checking the policy
 */
export const moduleAt = (application, path) => {
  const owner = ownerOfPath(application, path);
  if (owner === undefined) return undefined;
  const files = keysByFilename(application.packageOf(owner));
  return REQUIRE_SUFFIXES.map((suffix) => `${path}${suffix}`).find((place) => files.has(place));
};

/**
 * Replaces the script in `process.argv`, because programs compare it with the virtual location of their entry module.
 *
 * @param {Application} application
 * @param {string[]} argv of the host
 * @returns {string[]} the arguments with the virtual name of the program
 */
export const argumentsOf = (application, [node = '', name, ...rest]) =>
  name === undefined
    ? [node]
    : [node, (application.isProgram && entryFilename(application)) || name, ...rest];

/** @param {FileTarget} target */
export const filenameOfTarget = ({ pkg, module }) => filenameOfModule(pkg, module);

/**
 * @param {Package} pkg
 * @param {string} specifier that begins with the name of a package
 * @returns {string | undefined} the compartment of the package, found by the specifier or by another file of the
 *   package
 */
export const linkedPackage = (pkg, specifier) => {
  const depth = specifier.startsWith('@') ? 2 : 1;
  const name = specifier.split('/').slice(0, depth).join('/');
  const { compartments } = pkg.application.map;
  if (compartments.get(pkg.name)?.name === name) return pkg.name;
  const direct = quietly(() => followKey(pkg, specifier, 'import'));
  if (direct?.kind === 'file') return direct.pkg.name;
  for (const module of pkg.descriptor.modules.values())
    if (module.kind === 'link' && compartments.get(module.compartment)?.name === name)
      return module.compartment;
  return undefined;
};
