// The host, Node: what the runtime takes from it, and what has to be done to it before anything runs.
import { createHash } from 'node:crypto';
import { builtinModules, createRequire, isBuiltin } from 'node:module';
import * as zlib from 'node:zlib';
import { NOT_THE_HOST } from '../lockdown/language-names.js';

/** @import { VerifyPowers } from '../linker/import-archive.js' */
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

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
  for (const name of /** @type {const} */ (['allocUnsafe', 'allocUnsafeSlow'])) {
    const { [name]: zeroed } = {
      // No method: some call it with `new`.
      [name]: function (/** @type {number} */ size) {
        return Buffer.alloc(size);
      },
    };
    Object.defineProperty(zeroed, 'prototype', { value: undefined, writable: false });
    Buffer[name] = /** @type {any} */ (zeroed);
  }
  // In Node 22 and 24 the builtin has another way to such memory, which a package that is granted `buffer` finds.
  const buffer = start['process'].getBuiltinModule('node:buffer');
  if (buffer.SlowBuffer === undefined) return;
  const { SlowBuffer } = {
    SlowBuffer: function (/** @type {number} */ size) {
      return Buffer.alloc(size);
    },
  };
  const { prototype } = buffer.SlowBuffer;
  Object.defineProperty(SlowBuffer, 'prototype', { value: prototype });
  Object.defineProperty(prototype, 'constructor', { value: SlowBuffer });
  Object.setPrototypeOf(SlowBuffer, Uint8Array);
  /** @type {any} */ (buffer).SlowBuffer = SlowBuffer;
};

/**
 * @param {string} name with or without `node:`
 * @returns {boolean} whether Node documents it: not what --expose-internals shows
 */
const isPublicBuiltin = (name) => {
  const id = name.startsWith('node:') ? name : `node:${name}`;
  return !id.startsWith('node:internal/') && (isBuiltin(name) || isBuiltin(id));
};

const EXPOSED = '--expose-internals';

/**
 * @returns {{ errors: AnyObject | undefined, binding: (name: string) => AnyObject | undefined }} what Node has of its own:
 *   its classes of errors, when it was started with --expose-internals, and its native classes
 */
const takeInternals = () => {
  const { process } = /** @type {any} */ (start);
  const trying = (/** @type {() => any} */ attempt) => {
    try {
      return attempt();
    } catch {
      return undefined; // another Node, or its permission model: then there are the specimens
    }
  };
  if (!process.execArgv.includes(EXPOSED)) {
    const binding = process.binding?.bind(process);
    return { errors: undefined, binding: (name) => trying(() => binding(name)) };
  }
  process.execArgv = process.execArgv.filter((/** @type {string} */ flag) => flag !== EXPOSED);
  const require = createRequire(process.execPath);
  const { emitWarning } = process;
  process.emitWarning = () => undefined; // that internals are for tests
  const { internalBinding } = trying(() => require('internal/test/binding')) ?? {};
  process.emitWarning = emitWarning;
  return {
    errors: trying(() => require('internal/errors')),
    binding: (name) => trying(() => internalBinding(name)),
  };
};

/**
 * Must be called before the realm is locked down.
 *
 * @param {{ inherited?: number }} [options] how many descriptors beyond the standard ones packages may use without having
 *   opened them: all, where the process is that of another program
 * @returns {(locked: Pick<Powers, 'language' | 'languageNames' | 'capture'>) => Powers}
 */
export const prepareHost = ({ inherited = Infinity } = {}) => {
  separateBuffers();
  const { process } = start;
  delete process.mainModule; // its `require` is the host's
  // Not `require`, which tells subscribers of diagnostics_channel what it has loaded.
  const getBuiltinModule = process.getBuiltinModule.bind(process);
  const internals = takeInternals();
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
    internals,
    inherited,
    timersPromises: getBuiltinModule('node:timers/promises'),
  });
};
