// Requests at run time: `require`, `import()` and `import.meta.resolve`.
import { isProgram } from '../archive/languages.js';
import { codedTypeError, requireNotFound } from '../base/errors.js';
import { dirnameOf, filenameOf, isRelative, nodeModulesPaths, urlOf } from '../base/locations.js';
import { fileModule } from '../compartment/package.js';
import { builtinModule } from '../endowments/builtins.js';
import { checkImportType, importType } from '../resolve/import-attributes.js';
import { filenameOfTarget, followKey, resolveRequest } from '../resolve/resolve.js';
import { unfinishedView } from '../views/read-only.js';
import { importRecord, requireEsm } from './importing.js';
import { fileRecord, isSharedData, ownCopy, recordOf, storedData } from './module-records.js';

/** @import { RequestKind } from '../archive/compartment-map.js' */
/** @import { CjsModule } from '../protocols/modules.js' */
/** @import { FileTarget, Linker, Package, Target } from '../protocols/package.js' */

/**
 * @template T
 * @param {Package} pkg the requesting package
 * @param {FileTarget} target
 * @param {T} value
 * @returns {T}
 */
export const handedTo = (pkg, target, value) => {
  if (target.pkg !== pkg) target.pkg.crossPackageExports.share();
  return value;
};

const cannotLoad = () => (/** @type {unknown} */ specifier) => {
  throw requireNotFound(`${specifier}`);
};

/**
 * A view of the parent module: programs check whether it exists, and its location.
 *
 * @param {{ id: string, filename: string, loaded: boolean, path: string }} module of another package
 * @param {(specifier: string) => unknown} [load]
 * @returns {object} an object with its data and without access to the module
 */
export const viewOfModule = ({ id, filename, loaded, path }, load = cannotLoad()) => ({
  ...{ id, path, filename, loaded, exports: {}, children: [] },
  paths: nodeModulesPaths(path),
  require: load,
});

/**
 * @param {Package} pkg the requesting package
 * @param {Target} target
 * @param {CjsModule} from
 * @returns {unknown} the result of `require`
 */
export const requireTarget = (pkg, target, from) => {
  if (target.kind === 'error') throw target.error;
  if (target.kind === 'builtin') return builtinModule(target.pkg, target.name);
  if (target.module.parser === 'pre-mjs-json') {
    const record = /** @type {import('../cyclic-modules/records.js').CyclicRecord} */ (
      fileRecord(target)
    );
    return handedTo(pkg, target, requireEsm(record));
  }
  if (isSharedData(pkg, target)) return ownCopy(pkg, target);
  const parent = target.pkg === pkg ? from : undefined; // other packages never get a module object
  const { load } = target.pkg.application.linker.commonJsOf(target.pkg);
  const view = parent === undefined ? viewOfModule(from) : undefined;
  const module = load(filenameOfTarget(target), target.key, parent, view);
  const isUnfinished = !module.loaded && target.pkg !== pkg && pkg.application.hardens;
  return handedTo(
    pkg,
    target,
    isUnfinished ? unfinishedView(module.exports, () => module.loaded) : module.exports,
  );
};

/**
 * @param {Package} pkg
 * @param {string} key
 * @param {CjsModule} module
 */
export const executeCjs = (pkg, key, module) => {
  const file = fileModule(pkg, key);
  const ran = pkg.application.shimmed(pkg, key);
  if (ran !== undefined) module.exports = ran.exports;
  else if (!isProgram(file.parser)) {
    module.exports = storedData({ kind: 'file', pkg, key, module: file });
  } else {
    const functor = pkg.functorOf(key);
    const { filename, exports } = module;
    const require = pkg.application.linker.commonJsOf(pkg).makeRequire(module, key);
    const dynamicImport = (/** @type {unknown} */ specifier, /** @type {unknown} */ options) =>
      importDynamically(pkg, key, specifier, options);
    const directEval = pkg.directEval(true);
    const given = [
      require,
      exports,
      module,
      filename,
      dirnameOf(filename),
      dynamicImport,
      directEval,
    ];
    pkg.crossPackageExports.during(() => Reflect.apply(functor, exports, given));
    pkg.crossPackageExports.evaluated({
      source: pkg.sourceOf(key).functor,
      exports: () => [[module.exports, module.exports === exports ? 'initial' : 'whole']],
    });
  }
};

/**
 * @param {Package} pkg
 * @param {string} key
 * @param {RequestKind} kind
 * @param {string} specifier
 * @returns {string} the filename, or the name of a builtin
 */
export const resolveToFilename = (pkg, key, kind, specifier) => {
  const request = { pkg, key, kind, specifier };
  const target = resolveRequest({ ...request, isKnown: true });
  if (target.kind === 'file') return filenameOfTarget(target);
  if (target.kind === 'builtin' || pkg.application.powers.isBuiltin(specifier)) return specifier;
  const { more } = pkg.application;
  if (more !== undefined && target.denied === undefined) return more.resolve(request);
  throw target.error;
};

/** @type {Linker['resolveToUrl']} */
export const resolveToUrl = (pkg, key, kind, specifier) => {
  if (isRelative(specifier) || specifier.startsWith('/') || /^file:/i.test(specifier)) {
    const target = resolveRequest({ pkg, key, kind, specifier, isKnown: true });
    if (target.kind === 'file' && target.pkg !== pkg) return urlOf(filenameOfTarget(target));
    return new URL(specifier, urlOf(filenameOf(pkg.name, key))).href; // whether or not it exists
  }
  const found = resolveToFilename(pkg, key, kind, specifier);
  if (found.startsWith('/')) return urlOf(found);
  return found.startsWith('node:') ? found : `node:${found}`;
};

/**
 * @param {Package} pkg
 * @param {FileTarget} target JSON that is imported without a type
 * @param {string} specifier
 */
const checkUntyped = (pkg, target, specifier) => {
  if (target.key.endsWith('#as=json'))
    throw codedTypeError(
      'ERR_IMPORT_ATTRIBUTE_MISSING',
      `Module "${specifier}" needs an import attribute of "type: json"`,
    );
  const name = target.pkg === pkg ? target.key : specifier;
  const known = followKey(pkg, `untyped:${name}`, 'import');
  if (known?.kind === 'error') throw known.error;
};

/** @type {Linker['importDynamically']} */
export const importDynamically = async (pkg, key, specifier, options) => {
  const type = importType(options);
  const kind = /** @type {const} */ ('import');
  const request = { pkg, key, kind, specifier: `${specifier}`, type };
  const target = resolveRequest(request);
  checkImportType(target, type, request.specifier);
  if (type === undefined && target.kind === 'file' && target.module.parser === 'json')
    checkUntyped(pkg, target, request.specifier);
  await undefined; // evaluates nothing before the calling code has finished
  const namespace = await importRecord(recordOf(pkg, target));
  return target.kind === 'file' ? handedTo(pkg, target, namespace) : namespace;
};
