// What an archive or a script holds for each file of the map: bytes that were verified, or values that the
// script's own text has.
import { parseJson, utf8 } from '../base/json-shape.js';

/** @import { Json } from '../base/json-shape.js' */

/**
 * @typedef {object} StoredFiles by `COMPARTMENT/LOCATION`
 * @property {(path: string) => string} textOf
 * @property {(path: string) => Json} jsonOf
 * @property {(path: string) => Uint8Array | undefined} bytesOf not to be changed
 *
 * @typedef {object | string | [base64: string]} StoredValue an object is the JSON of a compiled module; what is no
 *   UTF-8 is in an array
 */

/**
 * @param {ReadonlyMap<string, Uint8Array>} files
 * @returns {StoredFiles}
 */
export const storedBytes = (files) => {
  const textOf = (/** @type {string} */ path) =>
    utf8(/** @type {Uint8Array} */ (files.get(path)), path);
  return {
    textOf,
    jsonOf: (path) => parseJson(textOf(path), path),
    bytesOf: (path) => files.get(path),
  };
};

const { atob } = globalThis; // before anything can replace it
const encoder = new TextEncoder();

/** @param {string} base64 */
const decoded = (base64) => Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));

/**
 * @param {Readonly<Record<string, StoredValue>>} values
 * @returns {StoredFiles}
 */
export const storedValues = (values) => {
  const valueOf = (/** @type {string} */ path) =>
    Object.hasOwn(values, path) ? values[path] : undefined;
  const textOf = (/** @type {string} */ path) => {
    const value = valueOf(path);
    if (typeof value !== 'string') throw new TypeError(`${path} is not a string`);
    return value;
  };
  return {
    textOf,
    jsonOf(path) {
      const value = valueOf(path);
      return typeof value === 'string' ? parseJson(value, path) : { value, path };
    },
    bytesOf(path) {
      const value = valueOf(path);
      if (typeof value === 'string') return encoder.encode(value);
      return Array.isArray(value) ? decoded(`${value[0]}`) : undefined;
    },
  };
};
