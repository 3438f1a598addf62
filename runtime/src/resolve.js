// Where a request leads: the archive's tables first, then path arithmetic. Nothing is searched for
// outside of what the map holds, and every step out of a package asks its policy.
import {
  accessDenied,
  quietly,
  codedError,
  codedTypeError,
  importNotFound,
  notInPages,
  requireNotFound,
  unsupportedScheme,
} from './errors.js';
import { filenameOf, filenameOfUrl, isRelative, resolveKey } from './locations.js';
import { bareBuiltin, builtinDecision, mayUsePackage } from './policy.js';

/** @import { FileModule, RequestKind } from './compartment-map.js' */
/** @import { Package } from './package.js' */

/**
 * @typedef {{ kind: 'file', pkg: Package, key: string, module: FileModule }} FileTarget
 * @typedef {{ kind: 'builtin', pkg: Package, name: string }} BuiltinTarget
 * @typedef {{ kind: 'error', error: Error, denied?: { label: string, name: string } }} ErrorTarget
 * @typedef {FileTarget | BuiltinTarget | ErrorTarget} Target
 *
 * @typedef {object} Request
 * @property {Package} pkg
 * @property {string} key of the module that asks
 * @property {RequestKind} kind
 * @property {string} specifier
 */

const REQUIRE_SUFFIXES = ['', '.js', '.json', '/index.js', '/index.json'];

/**
 * @param {Package} pkg
 * @param {string} name
 * @returns {Target}
 */
const builtinTarget = (pkg, name) => {
  const bare = bareBuiltin(name);
  if (pkg.world.powers.page) return { kind: 'error', error: notInPages(bare) };
  if (builtinDecision(pkg.policy, bare) === undefined && pkg.world.audit === undefined) {
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
  // Of what an attribute says, Node makes TypeErrors.
  const make = code?.startsWith('ERR_IMPORT_ATTRIBUTE_') ? codedTypeError : codedError;
  const error = make(code ?? usual, message);
  return error.code === 'MODULE_NOT_FOUND' ? Object.assign(error, { requireStack: [] }) : error;
};

/**
 * Follow the map from a key to what it stands for.
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
    const next = pkg.world.packageOf(module.compartment);
    if (next !== pkg && !mayUsePackage(pkg.policy, next.label)) {
      const error = accessDenied(pkg.label, 'package', next.label);
      return { kind: 'error', error, denied: { label: pkg.label, name: next.label } };
    }
    pkg = next;
    key = module.module;
  }
};

/**
 * @param {Package} pkg
 * @returns {Map<string, string>} keys by the filenames of what they lead to
 */
const keysByFilename = (pkg) => {
  if (pkg.keys.size > 0) return pkg.keys;
  for (const [key, module] of pkg.descriptor.modules) {
    if (module.kind === 'file') pkg.keys.set(filenameOf(pkg.name, `./${module.location}`), key);
  }
  for (const [key, module] of pkg.descriptor.modules) {
    const target =
      module.kind === 'link' ? quietly(() => followKey(pkg, key, 'require')) : undefined;
    if (target?.kind !== 'file') continue;
    const filename = filenameOf(target.pkg.name, `./${target.module.location}`);
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
 * @param {Request} request
 * @returns {string[]} keys to try, the likeliest first
 */
const candidates = ({ pkg, key, kind, specifier }) => {
  const own = pkg.descriptor.modules.get(key);
  const table = own?.kind === 'file' ? own.resolutions[kind].get(specifier) : undefined;
  if (table !== undefined) return [table];
  const suffixes = kind === 'require' ? REQUIRE_SUFFIXES : [''];
  const absolute = specifier.startsWith('/') ? specifier : filenameOfUrl(specifier);
  if (absolute !== undefined) {
    if (kind === 'require' && absolute !== specifier) return [];
    return suffixes
      .map((suffix) => keyOfFilename(pkg, `${absolute}${suffix}`))
      .filter((found) => found !== undefined);
  }
  const arithmetic = resolveKey(specifier, key);
  if (arithmetic === undefined) return [];
  const other = specifier.startsWith('node:') ? bareBuiltin(specifier) : `node:${specifier}`;
  const keys = isRelative(specifier) ? [arithmetic] : [specifier, arithmetic];
  return [...keys.flatMap((found) => suffixes.map((suffix) => `${found}${suffix}`)), other];
};

/**
 * @param {Request} request
 * @returns {Error}
 */
const notFound = ({ pkg, key, kind, specifier }) => {
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
 * @returns {Target} an error when it leads nowhere, or is not allowed
 */
export const resolveRequest = (request) => {
  const { pkg, key, kind, specifier } = request;
  const targets = pkg.targets[kind];
  const ofModule = targets.get(key) ?? new Map();
  const known = ofModule.get(specifier);
  if (known !== undefined) return known;
  const target = findTarget(request);
  if (target.kind === 'error') return target; // each error has a place of its own
  targets.set(key, ofModule.set(specifier, target));
  return target;
};

/**
 * @param {Request} request
 * @returns {Target}
 */
const findTarget = (request) => {
  const { pkg, kind, specifier } = request;
  for (const key of candidates(request)) {
    const target = followKey(pkg, key, kind);
    if (target === undefined) continue;
    const denied = target.kind === 'error' ? target.denied : undefined;
    if (denied !== undefined) pkg.world.audit?.record(denied.label, 'packages', denied.name);
    return target;
  }
  if (pkg.world.powers.isBuiltin(specifier)) return builtinTarget(pkg, specifier);
  return { kind: 'error', error: notFound(request) };
};

/** @param {FileTarget} target */
export const filenameOfTarget = ({ pkg, module }) => filenameOf(pkg.name, `./${module.location}`);
