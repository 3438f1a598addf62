// Results of web APIs whose classes are no globals of Node: events of sockets, keys, locks.
import { hardenHost } from '../lockdown/host-harden.js';
import { once } from '../base/stack-space.js';
import { replace } from '../lockdown/replace.js';
import { withHardClass } from '../lockdown/specimens.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * @param {AnyObject | undefined} prototype undefined: the host lacks the class
 * @param {(prototype: AnyObject) => void} act
 */
const changeOnce = (prototype, act) => {
  if (prototype !== undefined && Object.isExtensible(prototype))
    once(prototype, 'results', () => act(prototype));
};

const MAKING_KEYS = [
  ...['generateKey', 'importKey', 'deriveKey', 'unwrapKey', 'getPublicKey'],
  ...['encapsulateKey', 'decapsulateKey'],
];

/** @param {any} result a key or an object with keys */
const withHardKeys = (result) => {
  for (const key of [result, result?.publicKey, result?.privateKey, result?.sharedKey])
    withHardClass(key);
  return result;
};

/** @param {AnyObject} globals of the host */
export const hardenKeys = ({ SubtleCrypto, CryptoKey }) => {
  hardenHost(CryptoKey);
  changeOnce(SubtleCrypto?.prototype, (prototype) => {
    for (const name of MAKING_KEYS) {
      const hardening = (/** @type {Function} */ original) =>
        /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
          return Reflect.apply(original, this, args).then(withHardKeys);
        };
      replace(prototype, name, hardening);
    }
  });
};

const EVENTS = ['MessageEvent', 'CloseEvent', 'ErrorEvent'];

/**
 * Hardens events of sockets in `dispatchEvent`, which Node calls for them.
 *
 * @param {AnyObject} globals of the host
 * @param {string} name
 */
const hardenHeard = (globals, name) =>
  changeOnce(globals[name]?.prototype, (prototype) => {
    const { dispatchEvent: original } = prototype;
    const { dispatchEvent } = {
      /**
       * @this {unknown}
       * @param {any} event
       */
      dispatchEvent(event) {
        if (EVENTS.includes(event?.constructor?.name)) withHardClass(event);
        return Reflect.apply(original, this, [event]);
      },
    };
    const property = { value: dispatchEvent, writable: true, configurable: true };
    Object.defineProperty(prototype, 'dispatchEvent', property);
  });

/** @param {AnyObject} globals of the host */
const hardenLocks = ({ navigator }) =>
  changeOnce(navigator?.locks && Object.getPrototypeOf(navigator.locks), (prototype) => {
    const hardening = (/** @type {Function} */ original) =>
      /** @this {unknown} */ function (/** @type {unknown[]} */ ...args) {
        const callback = args.at(-1);
        if (typeof callback !== 'function') return Reflect.apply(original, this, args);
        const given = (/** @type {unknown} */ lock) => callback(withHardClass(lock));
        return Reflect.apply(original, this, [...args.slice(0, -1), given]);
      };
    replace(prototype, 'request', hardening);
    withHardClass(navigator.locks);
  });

/**
 * @param {AnyObject} globals of the host
 * @param {string} name of a global that a package gets
 */
export const hardenResultsOf = (globals, name) => {
  if (name === 'WebSocket' || name === 'EventSource') {
    hardenHeard(globals, name);
    for (const event of EVENTS) hardenHost(globals[event]);
  }
  if (['MessageChannel', 'MessagePort', 'BroadcastChannel'].includes(name))
    hardenHost(globals['MessageEvent']);
  if (/Crypto/.test(name)) hardenKeys(globals);
  if (name === 'navigator') hardenLocks(globals);
};
