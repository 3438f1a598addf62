// Classes over classes of the host that trust whatever they are called on: TextDecoder keeps a native handle in a property
// that can be replaced, and methods of URLPattern (Node 24) take any object for one of theirs, and crash.

import { makePrivate } from './private-state.js';

const { apply, construct } = Reflect;

/**
 * @param {Function} Host a class whose instances hold no other objects of the host
 * @returns {Function} one with the same members, whose instances keep one of the host's where nobody sees it
 */
export const composedClass = (Host) => {
  /** @type {ReturnType<typeof makePrivate<object>>} */
  const { keep, of: realOf } = makePrivate();
  const { [Host.name]: Own } = {
    [Host.name]: class {
      /** @param {unknown[]} args */
      constructor(...args) {
        keep(this, construct(Host, args));
      }
    },
  };
  const { prototype } = /** @type {any} */ (Own);
  const members = Object.getOwnPropertyDescriptors(/** @type {any} */ (Host).prototype);
  for (const key of Reflect.ownKeys(members)) {
    const property = /** @type {PropertyDescriptor} */ (members[/** @type {any} */ (key)]);
    const isInternal = typeof key === 'symbol' && key !== Symbol.toStringTag;
    if (key === 'constructor' || isInternal) continue;
    Object.defineProperty(prototype, key, forwarded(property, realOf));
  }
  Object.defineProperty(Own, 'length', { value: Host.length });
  return /** @type {Function} */ (Own);
};

/**
 * @param {PropertyDescriptor} property
 * @param {(self: unknown) => object} realOf
 * @returns {PropertyDescriptor}
 */
const forwarded = ({ get, value, enumerable = false }, realOf) => {
  if (get !== undefined) {
    const { read } = {
      /** @this {unknown} */
      read() {
        return apply(get, realOf(this), []);
      },
    };
    Object.defineProperty(read, 'name', { value: get.name });
    return { get: read, enumerable, configurable: true };
  }
  if (typeof value !== 'function') return { value, configurable: true, enumerable };
  const { method } = {
    /**
     * @this {unknown}
     * @param {unknown[]} args
     */
    method(...args) {
      return apply(value, realOf(this), args);
    },
  };
  const { name, length } = value;
  Object.defineProperties(method, { name: { value: name }, length: { value: length } });
  return { value: method, writable: true, enumerable, configurable: true };
};
