// `http` and `https` of one package: requests without an agent use the package's own agent, and so its own connections.
import { defineOwn, frozenAccessor } from './view.js';

/** @import { AnyObject } from '../base/objects.js' */

// The options of Node's global agents.
const LIKE_GLOBAL = { keepAlive: true, scheduling: 'lifo', timeout: 5000 };

/**
 * @param {unknown} options of a request
 * @returns {boolean} whether Node would use the global agent
 */
const wantsGlobalAgent = (options) => {
  const { agent, _defaultAgent, createConnection } = /** @type {AnyObject} */ (options ?? {});
  if (_defaultAgent) return false;
  return (agent ?? undefined) === undefined && typeof createConnection !== 'function';
};

/**
 * @param {unknown[]} args of `request`
 * @param {() => object} agentOf
 * @returns {unknown[]} with an agent
 */
const withAgent = (args, agentOf) => {
  const [first, second, ...rest] = args;
  const hasUrl = typeof first === 'string' || first instanceof URL;
  const given = hasUrl ? second : first;
  const options = typeof given === 'object' ? given : undefined;
  if (!wantsGlobalAgent(options)) return args;
  const named = { ...options, agent: agentOf() };
  if (!hasUrl) return [named, second, ...rest];
  return options === undefined && typeof second === 'function'
    ? [first, named, second]
    : [first, named, ...rest];
};

/**
 * @param {AnyObject} copy of one package
 * @param {AnyObject} original `http`, or `https`
 * @returns {AnyObject} the copy
 */
export const withOwnAgent = (copy, original) => {
  /** @type {object | undefined} */
  let agent;
  const agentOf = () => (agent ??= new original['Agent'](LIKE_GLOBAL));
  const assign = (/** @type {unknown} */ other) => {
    agent = /** @type {object} */ (other);
  };
  Object.defineProperty(copy, 'globalAgent', frozenAccessor(agentOf, assign));
  for (const name of ['request', 'get']) {
    const value = (/** @type {unknown[]} */ ...args) => original[name](...withAgent(args, agentOf));
    Object.defineProperty(value, 'name', { value: name });
    defineOwn(copy, name, Object.freeze(value));
  }
  return copy;
};
