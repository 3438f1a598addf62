// Makes one Compartment for each package and ties their modules together.
import { attenuateGlobals, attenuateModule } from './attenuators.js';
import { builtinModule } from '../endowments/builtins.js';
import { makeCommonJs } from './cjs.js';
import {
  codedError,
  codedTypeError,
  importNotFound,
  requireNotFound,
  notifyDenied,
} from '../base/errors.js';
import { importRecord, importRecordNow, requireEsm, startRecord } from './importing.js';
import { checkImportType, importType } from '../resolve/import-attributes.js';
import { madeGlobalsOf } from '../endowments/made-globals.js';
import { fileModule, makePackage } from '../compartment/package.js';
import {
  dirnameOf,
  filenameOf,
  filenameOfUrl,
  isRelative,
  nodeModulesPaths,
  resolveKey,
  urlOf,
} from '../base/locations.js';
import { NO_MAPS } from '../stacks/maps-file.js';
import { isAttenuation } from '../policy/policy-format.js';
import { fileRecord, isSharedData, ownCopy, recordOf, storedData } from './module-records.js';
import {
  builtinDecision,
  grantedOf,
  grantsAnything,
  isDenied,
  memberOf,
  policiesOf,
} from '../policy/policy.js';
import { unfinishedView } from '../views/read-only.js';
import { respell, strictly } from '../lockdown/dynamic-code.js';
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

/** @import { CjsHooks } from './cjs.js' */
/** @import { CompartmentMap, RequestKind } from '../archive/compartment-map.js' */
/** @import { ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { Stacks } from '../stacks/stack.js' */
/** @import { StoredFiles } from '../archive/stored-files.js' */
/** @import { Recorder, Report } from '../protocols/audit.js' */
/** @import { CjsModule } from '../protocols/modules.js' */
/** @import { FileTarget, Linker, Package, Target, Application } from '../protocols/package.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @template T
 * @param {Package} pkg that asks
 * @param {FileTarget} target
 * @param {T} value
 * @returns {T}
 */
const handedTo = (pkg, target, value) => {
  if (target.pkg !== pkg) target.pkg.crossPackageExports.share();
  return value;
};

const cannotLoad = () => (/** @type {unknown} */ specifier) => {
  throw requireNotFound(`${specifier}`);
};

/**
 * Programs look whether there is one, and where.
 *
 * @param {{ id: string, filename: string, loaded: boolean, path: string }} module of another package
 * @param {(specifier: string) => unknown} [load]
 * @returns {object} what tells of it, and leads to nothing of it
 */
const viewOfModule = ({ id, filename, loaded, path }, load = cannotLoad()) => ({
  ...{ id, path, filename, loaded, exports: {}, children: [] },
  paths: nodeModulesPaths(path),
  require: load,
});

/**
 * @param {Package} pkg that asks
 * @param {Target} target
 * @param {CjsModule} from
 * @returns {unknown} what `require` answers
 */
const requireTarget = (pkg, target, from) => {
  if (target.kind === 'error') throw target.error;
  if (target.kind === 'builtin') return builtinModule(target.pkg, target.name);
  if (target.module.parser === 'pre-mjs-json') {
    const record = /** @type {import('../cyclic-modules/records.js').CyclicRecord} */ (
      fileRecord(target)
    );
    return handedTo(pkg, target, requireEsm(record));
  }
  if (isSharedData(pkg, target)) return ownCopy(pkg, target);
  const parent = target.pkg === pkg ? from : undefined; // a module object is its own package's affair
  const { load } = commonJsOf(target.pkg);
  const seen = parent === undefined ? viewOfModule(from) : undefined;
  const module = load(filenameOfTarget(target), target.key, parent, seen);
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
const executeCjs = (pkg, key, module) => {
  const file = fileModule(pkg, key);
  if (!file.parser.startsWith('pre-')) {
    module.exports = storedData({ kind: 'file', pkg, key, module: file });
  } else {
    const functor = pkg.functorOf(key);
    const { filename, exports } = module;
    const require = commonJsOf(pkg).makeRequire(module, key);
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
      text: pkg.sourceOf(key).text,
      exports: () => [[module.exports, module.exports === exports ? 'made' : 'whole']],
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
const resolveToFilename = (pkg, key, kind, specifier) => {
  const target = resolveRequest({ pkg, key, kind, specifier });
  if (target.kind === 'file') return filenameOfTarget(target);
  if (target.kind === 'builtin' || pkg.application.powers.isBuiltin(specifier)) return specifier;
  throw target.error;
};

/** @type {Linker['resolveToUrl']} */
const resolveToUrl = (pkg, key, kind, specifier) => {
  if (isRelative(specifier) || specifier.startsWith('/') || /^file:/i.test(specifier)) {
    const target = resolveRequest({ pkg, key, kind, specifier });
    if (target.kind === 'file' && target.pkg !== pkg) return urlOf(filenameOfTarget(target));
    return new URL(specifier, urlOf(filenameOf(pkg.name, key))).href; // whether or not it is there
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
const importDynamically = async (pkg, key, specifier, options) => {
  const request = { pkg, key, kind: /** @type {const} */ ('import'), specifier: `${specifier}` };
  const type = importType(options);
  const target = resolveRequest(request);
  checkImportType(target, type, request.specifier);
  if (type === undefined && target.kind === 'file' && target.module.parser === 'json')
    checkUntyped(pkg, target, request.specifier);
  await undefined; // nothing is evaluated before the code that asks has come to its end
  const namespace = await importRecord(recordOf(pkg, target));
  return target.kind === 'file' ? handedTo(pkg, target, namespace) : namespace;
};

/**
 * @param {unknown} place what createRequire is given
 * @returns {string}
 */
const createRequireFilename = (place) => {
  const text = `${place}`;
  const filename = text.startsWith('/') ? text : filenameOfUrl(text);
  if (filename !== undefined) return filename;
  const message = `The argument 'filename' must be a file URL object, file URL string, or absolute path string. Received '${text}'`;
  throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
};

/**
 * @param {Package} pkg
 * @returns {object | undefined} the first module, where it is CommonJS and of another package. What it requires, the package
 *   does, by the names that it knows itself
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
 * @returns {string | undefined} where the package.json seems to be of the package that is meant
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
 * JSON of the host is no program: who may read it with `fs`, may request it.
 *
 * @param {Package} pkg
 * @param {string} specifier
 * @returns {{ value: unknown } | undefined} undefined: it is no such file, or the package may not read it
 */
const readJson = (pkg, specifier) => {
  if (!/^\/.*\.json$/.test(specifier)) return undefined;
  const granted = grantedOf(builtinDecision(pkg.policy, 'fs'));
  if (granted === undefined || isDenied(memberOf(granted, 'readFileSync'))) return undefined;
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

/** @type {Linker['commonJsOf']} */
const commonJsOf = (pkg) => {
  if (pkg.commonJs !== undefined) return pkg.commonJs;
  const { map, powers } = pkg.application;
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
    resolve: (specifier, key) =>
      (specifier.startsWith('/') ? moduleAt(pkg.application, specifier) : undefined) ??
      resolveToFilename(pkg, key, 'require', specifier),
    keyAt: (filename) =>
      filename.startsWith(`/${pkg.name}/`) ? `./${filename.slice(pkg.name.length + 2)}` : undefined,
    findPackageJSON: (specifier, place) => findPackageJSON(pkg, specifier, place),
    foreignMain: () => foreignMain(pkg),
    evaluate: (text) => pkg.compartment.evaluate(text),
    isBuiltin,
    builtinModules,
  };
  pkg.commonJs = makeCommonJs(hooks, createRequireFilename);
  return pkg.commonJs;
};

/**
 * The hooks answer for whoever holds the Compartment; packages do not.
 *
 * @param {Package} pkg
 * @returns {Compartment}
 */
const makeCompartment = (pkg) => {
  /** @param {string} key */
  const targetOf = (key) => {
    const target = followKey(pkg, key, 'import');
    if (target === undefined)
      throw codedError('ERR_MODULE_NOT_FOUND', `Cannot find module '${key}'`);
    return target;
  };
  /**
   * @param {Target} target
   * @param {object} namespace
   */
  const handed = (target, namespace) => ({
    namespace: target.kind === 'file' ? handedTo(pkg, target, namespace) : namespace,
  });
  // Links are followed here and not by ses, which would ask no policy and hand over nothing: a package can make
  // compartments of its own whose modules are those of this one.
  return new Compartment({
    __options__: true,
    name: pkg.label,
    transforms: [
      (text) => (pkg.compiles ? respell(text) : strictly(text, pkg.compartment.globalThis)),
    ],
    resolveHook: (specifier, referrer) => resolveKey(specifier, referrer) ?? specifier,
    importHook: async (key) => {
      const target = targetOf(key);
      return handed(target, await importRecord(recordOf(pkg, target)));
    },
    importNowHook: (key) => {
      const target = targetOf(key);
      return handed(target, importRecordNow(recordOf(pkg, target)));
    },
  });
};

/** @type {Linker} */
const linker = {
  grantedBuiltin(pkg, name) {
    if (!pkg.application.powers.isBuiltin(name)) return undefined;
    const decision = builtinDecision(pkg.policy, name);
    const granted = grantedOf(decision);
    if (isAttenuation(decision) || (granted !== undefined && grantsAnything(granted)))
      return builtinModule(pkg, name);
    // Who asks in this way goes on without it: stubs of which nothing may be used are no help.
    notifyDenied(pkg.label, 'builtins', name);
    return undefined;
  },
  importDynamically,
  resolveToUrl,
  commonJsOf,
  attenuateModule: (pkg, attenuation, _name, original) =>
    attenuateModule(pkg, attenuation, original),
  attenuateGlobals,
};

/**
 * @param {object} options
 * @param {CompartmentMap} options.map
 * @param {StoredFiles} options.files verified
 * @param {Powers} options.powers
 * @param {Stacks} options.stacks
 * @param {boolean} options.allowAll
 * @param {Recorder | undefined} [options.audit]
 * @param {Report | undefined} [options.report]
 * @param {string} [options.version] tells the texts of several worlds apart, in stack traces
 * @param {import('../stacks/maps-file.js').Maps} [options.maps]
 * @param {boolean} [options.isProgram]
 * @returns {Application} in which nothing runs yet
 */
export const makeApplication = ({
  map,
  files,
  powers,
  stacks,
  allowAll,
  audit = undefined,
  report = undefined,
  version = '',
  maps = NO_MAPS,
  isProgram = false,
}) => {
  const policyOf = policiesOf(map, allowAll);
  const policies = [...map.compartments.keys()].map(policyOf);
  /** @type {Map<string, Package>} */
  const packages = new Map();
  /** @type {Application} */
  const application = {
    map,
    files,
    powers,
    stacks,
    linker,
    audit,
    report,
    version,
    maps,
    isProgram,
    madeGlobals: madeGlobalsOf(policies),
    hardens: policies.some(({ globals, builtins }) => globals !== 'any' || builtins !== 'any'),
    packageOf(name) {
      const pkg =
        packages.get(name) ?? makePackage(application, name, policyOf(name), makeCompartment);
      packages.set(name, pkg);
      return pkg;
    },
  };
  return application;
};

/**
 * @param {Application} application
 * @returns {ModuleRecord} of the application's first module
 */
const entryRecord = ({ map: { entry }, packageOf }) => {
  const pkg = packageOf(entry.compartment);
  const target = followKey(pkg, entry.module, 'import');
  if (target === undefined)
    throw codedError('ERR_MODULE_NOT_FOUND', `Cannot find module '${entry.module}'`);
  return recordOf(pkg, target);
};

/**
 * @param {Application} application
 * @param {() => void} [onLinked]
 * @returns {Promise<object>} the namespace of the application's first module, when it has been evaluated
 */
export const importEntry = async (application, onLinked) =>
  importRecord(entryRecord(application), onLinked);

/**
 * @param {Application} application
 * @returns {{ record: ModuleRecord, done: Promise<void> | undefined }} undefined: it has been evaluated already
 */
export const startEntry = (application) => {
  const record = entryRecord(application);
  return { record, done: startRecord(record) };
};
