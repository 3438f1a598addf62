// A console of its own for each compartment: what one package hangs on it, no other package sees.
import { bindMethod } from './attenuate.js';

// https://nodejs.org/api/console.html. V8 adds others, which hand out objects that all share.
const METHODS = new Set([
  ...['assert', 'clear', 'count', 'countReset', 'debug', 'dir', 'dirxml', 'error', 'group'],
  ...['groupCollapsed', 'groupEnd', 'info', 'log', 'table', 'time', 'timeEnd', 'timeLog', 'trace'],
  ...['warn', 'profile', 'profileEnd', 'timeStamp', 'Console'],
]);

/**
 * @param {Record<string, any>} console the host's
 * @param {object} options
 * @param {boolean} options.withClass whether `console.Console` is granted
 * @param {() => void} [options.prepare] is called before an object is shown: it may be handed Node's `inspect`
 * @returns {Record<string, unknown>}
 */
export const makeConsoleView = (console, { withClass, prepare }) => {
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
        if (args.some((arg) => typeof arg !== 'string' && typeof arg !== 'number')) prepare?.();
        return owner[name](...args);
      },
    }[name];
    view[name] = bindMethod(/** @type {Function} */ (late), undefined);
  }
  Object.defineProperty(view, Symbol.toStringTag, { value: 'console', configurable: true });
  return view;
};
