// What of the host only computes, made safe to share: no evaluation can change what another one sees of it.
import { hardenHost } from '../host-harden.js';

/** @type {any} */
const start = globalThis;

const SHARED = ['URL', 'URLSearchParams', 'TextEncoder', 'atob', 'btoa', 'structuredClone'];

/**
 * Node's own keeps tables that all decoders share, and native objects that it trusts, in properties.
 *
 * @param {typeof TextDecoder} HostDecoder
 */
const makeTextDecoder = (HostDecoder) => {
  class TextDecoder {
    #decoder;

    /**
     * @param {string} [label]
     * @param {{ fatal?: boolean, ignoreBOM?: boolean }} [options]
     */
    constructor(label = 'utf-8', options = {}) {
      this.#decoder = new HostDecoder(label, options);
    }

    get encoding() {
      return this.#decoder.encoding;
    }

    get fatal() {
      return this.#decoder.fatal;
    }

    get ignoreBOM() {
      return this.#decoder.ignoreBOM;
    }

    /** @param {[AllowSharedBufferSource?, TextDecodeOptions?]} args */
    decode(...args) {
      return this.#decoder.decode(...args);
    }

    get [Symbol.toStringTag]() {
      return 'TextDecoder';
    }
  }
  return TextDecoder;
};

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
 * @param {Record<string, any>} globals of the host
 * @returns {Array<[name: string, value: unknown]>}
 */
export const makeComputing = (globals) => {
  const hidden = hiddenPrototypes(globals);
  const TextDecoder = makeTextDecoder(globals['TextDecoder']);
  const shared = SHARED.map((name) => /** @type {[string, any]} */ ([name, globals[name]]));
  for (const prototype of hidden) withoutInspection(prototype);
  for (const [, value] of shared) withoutInspection(value.prototype);
  for (const value of [...hidden, TextDecoder, start['DOMException']]) hardenHost(value);
  for (const [, value] of shared) hardenHost(value);
  return [...shared, ['TextDecoder', TextDecoder]];
};
