// Hardening: locks the objects of a package, so that other packages can't replace their code.
import { isObject } from '../base/objects.js';
import { ownProperty } from '../base/descriptors.js';
import { overridable } from '../base/overridable.js';

/** @import { Role } from '../protocols/modules.js' */

/**
 * @typedef {object} Locking
 * @property {(value: unknown) => boolean} isOwn whether a function is from the source of the package
 * @property {(object: object) => boolean} isForeign whether an object is known to belong to another package
 */

const { toString } = Function.prototype;

/** @param {Function} value */
export const sourceOf = (value) => /** @type {string} */ (Reflect.apply(toString, value, []));

/**
 * @param {object} object
 * @param {PropertyKey} key
 * @param {{ inherited: boolean }} options `inherited`: whether other objects inherit from it
 */
const lockProperty = (object, key, { inherited }) => {
  const property = /** @type {PropertyDescriptor} */ (ownProperty(object, key));
  if (!('value' in property)) {
    Reflect.defineProperty(object, key, { configurable: false });
  } else if (inherited && property.configurable && key !== 'constructor') {
    const { enumerable = false } = property;
    const accessor = overridable(object, key, property.value, { copied: false });
    Reflect.defineProperty(object, key, { ...accessor, enumerable, configurable: false });
  } else {
    // Includes `constructor`: Node's inspect reads a data property. The compiler turns assignments to it into
    // definitions.
    Reflect.defineProperty(object, key, { writable: false, configurable: false });
  }
};

/**
 * @param {object} object
 * @param {PropertyKey} key
 * @returns {unknown} the value of a data property, without running a getter
 */
const valueOf = (object, key) => ownProperty(object, key)?.value;

/**
 * @param {object} object
 * @returns {boolean} whether it is a plain object
 */
const isPlain = (object) => {
  const prototype = Reflect.getPrototypeOf(object);
  return prototype === null || prototype === Object.prototype;
};

/** @type {WeakSet<object>} */
const locked = new WeakSet();

/**
 * @param {PropertyKey} key
 * @returns {boolean} whether it is the name of a handler, which other code may replace: `typed.onMismatch`
 */
const isHandler = (key) => typeof key === 'string' && /^on[A-Z]/.test(key);

/**
 * @param {PropertyKey} key
 * @returns {boolean} whether it may be a node type of a syntax tree: tree walkers modify visitors
 */
const isNodeType = (key) => typeof key === 'string' && /^(?:[A-Z]|(?:enter|exit)$)/.test(key);

/**
 * Locks code, not data: functions can't be replaced, removed or added; other properties stay as they are.
 *
 * @param {object} object
 * @param {{ inherited: boolean }} options
 */
const lockCode = (object, options) => {
  for (const key of Reflect.ownKeys(object)) {
    if (!options.inherited && isHandler(key)) continue;
    const property = ownProperty(object, key);
    const isCode = property && (!('value' in property) || typeof property.value === 'function');
    if (isCode) lockProperty(object, key, options);
  }
  Reflect.preventExtensions(object);
};

/**
 * @param {Locking} locking
 * @param {object} prototype
 * @param {Function} owner
 */
const lockPrototype = (locking, prototype, owner) => {
  const constructor = valueOf(prototype, 'constructor');
  const isOther = typeof constructor === 'function' && constructor !== owner;
  if (locked.has(prototype) || (isOther && !locking.isOwn(constructor))) return;
  locked.add(prototype);
  for (const key of Reflect.ownKeys(prototype)) {
    const method = valueOf(prototype, key);
    if (typeof method === 'function' && locking.isOwn(method)) Reflect.preventExtensions(method);
  }
  lockCode(prototype, { inherited: true });
  lockClassOf(locking, prototype);
};

/**
 * @param {Locking} locking
 * @param {object} object
 */
const lockClassOf = (locking, object) => {
  const prototype = Reflect.getPrototypeOf(object);
  if (prototype === null || locked.has(prototype)) return;
  const constructor = valueOf(prototype, 'constructor');
  if (typeof constructor === 'function' && locking.isOwn(constructor))
    lockFunction(locking, constructor);
};

/**
 * @param {Locking} locking
 * @param {Function} target own
 */
const lockFunction = (locking, target) => {
  if (locked.has(target)) return;
  locked.add(target);
  const prototype = valueOf(target, 'prototype');
  const isClass =
    isObject(prototype) &&
    (Reflect.ownKeys(prototype).length > 1 || sourceOf(target).startsWith('class'));
  for (const key of Reflect.ownKeys(target)) {
    if (key !== 'prototype') lockExport(locking, valueOf(target, key), 'part');
  }
  if (isObject(prototype)) lockPrototype(locking, prototype, target);
  lockCode(target, { inherited: isClass });
  if (Object.hasOwn(target, 'prototype'))
    Reflect.defineProperty(target, 'prototype', { writable: false });
  const base = Reflect.getPrototypeOf(target);
  if (typeof base === 'function' && locking.isOwn(base)) lockFunction(locking, base);
};

/**
 * @param {Locking} locking
 * @param {object} object plain
 * @param {Role} role
 */
const lockNamespace = (locking, object, role) => {
  if (locked.has(object)) return;
  const parts = Reflect.ownKeys(object).map((key) => {
    const { value, get } = ownProperty(object, key) ?? {};
    return get ?? value;
  });
  const isOwn = role === 'initial' || parts.some((part) => locking.isOwn(part));
  const isVisitor = Reflect.ownKeys(object).some(isNodeType);
  const isCode = !isVisitor && parts.every((part) => typeof part === 'function');
  if (role === 'part' && !(isOwn && isCode)) return;
  locked.add(object);
  for (const part of parts) lockExport(locking, part, 'part');
  if (isOwn && parts.some((part) => typeof part === 'function'))
    lockCode(object, { inherited: false });
};

/**
 * @param {Locking} locking
 * @param {unknown} value that a module exports
 * @param {Role} role
 */
export const lockExport = (locking, value, role) => {
  if (!isObject(value) || locking.isForeign(value)) return;
  try {
    if (typeof value === 'function') {
      if (locking.isOwn(value)) lockFunction(locking, value);
    } else if (isPlain(value)) lockNamespace(locking, value, role);
    else lockClassOf(locking, value);
  } catch {
    // A proxy of the package that throws in its traps controls access by other code itself.
  }
};

/**
 * @param {Locking} locking
 * @param {unknown} value
 * @returns {boolean} whether it would be locked: a function of the package, an object with one, or an instance of one
 *   of its classes
 */
export const isCode = (locking, value) => {
  if (!isObject(value) || locking.isForeign(value)) return false;
  if (typeof value === 'function') return locking.isOwn(value);
  try {
    if (isPlain(value))
      return Reflect.ownKeys(value).some((key) => {
        const { value: part, get = part } = ownProperty(value, key) ?? {};
        return locking.isOwn(get);
      });
    const prototype = /** @type {object} */ (Reflect.getPrototypeOf(value));
    return locking.isOwn(valueOf(prototype, 'constructor'));
  } catch {
    return false; // a proxy of the package that throws in its traps
  }
};

/**
 * @param {object} object
 * @returns {unknown[]}
 */
const neighbours = (object) => [
  Reflect.getPrototypeOf(object),
  ...Reflect.ownKeys(object).flatMap((key) => {
    const property = ownProperty(object, key);
    return [property?.value, property?.get, property?.set];
  }),
];

/** @param {object} object */
const isPrototype = (object) => {
  const constructor = valueOf(object, 'constructor');
  return typeof constructor === 'function' && valueOf(constructor, 'prototype') === object;
};

/** @type {WeakSet<object>} */
const hardened = new WeakSet();

/**
 * @param {unknown} root
 * @param {(object: object) => boolean} isSpared objects to skip, with everything reachable only from them
 */
export const hardenTransitively = (root, isSpared) => {
  /** @type {object[]} */
  const found = [];
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!isObject(value) || hardened.has(value) || isSpared(value)) continue;
    hardened.add(value);
    found.push(value);
    waiting.push(...neighbours(value));
  }
  const inherited = new Set(found.filter(isPrototype));
  for (const object of found) {
    if (Object.isFrozen(object)) continue;
    if (ArrayBuffer.isView(object)) {
      Reflect.preventExtensions(object); // its elements can't be frozen
      continue;
    }
    for (const key of Reflect.ownKeys(object))
      lockProperty(object, key, { inherited: inherited.has(object) });
    Reflect.preventExtensions(object);
  }
};
