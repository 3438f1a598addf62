// Files of the compartment map: verified bytes of an archive, or values in the source of a script.
import { parseJson, utf8 } from '../base/json-shape.js';

/** @import { Json } from '../base/json-shape.js' */

/**
 * @typedef {object} StoredFiles by `COMPARTMENT/LOCATION`
 * @property {(path: string) => string} textOf
 * @property {(path: string) => Json} jsonOf
 * @property {(path: string) => Uint8Array | undefined} bytesOf read-only
 *
 * @typedef {StoredFiles & { add: (more: ReadonlyMap<string, Uint8Array>) => void }} GrowingFiles
 *
 * @typedef {object | string | [base64: string]} StoredValue an object is the JSON of a compiled module; an array has
 *   the content of a file that is not UTF-8
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

/**
 * @param {StoredFiles} first
 * @returns {GrowingFiles} those and others that are added
 */
export const growingFiles = (first) => {
  /** @type {Map<string, Uint8Array>} */
  const added = new Map();
  const more = storedBytes(added);
  const holderOf = (/** @type {string} */ path) => (added.has(path) ? more : first);
  return {
    textOf: (path) => holderOf(path).textOf(path),
    jsonOf: (path) => holderOf(path).jsonOf(path),
    bytesOf: (path) => holderOf(path).bytesOf(path),
    add(files) {
      for (const [path, bytes] of files) added.set(path, bytes);
    },
  };
};

const { atob } = globalThis; // before other code can replace it
const encoder = new TextEncoder();

/** @param {string} base64 */
export const decoded = (base64) => Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));

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
