// Module Namespace Exotic Objects (ECMA-262 10.4.6), for modules of every kind.
import { ownProperty } from '../base/descriptors.js';
import { namespaceBindings } from './exports.js';
import { readCell, subscribe } from './records.js';

/** @import { ModuleRecord, Resolution } from './records.js' */

/**
 * @param {Resolution} resolution
 * @returns {unknown} the value; throws in the temporal dead zone
 */
export const readBinding = ({ record, cell }) =>
  cell === undefined ? namespaceOf(record) : readCell(cell);

/**
 * @param {PropertyDescriptor} desired
 * @param {PropertyDescriptor} current
 */
const compatible = (desired, current) =>
  desired.configurable !== true &&
  desired.enumerable !== false &&
  desired.writable !== false &&
  !('get' in desired || 'set' in desired) &&
  (!('value' in desired) || Object.is(desired.value, current.value));

/**
 * @param {ReadonlyMap<string, Resolution>} bindings
 * @returns {ProxyHandler<object>}
 */
const handlerFor = (bindings) => {
  /** @param {string | symbol} key */
  const bindingOf = (key) => (typeof key === 'string' ? bindings.get(key) : undefined);

  /** @type {Required<Pick<ProxyHandler<object>, 'get' | 'getOwnPropertyDescriptor'>>} */
  const readers = {
    get(target, key) {
      const binding = bindingOf(key);
      return binding === undefined ? Reflect.get(target, key) : readBinding(binding);
    },
    getOwnPropertyDescriptor(target, key) {
      const binding = bindingOf(key);
      if (binding === undefined) return ownProperty(target, key);
      const value = readBinding(binding);
      return { value, writable: true, enumerable: true, configurable: false };
    },
  };
  return Object.freeze({
    ...readers,
    set: () => false,
    deleteProperty: (/** @type {object} */ target, /** @type {string | symbol} */ key) =>
      bindingOf(key) === undefined && Reflect.deleteProperty(target, key),
    /**
     * @param {object} target
     * @param {string | symbol} key
     * @param {PropertyDescriptor} desired
     */
    defineProperty(target, key, desired) {
      if (typeof key === 'symbol') return Reflect.defineProperty(target, key, desired);
      const current = readers.getOwnPropertyDescriptor(target, key);
      return current !== undefined && compatible(desired, current);
    },
    preventExtensions: () => true,
    setPrototypeOf: (/** @type {object} */ _target, /** @type {object | null} */ prototype) =>
      prototype === null,
  });
};

/**
 * @param {ModuleRecord} record linked
 * @returns {object} its namespace
 */
export const namespaceOf = (record) => {
  if (record.namespace !== undefined) return record.namespace;
  const bindings = namespaceBindings(record);
  const target = Object.create(null);
  for (const name of bindings.keys()) {
    const value = undefined;
    Object.defineProperty(target, name, { value, writable: true, enumerable: true });
  }
  Object.defineProperty(target, Symbol.toStringTag, { value: 'Module' });
  const namespace = new Proxy(Object.preventExtensions(target), handlerFor(bindings));
  record.namespace = namespace;
  // Only Node's inspect reads these, because it reads the target of a proxy.
  for (const [name, { cell, record: owner }] of bindings) {
    if (cell === undefined) target[name] = namespaceOf(owner);
    else subscribe(cell, (value) => void (target[name] = value));
  }
  return namespace;
};
