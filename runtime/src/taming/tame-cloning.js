// Cloning by Node: it clones `detail` of performance entries, lets objects define how they are cloned with a symbol
// that any object may have, and instantiates the class that they name, such as a FileHandle, which gives access to
// all files. So the runtime clones values of packages before.
import { guardedClass } from './guarded-class.js';
import { replace } from '../lockdown/replace.js';

/** @import { Cloner } from '../replacements/structured-clone.js' */
/** @import { AnyObject } from '../base/objects.js' */

const TAKEN = ['startTime', 'start', 'end', 'duration', 'detail'];

/**
 * @param {() => Cloner} cloner
 * @returns {(options: unknown) => unknown} copies the options of a mark or measure
 */
const makeSettled = (cloner) => (options) => {
  if (typeof options !== 'object' || options === null) return options;
  const settled = /** @type {AnyObject} */ ({});
  for (const name of TAKEN) {
    const value = /** @type {AnyObject} */ (options)[name];
    if (value === undefined) continue;
    settled[name] = name === 'detail' && value !== null ? cloner().clone(value) : value;
  }
  return settled;
};

/**
 * @param {AnyObject} hooks the builtin `perf_hooks`, not yet hardened
 * @param {AnyObject} globals
 * @param {() => Cloner} cloner
 */
export const tameTimeline = (hooks, globals, cloner) => {
  const settled = makeSettled(cloner);
  const { prototype } = hooks['Performance'];
  for (const name of ['mark', 'measure']) {
    replace(
      prototype,
      name,
      (original) =>
        /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
          const [first, options, ...rest] = args;
          const given = args.length < 2 ? args : [first, settled(options), ...rest];
          return Reflect.apply(original, this, given);
        },
    );
  }
  const Mark = guardedClass(hooks['PerformanceMark'], ([name, options, ...rest]) => [
    name,
    settled(options),
    ...rest,
  ]);
  for (const owner of [hooks, globals]) {
    const property = Object.getOwnPropertyDescriptor(owner, 'PerformanceMark');
    if (!property?.configurable) continue;
    const { enumerable = false } = property;
    Object.defineProperty(owner, 'PerformanceMark', {
      ...{ value: Mark, writable: true, enumerable, configurable: true },
    });
  }
};
