// What each compartment finds on its globalThis, beyond what ses puts there.
import { fillView, isObject } from './attenuate.js';
import { makeConsoleView } from './console-view.js';
import { makeErrorConstructor } from './error-constructor.js';
import { hardenHost } from './host-harden.js';
import { globalDecision, isWhole } from './policy.js';
import { isAttenuation } from './policy-format.js';
import { makeProcessView } from './process-view.js';
import { makeTimers } from './timers.js';

/** @import { AnyObject } from './attenuate.js' */
/** @import { Decision } from './policy.js' */
/** @import { Package } from './package.js' */

const TIMERS = [
  ...['setTimeout', 'setInterval', 'setImmediate'],
  ...['clearTimeout', 'clearInterval', 'clearImmediate'],
];

// Objects of the host that can be granted by members; of anything else a member is granted with its owner.
const VIEWED = ['crypto', 'performance', 'navigator', 'WebAssembly'];

// Granted without a decision, so nothing that packages share through them may be changed.
const SHARED = [
  ...['URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'AbortController', 'AbortSignal'],
  ...['Event', 'EventTarget', 'DOMException', 'structuredClone', 'queueMicrotask', 'atob', 'btoa'],
];

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

/**
 * @param {Package} pkg
 * @returns {AnyObject} its `process`
 */
export const processOf = (pkg) => {
  if (pkg.process !== undefined) return pkg.process;
  const { process } = pkg.world.powers.globals;
  const decision = globalDecision(pkg.policy, 'process');
  if (isWhole(decision)) pkg.process = process;
  else
    pkg.process = makeProcessView(process, decision instanceof Map ? decision : new Map(), {
      label: pkg.label,
      getBuiltinModule: (name) => pkg.world.linker.grantedBuiltin(pkg, name),
    });
  return /** @type {AnyObject} */ (pkg.process);
};

/**
 * @param {Package} pkg
 * @returns {Record<string, Function>}
 */
export const timersOf = (pkg) => {
  const { globals, timersPromises } = pkg.world.powers;
  pkg.timers ??= makeTimers(globals, timersPromises);
  return pkg.timers;
};

/**
 * @param {Package} pkg
 * @param {{ withClass?: boolean }} [options]
 * @returns {object}
 */
export const consoleOf = (pkg, { withClass = false } = {}) => {
  if (withClass) return makeConsoleView(pkg.world.powers.globals.console, { withClass });
  pkg.console ??= makeConsoleView(pkg.world.powers.globals.console, { withClass });
  return pkg.console;
};

/**
 * @param {Package} pkg
 * @param {string} name
 * @param {Decision} decision
 * @returns {unknown}
 */
const hostGlobal = (pkg, name, decision) => {
  const { globals } = pkg.world.powers;
  if (name === 'console') return consoleOf(pkg);
  if (name === 'process') return processOf(pkg);
  if (TIMERS.includes(name)) return timersOf(pkg)[name];
  const value = globals[name];
  if (SHARED.includes(name)) return hardenHost(value);
  if (decision instanceof Map && VIEWED.includes(name) && isObject(value)) {
    return Object.freeze(fillView(decision, { owner: () => value, view: {} }));
  }
  return value;
};

/**
 * The constructors of ses that lack a power, or that have it when it is granted.
 *
 * @param {Package} pkg
 * @param {AnyObject} globalThis
 */
const grantClockAndChance = (pkg, globalThis) => {
  const { globals, language } = pkg.world.powers;
  if (globalDecision(pkg.policy, 'Date') !== undefined) {
    define(globalThis, 'Date', globals['Date']);
  } else {
    // An Intl.DateTimeFormat that is given no date formats the present one.
    const { DateTimeFormat: _clock, ...intl } = Object.getOwnPropertyDescriptors(language['Intl']);
    define(globalThis, 'Intl', Object.freeze(Object.create(Object.prototype, intl)));
  }
  if (globalDecision(pkg.policy, 'Math') !== undefined) define(globalThis, 'Math', globals['Math']);
};

/**
 * Some of the host's globals are loaded when they are read first, and may complain.
 *
 * @param {Package} pkg
 * @param {AnyObject} globalThis
 * @param {string} name
 * @param {() => unknown} read
 */
const defineHostGlobal = (pkg, globalThis, name, read) => {
  const host = Object.getOwnPropertyDescriptor(pkg.world.powers.globals, name);
  const enumerable = host?.enumerable ?? false;
  if (host?.get === undefined || pkg.names.hostNames.includes(name)) {
    define(globalThis, name, read(), enumerable);
    return;
  }
  const settle = (/** @type {unknown} */ value) => define(globalThis, name, value, enumerable);
  const get = () => {
    settle(read());
    return globalThis[name];
  };
  Object.defineProperty(globalThis, name, { get, set: settle, enumerable, configurable: true });
};

/**
 * @param {Package} pkg
 * @param {AnyObject} globalThis the compartment's
 */
export const installGlobals = (pkg, globalThis) => {
  const { world, policy } = pkg;
  const { language, capture } = world.powers;
  for (const [name, value] of Object.entries(language)) define(globalThis, name, value);
  define(globalThis, 'global', globalThis);
  grantClockAndChance(pkg, globalThis);
  if (pkg.usesStackTraces) {
    const { stacks } = world;
    define(
      globalThis,
      'Error',
      makeErrorConstructor({ SharedError: globalThis['Error'], capture, stacks }),
    );
  }
  if (isAttenuation(policy.globals)) {
    Object.assign(globalThis, pkg.world.linker.attenuateGlobals(pkg, policy.globals, globalThis));
    return;
  }
  for (const name of world.powers.hostGlobals) {
    const decision = globalDecision(policy, name);
    if (decision === undefined) continue;
    defineHostGlobal(pkg, globalThis, name, () => hostGlobal(pkg, name, decision));
  }
  const processWanted = pkg.names.hostNames.includes('process');
  if (processWanted && !Object.hasOwn(globalThis, 'process'))
    define(globalThis, 'process', processOf(pkg));
};

/**
 * ses turns constant globals into constants of the evaluated text; others are looked up at every use.
 *
 * @param {AnyObject} globalThis
 * @param {ReadonlySet<string>} assigned names that the package's modules assign
 */
export const fixGlobals = (globalThis, assigned) => {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const property = Object.getOwnPropertyDescriptor(globalThis, name);
    if (property === undefined || !('value' in property) || assigned.has(name)) continue;
    if (property.configurable) {
      Object.defineProperty(globalThis, name, { writable: false, configurable: false });
    }
  }
};
