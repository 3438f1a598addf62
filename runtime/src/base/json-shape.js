// Validates the result of JSON.parse; every error names the key path. Objects become Maps, so that names like
// `__proto__` and `constructor` have no special meaning.
import { InvalidArchive } from './errors.js';

/**
 * @typedef {object} Json a value and its key path
 * @property {unknown} value
 * @property {string} path computed when it is read
 */

/** @implements {Json} */
class Member {
  /**
   * @param {unknown} value
   * @param {Json} parent
   * @param {string | number} key
   */
  constructor(value, parent, key) {
    this.value = value;
    this.parent = parent;
    this.key = key;
  }
  get path() {
    const plain = typeof this.key === 'string' && /^\w+$/.test(this.key);
    return this.parent.path + (plain ? `.${this.key}` : `[${JSON.stringify(this.key)}]`);
  }
}

/**
 * @param {Json} parent
 * @param {string | number} key
 * @param {unknown} value
 * @returns {Json}
 */
export const memberAt = (parent, key, value) => new Member(value, parent, key);

/**
 * @param {Json} json
 * @param {string} expected
 * @returns {never}
 */
export function complain({ value, path }, expected) {
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
  throw new InvalidArchive(`${path}: expected ${expected}, found ${found}`);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param {Uint8Array} bytes
 * @param {string} path the name of the file
 * @returns {string}
 */
export const utf8 = (bytes, path) => {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new InvalidArchive(`${path}: is not UTF-8`);
  }
};

/**
 * @param {string} text
 * @param {string} path
 * @returns {Json}
 */
export const parseJson = (text, path) => {
  try {
    return { value: JSON.parse(text), path };
  } catch (error) {
    throw new InvalidArchive(`${path}: is not JSON: ${/** @type {Error} */ (error).message}`);
  }
};

/**
 * @param {Json} json
 * @returns {Record<string, unknown>}
 */
const objectOf = (json) => {
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    complain(json, 'an object');
  return /** @type {Record<string, unknown>} */ (value);
};

/** The own properties of an object; each is wrapped on demand. */
export class Members {
  /** @param {Json} json */
  constructor(json) {
    this.json = json;
    this.value = objectOf(json);
  }
  /** @param {string} key */
  has(key) {
    return Object.hasOwn(this.value, key);
  }
  /**
   * @param {string} key
   * @returns {Json | undefined}
   */
  get(key) {
    return this.has(key) ? memberAt(this.json, key, this.value[key]) : undefined;
  }
  /**
   * @param {string} key
   * @returns {Json}
   */
  need(key) {
    return this.get(key) ?? complain(memberAt(this.json, key, undefined), 'a value');
  }
  /** @param {string[]} keys */
  only(keys) {
    for (const key of Object.keys(this.value)) {
      if (keys.includes(key)) continue;
      const { path } = memberAt(this.json, key, undefined);
      throw new InvalidArchive(`${path}: there is no such key; known are ${keys.join(', ')}`);
    }
  }
}

/** @param {Json} json */
export const asObject = (json) => new Members(json);

/**
 * @template T
 * @param {Json} json
 * @param {(json: Json) => T} asMember
 * @returns {Map<string, T>}
 */
export const asMapOf = (json, asMember) => {
  const value = objectOf(json);
  /** @type {Map<string, T>} */
  const map = new Map();
  for (const key of Object.keys(value)) map.set(key, asMember(memberAt(json, key, value[key])));
  return map;
};

/**
 * @template T
 * @param {Json} json
 * @param {(json: Json) => T} asMember
 * @returns {T[]}
 */
export const asListOf = (json, asMember) => {
  const { value } = json;
  if (!Array.isArray(value)) complain(json, 'an array');
  return /** @type {unknown[]} */ (value).map((member, index) =>
    asMember(memberAt(json, index, member)),
  );
};

/**
 * @param {Json} json
 * @returns {string}
 */
export const asString = (json) =>
  typeof json.value === 'string' ? json.value : complain(json, 'a string');

/**
 * @param {Json} json
 * @returns {boolean}
 */
export const asBoolean = (json) =>
  typeof json.value === 'boolean' ? json.value : complain(json, 'true or false');

/**
 * @param {Json} json
 * @returns {string[]}
 */
export const asStrings = (json) => {
  const { value } = json;
  const isPlain = Array.isArray(value) && value.every((member) => typeof member === 'string');
  return isPlain ? value : asListOf(json, asString);
};
