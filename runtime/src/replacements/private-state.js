// Private state of instances of the runtime's classes: no property leads to it.

/**
 * @template T
 * @returns {{ store: (object: object, state: T) => void, of: (object: unknown) => T, has: (object: unknown) => boolean }}
 *   `of` throws for an object of another class
 */
export const makePrivate = () => {
  /** @type {WeakMap<object, T>} */
  const states = new WeakMap();
  return {
    store: (object, state) => void states.set(object, state),
    has: (object) => states.has(/** @type {object} */ (object)),
    of(object) {
      const state = states.get(/** @type {object} */ (object));
      if (state === undefined) throw new TypeError('Illegal invocation');
      return state;
    },
  };
};
