// Powers of Node, and preparation of the host before lockdown.
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
 * Makes all buffers zeroed and separate: pooled or uninitialized memory would expose data of other packages.
 */
const separateBuffers = () => {
  const { Buffer } = start;
  // A process-wide setting: assignments are ignored.
  const poolSize = { get: () => 0, set: () => undefined, enumerable: true, configurable: true };
  Object.defineProperty(Buffer, 'poolSize', poolSize);
  for (const name of /** @type {const} */ (['allocUnsafe', 'allocUnsafeSlow'])) {
    const { [name]: zeroed } = {
      // Not a method: some packages call it with `new`.
      [name]: function (/** @type {number} */ size) {
        return Buffer.alloc(size);
      },
    };
    Object.defineProperty(zeroed, 'prototype', { value: undefined, writable: false });
    Buffer[name] = /** @type {any} */ (zeroed);
  }
  // In Node 22 and 24 `SlowBuffer` of the builtin returns such memory too.
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
 * @returns {boolean} whether it is a public builtin, and not one that --expose-internals exposes
 */
const isPublicBuiltin = (name) => {
  const id = name.startsWith('node:') ? name : `node:${name}`;
  return !id.startsWith('node:internal/') && (isBuiltin(name) || isBuiltin(id));
};

const EXPOSED = '--expose-internals';

/**
 * @returns {{ errors: AnyObject | undefined, binding: (name: string) => AnyObject | undefined }} Node's internal
 *   error classes, if Node was started with --expose-internals, and its native classes
 */
const takeInternals = () => {
  const { process } = /** @type {any} */ (start);
  const trying = (/** @type {() => any} */ attempt) => {
    try {
      return attempt();
    } catch {
      return undefined; // another version of Node, or its permission model: specimens replace the internals
    }
  };
  if (!process.execArgv.includes(EXPOSED)) {
    const binding = process.binding?.bind(process);
    return { errors: undefined, binding: (name) => trying(() => binding(name)) };
  }
  process.execArgv = process.execArgv.filter((/** @type {string} */ flag) => flag !== EXPOSED);
  const require = createRequire(process.execPath);
  const { emitWarning } = process;
  process.emitWarning = () => undefined; // suppresses the warning about internals
  const { internalBinding } = trying(() => require('internal/test/binding')) ?? {};
  process.emitWarning = emitWarning;
  return {
    errors: trying(() => require('internal/errors')),
    binding: (name) => trying(() => internalBinding(name)),
  };
};

/**
 * @param {(name: string) => any} getBuiltinModule
 * @returns {NonNullable<Powers['anchors']>}
 */
const makeAnchors = (getBuiltinModule) => {
  /** @type {ReturnType<NonNullable<Powers['anchors']>> | undefined} */
  let found;
  const realOf = (/** @type {string} */ path) => {
    try {
      return getBuiltinModule('node:fs').realpathSync.native(path);
    } catch {
      return path; // does not exist, or Node's permission model denies it
    }
  };
  return () => {
    const { homedir, tmpdir } = getBuiltinModule('node:os');
    found ??= { cwd: process.cwd(), home: realOf(homedir()), tmp: realOf(tmpdir()) };
    return found;
  };
};

/**
 * Must be called before the realm is locked down.
 *
 * @param {{ inherited?: number }} [options] number of inherited descriptors beyond the standard ones that packages
 *   may use; infinite if the process belongs to another program
 * @returns {(locked: Pick<Powers, 'language' | 'languageNames' | 'capture'>) => Powers}
 */
export const prepareHost = ({ inherited = Infinity } = {}) => {
  separateBuffers();
  const { process } = start;
  delete process.mainModule; // it exposes the host's `require`
  // Not `require`, which publishes loaded modules to diagnostics_channel.
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
      return getBuiltinModule(name.startsWith('node:') ? name : `node:${name}`); // some only have a name with this prefix
    },
    internals,
    inherited,
    anchors: makeAnchors(getBuiltinModule),
    timersPromises: getBuiltinModule('node:timers/promises'),
  });
};
