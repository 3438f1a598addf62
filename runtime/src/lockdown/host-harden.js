// Freezes host objects that packages share, as ses does with the intrinsics. Data properties of prototypes become
// accessors, so that assignments to inherited names keep working.
import { isObject } from '../base/objects.js';
import { ownProperty } from '../base/descriptors.js';
import { overridable } from '../base/overridable.js';

/**
 * @param {object} object
 * @returns {boolean} whether other objects are likely to inherit from it
 */
const isPrototype = (object) => {
  const constructor = ownProperty(object, 'constructor')?.value;
  return typeof constructor === 'function' && constructor.prototype === object;
};

/** @param {Function} method an old-style function may have a `prototype` for its instances */
const freezeMethod = (method) => {
  const { prototype } = method;
  if (isObject(prototype) && prototype.constructor === method) Object.freeze(prototype);
  Object.freeze(method);
};

/**
 * @param {object} object a prototype
 * @param {PropertyKey[]} [keys]
 */
export const enableOverrides = (object, keys = Reflect.ownKeys(object)) => {
  for (const key of keys) {
    const property = ownProperty(object, key);
    if (property === undefined || !('value' in property) || !property.configurable) continue;
    const { enumerable = false, value } = property;
    // A traversal of properties can't reach it from now on.
    if (typeof value === 'function' && key !== 'constructor') freezeMethod(value);
    Object.defineProperty(object, key, {
      ...overridable(object, key, property.value, { copied: true }),
      enumerable,
      configurable: true,
    });
  }
};

/**
 * @param {object} object
 * @param {unknown[]} waiting receives the objects that it references directly, without running a getter
 */
const addNeighbours = (object, waiting) => {
  waiting.push(Object.getPrototypeOf(object));
  for (const key of Reflect.ownKeys(object)) {
    const { value, get, set } = /** @type {PropertyDescriptor} */ (ownProperty(object, key));
    if (isObject(value)) waiting.push(value);
    if (get !== undefined) waiting.push(get);
    if (set !== undefined) waiting.push(set);
  }
};

/**
 * Freezes a prototype, except writable properties that can't become accessors (Node's `kCapture` of
 * EventEmitter.prototype): instances assign them, which a frozen prototype would prevent.
 *
 * @param {object} object
 */
const freezePrototype = (object) => {
  enableOverrides(object);
  Object.preventExtensions(object);
  for (const key of Reflect.ownKeys(object)) {
    const property = ownProperty(object, key);
    if (property?.configurable) Object.defineProperty(object, key, { configurable: false });
  }
};

/** @type {WeakSet<object>} */
const done = new WeakSet();

/** @param {Iterable<unknown>} objects that ses has hardened */
export const regardHardened = (objects) => {
  for (const object of objects) if (isObject(object)) done.add(/** @type {object} */ (object));
};

/**
 * @param {unknown} root
 * @returns {Set<object>} objects that are reachable without running a getter and not hardened yet
 */
export const reachedFrom = (root) => {
  /** @type {Set<object>} */
  const found = new Set();
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!isObject(value)) continue;
    const object = /** @type {object} */ (value);
    if (done.has(object) || found.has(object)) continue;
    if (ArrayBuffer.isView(object)) {
      waiting.push(Object.getPrototypeOf(object));
      continue;
    }
    found.add(object);
    addNeighbours(object, waiting);
  }
  return found;
};

/**
 * @template T
 * @param {T} root
 * @param {ReadonlySet<unknown>} [spared] objects that must not be frozen
 * @returns {T} the root, frozen with all reachable objects
 */
export const hardenHost = (root, spared = new Set()) => {
  /** @type {Set<object>} */
  const found = new Set();
  const waiting = [/** @type {unknown} */ (root)];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!isObject(value) || spared.has(value)) continue;
    const object = /** @type {object} */ (value);
    if (done.has(object) || found.has(object) || ArrayBuffer.isView(object)) continue;
    found.add(object);
    addNeighbours(object, waiting);
  }
  const prototypes = new Set([...found].filter((object) => isPrototype(object)));
  for (const object of found) {
    if (Object.isFrozen(object)) continue;
    if (prototypes.has(object)) freezePrototype(object);
    else Object.freeze(object);
  }
  for (const object of found) done.add(object); // not earlier: at the end of the stack the loops above may throw halfway
  return root;
};
