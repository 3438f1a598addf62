// The host, Node: what the runtime takes from it, and what has to be done to it before anything runs.
import { createHash } from 'node:crypto';
import { builtinModules, createRequire, isBuiltin } from 'node:module';
import * as zlib from 'node:zlib';
import { NOT_THE_HOST } from './language-names.js';

/** @import { Powers } from './package.js' */
/** @import { VerifyPowers } from './import-archive.js' */

const start = /** @type {typeof globalThis & Record<string, any>} */ (globalThis);

/** @type {VerifyPowers} */
export const verifyPowers = {
  inflateRaw(bytes, size) {
    const options = { maxOutputLength: Math.max(size, 1), info: true };
    const { buffer, engine } = /** @type {any} */ (zlib.inflateRawSync(bytes, options));
    if (engine.bytesWritten !== bytes.length) throw new RangeError('it goes on after its end');
    return buffer;
  },
  sha512: (bytes) => createHash('sha512').update(bytes).digest('hex'),
  ...(zlib.crc32 && { crc32: (bytes) => zlib.crc32(bytes) }),
};

/**
 * Buffers that share memory, or that begin with what was in memory before, would show a package what
 * belongs to others.
 */
const separateBuffers = () => {
  const { Buffer } = start;
  // A setting of all: programs that assign it, change nothing.
  const poolSize = { get: () => 0, set: () => undefined, enumerable: true, configurable: true };
  Object.defineProperty(Buffer, 'poolSize', poolSize);
  Buffer.allocUnsafe = (size) => Buffer.alloc(size);
  Buffer.allocUnsafeSlow = (size) => Buffer.alloc(size);
};

/**
 * Must be called before the realm is locked down.
 *
 * @returns {(locked: Pick<Powers, 'language' | 'languageNames' | 'capture'>) => Powers}
 */
export const prepareHost = () => {
  separateBuffers();
  const { process } = start;
  delete process.mainModule; // its `require` is the host's
  const hostRequire = createRequire(process.execPath);
  const hostGlobals = Object.getOwnPropertyNames(start).filter((name) => !NOT_THE_HOST.has(name));
  return (locked) => ({
    ...locked,
    globals: start,
    hostGlobals,
    builtinModules,
    isBuiltin: Object.freeze((/** @type {string} */ name) => isBuiltin(name)),
    getBuiltin(name) {
      const id = name.startsWith('node:') ? name : `node:${name}`; // some have no other name
      return isBuiltin(id) ? hostRequire(id) : undefined;
    },
    timersPromises: hostRequire('node:timers/promises'),
  });
};
