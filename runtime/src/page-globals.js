// What a package is given of a page: hardened classes, functions that work without `window`, views of objects.
import { bindMethod, fillView, isConstructor, isObject } from './attenuate.js';
import { severityOf } from './authority.js';
import { boundView } from './bound-view.js';
import { hardenHost } from './host-harden.js';
import { isWithheld } from './policy.js';

/** @import { AnyObject } from './attenuate.js' */
/** @import { Granted } from './policy.js' */
/** @import { Package } from './package.js' */

// In a compartment each of these is the compartment's own global object.
export const WINDOW_NAMES = ['window', 'self', 'frames', 'parent', 'top'];

// To assign to these runs text as the page's own: `location.href = 'javascript:…'`.
const READ_ONLY = ['location'];

// Objects that can't be frozen, or whose properties are data: what is kept in them is for all.
const SHARED = ['localStorage', 'sessionStorage'];

/** @type {WeakMap<Function, Function>} */
const bound = new WeakMap();

/**
 * @param {AnyObject} page
 * @param {Function} method
 */
const boundToPage = (page, method) => {
  const known = bound.get(method) ?? bindMethod(method, page);
  bound.set(method, known);
  return known;
};

/**
 * @param {Granted} granted
 * @returns {Granted}
 */
const readOnly = (granted) => ({
  ...granted,
  write: false,
  members: new Map([...granted.members].map(([name, member]) => [name, readOnly(member)])),
});

/**
 * @param {AnyObject} object
 * @param {Granted} granted whole
 * @returns {AnyObject} a view without the members that are withheld
 */
const viewOf = (object, granted) => {
  const view = boundView(object);
  for (const [name, member] of granted.members) if (isWithheld(member)) delete view[name];
  return view;
};

/**
 * @param {string} name
 * @param {AnyObject} object
 * @param {Granted} granted
 * @returns {unknown}
 */
const sharedObject = (name, object, granted) => {
  if (SHARED.includes(name)) return object;
  // Who is granted such an object whole has the page; and of what the page itself made, nothing is known.
  if (severityOf('globals', name) === 'critical' || !isPlatformObject(object)) return object;
  return viewOf(object, granted);
};

/**
 * @param {AnyObject} object
 * @returns {boolean} whether the browser made it, rather than a script of the page
 */
const isPlatformObject = (object) => {
  const prototype = Object.getPrototypeOf(object);
  return prototype !== null && Object.hasOwn(prototype, Symbol.toStringTag);
};

/**
 * @param {Package} pkg
 * @param {string} name of a global of the page
 * @param {Granted | undefined} granted
 * @returns {unknown}
 */
export const pageGlobal = ({ world }, name, granted) => {
  const page = world.powers.globals;
  const value = page[name];
  if (!isObject(value) || granted === undefined) return value;
  if (typeof value === 'function') {
    if (!isConstructor(value)) return boundToPage(page, value);
    return world.hardens ? hardenHost(value) : value;
  }
  if (granted.unlimited) return value;
  const held = READ_ONLY.includes(name) && !granted.whole ? readOnly(granted) : granted;
  if (!granted.whole) return fillView(held, { owner: () => page[name], view: {} });
  return sharedObject(name, value, granted);
};

/**
 * @param {AnyObject} page
 * @param {string} name of a global with a getter
 * @returns {boolean} whether it is read anew each time: `innerWidth` changes; `localStorage` may be refused
 */
export const isFleeting = (page, name) => {
  if (Reflect.getOwnPropertyDescriptor(page, name)?.get === undefined) return false;
  try {
    return !isObject(page[name]);
  } catch {
    return true;
  }
};

/**
 * @param {string} nodeEnv
 * @returns {AnyObject} a `process` that tells nothing, for code that asks it for its environment
 */
export const pageProcess = (nodeEnv) => ({
  ...{ title: 'browser', browser: true, platform: 'browser', version: '', versions: {} },
  ...{ env: { NODE_ENV: nodeEnv }, argv: [], execArgv: [] },
  cwd: Object.freeze(() => '/'),
  nextTick: Object.freeze((/** @type {Function} */ callback, /** @type {unknown[]} */ ...args) => {
    if (typeof callback !== 'function') throw new TypeError('The callback must be a function');
    queueMicrotask(() => void Reflect.apply(callback, undefined, args));
  }),
  emitWarning: Object.freeze(() => undefined),
});
