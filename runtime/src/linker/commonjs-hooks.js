// Hooks of CommonJS into the linker: resolution of files, the main module, and functions of Node's `module`.
import { importNotFound, requireNotFound } from '../base/errors.js';
import { dirnameOf, filenameOfUrl, isRelative } from '../base/locations.js';
import { builtinModule } from '../endowments/builtins.js';
import { builtinDecision, grantedOf, isDenied, memberOf, scopesOf } from '../policy/policy.js';
import {
  entryFilename,
  filenameOfTarget,
  followKey,
  keyOfFilename,
  linkedPackage,
  moduleAt,
  ownerOfPath,
  resolveRequest,
} from '../resolve/resolve.js';
import { makeCommonJs } from './cjs.js';
import { executeCjs, requireTarget, resolveToFilename, viewOfModule } from './requests.js';

/** @import { Linker, Package } from '../protocols/package.js' */
/** @import { CjsHooks } from './cjs.js' */

/**
 * @param {unknown} place the argument of createRequire
 * @returns {string}
 */
const createRequireFilename = (place) => {
  const given = `${place}`;
  const filename = given.startsWith('/') ? given : filenameOfUrl(given);
  if (filename !== undefined) return filename;
  const message = `The argument 'filename' must be a file URL object, file URL string, or absolute path string. Received '${given}'`;
  throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
};

/**
 * @param {Package} pkg
 * @returns {object | undefined} a view of the entry module if it is CommonJS and in another package. Its `require`
 *   resolves as a module of this package
 */
const foreignMain = (pkg) => {
  const { entry } = pkg.application.map;
  const target = followKey(pkg.application.packageOf(entry.compartment), entry.module, 'import');
  if (target?.kind !== 'file' || target.pkg === pkg || target.module.parser !== 'pre-cjs-json')
    return undefined;
  const filename = filenameOfTarget(target);
  const path = dirnameOf(filename);
  const load = (/** @type {string} */ specifier) =>
    commonJsOf(pkg).createRequire(`/${pkg.name}/main.js`)(specifier);
  return viewOfModule({ id: '.', filename, loaded: false, path }, load);
};

/**
 * @param {Package} pkg
 * @param {string} specifier
 * @param {string | undefined} place
 * @returns {string | undefined} virtual location of the package.json of the requested package
 */
const findPackageJSON = (pkg, specifier, place) => {
  const isPath = specifier.startsWith('/') || specifier.startsWith('file:');
  if (isPath || isRelative(specifier)) {
    const base = place === undefined || isPath ? specifier : place;
    const filename = base.startsWith('/') ? base : (filenameOfUrl(base) ?? '');
    const owner = ownerOfPath(pkg.application, filename);
    return owner && `/${owner}/package.json`;
  }
  const found = linkedPackage(pkg, specifier);
  if (found === undefined) throw importNotFound(specifier, place ?? `/${pkg.name}/`);
  return `/${found}/package.json`;
};

/**
 * Loads JSON of the host. It is data, so a package with a grant to read it with `fs` can require it.
 *
 * @param {Package} pkg
 * @param {string} specifier
 * @returns {{ value: unknown } | undefined} undefined: not a JSON file, or the package may not read it
 */
const readJson = (pkg, specifier) => {
  if (!/^\/.*\.json$/.test(specifier)) return undefined;
  const granted = grantedOf(builtinDecision(pkg.policy, 'fs'));
  const scopes = scopesOf(pkg.policy, 'builtins', 'fs');
  const isGranted = granted !== undefined && !isDenied(memberOf(granted, 'readFileSync'));
  if (!isGranted && !scopes.has('') && !scopes.has('readFileSync')) return undefined;
  const fs = /** @type {any} */ (builtinModule(pkg, 'fs'));
  /** @type {string} */
  let text;
  try {
    text = fs.readFileSync(specifier, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return { value: JSON.parse(text.replace(/^\uFEFF/, '')) };
  } catch (error) {
    throw new SyntaxError(`${specifier}: ${/** @type {Error} */ (error).message}`);
  }
};

/**
 * @param {Package} pkg
 * @param {string} specifier
 * @param {string[]} folders where `require.resolve` looks
 * @returns {string | undefined} undefined: the archive determines the result
 */
const resolvedIn = (pkg, specifier, folders) => {
  const { more, powers } = pkg.application;
  if (more === undefined || powers.isBuiltin(specifier)) return undefined;
  const { resolve } = /** @type {any} */ (powers.getBuiltin('path'));
  for (const folder of folders) {
    try {
      const key = `${resolve(`${folder}`)}/noop.js`;
      return more.resolve({ pkg, key, kind: 'require', specifier });
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw requireNotFound(specifier);
};

/** @type {Linker['commonJsOf']} */
export const commonJsOf = (pkg) => {
  if (pkg.commonJs !== undefined) return pkg.commonJs;
  const { map, powers, more } = pkg.application;
  const { isBuiltin, builtinModules } = powers;
  /** @type {CjsHooks} */
  const hooks = {
    entryFilename: map.entry.compartment === pkg.name ? (entryFilename(pkg.application) ?? '') : '',
    keyOf: (filename) => keyOfFilename(pkg, filename),
    execute: (key, module) => executeCjs(pkg, key, module),
    require(specifier, key, from) {
      const target = resolveRequest({ pkg, key, kind: 'require', specifier });
      const found = target.kind === 'error' ? readJson(pkg, specifier) : undefined;
      return found === undefined ? requireTarget(pkg, target, from) : found.value;
    },
    resolve: (specifier, key, folders) =>
      (folders && resolvedIn(pkg, specifier, folders)) ??
      (specifier.startsWith('/') ? moduleAt(pkg.application, specifier) : undefined) ??
      resolveToFilename(pkg, key, 'require', specifier),
    keyAt: (filename) =>
      // A file of any package: the parent process resolves its requests.
      more !== undefined
        ? filename
        : filename.startsWith(`/${pkg.name}/`)
          ? `./${filename.slice(pkg.name.length + 2)}`
          : undefined,
    findPackageJSON: (specifier, place) => findPackageJSON(pkg, specifier, place),
    foreignMain: () => foreignMain(pkg),
    evaluate: (source) => pkg.compartment.evaluate(source),
    isBuiltin,
    builtinModules,
  };
  pkg.commonJs = makeCommonJs(hooks, createRequireFilename);
  return pkg.commonJs;
};
