// A separate console for each compartment: properties that one package adds are invisible to other packages.
import { bindMethod } from './view.js';

// https://nodejs.org/api/console.html. V8 adds others, which expose shared objects.
const METHODS = new Set([
  ...['assert', 'clear', 'count', 'countReset', 'debug', 'dir', 'dirxml', 'error', 'group'],
  ...['groupCollapsed', 'groupEnd', 'info', 'log', 'table', 'time', 'timeEnd', 'timeLog', 'trace'],
  ...['warn', 'profile', 'profileEnd', 'timeStamp', 'Console'],
]);

/** @type {WeakMap<object, Record<string, unknown>>} original methods of views */
const originals = new WeakMap();

/**
 * @param {Record<string, any> | undefined} view
 * @param {string} name
 * @returns {Function | undefined} the function that its package has assigned to a method
 */
export const replacedMethod = (view, name) => {
  const own = view?.[name];
  const isReplaced = typeof own === 'function' && own !== originals.get(view ?? {})?.[name];
  return isReplaced ? own : undefined;
};

/**
 * @param {Record<string, any>} console the host's
 * @param {object} options
 * @param {(name: string) => Function | undefined} [options.replaced] the function to call instead of a method
 * @param {boolean} options.withClass whether `console.Console` is granted
 * @param {() => void} [options.prepare] called before an object is printed: Node may pass `inspect` to it
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
