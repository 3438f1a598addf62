// Views: restrict host objects to the members that a policy grants, as one new object for each compartment.
import { isObject } from '../base/objects.js';
import { isDenied } from '../policy/policy.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Granted } from '../policy/policy.js' */

/**
 * @typedef {object} ViewOptions
 * @property {() => AnyObject | undefined} owner the object that has the members, read on every use
 * @property {AnyObject} view the object to fill
 * @property {Expose} [expose] maps a granted value before it is returned
 *
 * @callback Expose
 * @param {unknown} value
 * @param {string} name
 * @param {unknown} owner
 * @returns {unknown}
 */

/**
 * @param {Function} method
 * @returns {boolean} whether it is a class or a constructor function; some methods of Node can be called with `new`,
 *   but their prototypes are empty
 */
export const isConstructor = (method) => {
  const property = Object.getOwnPropertyDescriptor(method, 'prototype');
  if (property === undefined) return false;
  const { value } = property;
  if (!isObject(value) || /^class\b/.test(Function.prototype.toString.call(method))) return true;
  const inherits = Object.getPrototypeOf(value) !== Object.prototype;
  // By naming convention: the prototype of `tls.SecureContext` is as empty as that of `fs.readFile`.
  return Reflect.ownKeys(value).length > 1 || inherits || /^[A-Z]/.test(method.name);
};

/**
 * Binds a method to its owner. Classes are returned unchanged.
 *
 * @param {Function} method
 * @param {unknown} owner
 * @returns {Function}
 */
export const bindMethod = (method, owner) => {
  if (isConstructor(method)) return method;
  // Not an arrow function: packages call functions of Node that return objects with `new` too (`new
  // crypto.createCipheriv()`).
  const bound = function (/** @type {unknown[]} */ ...args) {
    return Reflect.apply(method, owner, args);
  };
  Object.defineProperty(bound, 'prototype', { value: undefined, writable: false });
  // With its properties: `fs.realpathSync.native`, and the symbol of util.promisify.
  const { prototype: _none, ...statics } = Object.getOwnPropertyDescriptors(method);
  Object.defineProperties(bound, statics);
  return Object.freeze(bound);
};

/**
 * @param {Expose} expose
 * @returns {(owner: unknown, name: string) => unknown} reads a member of its owner; a function is bound once
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
 * @param {() => unknown} get
 * @param {(value: unknown) => void} set
 * @returns {PropertyDescriptor} with frozen functions, which are no communication channel
 */
export const frozenAccessor = (get, set) => ({
  get: Object.freeze(get),
  set: Object.freeze(set),
  enumerable: true,
  configurable: true,
});

/**
 * @param {AnyObject} view
 * @param {PropertyKey} name
 * @param {unknown} value
 * @param {boolean} [enumerable]
 */
export const defineOwn = (view, name, value, enumerable = true) => {
  Object.defineProperty(view, name, { value, writable: true, enumerable, configurable: true });
};

/**
 * @param {string} name
 * @param {Granted} granted
 * @param {ViewOptions} options
 * @param {(owner: unknown, name: string) => unknown} read
 * @returns {PropertyDescriptor}
 */
const liveMember = (name, { write }, { owner, view }, read) => {
  /** @type {{ value: unknown } | undefined} */
  let assigned;
  return frozenAccessor(
    () => {
      const target = owner();
      // A value that the package assigned is its own and is not bound.
      if (assigned !== undefined && target?.[name] === assigned.value) return assigned.value;
      return read(target, name);
    },
    (value) => {
      const target = owner();
      if (write && target !== undefined) {
        target[name] = value;
        assigned = { value };
      }
      // Without a write grant, an assignment only affects the package's own view.
      else defineOwn(view, name, value);
    },
  );
};

/**
 * @param {Granted} granted of the owner, not as a whole
 * @param {ViewOptions} options
 * @returns {AnyObject} the view
 */
export const fillView = (granted, options) => {
  const { owner, view, expose = (value) => value } = options;
  const read = memberReader(expose);
  for (const [name, member] of granted.members) {
    if (isDenied(member)) continue;
    if (member.whole && member.members.size === 0) {
      Object.defineProperty(view, name, liveMember(name, member, options, read));
      continue;
    }
    const inner = () => {
      const value = owner()?.[name];
      return isObject(value) ? value : undefined;
    };
    const value = inner();
    if (value === undefined) continue;
    const base = Object.hasOwn(view, name) && isObject(view[name]) ? view[name] : {};
    const restrict = member.whole
      ? withoutMembers(value, member)
      : fillView(member, { owner: inner, view: base, expose });
    defineOwn(view, name, restrict);
  }
  return view;
};

/**
 * @param {AnyObject} object
 * @param {Granted} granted all of it, except some members
 * @returns {AnyObject} a copy without them
 */
const withoutMembers = (object, granted) => {
  const copy = ownCopy(object);
  for (const name of granted.members.keys()) delete copy[name];
  return fillView(granted, { owner: () => object, view: copy });
};

/**
 * Wraps a function: the wrapper has its own properties and the same instances.
 *
 * @param {Function} original
 * @param {(args: unknown[]) => unknown[]} [change] maps the arguments; it may throw
 * @param {(instance: any, given: unknown[]) => void} [finish] runs on new instances before they are returned
 * @returns {AnyObject & Function}
 */
export const ownFunction = (original, change = (args) => args, finish = undefined) => {
  const own = /** @type {AnyObject & Function} */ (
    /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
      const given = change(args);
      if (new.target === undefined) return Reflect.apply(original, this, given);
      const instance = Reflect.construct(
        original,
        given,
        new.target === own ? original : new.target,
      );
      finish?.(instance, given);
      return instance;
    }
  );
  for (const key of Reflect.ownKeys(own)) if (key !== 'prototype') delete own[key];
  if (Object.hasOwn(original, 'prototype'))
    Object.defineProperty(own, 'prototype', { value: original.prototype, writable: false });
  return Object.setPrototypeOf(own, Object.getPrototypeOf(original));
};

/**
 * Copies a host object or function, so that assignments by one package are invisible to other packages. Accessors of
 * the copy read the original; assigned values stay in the copy.
 *
 * @param {AnyObject} original
 * @param {(value: unknown) => unknown} [share] maps values of accessors
 * @returns {AnyObject}
 */
export const ownCopy = (original, share = (value) => value) => {
  const isNull = Object.getPrototypeOf(original) === null;
  const copy =
    typeof original === 'function'
      ? ownFunction(original)
      : Object.create(isNull ? null : Object.prototype);
  for (const key of Reflect.ownKeys(original)) {
    if (typeof original === 'function' && key === 'prototype') continue;
    const property = /** @type {PropertyDescriptor} */ (
      Object.getOwnPropertyDescriptor(original, key)
    );
    const { get, set, value, enumerable = false } = property;
    if (get === undefined && set === undefined) defineOwn(copy, key, value, enumerable);
    else {
      const accessor = frozenAccessor(
        () => share(get?.call(original)),
        (own) => defineOwn(copy, key, own, enumerable),
      );
      Object.defineProperty(copy, key, { ...accessor, enumerable });
    }
  }
  return copy;
};
