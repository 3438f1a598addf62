// Name resolution for restricted connections: the host's own, whatever the package passes as `lookup`, because the
// address decides where a connection goes.
import { addressRefusal } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Host } from '../policy/host-patterns.js' */
/** @import { Rule } from './rules.js' */

/**
 * @param {Rule} rule
 * @param {AnyObject} dns the builtin
 * @param {Host} host an allowed host
 * @param {number} port
 * @returns {Function} for the option `lookup`: yields the allowed addresses of that host
 */
export const guardedLookup =
  (rule, dns, host, port) =>
  (/** @type {string} */ _name, /** @type {any} */ options, /** @type {Function} */ done) => {
    const { all, family, hints } = Object(options);
    dns['lookup'](
      host.name,
      { all: true, family, hints },
      (/** @type {any} */ error, /** @type {any} */ found) => {
        if (error) return done(error);
        const refusals = found.map((/** @type {any} */ { address }) =>
          addressRefusal(rule, host, address, port),
        );
        const allowed = found.filter(
          (/** @type {unknown} */ _one, /** @type {number} */ at) => refusals[at] === undefined,
        );
        if (allowed.length === 0) return done(refusals[0]);
        return all ? done(null, allowed) : done(null, allowed[0].address, allowed[0].family);
      },
    );
  };

/**
 * @param {Rule} rule
 * @param {AnyObject} dns
 * @param {Host} host
 * @param {number} port
 * @returns {AnyObject} options of a connection
 */
export const connectionTo = (rule, dns, host, port) => ({
  host: host.name,
  port,
  ...(host.address === undefined && { lookup: guardedLookup(rule, dns, host, port) }),
});
