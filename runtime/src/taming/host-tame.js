// Taming of the host before packages share it: builtins are hardened, process-wide settings become read-only, and
// internal state is hidden.
import { settleGetters } from './settings.js';
import { needStackForBuiltin, needStackForHost, once } from '../base/stack-space.js';
import { hardenHidden, hardenStreams } from '../lockdown/hidden-prototypes.js';
import { hardenHost, regardHardened } from '../lockdown/host-harden.js';
import { hardenObjectsOf, hideClass, withHardClass } from '../lockdown/specimens.js';
import { asyncResource, replacedGlobal } from '../replacements/replacements.js';
import {
  BINDINGS,
  COMMON,
  COMMON_GLOBALS,
  LEADS_TO,
  LEADS_TO_STREAMS,
  UNHARDENED,
  WITHOUT_WEB_STREAMS,
} from './builtin-tables.js';
import { FETCHED, fetchOf, hardenFetched } from './fetch.js';
import { hideConstructors } from './guarded-class.js';
import { hardenErrors } from './host-errors.js';
import { TAMED } from './tame-builtins.js';
import { refuseEngines } from './tame-network.js';
import { hardenResultsOf } from './web-results.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Application } from '../protocols/package.js' */
/** @import { Powers } from '../protocols/powers.js' */

/** @param {unknown} Class a native class of Node */
const hideNative = (Class) => {
  let at = typeof Class === 'function' ? Class.prototype : null;
  for (; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) hideClass(at);
};

/**
 * @param {Powers} powers
 * @param {string} name
 */
const hardenBinding = ({ internals }, name) => {
  for (const Class of Object.values(internals?.binding(name) ?? {})) {
    const prototype = typeof Class === 'function' ? Class.prototype : undefined;
    if (typeof prototype !== 'object' || prototype === null) continue;
    hideNative(Class);
    refuseEngines(prototype);
    hardenHost(prototype);
  }
};

/**
 * Hardens the internal event class, which every EventTarget of Node instantiates.
 *
 * @param {AnyObject} globals
 */
const hardenMadeEvents = ({ EventTarget }) => {
  const { prototype } = EventTarget;
  for (const key of Object.getOwnPropertySymbols(prototype))
    if (key.description === 'kCreateEvent') withHardClass(new EventTarget()[key](undefined, ''));
};

/** @typedef {(name: string) => AnyObject | undefined} LoadBuiltin returns a builtin, tamed and hardened */

/** @type {WeakMap<object, LoadBuiltin>} by the global object of the host */
const hardeners = new WeakMap();

/**
 * @param {Powers} powers
 * @returns {LoadBuiltin}
 */
const makeHardener = (powers) => {
  needStackForHost();
  const { process, console } = powers.globals;
  regardHardened([powers.globals, process, process.env, console]); // never frozen, even if reachable
  /** @type {Set<string>} */
  const tamed = new Set();
  // All native resources inherit from one class, which exposes the stores of all packages.
  hideNative(powers.internals?.binding('tcp_wrap')?.['TCP']);
  // Node stores its AsyncResources, which expose the stores of all packages, on requests that wait for a connection.
  const hooks = /** @type {AnyObject} */ (powers.getBuiltin('async_hooks'));
  hooks['AsyncResource'] = asyncResource(powers);
  const tame = (/** @type {string} */ name) => {
    if (tamed.has(name)) return;
    tamed.add(name);
    const builtin = powers.getBuiltin(name);
    if (builtin !== undefined) settleGetters(builtin);
    TAMED[name]?.(builtin, powers);
  };
  for (const name of COMMON) tame(name);
  for (const name of COMMON_GLOBALS) hardenHost(powers.globals[name]);
  hardenMadeEvents(powers.globals);
  hardenErrors(powers);
  hardenHidden(powers.globals, 'URL');
  /** @type {Set<string>} */
  const hardened = new Set();
  const load = (/** @type {string} */ name) => {
    if (!hardened.has(name)) needStackForBuiltin(); // Node aborts if it runs out of stack space while loading a builtin
    const builtin = powers.getBuiltin(name);
    if (builtin !== undefined) hardenLoaded(name);
    return builtin;
  };
  const hardenLoaded = (/** @type {string} */ name) => {
    if (hardened.has(name)) return;
    hardened.add(name);
    for (const other of [...(LEADS_TO[name] ?? []), name]) tame(other);
    for (const other of LEADS_TO[name] ?? []) hardenLoaded(other);
    if (!WITHOUT_WEB_STREAMS.has(name)) hardenStreams(powers.globals);
    if (UNHARDENED.has(name)) return;
    for (const binding of BINDINGS[name] ?? []) hardenBinding(powers, binding);
    hardenHost(powers.getBuiltin(name));
    hardenObjectsOf(name, powers.getBuiltin(name));
  };
  for (const name of COMMON) hardenLoaded(name);
  return load;
};

/**
 * Must be called before the first package runs, so that packages only get hardened objects.
 *
 * @param {Powers} powers
 * @returns {LoadBuiltin}
 */
export const hardenerOf = (powers) => {
  const harden = hardeners.get(powers.globals) ?? makeHardener(powers);
  hardeners.set(powers.globals, harden);
  return harden;
};

/**
 * @typedef {Pick<Application, 'powers' | 'hardens'>} Sharing an application; if all its packages have all capabilities, it
 *   does not harden the host: part of that, before the host is tamed, would make taming fail
 */

/**
 * @param {Sharing} application
 * @returns {(value: unknown) => any} returns an object as packages share it: hardened
 */
export const sharingOf = ({ hardens }) => (hardens ? hardenHost : (value) => value);

// A package may have one with a grant that lists hosts; its instances must not lead to the class of Node.
const NETWORK_CLASSES = ['EventSource', 'WebSocket'];

/**
 * @param {Sharing} application
 * @param {string} name of a host global
 * @returns {unknown} the global as packages share it
 */
export const sharedGlobal = ({ powers, hardens }, name) => {
  if (!hardens) return powers.globals[name];
  const load = hardenerOf(powers);
  hardenResultsOf(powers.globals, name);
  const own = replacedGlobal(powers, name);
  if (own !== undefined) return own;
  if (name === 'fetch') return fetchOf(powers.globals);
  if (NETWORK_CLASSES.includes(name))
    once(powers.globals, name, () =>
      hideConstructors(powers.globals, [name], powers.globals['EventTarget']),
    );
  if (name.startsWith('Performance')) load('perf_hooks');
  hardenHidden(powers.globals, name);
  if (LEADS_TO_STREAMS.has(name)) hardenStreams(powers.globals);
  if (FETCHED.includes(name) && name !== 'Blob') hardenFetched(powers.globals);
  return hardenHost(powers.globals[name]);
};

/**
 * Tames the host before it loads the builtin, because builtins copy functions of others.
 *
 * @param {Sharing} application
 * @param {string} name of a builtin, without `node:`
 * @returns {AnyObject | undefined} the builtin as packages share it
 */
export const sharedBuiltin = ({ powers, hardens }, name) =>
  hardens ? hardenerOf(powers)(name) : powers.getBuiltin(name);
