// A console of its own for each compartment: what one package hangs on it, no other package sees.
import { bindMethod } from './view.js';

// https://nodejs.org/api/console.html. V8 adds others, which hand out objects that all share.
const METHODS = new Set([
  ...['assert', 'clear', 'count', 'countReset', 'debug', 'dir', 'dirxml', 'error', 'group'],
  ...['groupCollapsed', 'groupEnd', 'info', 'log', 'table', 'time', 'timeEnd', 'timeLog', 'trace'],
  ...['warn', 'profile', 'profileEnd', 'timeStamp', 'Console'],
]);

/** @type {WeakMap<object, Record<string, unknown>>} the methods of views, as they were at first */
const originals = new WeakMap();

/**
 * @param {Record<string, any> | undefined} view
 * @param {string} name
 * @returns {Function | undefined} what its package has put in the place of a method
 */
export const replacedMethod = (view, name) => {
  const own = view?.[name];
  const isReplaced = typeof own === 'function' && own !== originals.get(view ?? {})?.[name];
  return isReplaced ? own : undefined;
};

/**
 * @param {Record<string, any>} console the host's
 * @param {object} options
 * @param {(name: string) => Function | undefined} [options.replaced] what is called instead of a method
 * @param {boolean} options.withClass whether `console.Console` is granted
 * @param {() => void} [options.prepare] is called before an object is shown: it may be handed Node's `inspect`
 * @returns {Record<string, unknown>}
 */
export const makeConsoleView = (console, { withClass, prepare, replaced }) => {
  /** @type {Record<string, unknown>} */
  const view = {};
  for (const [name, value] of Object.entries(console)) {
    if (typeof value !== 'function' || !METHODS.has(name)) continue;
    if (name === 'Console') {
      if (withClass) view[name] = value;
      continue;
    }
    const owner = console;
    const late = {
      [name](/** @type {unknown[]} */ ...args) {
        const other = replaced?.(name);
        if (other !== undefined) return Reflect.apply(other, undefined, args);
        if (args.some((arg) => typeof arg !== 'string' && typeof arg !== 'number')) prepare?.();
        return owner[name](...args);
      },
    }[name];
    view[name] = bindMethod(/** @type {Function} */ (late), undefined);
  }
  originals.set(view, { ...view });
  Object.defineProperty(view, Symbol.toStringTag, { value: 'console', configurable: true });
  return view;
};
