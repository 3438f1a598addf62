// The `process` of a compartment that may use parts of it: those, on top of an inert base.
import { fillView, isObject } from './attenuate.js';
import { accessDenied } from './errors.js';

/** @import { AnyObject } from './attenuate.js' */
/** @import { PathTree } from './policy.js' */

// Members that code calls without looking whether they are there: an error says more than undefined.
const STUBS = [
  ...['exit', 'abort', 'kill', 'chdir', 'binding', 'dlopen', '_linkedBinding'],
  ...['reallyExit', 'setuid', 'setgid', 'seteuid', 'setegid', 'setgroups', 'initgroups'],
];

// Plain data of the host: a copy can't be changed for others.
const COPIED = ['versions', 'release', 'config', 'features'];

const LISTENING = [
  ...['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'],
  ...['off', 'removeListener'],
];

/**
 * @param {unknown} value
 * @returns {unknown}
 */
const deepCopy = (value) => {
  if (!isObject(value) || typeof value === 'function') return value;
  if (Array.isArray(value)) return Object.freeze(value.map(deepCopy));
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, member]) => [key, deepCopy(member)])),
  );
};

/**
 * Node calls listeners with the real process as `this`, and returns it from `on` and its kin.
 *
 * @param {AnyObject} process
 * @param {AnyObject} view
 * @returns {(method: Function & AnyObject, name: string) => Function}
 */
const processMethods = (process, view) => {
  /** @type {WeakMap<Function, Function>} */
  const methods = new WeakMap();
  /** @type {WeakMap<Function, Function>} */
  const listeners = new WeakMap();
  /** @param {unknown} listener */
  const wrap = (listener) => {
    if (typeof listener !== 'function') return listener;
    const known =
      listeners.get(listener) ??
      ((/** @type {unknown[]} */ ...args) => Reflect.apply(listener, view, args));
    listeners.set(listener, known);
    return known;
  };
  return (method, name) => {
    const listening = LISTENING.includes(name);
    const known =
      methods.get(method) ??
      Object.assign(
        (/** @type {unknown[]} */ ...args) => {
          const given = listening ? [args[0], wrap(args[1]), ...args.slice(2)] : args;
          const result = Reflect.apply(method, process, given);
          return result === process ? view : result;
        },
        name === 'hrtime' && method['bigint'] ? { bigint: () => method['bigint']() } : {},
        name === 'memoryUsage' && method['rss'] ? { rss: () => method['rss']() } : {},
      );
    methods.set(method, known);
    return known;
  };
};

/**
 * @param {AnyObject} process the host's
 * @param {PathTree} tree what is granted of it
 * @param {object} options
 * @param {string} options.label the package
 * @param {(name: string) => unknown} options.getBuiltinModule which knows what the package may use
 * @returns {AnyObject}
 */
export const makeProcessView = (process, tree, { label, getBuiltinModule }) => {
  /** @type {AnyObject} */
  const view = { env: {}, argv: [], execArgv: [], cwd: () => '/' };
  view['getBuiltinModule'] = (/** @type {unknown} */ name) => getBuiltinModule(`${name}`);
  for (const name of STUBS) {
    if (typeof process[name] !== 'function') continue;
    const value = () => {
      throw accessDenied(label, 'global', `process.${name}`);
    };
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(view, name, {
      value,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
  const method = processMethods(process, view);
  /** @type {import('./attenuate.js').Expose} */
  const expose = (value, name, owner) => {
    if (owner !== process) return value;
    if (typeof value === 'function') return method(/** @type {any} */ (value), name);
    return COPIED.includes(name) ? deepCopy(value) : value;
  };
  fillView(withSetVariables(process, tree), { owner: () => process, view, expose });
  Object.defineProperty(view, Symbol.toStringTag, { value: 'process', configurable: true });
  return view;
};

/**
 * A variable that is not set must not seem to be there: `'X' in process.env`.
 *
 * @param {AnyObject} process
 * @param {PathTree} tree
 * @returns {PathTree}
 */
const withSetVariables = (process, tree) => {
  const variables = tree.get('env');
  if (!(variables instanceof Map)) return tree;
  const set = [...variables].filter(
    ([name, grant]) => name in process.env || (!(grant instanceof Map) && grant.write),
  );
  return new Map([...tree, ['env', new Map(set)]]);
};
