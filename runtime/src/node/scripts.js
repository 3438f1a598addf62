// The texts of packages as V8's own scripts, which, unlike evaluated text, can be kept compiled between runs.
//
// V8 takes cached code for a text of the same length, and packages run before others are evaluated. So nothing here
// asks an object whose prototype a package may reach: what is used is taken when this module is loaded.
import * as crypto from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { Script, compileFunction } from 'node:vm';

/** @import { CodeCache } from './code-cache.js' */
/** @import { Scripts } from '../protocols/powers.js' */

const COUNT_SIZE = 4;

/**
 * @typedef {object} CachedCode
 * @property {string} sha256 of the text that was checked and compiled
 * @property {Uint8Array} code
 *
 * @typedef {[name: string, sha256: string, length: number]} Row of the table of a pack
 */

// Node's hash in one step: no object of OpenSSL's is made, whose methods could be replaced. There is a cache only
// where there is such a function.
const { hash } = crypto;

/**
 * @template {unknown[]} A
 * @template R
 * @param {(this: any, ...args: A) => R} method
 * @returns {(receiver: unknown, ...args: A) => R}
 */
const uncurried = (method) => Function.prototype.call.bind(method);

const runInThisContext = uncurried(Script.prototype.runInThisContext);
const createCachedData = uncurried(Script.prototype.createCachedData);
const subarray = uncurried(Uint8Array.prototype.subarray);
const bytesOf = Buffer.from;
const concat = Buffer.concat;

/** @param {string} text */
const sha256Of = (text) => hash('sha256', text, 'base64');

/**
 * @param {ReadonlyMap<string, CachedCode>} parts
 * @returns {Uint8Array} the size of a table, the table of names, hashes and sizes, and the parts
 */
const pack = (parts) => {
  const rows = [...parts].map(([name, { sha256, code }]) => [name, sha256, code.length]);
  const table = bytesOf(JSON.stringify(rows));
  const size = new Uint8Array(COUNT_SIZE);
  new DataView(size.buffer).setUint32(0, table.length, true);
  return concat([size, table, ...[...parts.values()].map(({ code }) => code)]);
};

/**
 * @param {Buffer} content of `pack`
 * @returns {Map<string, CachedCode>}
 */
const unpack = (content) => {
  let at = COUNT_SIZE + content.readUInt32LE();
  /** @type {Row[]} */
  const table = JSON.parse(content.toString('utf8', COUNT_SIZE, at));
  return new Map(
    table.map(([name, sha256, length]) => {
      at += length;
      return [name, { sha256, code: subarray(content, at - length, at) }];
    }),
  );
};

/**
 * Must be called before any package runs.
 *
 * @param {CodeCache} cache
 * @param {string} archive the name of what is kept for it
 * @returns {Scripts & { save: () => void }}
 */
export const makeScripts = (cache, archive) => {
  const content = cache.read(archive);
  const kept = content === undefined ? new Map() : unpack(content);
  /** @type {Map<string, { sha256: string, script: Script }>} */
  const scripts = new Map();
  let isComplete = true;
  return {
    checkBody: (text) => void compileFunction(text),
    evaluate: ({ identity, text, url, check }) => {
      const name = sha256Of(identity);
      const sha256 = sha256Of(text);
      const found = kept.get(name);
      // What V8 says of the code that it is given has no part in this: it compares lengths.
      const cachedData = found?.sha256 === sha256 ? found?.code : undefined;
      if (cachedData === undefined) check();
      const script = new Script(text, { filename: url, ...(cachedData && { cachedData }) });
      if (cachedData === undefined || script.cachedDataRejected !== false) isComplete = false;
      scripts.set(name, { sha256, script });
      return runInThisContext(script);
    },
    save() {
      if (isComplete) return;
      isComplete = true;
      const compiled = [...scripts].map(([name, { sha256, script }]) => {
        const code = /** @type {Uint8Array} */ (createCachedData(script));
        return /** @type {const} */ ([name, { sha256, code }]);
      });
      cache.write(archive, pack(new Map([...kept, ...compiled])));
    },
  };
};

/**
 * @param {string} text
 * @param {string} url
 * @returns {Script} of which all functions are compiled, not only those that have been called
 */
const eagerScript = (text, url) => {
  setFlagsFromString('--no-lazy');
  try {
    return new Script(text, { filename: url });
  } finally {
    setFlagsFromString('--lazy');
  }
};

/**
 * For a process in which no package ever runs, and which may write what those that run them may only read.
 *
 * @param {CodeCache} cache
 * @param {string} archive
 * @returns {Scripts & { save: () => void }} that evaluates nothing
 */
export const makeCompiler = (cache, archive) => {
  /** @type {Map<string, CachedCode>} */
  const compiled = new Map();
  return {
    compilesOnly: true,
    checkBody: (text) => void compileFunction(text),
    evaluate: ({ identity, text, url, check }) => {
      check();
      const code = createCachedData(eagerScript(text, url));
      compiled.set(sha256Of(identity), { sha256: sha256Of(text), code });
      throw new TypeError('it is compiled only');
    },
    save: () => cache.write(archive, pack(compiled)),
  };
};
