// Creates the runtime state of one package. Packages never see it.
import { isProgram } from '../archive/languages.js';
import { parseCjsSource, parseEsmSource } from '../archive/module-source.js';
import { fixGlobals } from '../endowments/fixed-globals.js';
import { installGlobals } from '../endowments/globals.js';
import { makeCrossPackageExports } from './cross-package-exports.js';
import { installMadeGlobals } from '../endowments/made-globals.js';
import { makeHostTest } from './host-objects.js';
import { missingNames } from '../audit/denial.js';
import { debuggerMap } from '../stacks/debugger-map.js';
import { makeDirectEval } from './direct-eval.js';
import { makePackageSources } from './package-sources.js';
import { reportGlobals } from '../audit/report.js';
import { filenameOf, isRelative, urlOf } from '../base/locations.js';
import { needStackToEndow } from '../base/stack-space.js';
import { defineImporter, strictly } from '../lockdown/dynamic-code.js';
import { makeScopedEvaluate } from './scoped-source.js';

/** @import { CompartmentDescriptor, CompartmentMap, FileModule, RequestKind } from '../archive/compartment-map.js' */
/** @import { CjsSource, EsmSource, Names } from '../archive/module-source.js' */
/** @import { Attenuation, PackagePolicy } from '../policy/policy-format.js' */
/** @import { Maps } from '../stacks/maps-file.js' */
/** @import { ModuleRecord } from '../cyclic-modules/records.js' */
/** @import { StoredFiles } from '../archive/stored-files.js' */
/** @import { Stacks } from '../stacks/stack.js' */
/** @import { FunctorSource } from '../stacks/package-lines.js' */
/** @import { Functor } from '../protocols/modules.js' */
/** @import { Package, Application } from '../protocols/package.js' */

/**
 * @param {Package} pkg
 * @param {string} key of a file module
 * @returns {string} the stored content
 */
export const storedText = (pkg, key) =>
  pkg.application.files.textOf(`${pkg.name}/${fileModule(pkg, key).location}`);

/**
 * @param {Package} pkg
 * @param {string} key
 * @returns {FileModule}
 */
export const fileModule = (pkg, key) => {
  const module = pkg.descriptor.modules.get(key);
  if (module?.kind !== 'file') throw new TypeError(`${key} is not a file of ${pkg.name}`);
  return module;
};

/**
 * @param {Package} pkg
 * @param {Map<string, EsmSource | CjsSource>} [sources] that were read before
 * @returns {Map<string, EsmSource | CjsSource>} its compiled modules, by key
 */
const readSources = (pkg, sources = new Map()) => {
  for (const [key, module] of pkg.descriptor.modules) {
    if (module.kind !== 'file' || sources.has(key)) continue;
    const path = `${pkg.name}/${module.location}`;
    const { files } = pkg.application;
    if (module.parser === 'pre-mjs-json') sources.set(key, parseEsmSource(files.jsonOf(path)));
    if (module.parser === 'pre-cjs-json') sources.set(key, parseCjsSource(files.jsonOf(path)));
  }
  return sources;
};

/**
 * @param {Iterable<EsmSource | CjsSource>} sources
 * @returns {Names}
 */
const unionOfNames = (sources) => {
  const assigns = new Set();
  const hostNames = new Set();
  for (const { names } of sources) {
    for (const name of names.assigns) assigns.add(name);
    for (const name of names.hostNames) hostNames.add(name);
  }
  return { assigns: [...assigns], hostNames: [...hostNames] };
};

const STACK_TRACE_API = ['captureStackTrace', 'prepareStackTrace', 'stackTraceLimit'];

/**
 * @param {Package} pkg
 * @param {ReadonlyMap<string, EsmSource | CjsSource>} sources
 * @returns {Map<string, FunctorSource>}
 */
const functorSources = (pkg, sources) =>
  new Map(
    [...sources].map(([key, source]) => [
      key,
      {
        file: `compartment:///${pkg.label}/${fileModule(pkg, key).location}`,
        source: source.functor,
        edits: source.edits,
        folder: `compartment:///${pkg.label}/`,
        scriptName: (location) => {
          const filename = filenameOf(pkg.name, `./${location}`);
          return source.kind === 'esm' ? urlOf(filename) : filename;
        },
        sourceMap: () =>
          source.sourceMap ??
          pkg.application.maps.of(`${pkg.name}/${fileModule(pkg, key).location}`),
        sloppy: source.kind === 'cjs' && source.sloppy,
        lexicals: pkg.lexicals.get(key),
      },
    ]),
  );

/**
 * @param {Package} pkg
 * @param {ReadonlyMap<string, EsmSource | CjsSource>} sources
 * @param {number} [part] 0: those of the archive; then those that were added, one number each time
 * @returns {(key: string) => Functor}
 */
const makeFunctors = (pkg, sources, part = 0) => {
  const { compartment, application, label, names } = pkg;
  const { globalThis } = compartment;
  const constants = fixGlobals(globalThis, application.powers.languageNames, names);
  const { hostGlobals } = application.powers;
  const scripts = part === 0 ? application.powers.scripts : undefined;
  const isHostGlobal = (/** @type {string} */ name) => hostGlobals.includes(name);
  const { audit } = application;
  const missing = missingNames({ label, names: names.hostNames, isHostGlobal, globalThis, audit });
  /**
   * @param {string} source
   * @param {{ sloppy: boolean, lexicals: object | undefined }} options
   */
  const evaluateSource = (source, { sloppy, lexicals }) => {
    const both = lexicals === undefined ? missing : withBoth(missing, lexicals);
    pkg.compiles = true;
    try {
      return compartment.evaluate(source, {
        sloppyGlobalsMode: sloppy,
        __rejectSomeDirectEvalExpressions__: false,
        ...(both && { __moduleShimLexicals__: both }),
      });
    } finally {
      pkg.compiles = false;
    }
  };
  /** @type {import('./package-sources.js').Evaluator['evaluate']} */
  const evaluate = (source, { url, files, sloppy, lexicals, together, mapUrl }) => {
    if (scripts?.compilesOnly && !together) throw new TypeError('the source is only compiled');
    if (scripts === undefined || !together || mapUrl !== undefined) {
      const map = mapUrl === undefined ? '' : `\n//# sourceMappingURL=${mapUrl}`;
      return evaluateSource(`${source}${map}\n//# sourceURL=${url}`, { sloppy, lexicals });
    }
    const scope = { globalObject: globalThis, constants, lexicals: missing, sloppy };
    return makeScopedEvaluate(scripts, scope)(source, { url, files });
  };
  const provideImport = importProvider(pkg);
  const { eval: intrinsicEval } = globalThis;
  pkg.directEval = (sloppy) =>
    makeDirectEval(
      (source, lexicals) =>
        evaluateSource(strictly(source, undefined, provideImport), { sloppy, lexicals }),
      intrinsicEval,
    );
  return makePackageSources(functorSources(pkg, sources), {
    url: `compartment:///${encodeURI(pkg.name)}/package.js${application.version}${part === 0 ? '' : `?part=${part}`}`,
    located: application.stacks.located,
    mapUrl: (sources) => (application.maps.debugged ? debuggerMap(sources) : undefined),
    evaluate,
  });
};

/**
 * @param {Package} pkg
 * @returns {string} the key of its module that calls, by the stack; a key at its root if there is none
 */
const callerIn = ({ label, descriptor }) => {
  const folder = `compartment:///${label}/`;
  const { stack = '' } = new Error();
  for (const line of stack.split('\n')) {
    const at = line.indexOf(folder);
    const file = at < 0 ? '' : line.slice(at + folder.length).replace(/:\d+(?::\d+)?\)?$/, '');
    if (descriptor.modules.has(`./${file}`)) return `./${file}`;
  }
  return './text.js';
};

/**
 * @param {Package} pkg
 * @returns {() => void} defines the function that `import()` in run-time source calls. Its relative specifiers are those
 *   of the module that calls
 */
export const importProvider = (pkg) => () =>
  defineImporter(pkg.compartment.globalThis, (specifier, options) => {
    const key = isRelative(`${specifier}`) ? callerIn(pkg) : './text.js';
    return pkg.application.linker.importDynamically(pkg, key, specifier, options);
  });

/**
 * Compiles the source of a package with compile-only `Scripts`: no code of the package runs.
 *
 * @param {Package} pkg
 */
export const compileSources = (pkg) => {
  for (const [key, module] of pkg.descriptor.modules) {
    if (module.kind !== 'file' || !isProgram(module.parser)) continue;
    try {
      pkg.functorOf(key);
    } catch {
      // Compile-only scripts always throw here, and source with a SyntaxError does too.
    }
  }
};

/**
 * @param {object | undefined} one
 * @param {object} other
 */
const withBoth = (one, other) =>
  Object.create(null, {
    ...(one && Object.getOwnPropertyDescriptors(one)),
    ...Object.getOwnPropertyDescriptors(other),
  });

/**
 * @param {Application} application
 * @param {string} name
 * @param {PackagePolicy} policy
 * @param {(pkg: Package) => Compartment} makeCompartment
 * @returns {Package} reads and evaluates its source on demand
 */
export const makePackage = (application, name, policy, makeCompartment) => {
  const descriptor = /** @type {CompartmentDescriptor} */ (application.map.compartments.get(name));
  /** @type {Map<string, EsmSource | CjsSource> | undefined} */
  let sources;
  /** @type {Names | undefined} */
  let names;
  /** @type {Compartment | undefined} */
  let compartment;
  /** @type {Array<{ keys: ReadonlySet<string>, functorOf: (key: string) => Functor }>} */
  const parts = [];
  const partOf = (/** @type {string} */ key) => {
    const known = parts.find(({ keys }) => keys.has(key));
    if (known !== undefined) return known;
    const others = [...allSources()].filter(([own]) => !parts.some(({ keys }) => keys.has(own)));
    const functorOf = makeFunctors(pkg, new Map(others), parts.length);
    const part = { keys: new Set(others.map(([own]) => own)), functorOf };
    parts.push(part);
    return part;
  };
  /** @type {((object: object) => boolean) | undefined} */
  let hostTest;
  const allSources = () => (sources ??= readSources(pkg));

  const isOfHost = (/** @type {object} */ object) => (hostTest ??= makeHostTest(pkg))(object);
  /** @type {Package} */
  const pkg = {
    application,
    name,
    label: descriptor.label,
    descriptor,
    policy,
    records: new Map(),
    builtins: new Map(),
    copies: new Map(),
    process: undefined,
    timers: undefined,
    console: undefined,
    performance: undefined,
    commonJs: undefined,
    keys: new Map(),
    targets: { import: new Map(), require: new Map() },
    lexicals: new Map(),
    compiles: false,
    sourceOf: (key) => /** @type {EsmSource | CjsSource} */ (allSources().get(key)),
    get names() {
      return (names ??= unionOfNames(allSources().values()));
    },
    get source() {
      return [...allSources().values()].map(({ functor }) => functor).join('\n');
    },
    get usesStackTraces() {
      const functors = [...allSources().values()].map(({ functor }) => functor);
      return functors.some((functor) => STACK_TRACE_API.some((word) => functor.includes(word)));
    },
    get compartment() {
      if (compartment === undefined) {
        needStackToEndow();
        compartment = makeCompartment(pkg);
        installGlobals(pkg, compartment.globalThis);
        installMadeGlobals(pkg, compartment.globalThis);
        reportGlobals(pkg, compartment.globalThis);
      }
      return compartment;
    },
    functorOf: (key) => partOf(key).functorOf(key),
    grow() {
      if (sources !== undefined) readSources(pkg, sources);
      names = undefined;
      pkg.keys.clear();
    },
    directEval: () => {
      throw new TypeError('no source was evaluated yet');
    },
    crossPackageExports: makeCrossPackageExports(descriptor, policy.harden, isOfHost),
  };
  return pkg;
};
