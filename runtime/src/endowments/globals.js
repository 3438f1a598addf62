// Endowments: globals of each compartment in addition to those of ses.
import { isObject } from '../base/objects.js';
import { withSubclasses } from '../lockdown/dynamic-code.js';
import { ownProperty } from '../base/descriptors.js';
import { auditedProcess } from '../audit/audit-process.js';
import { OWN_IN_PAGES, VIEWED_BY_HAND, VIEWED_GLOBALS } from '../base/authority.js';
import { fillView, frozenAccessor } from '../views/view.js';
import { makeConsoleView, replacedMethod } from '../views/console-view.js';
import { makeErrorConstructor } from './error-constructor.js';
import { hardenObjectsOf } from '../lockdown/specimens.js';
import { hardenKeys } from '../taming/web-results.js';
import { hardenHost } from '../lockdown/host-harden.js';
import { hardenerOf, sharedBuiltin, sharedGlobal, sharingOf } from '../taming/host-tame.js';
import { boundView } from '../views/bound-view.js';
import { builtinDecision, globalDecision, grantedOf, isWhole, scopesOf } from '../policy/policy.js';
import { restrictedGlobal } from '../scopes/members.js';
import { observedGlobal } from '../scopes/observing.js';
import {
  WINDOW_NAMES,
  isFleeting,
  pageGlobal,
  pagePerformance,
  pageProcess,
} from './page/page-globals.js';
import { hardenLeads } from './page/page-classes.js';
import { makePageTimers } from './page/page-timers.js';
import { installWorkerScope } from './page/worker-scope.js';
import { isAttenuation } from '../policy/policy-format.js';
import { clonerOf } from '../replacements/replacements.js';
import { makeProcessView } from '../views/process-view.js';
import { makeStdio } from '../views/stdio-view.js';
import { makeTimers } from './timers.js';
import { argumentsOf } from '../resolve/resolve.js';

/** @import { Decision } from '../policy/policy.js' */
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Package } from '../protocols/package.js' */

const TIMERS = [
  ...['setTimeout', 'setInterval', 'setImmediate'],
  ...['clearTimeout', 'clearInterval', 'clearImmediate'],
];

// Host objects that can be granted by member; for others, a grant for a member grants the whole object.
const VIEWED = [...VIEWED_GLOBALS, ...VIEWED_BY_HAND];

// Objects that can't be frozen: all packages with a grant share their content.
const STORES = ['localStorage', 'sessionStorage'];

/**
 * @param {object} globalThis
 * @param {string} name
 * @param {unknown} value
 * @param {boolean} [enumerable]
 */
const define = (globalThis, name, value, enumerable = false) => {
  Object.defineProperty(globalThis, name, {
    value,
    writable: true,
    enumerable,
    configurable: true,
  });
};

/** @type {import('../policy/policy.js').Granted} */
const NO_PART = { whole: false, write: false, unlimited: false, members: new Map() };

/**
 * @param {Package} pkg
 * @returns {Decision} the grant for `process`, as a global or as a builtin
 */
const processDecision = ({ policy }) => {
  const decision = globalDecision(policy, 'process');
  return decision === undefined ||
    (!isWhole(decision) && isWhole(builtinDecision(policy, 'process')))
    ? builtinDecision(policy, 'process')
    : decision;
};

/**
 * Hardens the host before a package gets its first host object.
 *
 * @param {Package} pkg
 */
const prepareHost = ({ application }) => {
  if (application.hardens && !application.powers.page) hardenerOf(application.powers);
};

/**
 * @param {Package} pkg
 * @returns {AnyObject} its `process`
 */
export const processOf = (pkg) => {
  if (pkg.process !== undefined) return pkg.process;
  const { application } = pkg;
  const { powers, linker } = application;
  prepareHost(pkg);
  if (powers.page) return (pkg.process = pageProcess(powers.page.nodeEnv));
  const { process } = powers.globals;
  const granted = grantedOf(processDecision(pkg));
  if (granted?.unlimited) pkg.process = process;
  else {
    const { current } = powers.threads ?? {};
    const view = makeProcessView(process, granted, {
      label: pkg.label,
      ownArguments: (argv) => argumentsOf(pkg.application, argv),
      getBuiltinModule: (name) => linker.grantedBuiltin(pkg, name),
      events: () => /** @type {AnyObject} */ (sharedBuiltin(application, 'events')),
      constants: () =>
        Object.fromEntries(
          ['os', 'fs', 'crypto', 'zlib'].map((name) => [
            name,
            { ...sharedBuiltin(application, name)?.['constants'] },
          ]),
        ),
      stdio: (name, part, deny) =>
        makeStdio(name, {
          real: () => process[name],
          granted: part,
          deny,
          stream: /** @type {AnyObject} */ (sharedBuiltin(application, 'stream')),
        }),
      ...(current?.serialization === 'advanced' && {
        copyOf: (message) => clonerOf(powers).copy(message),
      }),
    });
    if (current?.ownVariables && current.starter === pkg.name)
      for (const [name, value] of Object.entries(current.ownVariables))
        define(view['env'], name, value, true);
    const { audit } = pkg.application;
    const options = {
      label: pkg.label,
      granted: granted ?? NO_PART,
      recorder: /** @type {any} */ (audit),
    };
    pkg.process = audit === undefined ? view : auditedProcess(process, view, options);
  }
  return /** @type {AnyObject} */ (pkg.process);
};

/**
 * @param {Package} pkg
 * @returns {AnyObject} its `performance`, with its own listeners and settings
 */
export const performanceOf = (pkg) => {
  const { globals, page } = pkg.application.powers;
  prepareHost(pkg);
  if (!page) sharedBuiltin(pkg.application, 'perf_hooks'); // hardens it
  if (page && pkg.application.hardens) hardenLeads(globals, 'performance', true);
  pkg.performance ??= page
    ? pagePerformance(globals)
    : boundView(globals['performance'], sharingOf(pkg.application));
  return pkg.performance;
};

/**
 * @param {Package['application']} application
 * @returns {AnyObject} `crypto` as packages share it
 */
export const webCryptoOf = (application) => {
  const { globals } = application.powers;
  const { crypto } = globals;
  if (application.hardens) hardenKeys(globals);
  const share = sharingOf(application);
  if (isObject(crypto)) share(crypto['subtle']);
  return share(crypto);
};

/**
 * @param {Package} pkg
 * @returns {Record<string, Function>}
 */
export const timersOf = (pkg) => {
  const { globals, page, timersPromises } = pkg.application.powers;
  pkg.timers ??= page
    ? makePageTimers(globals)
    : makeTimers(globals, timersPromises, () => {
        prepareHost(pkg);
        sharedBuiltin(pkg.application, 'timers/promises'); // hardens it
      });
  return pkg.timers;
};

/** @type {WeakMap<object, Set<Package>>} */
const consoles = new WeakMap();

/**
 * @param {Package['application']} application
 * @returns {Set<Package>} packages whose console replaces that of other packages
 */
const consolesOf = (application) => {
  const known = consoles.get(application) ?? new Set();
  consoles.set(application, known);
  return known;
};

/**
 * @param {Package} pkg
 * @param {{ withClass?: boolean }} [options]
 * @returns {object}
 */
export const consoleOf = (pkg, { withClass = false } = {}) => {
  const { powers } = pkg.application;
  const { console } = powers.globals;
  if (withClass) {
    prepareHost(pkg);
    if (pkg.application.hardens) {
      hardenHost(console.Console);
      hardenObjectsOf('console', console);
    }
    return makeConsoleView(console, { withClass });
  }
  const prepare = () => prepareHost(pkg);
  const others = consolesOf(pkg.application);
  // A console method that the application replaces is also called for its dependencies; one that a dependency
  // replaces, only if the policy grants it "write".
  const replaced = (/** @type {string} */ method) => {
    for (const other of others) {
      const found = other === pkg ? undefined : replacedMethod(other.console, method);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const isApplication = pkg.application.map.root === pkg.name;
  if (isApplication || grantedOf(globalDecision(pkg.policy, 'console'))?.write) others.add(pkg);
  pkg.console ??= makeConsoleView(powers.console ?? console, { withClass, prepare, replaced });
  return pkg.console;
};

/**
 * @param {Package} pkg
 * @param {string} name
 * @param {Decision} decision
 * @returns {unknown}
 */
const hostGlobal = (pkg, name, decision) => {
  if (name === 'console') return consoleOf(pkg);
  if (name === 'process') return processOf(pkg);
  if (TIMERS.includes(name)) return timersOf(pkg)[name];
  const granted = grantedOf(decision);
  if (pkg.application.powers.page && !OWN_IN_PAGES.includes(name))
    return pageGlobal(pkg, name, granted);
  const shared = ownHostGlobal(pkg, name);
  const { audit, hardens } = pkg.application;
  const value = audit !== undefined && hardens ? observedGlobal(pkg, name, shared) : shared;
  if (granted !== undefined && !granted.whole && VIEWED.includes(name) && isObject(value)) {
    return fillView(granted, { owner: () => value, view: {} });
  }
  return value;
};

/**
 * @param {Package} pkg
 * @param {string} name
 * @returns {unknown} a host object that packages can share
 */
const ownHostGlobal = (pkg, name) => {
  const { globals } = pkg.application.powers;
  if (name === 'performance') return performanceOf(pkg);
  prepareHost(pkg);
  if (name === 'crypto') return webCryptoOf(pkg.application);
  if (name === 'Buffer') return sharedBuiltin(pkg.application, 'buffer')?.['Buffer'];
  return STORES.includes(name) ? globals[name] : sharedGlobal(pkg.application, name);
};

/**
 * @template T
 * @param {(language: AnyObject) => T} make
 * @returns {(language: AnyObject) => T} creates it once for all packages
 */
const once = (make) => {
  /** @type {WeakMap<AnyObject, T>} */
  const created = new WeakMap();
  return (language) => {
    const value = created.get(language) ?? make(language);
    created.set(language, value);
    return value;
  };
};

const propertiesOf = once((language) =>
  Object.fromEntries(
    Object.entries(language).map(([name, value]) => [
      name,
      { value, writable: true, enumerable: false, configurable: true },
    ]),
  ),
);

// Intl.DateTimeFormat is a clock: without a date argument it formats the current time.
const timelessIntl = once((language) => {
  const { DateTimeFormat: _clock, ...intl } = Object.getOwnPropertyDescriptors(language['Intl']);
  return Object.freeze(Object.create(Object.prototype, intl));
});

/**
 * Defines Date, Math and Intl: with clock and randomness if granted, otherwise the versions of ses without them.
 *
 * @param {Package} pkg
 * @param {AnyObject} globalThis
 */
const grantClockAndRandomness = (pkg, globalThis) => {
  const { globals, language } = pkg.application.powers;
  if (globalDecision(pkg.policy, 'Date') !== undefined) {
    define(globalThis, 'Date', globals['Date']);
  } else define(globalThis, 'Intl', timelessIntl(language));
  if (globalDecision(pkg.policy, 'Math') !== undefined) define(globalThis, 'Math', globals['Math']);
};

/**
 * Defines a host global lazily if the host loads it on first read, which may print a warning.
 *
 * @param {Package} pkg
 * @param {AnyObject} globalThis
 * @param {string} name
 * @param {() => unknown} read
 */
const defineHostGlobal = (pkg, globalThis, name, read) => {
  const { globals, page } = pkg.application.powers;
  const host = ownProperty(globals, name);
  const enumerable = host?.enumerable ?? false;
  const own = (/** @type {unknown} */ value) => define(globalThis, name, value, enumerable);
  const isNamed = pkg.names.hostNames.includes(name) && !(page && isFleeting(globals, name));
  if (host?.get === undefined || isNamed) {
    define(globalThis, name, read(), enumerable);
    return;
  }
  const get = () => {
    const value = read();
    if (!page || isObject(value)) own(value);
    return value;
  };
  Object.defineProperty(globalThis, name, { ...frozenAccessor(get, own), enumerable });
};

/**
 * Under `--audit`, records reads of a denied global from the global object, where it stays undefined. Free variables
 * in the package's source get a stub.
 *
 * @param {Package} pkg
 * @param {AnyObject} globalThis
 * @param {string} name
 */
const auditGlobal = ({ application, label, names }, globalThis, name) => {
  const { audit } = application;
  if (audit === undefined || names.hostNames.includes(name)) return;
  const read = () => audit.record(label, 'globals', name);
  const assign = (/** @type {unknown} */ value) => define(globalThis, name, value);
  Object.defineProperty(globalThis, name, { ...frozenAccessor(read, assign), enumerable: false });
};

/**
 * @param {Package} pkg
 * @param {AnyObject} globalThis the compartment's
 */
export const installGlobals = (pkg, globalThis) => {
  const { application, policy } = pkg;
  const { language, capture, page } = application.powers;
  Object.defineProperties(globalThis, propertiesOf(language));
  for (const name of ['global', ...(page ? WINDOW_NAMES : [])])
    define(globalThis, name, globalThis);
  define(globalThis, 'Function', withSubclasses(globalThis['Function']));
  grantClockAndRandomness(pkg, globalThis);
  if (pkg.usesStackTraces) {
    const { stacks } = application;
    define(
      globalThis,
      'Error',
      makeErrorConstructor({ SharedError: globalThis['Error'], capture, stacks }),
    );
  }
  if (isAttenuation(policy.globals)) {
    Object.assign(
      globalThis,
      pkg.application.linker.attenuateGlobals(pkg, policy.globals, globalThis),
    );
    return;
  }
  for (const name of application.powers.hostGlobals) {
    const decision = globalDecision(policy, name);
    const scope = decision === undefined ? scopesOf(policy, 'globals', name).get('') : undefined;
    if (scope !== undefined) {
      const original = () =>
        application.powers.page
          ? pageGlobal(pkg, name, { ...NO_PART, whole: true })
          : ownHostGlobal(pkg, name);
      const read = () => restrictedGlobal(pkg, name, scope, original());
      defineHostGlobal(pkg, globalThis, name, read);
      continue;
    }
    if (decision === undefined) {
      auditGlobal(pkg, globalThis, name);
      continue;
    }
    defineHostGlobal(pkg, globalThis, name, () => hostGlobal(pkg, name, decision));
  }
  if (page) installWorkerScope(pkg, globalThis);
  const processWanted = pkg.names.hostNames.includes('process');
  if (processWanted && !Object.hasOwn(globalThis, 'process'))
    define(globalThis, 'process', processOf(pkg));
};
