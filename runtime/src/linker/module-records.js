// Creates module records for the targets of requests, for every kind of module.
import { integrityOf } from '../archive/integrity.js';
import { codedError, ownerOf } from '../base/errors.js';
import { isCopied } from '../archive/languages.js';
import { builtinRecord } from '../endowments/builtins.js';
import { makeEsmRecord } from './esm.js';
import { storedText } from '../compartment/package.js';
import { makeSyntheticRecord } from '../cyclic-modules/records.js';
import { filenameOfTarget, followKey } from '../resolve/resolve.js';

/** @import { CjsSource, EsmSource } from '../archive/module-source.js' */
/** @import { ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { Application, FileTarget, Package, Target } from '../protocols/package.js' */
/** @import { NativeFile, ShimmedModule } from '../protocols/powers.js' */

/** @param {FileTarget} target */
const isEntry = ({ pkg, key }) => {
  const { entry } = pkg.application.map;
  const start = followKey(pkg.application.packageOf(entry.compartment), entry.module, 'import');
  return start?.kind === 'file' && start.pkg === pkg && start.key === key;
};

/** @param {FileTarget} target */
const loadCommonJs = (target) => {
  const { linker } = target.pkg.application;
  return linker.commonJsOf(target.pkg).load(filenameOfTarget(target), target.key, undefined)
    .exports;
};

/**
 * Record of a module that Node would load with its CommonJS loader.
 *
 * @param {FileTarget} target
 */
const cjsRecord = (target) => {
  const { pkg, key } = target;
  const { exports } = /** @type {CjsSource} */ (pkg.sourceOf(key));
  const names = [...exports, 'default', 'module.exports'];
  const filename = filenameOfTarget(target);
  return makeSyntheticRecord(pkg, filename, names, (cells) => {
    const value = /** @type {any} */ (loadCommonJs(target));
    for (const [name, cell] of cells) {
      if (name === 'default' || name === 'module.exports') cell.value = value;
      else if (value !== null && value !== undefined && Object.hasOwn(value, name)) {
        try {
          cell.value = value[name];
        } catch {
          // a getter that throws: Node leaves the name undefined
        }
      }
    }
  });
};

/**
 * @param {string} filename
 * @param {string} text
 * @returns {unknown}
 */
const parseJsonModule = (filename, text) => {
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch (error) {
    const { message } = /** @type {SyntaxError} */ (error);
    throw new SyntaxError(`${filename}: ${message}`);
  }
};

/**
 * @param {never} parser in the table of languages, but missing in a switch here
 * @returns {never}
 */
const unknownParser = (parser) => {
  throw new TypeError(`unknown parser ${parser}`);
};

/**
 * The policy lists the file with its hash: machine code is outside of every compartment.
 *
 * @param {FileTarget} target
 * @returns {object} the exports of a native addon
 */
const loadAddon = ({ pkg, module: { location, sha512 } }) => {
  const { policy, label, application } = pkg;
  const integrity = integrityOf(sha512);
  const { loadAddon: load } = application.powers;
  if (load === undefined)
    throw codedError(
      'ERR_DLOPEN_DISABLED',
      'native addons are loaded only by archives that run in Node',
    );
  if (policy.native.get(location) !== integrity)
    throw codedError(
      'ERR_ACCESS_DENIED',
      `package '${label}' may not load the native addon '${location}', which is machine code; grant it in the policy: ` +
        `${ownerOf(label)}.native[${JSON.stringify(location)}] = "${integrity}", or by --grant ${label}:native`,
    );
  return load(nativeFiles(application), `${pkg.name}/${location}`);
};

/**
 * @param {Application} application
 * @returns {NativeFile[]} that the policies list: an addon loads libraries of other packages by a relative path
 */
const nativeFiles = (application) =>
  [...application.map.compartments].flatMap(([name, { name: package_, modules }]) => {
    const { native } = application.packageOf(name).policy;
    return [...modules.values()].flatMap((module) => {
      if (module.kind !== 'file' || module.parser !== 'native') return [];
      const { location, sha512 } = module;
      if (native.get(location) !== integrityOf(sha512)) return [];
      const content = application.files.bytesOf(`${name}/${location}`) ?? new Uint8Array();
      return [{ id: `${name}/${location}`, package: package_, location, content }];
    });
  });

/**
 * @param {FileTarget} target JSON, text, bytes or a native addon
 * @returns {unknown} a new value from the content of the file
 */
export const storedData = (target) => {
  const { pkg, key, module } = target;
  const { parser } = module;
  switch (parser) {
    case 'json':
      return parseJsonModule(filenameOfTarget(target), storedText(pkg, key));
    case 'text':
      return storedText(pkg, key);
    case 'native':
      return loadAddon(target);
    case 'bytes':
      return Uint8Array.from(pkg.application.files.bytesOf(`${pkg.name}/${module.location}`) ?? []);
    case 'pre-mjs-json':
    case 'pre-cjs-json':
      throw new TypeError(`${key} is a program`);
    default:
      return unknownParser(parser);
  }
};

/**
 * Record of JSON, text or bytes.
 *
 * @param {FileTarget} target
 */
const dataRecord = (target) => {
  const filename = filenameOfTarget(target);
  return makeSyntheticRecord(target.pkg, filename, ['default'], (cells) => {
    const [cell] = cells.values();
    if (cell !== undefined) cell.value = loadCommonJs(target);
  });
};

/**
 * @param {FileTarget} target an ECMAScript module
 * @param {ShimmedModule} ran the same module, which ran before the lockdown
 */
const shimmedRecord = (target, { exports }) => {
  const names = Object.keys(/** @type {object} */ (exports));
  return makeSyntheticRecord(target.pkg, filenameOfTarget(target), names, (cells) => {
    for (const [name, cell] of cells) cell.value = /** @type {any} */ (exports)[name];
  });
};

/**
 * @param {FileTarget} target
 * @returns {ModuleRecord}
 */
const newRecord = (target) => {
  const { pkg, key, module, suffix = '' } = target;
  switch (module.parser) {
    case 'pre-cjs-json':
      return cjsRecord(target);
    case 'pre-mjs-json': {
      const ran = pkg.application.shimmed(pkg, key);
      if (ran !== undefined) return shimmedRecord(target, ran);
      const source = /** @type {EsmSource} */ (pkg.sourceOf(key));
      return makeEsmRecord(pkg, key, source, isEntry(target) && suffix === '', suffix);
    }
    case 'json':
    case 'text':
    case 'bytes':
    case 'native':
      return dataRecord(target);
    default:
      return unknownParser(module.parser);
  }
};

/**
 * @param {FileTarget} target
 * @returns {ModuleRecord}
 */
export const fileRecord = (target) => {
  const { pkg, key, module, suffix = '' } = target;
  const known = pkg.records.get(`${key}${suffix}`);
  if (known !== undefined) return known;
  const record = newRecord(target);
  pkg.records.set(`${key}${suffix}`, record);
  return record;
};

/**
 * @param {Package} pkg the requesting package
 * @param {FileTarget} target
 * @returns {boolean} whether it is mutable data of another package, so that each package gets a copy
 */
export const isSharedData = (pkg, { pkg: owner, module }) =>
  owner !== pkg && owner.policy.harden !== false && isCopied(module.parser);

/**
 * DEVIATION: in Node all packages share the object. The copy is created from the stored file instead of the owner's
 * object, which may contain objects that control how they are cloned.
 *
 * @param {Package} pkg the requesting package
 * @param {FileTarget} target data
 * @returns {unknown}
 */
export const ownCopy = (pkg, target) => {
  const filename = filenameOfTarget(target);
  if (!pkg.copies.has(filename)) pkg.copies.set(filename, storedData(target));
  return pkg.copies.get(filename);
};

/**
 * @param {Package} pkg the requesting package
 * @param {FileTarget} target data
 */
const copyRecord = (pkg, target) => {
  const filename = filenameOfTarget(target);
  const key = `copy:${filename}`;
  const record =
    pkg.records.get(key) ??
    makeSyntheticRecord(pkg, filename, ['default'], (cells) => {
      for (const cell of cells.values()) cell.value = ownCopy(pkg, target);
    });
  pkg.records.set(key, record);
  return record;
};

/**
 * @param {Package} pkg
 * @param {unknown} error thrown when the module is executed
 */
const errorRecord = (pkg, error) => {
  const fail = () => {
    throw error;
  };
  return makeSyntheticRecord(pkg, '', [], fail, { open: true });
};

/**
 * @param {Package} pkg the requesting package
 * @param {Target} target
 * @returns {ModuleRecord}
 */
export const recordOf = (pkg, target) => {
  if (target.kind === 'error') return errorRecord(pkg, target.error);
  if (target.kind === 'file')
    return isSharedData(pkg, target) ? copyRecord(pkg, target) : fileRecord(target);
  try {
    return builtinRecord(target.pkg, target.name);
  } catch (error) {
    return errorRecord(pkg, error);
  }
};
