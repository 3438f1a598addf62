// The texts of packages as V8's own scripts, which, unlike evaluated text, can be kept compiled between runs.
import { createHash } from 'node:crypto';
import { Script, compileFunction } from 'node:vm';

/** @import { CodeCache } from './code-cache.js' */
/** @import { Scripts } from './scoped-text.js' */

const COUNT_SIZE = 4;

/**
 * @param {ReadonlyMap<string, Uint8Array>} parts
 * @returns {Uint8Array} the size of a table, the table of names and sizes, and the parts
 */
const pack = (parts) => {
  const table = Buffer.from(JSON.stringify([...parts].map(([name, { length }]) => [name, length])));
  const size = Buffer.alloc(COUNT_SIZE);
  size.writeUInt32LE(table.length);
  return Buffer.concat([size, table, ...parts.values()]);
};

/**
 * @param {Buffer} content of `pack`
 * @returns {Map<string, Buffer>}
 */
const unpack = (content) => {
  let at = COUNT_SIZE + content.readUInt32LE();
  /** @type {Array<[string, number]>} */
  const table = JSON.parse(content.toString('utf8', COUNT_SIZE, at));
  return new Map(
    table.map(([name, length]) => {
      at += length;
      return [name, content.subarray(at - length, at)];
    }),
  );
};

/**
 * @param {CodeCache} cache
 * @param {string} archive the name of what is kept for it
 * @returns {Scripts & { save: () => void }}
 */
export const makeScripts = (cache, archive) => {
  const content = cache.read(archive);
  const kept = content === undefined ? new Map() : unpack(content);
  /** @type {Map<string, Script>} */
  const scripts = new Map();
  let isComplete = true;
  return {
    checkBody: (text) => void compileFunction(text),
    evaluate: ({ identity, text, url, check }) => {
      const name = createHash('sha256').update(identity).digest('base64');
      const cachedData = kept.get(name);
      const script = new Script(text, { filename: url, ...(cachedData && { cachedData }) });
      const isKnown = cachedData !== undefined && script.cachedDataRejected === false;
      if (!isKnown) {
        check();
        isComplete = false;
      }
      scripts.set(name, script);
      return script.runInThisContext();
    },
    save() {
      if (isComplete) return;
      isComplete = true;
      const compiled = [...scripts].map(
        ([name, script]) => /** @type {const} */ ([name, script.createCachedData()]),
      );
      cache.write(archive, pack(new Map([...kept, ...compiled])));
    },
  };
};
