// Sources of packages as V8 scripts, whose compiled code, unlike that of `eval`, can be cached between runs.
//
// V8 accepts cached code for any source of the same length, and some packages run before others are evaluated. So
// this module never calls methods of objects whose prototype a package may reach: it stores all functions when it is
// loaded.
import * as crypto from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { Script, compileFunction } from 'node:vm';

/** @import { CodeCache } from './code-cache.js' */
/** @import { Scripts } from '../protocols/powers.js' */

const COUNT_SIZE = 4;

/**
 * @typedef {object} CachedCode
 * @property {string} sha256 of the checked and compiled source
 * @property {Uint8Array} code
 *
 * @typedef {[name: string, sha256: string, length: number]} Row of the table of a pack
 */

// Node's one-step hash: it creates no OpenSSL object whose methods could be replaced. Without this function there is
// no cache.
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

/** @param {string} source */
const sha256Of = (source) => hash('sha256', source, 'base64');

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
 * @param {string} archive cache key of the archive
 * @returns {Scripts & { save: () => void }}
 */
export const makeScripts = (cache, archive) => {
  const content = cache.read(archive);
  const cached = content === undefined ? new Map() : unpack(content);
  /** @type {Map<string, { sha256: string, script: Script }>} */
  const scripts = new Map();
  let isComplete = true;
  return {
    checkBody: (source) => void compileFunction(source),
    evaluate: ({ identity, source, url, check }) => {
      const name = sha256Of(identity);
      const sha256 = sha256Of(source);
      const found = cached.get(name);
      // V8's own check is not relevant here, because it only compares lengths.
      const cachedData = found?.sha256 === sha256 ? found?.code : undefined;
      if (cachedData === undefined) check();
      const script = new Script(source, { filename: url, ...(cachedData && { cachedData }) });
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
      cache.write(archive, pack(new Map([...cached, ...compiled])));
    },
  };
};

/**
 * @param {string} source
 * @param {string} url
 * @returns {Script} with all functions compiled eagerly
 */
const eagerScript = (source, url) => {
  setFlagsFromString('--no-lazy');
  try {
    return new Script(source, { filename: url });
  } finally {
    setFlagsFromString('--lazy');
  }
};

/**
 * For a process that runs no packages: it writes the cache that processes with packages can only read.
 *
 * @param {CodeCache} cache
 * @param {string} archive
 * @returns {Scripts & { save: () => void }} compiles without evaluating
 */
export const makeCompiler = (cache, archive) => {
  /** @type {Map<string, CachedCode>} */
  const compiled = new Map();
  return {
    compilesOnly: true,
    checkBody: (source) => void compileFunction(source),
    evaluate: ({ identity, source, url, check }) => {
      check();
      const code = createCachedData(eagerScript(source, url));
      compiled.set(sha256Of(identity), { sha256: sha256Of(source), code });
      throw new TypeError('the source is only compiled');
    },
    save: () => cache.write(archive, pack(compiled)),
  };
};
