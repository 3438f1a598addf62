// The uncaught error of a thread, in a form from which Node's serialization keeps the type and the properties: it reads
// `constructor` of prototypes, which are accessors after lockdown.
const TYPES = [
  ...[AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
  Error,
];

/**
 * @param {object} error
 * @param {string} name of a property
 * @param {(value: unknown) => unknown} serialize throws for what can't be
 * @returns {[string, unknown][]} nothing if the property can't be read or serialized
 */
const entryOf = (error, name, serialize) => {
  try {
    const value = /** @type {Record<string, unknown>} */ (error)[name];
    serialize(value);
    return value === undefined ? [] : [[name, value]];
  } catch {
    return [];
  }
};

/**
 * @param {unknown} error
 * @param {(value: unknown) => unknown} serialize
 * @returns {unknown} what Node serializes
 */
const plainError = (error, serialize) => {
  /** @type {Function | undefined} */
  let Type;
  try {
    Type = TYPES.find((each) => error instanceof each);
  } catch {
    return new Error("a value that can't be read was thrown"); // a Proxy
  }
  if (Type === undefined) return error;
  const own = /** @type {object} */ (error);
  const names = new Set(['message', 'stack', ...Object.getOwnPropertyNames(own)]);
  const prototype = Object.create(null, {
    constructor: { value: Type },
    [Symbol.toStringTag]: { value: 'Error' },
  });
  const entries = [...names].flatMap((name) => entryOf(own, name, serialize));
  const properties = entries.map(([name, value]) => {
    const enumerable = Object.prototype.propertyIsEnumerable.call(own, name);
    return [name, { value, enumerable, writable: true, configurable: true }];
  });
  return Object.create(prototype, Object.fromEntries(properties));
};

/** Must be called before packages run. Listeners of `uncaughtException` get the error itself. */
export const passErrorsOn = () => {
  const host = /** @type {any} */ (process);
  const { serialize } = host.getBuiltinModule('node:v8'); // not imported: most programs start no thread
  const { _fatalException: decide } = host;
  if (typeof decide !== 'function') return;
  host._fatalException = (/** @type {unknown} */ error, /** @type {unknown[]} */ ...rest) => {
    const isHeard =
      host.listenerCount('uncaughtException') > 0 || host.hasUncaughtExceptionCaptureCallback();
    return Reflect.apply(decide, host, [isHeard ? error : plainError(error, serialize), ...rest]);
  };
};
