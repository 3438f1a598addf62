// Narrows objects of the host to what a policy names, one new object for each compartment.
import { isWhole } from './policy.js';

/** @import { PathTree, Whole } from './policy.js' */

/**
 * @typedef {Record<PropertyKey, any>} AnyObject
 *
 * @typedef {object} ViewOptions
 * @property {() => AnyObject | undefined} owner where the members really are, asked at every use
 * @property {AnyObject} view what is filled
 * @property {Expose} [expose] what of a granted value is shown
 *
 * @callback Expose
 * @param {unknown} value
 * @param {string} name
 * @param {unknown} owner
 * @returns {unknown}
 */

/**
 * @param {unknown} value
 * @returns {value is AnyObject}
 */
export const isObject = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/**
 * @param {Function} method
 * @returns {boolean} whether it is a class, or a function that makes objects; Node has methods that
 *   could be called with `new`, but they have nothing on their prototypes
 */
const isConstructor = (method) => {
  const property = Object.getOwnPropertyDescriptor(method, 'prototype');
  if (property === undefined) return false;
  const { value, writable } = property;
  if (!writable || !isObject(value)) return true;
  return Reflect.ownKeys(value).length > 1 || Object.getPrototypeOf(value) !== Object.prototype;
};

/**
 * A function that works without the object that it was found on. Classes are left as they are.
 *
 * @param {Function} method
 * @param {unknown} owner
 * @returns {Function}
 */
export const bindMethod = (method, owner) => {
  if (isConstructor(method)) return method;
  const bound = (/** @type {unknown[]} */ ...args) => Reflect.apply(method, owner, args);
  Object.defineProperties(bound, { ...boundStatics(method, bound), name: { value: method.name } });
  return Object.defineProperty(bound, 'length', { value: method.length });
};

/**
 * @param {Function} method
 * @param {Function} bound stands for it
 * @returns {PropertyDescriptorMap} what hangs on it: `fs.realpath.native`, how `util.promisify` treats it
 */
const boundStatics = (method, bound) => {
  /** @type {PropertyDescriptorMap} */
  const statics = {};
  for (const key of Reflect.ownKeys(method)) {
    const { value, enumerable = false } = /** @type {PropertyDescriptor} */ (
      Object.getOwnPropertyDescriptor(method, key)
    );
    if (OF_FUNCTIONS.includes(key) || value === undefined) continue;
    const isOther = typeof value === 'function' && value !== method;
    const shown = value === method ? bound : isOther ? bindMethod(value, method) : value;
    Object.defineProperty(statics, key, { value: { value: shown, enumerable }, enumerable: true });
  }
  return statics;
};

const OF_FUNCTIONS = /** @type {PropertyKey[]} */ (['name', 'length', 'prototype']);

/**
 * @param {Expose} expose
 * @returns {(owner: unknown, name: string) => unknown} a member of its owner; a function is bound once
 */
const memberReader = (expose) => {
  /** @type {WeakMap<Function, Function>} */
  const bound = new WeakMap();
  return (owner, name) => {
    const value = isObject(owner) ? owner[name] : undefined;
    const shown = expose(value, name, owner);
    if (shown !== value || typeof value !== 'function') return shown;
    const known = bound.get(value) ?? bindMethod(value, owner);
    bound.set(value, known);
    return known;
  };
};

/**
 * @param {string} name
 * @param {Whole} grant
 * @param {ViewOptions} options
 * @param {(owner: unknown, name: string) => unknown} read
 * @returns {PropertyDescriptor}
 */
const liveMember = (name, { write }, { owner, view }, read) => ({
  get: () => read(owner(), name),
  /** @param {unknown} value */
  set(value) {
    const target = owner();
    if (write && target !== undefined) target[name] = value;
    // Without a grant to write, the package changes what it sees itself, and nobody else.
    else
      Object.defineProperty(view, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
  },
  enumerable: true,
  configurable: true,
});

/**
 * @param {PathTree} tree
 * @param {ViewOptions} options
 * @returns {AnyObject} the view
 */
export const fillView = (tree, options) => {
  const { owner, view, expose = (value) => value } = options;
  const read = memberReader(expose);
  for (const [name, grant] of tree) {
    if (isWhole(grant)) {
      Object.defineProperty(view, name, liveMember(name, grant, options, read));
      continue;
    }
    const inner = () => {
      const value = owner()?.[name];
      return isObject(value) ? value : undefined;
    };
    if (inner() === undefined) continue;
    const base = Object.hasOwn(view, name) && isObject(view[name]) ? view[name] : {};
    const value = fillView(grant, { owner: inner, view: base, expose });
    Object.defineProperty(view, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return view;
};

/**
 * A copy of a builtin's object, so that what one package assigns to it is not seen by another.
 *
 * @param {AnyObject} original
 * @returns {AnyObject}
 */
export const shallowCopy = (original) => {
  const copy = Object.create(Object.getPrototypeOf(original) === null ? null : Object.prototype);
  for (const key of Reflect.ownKeys(original)) {
    const property = /** @type {PropertyDescriptor} */ (
      Object.getOwnPropertyDescriptor(original, key)
    );
    const { get, set, value, enumerable = false } = property;
    /** @type {PropertyDescriptor} */
    const copied = { enumerable, configurable: true };
    if (get !== undefined) copied.get = get.bind(original);
    if (set !== undefined) copied.set = set.bind(original);
    if (get === undefined && set === undefined) Object.assign(copied, { value, writable: true });
    Object.defineProperty(copy, key, copied);
  }
  return copy;
};
