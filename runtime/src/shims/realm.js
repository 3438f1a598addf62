// The state of the intrinsics before and after a shim. A shim may have replaced any function of the language, so the
// comparison calls only functions that were captured before, and no method of a value.

/**
 * @typedef {object} Change
 * @property {string} place such as `Array.prototype`
 * @property {string} key
 *
 * @typedef {object} Comparison
 * @property {Change[]} added new properties of objects that were there before, and replaced ones of `replaceable`
 * @property {Change[]} changed properties that are different or gone, and new accessors
 * @property {Change[]} lasting changes that cannot be put back
 */

const {
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isExtensible,
  ownKeys,
  setPrototypeOf,
} = Reflect;
const { hasOwn, is } = Object;

/**
 * @param {Function} method
 * @returns {(receiver: any, ...args: any[]) => any}
 */
export const uncurried = (method) => Function.prototype.call.bind(method);

const mapGet = uncurried(Map.prototype.get);
const mapSet = uncurried(Map.prototype.set);
const mapHas = uncurried(Map.prototype.has);
const describe = uncurried(
  /** @type {PropertyDescriptor & { get: Function }} */ (
    getOwnPropertyDescriptor(Symbol.prototype, 'description')
  ).get,
);
const keyFor = Symbol.keyFor;

export const OPEN = Object.freeze({ writable: true, enumerable: true, configurable: true });

/**
 * @param {PropertyDescriptor} property
 * @returns {PropertyDescriptor} a descriptor that inherits no field
 */
export const bareProperty = (property) => /** @type {object} */ ({ __proto__: null, ...property });

const DATA = /** @type {const} */ (['value', 'writable', 'enumerable', 'configurable']);
const ACCESSOR = /** @type {const} */ (['get', 'set', 'enumerable', 'configurable']);

/**
 * @param {PropertyDescriptor} one
 * @param {PropertyDescriptor} other
 */
const isSame = (one, other) => {
  const fields = hasOwn(one, 'value') ? DATA : ACCESSOR;
  for (let index = 0; index < fields.length; index += 1) {
    const field = /** @type {keyof PropertyDescriptor} */ (fields[index]);
    if (!hasOwn(other, field) || !is(one[field], other[field])) return false;
  }
  return true;
};

/**
 * A list that no setter of `Array.prototype` can observe.
 *
 * @template T
 * @typedef {{ [index: number]: T, length: number }} List
 */

/**
 * @template T
 * @returns {List<T>}
 */
const emptyList = () => /** @type {any} */ ({ __proto__: null, length: 0 });

/**
 * @template T
 * @param {List<T>} list
 * @param {T} value
 */
const append = (list, value) => {
  list[list.length] = value;
  list.length += 1;
};

/**
 * @template T
 * @param {List<T>} list
 * @returns {T[]}
 */
const arrayOf = (list) => {
  /** @type {T[]} */
  const found = [];
  for (let index = 0; index < list.length; index += 1)
    defineProperty(found, index, bareProperty({ value: list[index], ...OPEN }));
  return found;
};

/**
 * @param {List<unknown>} list
 * @param {PropertyDescriptor} property
 */
const appendParts = (list, property) => {
  if (hasOwn(property, 'value')) append(list, property.value);
  else {
    append(list, property.get);
    append(list, property.set);
  }
};

/** @typedef {(object: object) => boolean} IsProxy */

/**
 * @typedef {object} Known an object, and its state
 * @property {object} object
 * @property {string} name
 * @property {object | null} prototype
 * @property {boolean} extensible
 * @property {PropertyKey[]} keys
 * @property {Map<PropertyKey, PropertyDescriptor>} properties
 */

/** @type {Map<symbol, string>} */
const wellKnown = new Map();
for (const key of ownKeys(Symbol)) {
  const value = /** @type {any} */ (Symbol)[key];
  if (typeof value === 'symbol') wellKnown.set(value, `Symbol.${String(key)}`);
}

/**
 * @param {PropertyKey} key
 * @returns {string}
 */
const nameOf = (key) => {
  if (typeof key !== 'symbol') return `${key}`;
  const name = mapGet(wellKnown, key);
  if (name !== undefined) return `[${name}]`;
  const registered = keyFor(key);
  return registered === undefined
    ? `[Symbol(${describe(key) ?? ''})]`
    : `[Symbol.for(${registered})]`;
};

/**
 * @param {string} owner
 * @param {PropertyKey} key
 */
const memberName = (owner, key) => {
  const name = nameOf(key);
  if (owner === 'globalThis') return name;
  return typeof key === 'symbol' ? `${owner}${name}` : `${owner}.${name}`;
};

/**
 * @param {unknown} value
 * @returns {value is object}
 */
const isObject = (value) =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/**
 * @param {object} object
 * @param {string} name
 * @returns {Known}
 */
const stateOf = (object, name) => {
  const keys = ownKeys(object);
  const properties = new Map();
  for (let index = 0; index < keys.length; index += 1) {
    const key = /** @type {PropertyKey} */ (keys[index]);
    const property = /** @type {PropertyDescriptor} */ (getOwnPropertyDescriptor(object, key));
    mapSet(properties, key, bareProperty(property));
  }
  const prototype = getPrototypeOf(object);
  return { object, name, prototype, extensible: isExtensible(object), keys, properties };
};

/**
 * @param {Known} known
 * @returns {List<[object: unknown, name: string]>} the objects that it leads to
 */
const reachedFrom = ({ name, prototype, keys, properties }) => {
  /** @type {List<[unknown, string]>} */
  const found = emptyList();
  for (let index = 0; index < keys.length; index += 1) {
    const key = /** @type {PropertyKey} */ (keys[index]);
    const property = /** @type {PropertyDescriptor} */ (mapGet(properties, key));
    const member = memberName(name, key);
    if (hasOwn(property, 'value')) append(found, [property.value, member]);
    else {
      append(found, [property.get, `get ${member}`]);
      append(found, [property.set, `set ${member}`]);
    }
  }
  append(found, [prototype, `${name}.[[Prototype]]`]);
  return found;
};

/**
 * @param {Known} known
 * @returns {boolean} whether nothing that was added is left
 */
const removeAdded = ({ object, properties }) => {
  const keys = ownKeys(object);
  let removed = true;
  for (let index = 0; index < keys.length; index += 1) {
    const key = /** @type {PropertyKey} */ (keys[index]);
    if (!mapHas(properties, key)) removed = deleteProperty(object, key) && removed;
  }
  return removed;
};

/**
 * @param {Known} known
 * @param {PropertyKey} key of a property that it had
 * @returns {'same' | 'value' | 'other'} what it is now: 'value' is another one, 'other' an accessor or nothing
 */
const stateNow = ({ object, properties }, key) => {
  const now = getOwnPropertyDescriptor(object, key);
  if (now === undefined) return 'other';
  if (isSame(/** @type {PropertyDescriptor} */ (mapGet(properties, key)), now)) return 'same';
  return hasOwn(now, 'value') ? 'value' : 'other';
};

/**
 * Puts back what an object had.
 *
 * @param {Known} known
 * @param {boolean} [keepsValues] whether values that were replaced stay
 * @returns {boolean} whether it has that again
 */
const putBack = (known, keepsValues = false) => {
  const { object, prototype, properties, keys } = known;
  let restored = true;
  for (let index = 0; index < keys.length; index += 1) {
    const key = /** @type {PropertyKey} */ (keys[index]);
    const now = stateNow(known, key);
    if (now === 'same' || (now === 'value' && keepsValues)) continue;
    const property = /** @type {PropertyDescriptor} */ (mapGet(properties, key));
    restored = defineProperty(object, key, property) && restored;
  }
  return (getPrototypeOf(object) === prototype || setPrototypeOf(object, prototype)) && restored;
};

/**
 * @param {ReadonlyArray<[object: object, name: string]>} roots
 * @param {ReadonlyMap<object, string>} names of objects that have other names than their place
 * @param {string} replaceable name of an object whose properties may be replaced: no code of the host uses them
 * @returns {{ compare: () => Comparison, undo: () => boolean, addsProxy: (isProxy: IsProxy, more: unknown) => boolean }}
 *   `compare` puts back what was changed, and removes accessors; `undo` also removes what was added, and returns whether all is as before;
 *   `addsProxy` returns whether a proxy can be reached from what was added, or from `more`, without a call of its code
 */
export const stateOfRealm = (roots, names, replaceable) => {
  /** @type {List<Known>} */
  const all = emptyList();
  const seen = new Map();
  /**
   * @param {unknown} object
   * @param {string} name
   */
  const note = (object, name) => {
    if (!isObject(object) || mapHas(seen, object)) return;
    mapSet(seen, object, true);
    append(all, stateOf(object, mapGet(names, object) ?? name));
  };
  for (let index = 0; index < roots.length; index += 1) {
    const [object, name] = /** @type {[object, string]} */ (roots[index]);
    note(object, name);
  }
  for (let index = 0; index < all.length; index += 1) {
    const found = reachedFrom(/** @type {Known} */ (all[index]));
    for (let each = 0; each < found.length; each += 1) {
      const pair = /** @type {[unknown, string]} */ (found[each]);
      note(pair[0], pair[1]);
    }
  }

  const addsProxy = (/** @type {IsProxy} */ isProxy, /** @type {unknown} */ more) => {
    /** @type {List<unknown>} */
    const pending = emptyList();
    const visited = new Map();
    append(pending, more);
    for (let index = 0; index < all.length; index += 1) {
      const { object, name, properties } = /** @type {Known} */ (all[index]);
      const keys = ownKeys(object);
      for (let each = 0; each < keys.length; each += 1) {
        const key = /** @type {PropertyKey} */ (keys[each]);
        const now = /** @type {PropertyDescriptor} */ (getOwnPropertyDescriptor(object, key));
        const before = mapGet(properties, key);
        const isKept = name === replaceable && before !== undefined && !isSame(before, now);
        if (before === undefined || isKept) appendParts(pending, now);
      }
    }
    for (let index = 0; index < pending.length; index += 1) {
      const object = pending[index];
      if (!isObject(object) || mapHas(seen, object) || mapHas(visited, object)) continue;
      if (isProxy(object)) return true;
      mapSet(visited, object, true);
      append(pending, getPrototypeOf(object));
      const keys = ownKeys(object);
      for (let each = 0; each < keys.length; each += 1)
        appendParts(
          pending,
          /** @type {PropertyDescriptor} */ (
            getOwnPropertyDescriptor(object, /** @type {PropertyKey} */ (keys[each]))
          ),
        );
    }
    return false;
  };

  const undo = () => {
    let restored = true;
    for (let index = 0; index < all.length; index += 1) {
      const known = /** @type {Known} */ (all[index]);
      restored = removeAdded(known) && putBack(known) && restored;
    }
    return restored;
  };

  const compare = () => {
    /** @type {List<Change>} */
    const added = emptyList();
    /** @type {List<Change>} */
    const changed = emptyList();
    /** @type {List<Change>} */
    const lasting = emptyList();
    for (let index = 0; index < all.length; index += 1) {
      const known = /** @type {Known} */ (all[index]);
      const { object, name, keys: before, properties } = known;
      const keys = ownKeys(object);
      for (let each = 0; each < keys.length; each += 1) {
        const key = /** @type {PropertyKey} */ (keys[each]);
        if (mapHas(properties, key)) continue;
        const now = /** @type {PropertyDescriptor} */ (getOwnPropertyDescriptor(object, key));
        const change = { place: name, key: nameOf(key) };
        if (hasOwn(now, 'value')) append(added, change);
        else append(deleteProperty(object, key) ? changed : lasting, change);
      }
      const keepsValues = name === replaceable;
      for (let each = 0; each < before.length; each += 1) {
        const key = /** @type {PropertyKey} */ (before[each]);
        const now = stateNow(known, key);
        if (now === 'same') continue;
        const isKept = now === 'value' && keepsValues;
        append(isKept ? added : changed, { place: name, key: nameOf(key) });
      }
      if (getPrototypeOf(object) !== known.prototype)
        append(changed, { place: name, key: '[[Prototype]]' });
      if (isExtensible(object) !== known.extensible)
        append(lasting, { place: name, key: '[[Extensible]]' });
      if (!putBack(known, keepsValues)) append(lasting, { place: name, key: '' });
    }
    return { added: arrayOf(added), changed: arrayOf(changed), lasting: arrayOf(lasting) };
  };
  return { compare, undo, addsProxy };
};
