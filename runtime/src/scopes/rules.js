// Rules: the scope of one grant of one package, applied to what the package requests.
import { scopeDenied } from '../base/errors.js';
import { allowsAddress, allowsHost, hostOf } from '../policy/host-patterns.js';

/** @import { Host } from '../policy/host-patterns.js' */
/** @import { Scope } from '../policy/scopes.js' */
/** @import { Package } from '../protocols/package.js' */

/**
 * @typedef {object} Rule
 * @property {Package} pkg
 * @property {'globals' | 'builtins'} part
 * @property {string} path of the grant
 * @property {Scope} scope
 *
 * @typedef {object} Refusal
 * @property {string} action such as `connect to`
 * @property {string} target
 * @property {string} key of the scope
 * @property {string | ReadonlyArray<string>} [entry] pattern that would allow it
 * @property {string} [reason]
 */

/**
 * Records what an audit needs, and creates the error for it.
 *
 * @param {Rule} rule
 * @param {Refusal} denied
 * @returns {Error}
 */
export const refusal = ({ pkg, part, path }, denied) => {
  const { audit } = pkg.application;
  const { key, entry } = denied;
  audit?.record(pkg.label, part, path, typeof entry === 'string' ? { [key]: [entry] } : true);
  return scopeDenied({ label: pkg.label, part, path, ...denied });
};

/**
 * @param {string} name of a host, or its address
 * @param {number | string} port
 * @returns {string} as in a policy
 */
export const withPort = (name, port) => `${name.includes(':') ? `[${name}]` : name}:${port}`;

/**
 * @param {Rule} rule
 * @param {unknown} requested a host as the package has it
 * @param {number} port
 * @param {string} [action]
 * @returns {Host} in its canonical form
 * @throws {Error} if the scope leaves the host out
 */
export const requireHost = (rule, requested, port, action = 'connect to') => {
  const host = hostOf(requested);
  if (host === undefined) {
    const reason = 'it is not a host name or an address that can be compared';
    throw refusal(rule, { action, target: `${requested}`, key: 'hosts', reason });
  }
  if (!allowsHost(rule.scope.hosts, host, port)) {
    const entry = port > 0 ? withPort(host.name, port) : host.name;
    throw refusal(rule, { action, target: entry, key: 'hosts', entry });
  }
  return host;
};

/**
 * @param {Rule} rule
 * @param {Host} host an allowed name
 * @param {string} address of the name
 * @param {number} port
 * @returns {Error | undefined} undefined: the scope allows the address
 */
export const addressRefusal = (rule, host, address, port) => {
  if (allowsAddress(rule.scope.hosts, host, address, port)) return undefined;
  const reason = `'${host.name}' has this address, which is not public`;
  const target = withPort(address, port);
  return refusal(rule, { action: 'connect to', target, reason, key: 'hosts', entry: address });
};

/**
 * @param {Rule} rule
 * @param {string} target
 * @param {string} action
 * @returns {Error} for what no list of hosts, files or programs allows
 */
export const unlisted = (rule, target, action) =>
  refusal(rule, { action, target, key: rule.scope.kind });
