// What only the runtime knows of an object of a class of ours: no property leads to it.

/**
 * @template T
 * @returns {{ keep: (object: object, state: T) => void, of: (object: unknown) => T }} `of` throws for an object of another class
 */
export const makePrivate = () => {
  /** @type {WeakMap<object, T>} */
  const states = new WeakMap();
  return {
    keep: (object, state) => void states.set(object, state),
    of(object) {
      const state = states.get(/** @type {object} */ (object));
      if (state === undefined) throw new TypeError('Illegal invocation');
      return state;
    },
  };
};
