// `util`: how objects are inspected is the same for all packages.
import { hardenHost } from '../lockdown/host-harden.js';
import { replace } from '../lockdown/replace.js';
import { fixSettings } from './settings.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * Node hands out one function to all that ask for messages which nobody wants, and defines a property of it each time.
 *
 * @param {Function} original
 */
const ownDebuglog = (original) => (/** @type {unknown} */ set, /** @type {unknown} */ callback) =>
  typeof callback !== 'function'
    ? original(set)
    : original(set, (/** @type {any} */ shared) => {
        const own = (/** @type {unknown[]} */ ...args) => shared(...args);
        callback(Object.defineProperty(own, 'enabled', { get: () => shared.enabled }));
      });

/** @param {AnyObject} util */
export const tameUtil = (util) => {
  hardenHost(util['inspect'].defaultOptions);
  fixSettings(util['inspect'], ['defaultOptions']);
  hardenHost(util['inspect']); // a URL hands it out, also where nobody asks for `util`
  for (const colors of [false, true]) {
    const custom = (/** @type {unknown} */ _depth, /** @type {AnyObject} */ { stylize }) =>
      void hardenHost(stylize); // what every object is handed that says how it is to be shown
    util['inspect']({ [util['inspect'].custom]: custom }, { colors });
  }
  for (const name of ['debuglog', 'debug']) replace(util, name, ownDebuglog);
  replace(util, 'setTraceSigInt', () => () => undefined);
};
