// What the runtime knows of the errors that it made itself. Evaluated code can copy their names and messages, but not
// their identity.

/**
 * @typedef {object} Fact
 * @property {'call' | 'calls' | 'module' | 'undeclared'} kind a failed call of a tool; too many calls; an unknown module;
 *   an undeclared variable
 * @property {number} [call]
 * @property {string} [name] of the module or variable
 * @property {Error} [site] where the failed call was made
 *
 * @typedef {object} Facts
 * @property {<T extends object>(error: T, fact: Fact) => T} noted
 * @property {(error: unknown) => Fact | undefined} factOf
 */

/** @returns {Facts} */
export const makeFacts = () => {
  /** @type {WeakMap<object, Fact>} */
  const facts = new WeakMap();
  return {
    noted(error, fact) {
      facts.set(error, fact);
      return error;
    },
    factOf: (error) => facts.get(/** @type {object} */ (error)),
  };
};
