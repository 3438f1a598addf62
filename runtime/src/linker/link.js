// Linker: creates one Compartment for each package and connects their modules.
import { codedError, notifyDenied } from '../base/errors.js';
import { resolveKey } from '../base/locations.js';
import { importProvider, makePackage } from '../compartment/package.js';
import { builtinModule } from '../endowments/builtins.js';
import { madeGlobalsOf } from '../endowments/made-globals.js';
import { respell, strictly } from '../lockdown/dynamic-code.js';
import { isAttenuation } from '../policy/policy-format.js';
import {
  builtinDecision,
  grantedOf,
  grantsAnything,
  policiesOf,
  scopesOf,
} from '../policy/policy.js';
import { followKey } from '../resolve/resolve.js';
import { NO_MAPS } from '../stacks/maps-file.js';
import { makeMore } from './additions.js';
import { growingFiles } from '../archive/stored-files.js';
import { attenuateGlobals, attenuateModule } from './attenuators.js';
import { commonJsOf } from './commonjs-hooks.js';
import { importRecord, importRecordNow, startRecord } from './importing.js';
import { recordOf } from './module-records.js';
import { handedTo, importDynamically, resolveToUrl } from './requests.js';

/** @import { CompartmentMap } from '../archive/compartment-map.js' */
/** @import { StoredFiles } from '../archive/stored-files.js' */
/** @import { ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { Recorder, Report } from '../protocols/audit.js' */
/** @import { Application, Linker, Package, Target } from '../protocols/package.js' */
/** @import { Powers, ShimmedModule } from '../protocols/powers.js' */
/** @import { Stacks } from '../stacks/stack.js' */

/**
 * The hooks serve code that has the Compartment object, which packages never get.
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
  const exported = (target, namespace) => ({
    namespace: target.kind === 'file' ? handedTo(pkg, target, namespace) : namespace,
  });
  const provideImport = importProvider(pkg);
  // Links are followed here instead of by ses, which would neither check the policy nor harden cross-package exports:
  // a package can create compartments with modules of this one.
  return new Compartment({
    __options__: true,
    name: pkg.label,
    transforms: [
      (source) =>
        pkg.compiles
          ? respell(source)
          : strictly(source, pkg.compartment.globalThis, provideImport),
    ],
    resolveHook: (specifier, referrer) => resolveKey(specifier, referrer) ?? specifier,
    importHook: async (key) => {
      const target = targetOf(key);
      return exported(target, await importRecord(recordOf(pkg, target)));
    },
    importNowHook: (key) => {
      const target = targetOf(key);
      return exported(target, importRecordNow(recordOf(pkg, target)));
    },
  });
};

/** @type {Linker} */
const linker = {
  grantedBuiltin(pkg, name) {
    if (!pkg.application.powers.isBuiltin(name)) return undefined;
    const decision = builtinDecision(pkg.policy, name);
    const granted = grantedOf(decision);
    const isGranted = granted !== undefined && grantsAnything(granted);
    const hasScope = scopesOf(pkg.policy, 'builtins', name).size > 0;
    if (isAttenuation(decision) || isGranted || hasScope) return builtinModule(pkg, name);
    // Callers handle a missing builtin, so stubs that only throw would not help.
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
 * @param {ReadonlyArray<ShimmedModule>} modules
 * @returns {Application['shimmed']}
 */
const shimmedLookup = (modules) => {
  const known = new Map(modules.map((each) => [`${each.compartment}\0${each.key}`, each]));
  return ({ name }, key) => known.get(`${name}\0${key}`);
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
 * @param {string} [options.version] distinguishes the sources of several applications in stack traces
 * @param {import('../stacks/maps-file.js').Maps} [options.maps]
 * @param {boolean} [options.isProgram]
 * @returns {Application} before any code runs
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
  const { asking, sha512 = () => '' } = powers;
  const grown = asking && growingFiles(files);
  const policyOf = policiesOf(map, allowAll);
  const policies = [...map.compartments.keys()].map(policyOf);
  // Before a package can change the working directory or the environment.
  const hasPaths = policies.some(({ scopes }) =>
    [...scopes.builtins.values()].some(({ kind }) => kind === 'paths'),
  );
  if (hasPaths || asking) powers.anchors?.();
  /** @type {Map<string, Package>} */
  const packages = new Map();
  /** @type {Application} */
  const application = {
    map,
    files: grown ?? files,
    powers,
    stacks,
    linker,
    more: undefined,
    audit,
    report,
    version,
    maps,
    isProgram,
    madeGlobals: madeGlobalsOf(policies),
    shimmed: shimmedLookup(powers.shimmed ?? []),
    hardens: policies.some(({ globals, builtins }) => globals !== 'any' || builtins !== 'any'),
    packageOf(name) {
      const pkg =
        packages.get(name) ?? makePackage(application, name, policyOf(name), makeCompartment);
      packages.set(name, pkg);
      return pkg;
    },
  };
  if (asking && grown)
    application.more = makeMore(application, { asking, packages, files: grown, sha512 });
  return application;
};

/**
 * @param {Application} application
 * @returns {ModuleRecord} of the entry module
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
 * @returns {Promise<object>} the namespace of the entry module, after evaluation
 */
export const importEntry = async (application, onLinked) =>
  importRecord(entryRecord(application), onLinked);

/**
 * @param {Application} application
 * @returns {{ record: ModuleRecord, done: Promise<void> | undefined }} `done` is undefined if it has been evaluated
 */
export const startEntry = (application) => {
  const record = entryRecord(application);
  return { record, done: startRecord(record) };
};
