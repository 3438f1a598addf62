// The host, Node: what the runtime takes from it, and what has to be done to it before anything runs.
import { createHash } from 'node:crypto';
import { builtinModules, createRequire, isBuiltin } from 'node:module';
import * as zlib from 'node:zlib';
import { NOT_THE_HOST } from './language-names.js';

/** @import { AnyObject } from './attenuate.js' */
/** @import { Powers } from './package.js' */
/** @import { VerifyPowers } from './import-archive.js' */

const start = /** @type {typeof globalThis & Record<string, any>} */ (globalThis);

/** @type {VerifyPowers} */
export const verifyPowers = {
  inflateRaw: (bytes, size) => zlib.inflateRawSync(bytes, { maxOutputLength: Math.max(size, 1) }),
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
 * @param {string} name with or without `node:`
 * @returns {boolean} whether Node documents it: not what --expose-internals shows
 */
const isPublicBuiltin = (name) => {
  const id = name.startsWith('node:') ? name : `node:${name}`;
  return !id.startsWith('node:internal/') && (isBuiltin(name) || isBuiltin(id));
};

/** @returns {AnyObject | undefined} Node's classes of errors, when it was started with --expose-internals */
const takeInternalErrors = () => {
  const { process } = start;
  if (!process.execArgv.includes('--expose-internals')) return undefined;
  process.execArgv = process.execArgv.filter(
    (/** @type {string} */ flag) => flag !== '--expose-internals',
  );
  return createRequire(process.execPath)('internal/errors');
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
  // Not `require`, which tells subscribers of diagnostics_channel what it has loaded.
  const getBuiltinModule = process.getBuiltinModule.bind(process);
  const internalErrors = takeInternalErrors();
  const hostGlobals = Object.getOwnPropertyNames(start).filter((name) => !NOT_THE_HOST.has(name));
  return (locked) => ({
    ...locked,
    globals: start,
    hostGlobals,
    builtinModules: builtinModules.filter(isPublicBuiltin),
    isBuiltin: Object.freeze(isPublicBuiltin),
    getBuiltin(name) {
      if (!isPublicBuiltin(name)) return undefined;
      return getBuiltinModule(name.startsWith('node:') ? name : `node:${name}`); // some have no other name
    },
    internalErrors,
    timersPromises: getBuiltinModule('node:timers/promises'),
  });
};
