// Page globals for packages: hardened classes, bound functions, and views of objects.
import { isObject } from '../../base/objects.js';
import { ownProperty } from '../../base/descriptors.js';
import { bindMethod, defineOwn, fillView, isConstructor } from '../../views/view.js';
import { severityOf } from '../../base/authority.js';
import { boundView } from '../../views/bound-view.js';
import { makeDenied } from '../../audit/denial.js';
import { accessDenied } from '../../base/errors.js';
import { hardenHidden, hardenStreams } from '../../lockdown/hidden-prototypes.js';
import { hardenHost } from '../../lockdown/host-harden.js';
import { hardenLeads } from './page-classes.js';
import { isScopeClass, makeScopeClass } from './scope-class.js';
import { serviceWorkersFor } from './service-workers.js';
import { makePageWorkerClass } from '../../threads/page-worker.js';
import { isDenied } from '../../policy/policy.js';
import { pageView } from '../../views/read-only.js';

/** @import { Granted } from '../../policy/policy.js' */
/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Package } from '../../protocols/package.js' */

// Each of these is the global object of the compartment.
export const WINDOW_NAMES = ['window', 'self', 'frames', 'parent', 'top'];

// Assignments to members can run code in the page: `location.href = 'javascript:…'`.
const READ_ONLY = ['location'];

// Objects that can't be frozen or have data as properties: packages share their content.
const SHARED = ['localStorage', 'sessionStorage'];

// Namespaces of functions and classes. Their getters expose state of the page: `CSS.highlights`.
const NAMESPACES = ['CSS', 'WebAssembly'];

// Changes all styles of the page and reveals whether another package has done so.
const OF_PAGE = ['registerProperty'];

// Entries of other types reference nodes: the first input, the largest paint.
const ENTRIES_WITHOUT_NODES = ['mark', 'measure', 'navigation', 'paint', 'resource'];

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
 * @returns {AnyObject} a view without denied members
 */
const viewOf = (object, granted) => {
  const view = boundView(object);
  for (const [name, member] of granted.members) if (isDenied(member)) delete view[name];
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
  if (NAMESPACES.includes(name)) return functionsOf(object);
  if (severityOf('globals', name) === 'critical') return object; // a grant for the whole object gives access to the page
  return isPlatformObject(object) ? viewOf(object, granted) : pageView(object);
};

/**
 * @param {AnyObject} namespace
 * @returns {AnyObject} a frozen object with its functions and classes
 */
const functionsOf = (namespace) => {
  const properties = Object.getOwnPropertyDescriptors(namespace);
  const members = Reflect.ownKeys(properties).flatMap((key) => {
    const property = properties[/** @type {string} */ (key)];
    const isIncluded =
      property !== undefined && 'value' in property && !OF_PAGE.includes(`${String(key)}`);
    return isIncluded ? [[key, property]] : [];
  });
  return hardenHost(Object.create(Object.prototype, Object.fromEntries(members)));
};

/**
 * @param {AnyObject} page
 * @param {AnyObject} object
 * @returns {boolean} whether it is `navigator.serviceWorker`
 */
const isContainer = ({ ServiceWorkerContainer }, object) =>
  typeof ServiceWorkerContainer === 'function' && object instanceof ServiceWorkerContainer;

/**
 * @param {AnyObject} object
 * @returns {boolean} whether it is an object of the browser, not of a script of the page
 */
const isPlatformObject = (object) => {
  const prototype = Object.getPrototypeOf(object);
  return prototype !== null && Object.hasOwn(prototype, Symbol.toStringTag);
};

/**
 * @param {Function} value
 * @returns {boolean} whether it is a function of the browser, not of a script of the page
 */
const isPlatformFunction = (value) =>
  /\[native code\]\s*\}$/.test(Function.prototype.toString.call(value));

/**
 * Adds stubs for denied methods: a call throws, a reference does not.
 *
 * @param {string} label
 * @param {string} name of a global
 * @param {AnyObject} object
 * @param {AnyObject} view
 */
const addDenials = (label, name, object, view) => {
  for (let holder = object; holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
    if (holder === null) return;
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder))) {
      if (typeof value !== 'function' || key === 'constructor' || Object.hasOwn(view, key))
        continue;
      const denied = makeDenied(() => accessDenied(label, 'global', `${name}.${key}`), key);
      defineOwn(view, key, denied, false);
    }
  }
};

/**
 * @param {Package} pkg
 * @param {string} name of a global of the page
 * @param {Granted | undefined} granted
 * @returns {unknown}
 */
export const pageGlobal = (pkg, name, granted) => {
  const { application, label } = pkg;
  const page = application.powers.globals;
  const value = page[name];
  if (!isObject(value) || granted === undefined) return value;
  if (application.hardens && !granted.unlimited && isScopeClass(name))
    return makeScopeClass(pkg, name);
  if (application.hardens) {
    hardenHidden(page, name);
    hardenStreams(page);
    hardenLeads(page, name, severityOf('globals', name) !== 'harmless');
  }
  if (typeof value === 'function') {
    if (name === 'Worker' && isPlatformFunction(value)) return makePageWorkerClass(pkg, value);
    if (application.hardens && !isPlatformFunction(value)) return pageView(value);
    if (!isConstructor(value)) return boundToPage(page, value);
    return application.hardens ? hardenHost(value) : value;
  }
  if (granted.unlimited) return value;
  const effective = READ_ONLY.includes(name) && !granted.whole ? readOnly(granted) : granted;
  if (granted.whole) return sharedObject(name, value, granted);
  const expose = (/** @type {unknown} */ shown) => {
    if (!application.hardens || !isObject(shown) || typeof shown === 'function') return shown;
    if (isContainer(page, shown)) return serviceWorkersFor(pkg, shown);
    hardenHost(Object.getPrototypeOf(shown)); // some instances can't be frozen
    if (Object.isExtensible(shown)) Reflect.preventExtensions(shown);
    return shown;
  };
  const view = fillView(effective, { owner: () => page[name], view: {}, expose });
  addDenials(label, name, value, view);
  return view;
};

/**
 * @param {AnyObject} page
 * @param {string} name of a global with a getter
 * @returns {boolean} whether it has to be read each time: `innerWidth` changes; `localStorage` may throw
 */
export const isFleeting = (page, name) => {
  if (ownProperty(page, name)?.get === undefined) return false;
  try {
    return !isObject(page[name]);
  } catch {
    return true;
  }
};

/**
 * @param {AnyObject} page
 * @returns {AnyObject} a separate `performance` for a package
 */
export const pagePerformance = ({ performance }) => {
  const view = boundView(performance);
  for (const name of ['getEntries', 'getEntriesByName', 'getEntriesByType']) {
    if (typeof performance[name] !== 'function') continue;
    const value = (/** @type {unknown[]} */ ...args) =>
      performance[name](...args)
        .filter((/** @type {AnyObject} */ { entryType }) =>
          ENTRIES_WITHOUT_NODES.includes(entryType),
        )
        .map((/** @type {AnyObject} */ entry) => hardenHost(entry));
    Object.defineProperty(view, name, { value: Object.freeze(value), writable: true });
  }
  return view;
};

/**
 * @param {string} nodeEnv
 * @returns {AnyObject} a `process` without data of the host, for code that checks its environment
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
