// `dns` of packages whose grants list hosts: only these names are looked up, because a query is data that is sent.
import { requireHost } from './rules.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Load } from './connections.js' */
/** @import { Rule } from './rules.js' */

/**
 * @param {Rule} rule
 * @param {Load} load
 * @param {'dns' | 'dns/promises'} name
 * @param {ReadonlyArray<string>} members
 * @returns {AnyObject}
 */
export const restrictedNames = (rule, load, name, members) => {
  const original = load(name);
  /** @type {AnyObject} */
  const own = {};
  for (const member of members) {
    if (typeof original[member] !== 'function') continue;
    const checked = (/** @type {unknown[]} */ [host, ...rest]) => {
      // With port 0, a pattern with a port allows no query: patterns for queries have no port.
      const found = requireHost(rule, host, 0, 'look up');
      return [found.name, ...rest];
    };
    own[member] =
      name === 'dns'
        ? (/** @type {unknown[]} */ ...args) => original[member](...checked(args))
        : async (/** @type {unknown[]} */ ...args) => original[member](...checked(args));
  }
  return own;
};
