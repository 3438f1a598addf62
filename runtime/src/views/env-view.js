// `process.env` of a compartment that may read many variables: its own assignments over the current variables of the
// process.

/**
 * @typedef {object} Variables
 * @property {(name: string) => boolean} isVisible whether the package may read a variable of the process
 * @property {(name: string) => boolean} isWritable whether its assignments reach the process
 */

/**
 * @param {() => Record<string, string | undefined>} real
 * @param {Variables} variables
 * @returns {Record<string, string | undefined>}
 */
export const makeEnvView = (real, { isVisible, isWritable }) => {
  /** @type {Map<string, string | undefined>} assignments of the package; undefined: deleted */
  const own = new Map();
  const read = (/** @type {string | symbol} */ name) => {
    if (typeof name === 'symbol') return undefined;
    if (own.has(name)) return own.get(name);
    return isVisible(name) ? real()[name] : undefined;
  };
  /** @type {(name: string | symbol, value: unknown) => boolean} */
  const assign = (name, value) => {
    if (typeof name === 'symbol') return false;
    if (isWritable(name)) real()[name] = `${value}`;
    else own.set(name, `${value}`);
    return true;
  };
  const describe = (/** @type {string | symbol} */ name) => {
    const value = read(name);
    return value === undefined
      ? undefined
      : { value, writable: true, enumerable: true, configurable: true };
  };
  return new Proxy(/** @type {Record<string, string | undefined>} */ ({}), {
    get: (target, name) => read(name) ?? Reflect.get(target, name),
    set: (_target, name, value) => assign(name, value),
    has: (target, name) => read(name) !== undefined || Reflect.has(target, name),
    getOwnPropertyDescriptor: (_target, name) => describe(name),
    defineProperty: (_target, name, { value }) => assign(name, value),
    deleteProperty(_target, name) {
      if (typeof name === 'symbol') return true;
      if (isWritable(name)) delete real()[name];
      else own.set(name, undefined);
      return true;
    },
    ownKeys: () =>
      [...new Set([...Object.keys(real()), ...own.keys()])].filter(
        (name) => read(name) !== undefined,
      ),
    preventExtensions: () => false,
    setPrototypeOf: () => false,
  });
};
