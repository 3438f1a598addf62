// What of the host only computes, made safe to share: no evaluation can change what another one sees of it.
import { replacedGlobal } from '../endowments/replacements.js';
import { hardenHost } from '../host-harden.js';

/** @import { Powers } from '../package.js' */

/** @type {any} */
const start = globalThis;

const SHARED = ['URL', 'URLSearchParams', 'TextEncoder', 'atob', 'btoa'];

// Of these there is one of our own.
const REPLACED = ['TextDecoder', 'structuredClone'];

/**
 * The prototypes that no name leads to: those of iterators, and of the errors that the host throws, whose classes it
 * makes for each code.
 *
 * @param {Record<string, any>} globals
 * @returns {object[]}
 */
const hiddenPrototypes = (globals) => {
  const { URL, URLSearchParams, TextDecoder, TextEncoder, crypto } = globals;
  const objects = [new URLSearchParams('').keys()];
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const failing = [
    () => URL.parse(),
    () => URL.createObjectURL(1),
    () => new URL('x'),
    () => (new URL('x:y').href = 'x'),
    () => URLSearchParams.prototype.get.call({}, 'x'),
    () => new URLSearchParams({ [Symbol.iterator]: 1 }),
    () => new URLSearchParams([[]]),
    () => new TextDecoder('x'),
    () => TextDecoder.prototype.decode.call({}),
    () => utf8.decode(new Uint8Array([255])),
    () => new TextDecoder('utf-16le', { fatal: true }).decode(new Uint8Array(1)),
    () => utf8.decode(1),
    () => new TextEncoder().encodeInto(),
    () => globals['structuredClone'](),
    () => globals['structuredClone'](Symbol.iterator),
    () => globals['atob'](),
    () => globals['atob']('*'),
    () => globals['btoa']('\u{1F600}'),
    () => crypto.getRandomValues(),
    () => crypto.getRandomValues(new Float32Array(1)),
    () => crypto.getRandomValues(new Uint8Array(70_000)),
  ];
  for (const fail of failing) {
    try {
      fail();
    } catch (error) {
      objects.push(error);
    }
  }
  return objects.map((object) => Object.getPrototypeOf(object));
};

/** @param {unknown} prototype */
const withoutInspection = (prototype) => {
  // Node's own inspect, with whatever options, and its settings, would be handed to objects within.
  if (Object(prototype) === prototype)
    Reflect.deleteProperty(
      /** @type {object} */ (prototype),
      Symbol.for('nodejs.util.inspect.custom'),
    );
};

/**
 * @param {Pick<Powers, 'globals' | 'getBuiltin'>} host
 * @returns {Array<[name: string, value: unknown]>}
 */
export const makeComputing = (host) => {
  const { globals } = host;
  const hidden = hiddenPrototypes(globals);
  const shared = SHARED.map((name) => /** @type {[string, any]} */ ([name, globals[name]]));
  for (const prototype of hidden) withoutInspection(prototype);
  for (const [, value] of shared) withoutInspection(value.prototype);
  for (const value of [...hidden, start['DOMException']]) hardenHost(value);
  for (const [, value] of shared) hardenHost(value);
  return [
    ...shared,
    ...REPLACED.map(
      (name) => /** @type {[string, unknown]} */ ([name, replacedGlobal(host, name)]),
    ),
  ];
};
