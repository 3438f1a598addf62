// Replacements for globals and builtins of the host: where Node reflects on its arguments, or stores private data in
// properties. Packages share one hardened instance of each, created on demand.
import { hardenHost } from '../lockdown/host-harden.js';
import { makeAsyncResource, makeEmitterResource } from './async-resource.js';
import { makeBroadcastChannel } from './broadcast-channel.js';
import { composedClass } from './composed-class.js';
import { makeChannels } from './message-channel.js';
import { makeAssert } from './own-assert.js';
import { makeCloner, makeStructuredClone } from './structured-clone.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

/** @typedef {Pick<Powers, 'globals' | 'getBuiltin'>} Host */

/**
 * @template T
 * @param {(host: Host) => T} make
 * @returns {(host: Host) => T} creates a hardened value once for each host
 */
const once = (make) => {
  /** @type {WeakMap<object, T>} by the global object of the host */
  const created = new WeakMap();
  return (host) => {
    let value = created.get(host.globals);
    if (value === undefined) {
      value = hardenHost(make(host));
      created.set(host.globals, value);
    }
    return value;
  };
};

/**
 * @param {Host} host
 * @param {string} name
 */
const builtin = ({ getBuiltin }, name) => /** @type {AnyObject} */ (getBuiltin(name));

/** @param {Host} host */
const cloneHost = (host) => ({ ...blobs(host), v8: builtin(host, 'v8') });

/** @param {Host} host */
const blobs = ({ globals }) => ({
  Buffer: globals['Buffer'],
  DOMException: globals['DOMException'],
  Blob: globals['Blob'],
  File: globals['File'],
});

const textDecoder = once(({ globals }) => composedClass(globals['TextDecoder']));
const urlPattern = once(({ globals, getBuiltin }) => {
  const Host = globals['URLPattern'] ?? getBuiltin('url')?.['URLPattern'];
  return Host && composedClass(Host);
});
export const clonerOf = once((host) => makeCloner(cloneHost(host)));

const structuredClone = once((host) => makeStructuredClone(() => clonerOf(host)));

/** Messages to other threads, and the classes of ports. */
export const channels = once((host) =>
  makeChannels({
    worker: builtin(host, 'worker_threads'),
    listenersOf: builtin(host, 'events')['getEventListeners'],
    globals: host.globals,
    cloner: () => clonerOf(host),
  }),
);

const broadcastChannel = once((host) => makeBroadcastChannel(host.globals, () => clonerOf(host)));

export const assertOf = once((host) => makeAssert(builtin(host, 'assert')));

export const asyncResource = once((host) =>
  makeAsyncResource(builtin(host, 'async_hooks')['AsyncResource']),
);

export const emitterResource = once((host) =>
  makeEmitterResource(builtin(host, 'events'), asyncResource(host)),
);

/** @type {Record<string, (host: Host) => unknown>} by the name of the global */
const GLOBALS = {
  __proto__: /** @type {never} */ (null),
  TextDecoder: textDecoder,
  URLPattern: urlPattern,
  structuredClone,
  BroadcastChannel: broadcastChannel,
  MessageChannel: (host) => channels(host).MessageChannel,
  MessagePort: (host) => channels(host).MessagePort,
};

/** @type {Record<string, Record<string, (host: Host) => unknown>>} members by builtin */
const MEMBERS = {
  __proto__: /** @type {never} */ (null),
  async_hooks: { AsyncResource: asyncResource },
  url: { URLPattern: urlPattern },
  util: { TextDecoder: textDecoder },
  worker_threads: {
    BroadcastChannel: broadcastChannel,
    MessageChannel: (host) => channels(host).MessageChannel,
    MessagePort: (host) => channels(host).MessagePort,
    receiveMessageOnPort: (host) => channels(host).receiveMessageOnPort,
  },
};
MEMBERS['sys'] = /** @type {any} */ (MEMBERS['util']);

/**
 * @param {Host} host
 * @param {string} name of a global of Node
 * @returns {unknown} undefined: packages get the host's own
 */
export const replacedGlobal = (host, name) => GLOBALS[name]?.(host);

/**
 * @param {Host} host
 * @param {string} name of a builtin, without `node:`
 * @returns {Array<[member: string, value: unknown]>}
 */
export const replacedMembers = (host, name) =>
  Object.entries(MEMBERS[name] ?? {}).flatMap(([member, make]) => {
    const value = make(host);
    return value === undefined ? [] : [/** @type {[string, unknown]} */ ([member, value])];
  });
