// The class of a worker's global object, as packages see it. Members of the real one take the real global object for an
// undefined receiver: `WorkerGlobalScope.prototype.importScripts` runs any script.
import { hardenHost } from '../../lockdown/host-harden.js';

/** @import { Package } from '../../protocols/package.js' */

/**
 * @param {string} name of a global
 * @returns {boolean} whether it is the class of the global object of a worker or worklet
 */
export const isScopeClass = (name) => name.endsWith('GlobalScope');

/**
 * @param {Package} pkg
 * @param {string} name
 * @returns {Function} a class without members, whose only instance is the global object of the package
 */
export const makeScopeClass = (pkg, name) => {
  const made = {
    [name]: class {
      constructor() {
        throw new TypeError('Illegal constructor');
      }

      /** @param {unknown} value */
      static [Symbol.hasInstance](value) {
        return value === pkg.compartment.globalThis;
      }
    },
  };
  return hardenHost(/** @type {Function} */ (made[name]));
};
