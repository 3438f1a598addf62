// `assert` of packages. For its message, Node's `assert` reads the file that a stack trace names, and files that
// source maps of any code name. Here the message depends only on the value.
/** @import { AnyObject } from '../base/objects.js' */

/**
 * @param {AnyObject} original `assert`
 * @param {() => Function} below stack traces begin with its caller
 * @returns {(...args: unknown[]) => void} https://nodejs.org/api/assert.html#assertokvalue-message
 */
const makeOk =
  ({ AssertionError }, below) =>
  (...args) => {
    const [value, message] = args;
    if (value) return;
    if (Error.isError?.(message) ?? message instanceof Error) throw message;
    const isGiven = args.length > 0 && message !== undefined && message !== null;
    const generated =
      args.length === 0
        ? 'No value argument passed to `assert.ok()`'
        : 'The expression evaluated to a falsy value';
    const error = new AssertionError({
      ...{ actual: value, expected: true, operator: '==', stackStartFn: below() },
      message: isGiven ? message : generated,
    });
    error.generatedMessage = !isGiven;
    throw error;
  };

/**
 * @param {AnyObject} original
 * @returns {AnyObject} a function `ok` with the properties of the original
 */
const callable = (original) => {
  const ok = makeOk(original, () => ok);
  const { prototype: _none, ...statics } = Object.getOwnPropertyDescriptors(original);
  Object.defineProperties(ok, /** @type {PropertyDescriptorMap} */ (statics));
  return /** @type {any} */ (ok);
};

/**
 * @param {AnyObject} original
 * @returns {AnyObject | undefined} the class of Node 24, whose instances have the same methods
 */
const ownClass = (original) => {
  const { Assert } = original;
  if (Assert === undefined) return undefined;
  const ok = makeOk(original, () => ok);
  Object.defineProperty(Assert.prototype, 'ok', { value: ok });
  return Assert;
};

/**
 * @param {AnyObject} original the builtin, not yet hardened
 * @returns {AnyObject} a replacement, with `strict`
 */
export const makeAssert = (original) => {
  const own = callable(original);
  const strict = callable(original['strict']);
  ownClass(original);
  const ok = makeOk(original, () => ok);
  Object.defineProperty(ok, 'name', { value: 'ok' });
  for (const assert of [own, strict]) Object.assign(assert, { ok, strict });
  return own;
};
