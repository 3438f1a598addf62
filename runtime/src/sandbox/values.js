// Encoding of values between a sandbox and its host as JSON: values that JSON lacks are strings or objects with a
// mark. The marks are those of Endo's smallcaps, where it has them; docs/formats/sandbox.md lists all.
// https://github.com/endojs/endo/blob/master/packages/marshal/docs/smallcaps-cheatsheet.md

/**
 * @typedef {object} Limits
 * @property {number} depth of objects within objects
 * @property {number} size of one message, in bytes
 *
 * @typedef {null | boolean | number | string | Encoded[] | { [key: string]: Encoded }} Encoded a JSON value
 */

const { isArray } = Array;
const { defineProperty, getPrototypeOf, keys } = Object;
const { apply } = Reflect;
const { toString } = Object.prototype;
const { toISOString, getTime } = Date.prototype;
const { isError } = /** @type {{ isError?: (value: unknown) => boolean }} */ (
  /** @type {unknown} */ (Error)
);

/**
 * Original getters of typed arrays, because evaluated code may define own properties with these keys.
 *
 * @param {PropertyKey} key
 * @returns {() => any} the getter of typed arrays
 */
const ofBytes = (key) =>
  /** @type {() => any} */ (
    Object.getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), key)?.get
  );
const bytesTag = ofBytes(Symbol.toStringTag);
const bytesBuffer = ofBytes('buffer');
const bytesOffset = ofBytes('byteOffset');
const bytesLength = ofBytes('byteLength');

const MARKS = /^[!-\-]/; // characters reserved by smallcaps
const CONSTANTS = new Map(
  /** @type {Array<[string, unknown]>} */ ([
    ['#undefined', undefined],
    ['#NaN', NaN],
    ['#Infinity', Infinity],
    ['#-Infinity', -Infinity],
    ['#-0', -0],
  ]),
);

/** @param {string} text */
const marked = (text) => (MARKS.test(text) ? `!${text}` : text);

/** @param {number} value */
const encodeNumber = (value) => {
  for (const [word, constant] of CONSTANTS) if (Object.is(constant, value)) return word;
  return value;
};

/**
 * @param {unknown} value
 * @returns {value is Error}
 */
export const isErrorObject = (value) =>
  isError === undefined ? value instanceof Error : isError(value);

/**
 * @param {() => unknown} read
 * @returns {string} empty if it is no string or throws
 */
const textOf = (read) => {
  try {
    const value = read();
    return typeof value === 'string' ? value : '';
  } catch {
    return ''; // a getter of the program threw
  }
};

/**
 * @param {Error} error
 * @param {number} most
 * @returns {{ '#error': string, name: string }}
 */
export const encodeError = (error, most) => ({
  '#error': marked(textOf(() => error.message).slice(0, most)),
  name: marked(textOf(() => error.name).slice(0, most) || 'Error'),
});

const WAYS_OUT = /** @type {Record<string, string>} */ ({
  function: 'only data can cross',
  Promise: 'await it',
  Map: 'convert it to an object: Object.fromEntries(map)',
  Set: 'convert it to an array: [...set]',
  symbol: 'convert it to a string: symbol.description',
});

/**
 * @param {string} path
 * @param {string} what
 */
const refusal = (path, what) => {
  const way = WAYS_OUT[what] ?? 'convert it to an object or an array';
  const article = /^[AEIOU]/.test(what) ? 'an' : 'a';
  return new TypeError(`${path} is ${article} ${what}, which is not data: ${way}`);
};

/** @param {object} value */
const tagOf = (value) => apply(toString, value, []).slice(8, -1);

/** @param {object} value */
const isDate = (value) => {
  try {
    apply(getTime, value, []);
    return true;
  } catch {
    return false;
  }
};

/**
 * @param {object} value
 * @param {string} path
 */
const encodeDate = (value, path) => {
  if (Number.isNaN(apply(getTime, value, []))) throw new RangeError(`${path} is not a valid date`);
  return `#date:${apply(toISOString, value, [])}`;
};

/**
 * @param {string} key
 * @returns {string} how code reads the member: `.key` or `["a key"]`
 */
export const pathOf = (key) =>
  /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;

/**
 * @param {Limits} limits
 * @returns {(value: unknown, path: string) => Encoded}
 */
export const makeEncoder = ({ depth: most, size }) => {
  let spent = 0;
  /** @type {Set<object>} objects that contain the current value */
  const above = new Set();
  const spend = (/** @type {number} */ units, /** @type {string} */ path) => {
    spent += units;
    if (spent > size) throw new RangeError(`${path} is too large: more than ${size} bytes`);
  };

  /**
   * @param {object} value
   * @param {string} path
   * @returns {Encoded}
   */
  const encodeMembers = (value, path) => {
    if (above.has(value)) throw new TypeError(`${path} contains itself`);
    if (above.size >= most)
      throw new RangeError(`${path} is nested too deeply: more than ${most} levels`);
    above.add(value);
    const encoded = isArray(value) ? encodeArray(value, path) : encodeRecord(value, path);
    above.delete(value);
    return encoded;
  };

  /**
   * @param {unknown[]} value
   * @param {string} path
   */
  const encodeArray = (value, path) => {
    const encoded = /** @type {Encoded[]} */ ([]);
    const length = Math.max(0, Number(value.length)) || 0; // a Proxy may return any value
    spend(length, path);
    for (let index = 0; index < length; index += 1)
      encoded[index] = encode(value[index], `${path}[${index}]`);
    return encoded;
  };

  /**
   * @param {object} value
   * @param {string} path
   */
  const encodeRecord = (value, path) => {
    const encoded = Object.create(null);
    for (const key of keys(value)) {
      spend(key.length + 4, path);
      encoded[marked(key)] = encode(/** @type {any} */ (value)[key], `${path}${pathOf(key)}`);
    }
    return encoded;
  };

  /**
   * @param {object} value
   * @param {string} path
   * @returns {Encoded}
   */
  const encodeObject = (value, path) => {
    if (isArray(value)) return encodeMembers(value, path);
    if (apply(bytesTag, value, []) === 'Uint8Array') {
      const length = apply(bytesLength, value, []);
      spend((length / 3) * 4, path);
      const bytes = Buffer.from(
        apply(bytesBuffer, value, []),
        apply(bytesOffset, value, []),
        length,
      );
      return `*${bytes.toString('base64')}`;
    }
    if (isErrorObject(value)) {
      const encoded = encodeError(value, size);
      spend(encoded['#error'].length + encoded.name.length, path);
      return encoded;
    }
    if (isDate(value)) return encodeDate(value, path);
    const tag = tagOf(value);
    if (tag !== 'Object' && !(tag === 'Module' && getPrototypeOf(value) === null))
      throw refusal(path, tag);
    return encodeMembers(value, path);
  };

  /**
   * @param {unknown} value
   * @param {string} path
   * @returns {Encoded}
   */
  const encode = (value, path) => {
    spend(1, path);
    switch (typeof value) {
      case 'string':
        spend(value.length, path);
        return marked(value);
      case 'number':
        return encodeNumber(value);
      case 'boolean':
        return value;
      case 'undefined':
        return '#undefined';
      case 'bigint': {
        const digits = (value < 0n ? -value : value).toString(16);
        spend(digits.length, path);
        return `${value < 0n ? '-' : '+'}0x${digits}`; // hexadecimal, which takes linear time
      }
      case 'object':
        return value === null ? null : encodeObject(value, path);
      default:
        throw refusal(path, typeof value);
    }
  };
  return encode;
};

/**
 * @param {string} text
 * @returns {unknown}
 */
const decodeString = (text) => {
  if (!MARKS.test(text)) return text;
  if (CONSTANTS.has(text)) return CONSTANTS.get(text);
  if (text.startsWith('!')) return text.slice(1);
  if (text.startsWith('*')) return Uint8Array.from(Buffer.from(text.slice(1), 'base64'));
  if (text.startsWith('#date:')) return new Date(text.slice(6));
  if (/^[+-]0x[\da-f]+$/.test(text))
    return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text.slice(1));
  throw new TypeError(`${text.slice(0, 20)} is not an encoded value`);
};

/**
 * @param {string} name
 * @param {string} message
 */
export const errorOf = (name, message) => {
  const error = new Error(message);
  defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  return error;
};

/**
 * Decodes without limits: the host is trusted and limits its messages.
 *
 * @param {Encoded} encoded
 * @returns {unknown}
 */
export const decode = (encoded) => {
  if (typeof encoded === 'string') return decodeString(encoded);
  if (typeof encoded !== 'object' || encoded === null) return encoded;
  if (isArray(encoded)) return encoded.map(decode);
  if (Object.hasOwn(encoded, '#error'))
    return errorOf(`${decode(encoded['name'] ?? '')}`, `${decode(encoded['#error'] ?? '')}`);
  const value = {};
  for (const key of keys(encoded)) {
    const name = key.startsWith('!') ? key.slice(1) : key;
    defineProperty(value, name, {
      value: decode(/** @type {Encoded} */ (encoded[key])),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return value;
};
