// A TextDecoder without what Node keeps in properties of its own: tables that all decoders share, and a native
// handle that it trusts whatever it was replaced with.

/**
 * @param {typeof TextDecoder} HostDecoder
 * @returns {typeof TextDecoder} https://encoding.spec.whatwg.org/#interface-textdecoder, not yet hardened
 */
export const makeTextDecoder = (HostDecoder) => {
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
  }
  const { prototype } = TextDecoder;
  for (const name of ['encoding', 'fatal', 'ignoreBOM', 'decode'])
    Object.defineProperty(prototype, name, { enumerable: true }); // as Web IDL has it
  Object.defineProperty(prototype, Symbol.toStringTag, {
    value: 'TextDecoder',
    configurable: true,
  });
  return /** @type {any} */ (TextDecoder);
};
