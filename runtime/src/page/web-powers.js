// Powers of a page, and preparation of the page before lockdown.
import { bindMethod } from '../views/view.js';
import { NOT_THE_HOST } from '../lockdown/language-names.js';
import { SCOPE_NAMES } from '../endowments/page/worker-scope.js';
import { WINDOW_NAMES } from '../endowments/page/page-globals.js';

/** @import { Powers } from '../protocols/powers.js' */

const start = /** @type {typeof globalThis & Record<string, any>} */ (globalThis);

const NOT_OURS = new Set([...NOT_THE_HOST, ...WINDOW_NAMES]);

/** @returns {string[]} the names of all globals, including inherited ones */
const globalNames = () => {
  /** @type {Set<string>} */
  const names = new Set();
  for (
    let holder = start;
    holder !== null && holder !== Object.prototype;
    holder = Object.getPrototypeOf(holder)
  )
    for (const name of Object.getOwnPropertyNames(holder)) names.add(name);
  names.delete('constructor');
  return [...names].filter((name) => !NOT_OURS.has(name) && !/^\d+$/.test(name));
};

/** @param {string} name of a global that connects a worker with its starter */
const isOfScope = (name) => SCOPE_NAMES.includes(name) || name.startsWith('on');

/**
 * Web IDL replaces an undefined `this` with `window`, and every package can reach these methods from any EventTarget.
 * So the methods require a receiver, and `window` gets bound versions for scripts of the page.
 */
const separateWindow = () => {
  const { EventTarget } = start;
  if (typeof EventTarget !== 'function' || typeof start.addEventListener !== 'function') return;
  const { prototype } = EventTarget;
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const { value: method } = property;
    if (name === 'constructor' || typeof method !== 'function') continue;
    const strictMethod = {
      /**
       * @this {unknown}
       * @param {unknown[]} args
       */
      [name](...args) {
        if (this === undefined || this === null) throw new TypeError('Illegal invocation');
        return Reflect.apply(method, this, args);
      },
    }[name];
    const value = bindMethod(method, start);
    Object.defineProperty(start, name, { ...property, value });
    Object.defineProperty(prototype, name, { ...property, value: strictMethod });
  }
};

/**
 * Must be called before the realm is locked down.
 *
 * @param {object} options
 * @param {string} options.nodeEnv value of `process.env.NODE_ENV`
 * @param {boolean} options.isStarted whether this is a dedicated worker that a package started
 * @returns {(locked: Pick<Powers, 'language' | 'languageNames' | 'capture'>) => Powers}
 */
export const preparePage = ({ nodeEnv, isStarted }) => {
  const hostGlobals = isStarted ? globalNames().filter((name) => !isOfScope(name)) : globalNames();
  separateWindow();
  return ({ capture = () => undefined, ...locked }) => ({
    ...locked,
    capture, // only V8 has it
    globals: start,
    hostGlobals,
    builtinModules: [],
    isBuiltin: Object.freeze(() => false),
    getBuiltin: () => undefined,
    timersPromises: undefined,
    page: { nodeEnv },
  });
};
