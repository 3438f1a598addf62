// Property descriptors of frozen prototypes. Their properties are accessors, so that assignments to instances work;
// code that copies methods from one prototype to another expects data properties, so
// `Object.getOwnPropertyDescriptor` reports those.

/** The real descriptor of a property, whatever packages see. */
export const { getOwnPropertyDescriptor: ownProperty } = Reflect;

/** @type {WeakMap<Function, unknown>} value of the data property by the getter that stands for it */
const values = new WeakMap();

/**
 * @param {Function} getter
 * @param {unknown} value value of the property before it became an accessor
 */
export const standsFor = (getter, value) => {
  values.set(getter, value);
};

/**
 * @param {PropertyDescriptor | undefined} property
 * @returns {PropertyDescriptor | undefined} the data property that an accessor of the runtime or of ses stands for
 */
const plain = (property) => {
  const get = property?.get;
  if (property === undefined || get === undefined) return property;
  const known = values.has(get) ? { value: values.get(get) } : undefined;
  const original = known ?? Object.getOwnPropertyDescriptor(get, 'originalValue'); // ses marks its getters with it
  if (original === undefined || !('value' in original)) return property;
  const { enumerable = false } = property;
  return { value: original.value, writable: true, enumerable, configurable: true };
};

/**
 * `Reflect.getOwnPropertyDescriptor` stays exact, because proxies need it, except for the methods of promises: code
 * that wraps promises reads them with it.
 *
 * @param {ObjectConstructor} SharedObject the constructor that all compartments share, before it is frozen
 */
export const showPlainProperties = (SharedObject) => {
  const { getOwnPropertyDescriptor, getOwnPropertyDescriptors } = SharedObject;
  const shown = {
    /**
     * @param {any} object
     * @param {PropertyKey} key
     */
    getOwnPropertyDescriptor(object, key) {
      return plain(getOwnPropertyDescriptor(object, key));
    },
    /** @param {any} object */
    getOwnPropertyDescriptors(object) {
      /** @type {Record<PropertyKey, PropertyDescriptor | undefined>} */
      const found = getOwnPropertyDescriptors(object);
      for (const key of Reflect.ownKeys(found)) {
        const property = plain(found[key]);
        if (property !== found[key]) found[key] = property;
      }
      return found;
    },
  };
  for (const [name, value] of Object.entries(shown)) {
    Object.defineProperty(SharedObject, name, { value });
  }
  const { getOwnPropertyDescriptor: reflected } = {
    /**
     * @param {any} object
     * @param {PropertyKey} key
     */
    getOwnPropertyDescriptor(object, key) {
      const property = ownProperty(object, key);
      const shownAs = plain(property);
      const isShown = object === Promise.prototype && shownAs !== property;
      return isShown ? { ...shownAs, writable: false, configurable: false } : property;
    },
  };
  Object.defineProperty(Reflect, 'getOwnPropertyDescriptor', { value: reflected });
};
