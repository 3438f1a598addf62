// `util`: packages share the settings of `inspect`, which are read-only.
import { hardenHost } from '../lockdown/host-harden.js';
import { replace } from '../lockdown/replace.js';
import { fixSettings } from './settings.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * Creates a logger for each call: Node returns one shared function for all disabled loggers, and defines a property
 * on it each time.
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
  hardenHost(util['inspect']); // a URL exposes it even without a grant for `util`
  for (const colors of [false, true]) {
    const custom = (/** @type {unknown} */ _depth, /** @type {AnyObject} */ { stylize }) =>
      void hardenHost(stylize); // passed to every custom inspection function
    util['inspect']({ [util['inspect'].custom]: custom }, { colors });
  }
  for (const name of ['debuglog', 'debug']) replace(util, name, ownDebuglog);
  replace(util, 'setTraceSigInt', () => () => undefined);
};
