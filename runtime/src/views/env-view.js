// `process.env` of a compartment that may read all of it: its own assignments over the current variables of the
// process.

/**
 * @param {() => Record<string, string | undefined>} real
 * @param {boolean} write whether assignments reach the process
 * @returns {Record<string, string | undefined>}
 */
export const makeEnvView = (real, write) => {
  /** @type {Map<string, string | undefined>} assignments of the package; undefined: deleted */
  const own = new Map();
  const read = (/** @type {string | symbol} */ name) => {
    if (typeof name === 'symbol') return undefined;
    return own.has(name) ? own.get(name) : real()[name];
  };
  /** @type {(name: string | symbol, value: unknown) => boolean} */
  const assign = (name, value) => {
    if (typeof name === 'symbol') return false;
    if (write) real()[name] = `${value}`;
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
      if (write) delete real()[name];
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
