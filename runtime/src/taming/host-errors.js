// The classes of Node's errors. Each code has a class that no global leads to, but every caught error does, so
// packages could communicate through it.
import { ownProperty } from '../base/descriptors.js';
import { regardHardened } from '../lockdown/host-harden.js';
import { hardenShared } from '../lockdown/specimens.js';

/** @import { Maker } from '../lockdown/specimens.js' */
/** @import { AnyObject } from '../base/objects.js' */
/** @import { Powers } from '../protocols/powers.js' */

/**
 * @param {AnyObject} internal Node's `internal/errors`
 * @returns {Set<Function>} all error classes of Node
 */
const classesIn = ({ codes, ...others }) => {
  const coded = Object.values(codes).flatMap((Coded) => [Coded, ...Object.values(Coded)]);
  const isClass = (/** @type {unknown} */ value) =>
    typeof value === 'function' && /** @type {any} */ (value).prototype instanceof Error;
  return new Set([...coded, ...Object.values(others)].filter(isClass));
};

/**
 * Errors that any package can provoke, used if Node's internal classes are not exposed.
 *
 * @param {Pick<Powers, 'globals' | 'getBuiltin'>} host
 * @returns {Maker[]}
 */
const failures = ({ globals, getBuiltin }) => {
  const { Buffer, URL, URLSearchParams, AbortSignal, EventTarget, TextDecoder } = globals;
  const events = /** @type {any} */ (getBuiltin('events'));
  const { Readable, Writable, PassThrough } = /** @type {any} */ (getBuiltin('stream'));
  const util = /** @type {any} */ (getBuiltin('util'));
  const url = /** @type {any} */ (getBuiltin('url'));
  const path = /** @type {any} */ (getBuiltin('path'));
  const quiet = (/** @type {any} */ stream) => stream.on('error', () => undefined);
  const ended = () => quiet(new PassThrough()).end();
  return [
    () => Buffer.from(1),
    () => Buffer.alloc(-1),
    () => Buffer.alloc('x'),
    () => Buffer.alloc(1).readUInt32LE(0),
    () => Buffer.alloc(1).readUInt8(9),
    () => Buffer.alloc(3).swap16(),
    () => Buffer.from('x', 'no such'),
    () => Buffer.alloc(1).write('x', 'no such'),
    () => Buffer.alloc(1, 'x', 'hex'),
    () => new URL('x'),
    () => new URL(),
    () => new URLSearchParams([[]]),
    () => URLSearchParams.prototype.get.call({}, 'x'),
    () => url.fileURLToPath('http://x'),
    () => url.fileURLToPath('file://host/x'),
    () => url.fileURLToPath('file:///%2f'),
    () => url.domainToASCII(),
    () => path.join(1),
    () => new events().emit('error', 1),
    () => new events().on('x', 1),
    () => new events().setMaxListeners(-1),
    () => new EventTarget().dispatchEvent(1),
    () => AbortSignal.abort().throwIfAborted(),
    () => AbortSignal.timeout(-1),
    () => AbortSignal.any(1),
    () => new TextDecoder('no such'),
    () => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])),
    () => util.promisify(1),
    () => util.inherits(1),
    () => util.format.call(undefined, Symbol),
    () => util.styleText('no such', ''),
    () => new util.MIMEType('x'),
    () => util.parseArgs({ args: ['--x'] }),
    () => util.parseArgs({ args: ['x'] }),
    () => util.parseArgs({ args: ['--x'], options: { x: { type: 'string' } } }),
    () => quiet(new Readable())._read(),
    () => quiet(new Readable()).pipe(),
    () => quiet(new Readable()).setEncoding('no such'),
    () => quiet(new Writable())._write(),
    () => quiet(new Writable()).write(null),
    () => quiet(new Writable()).write(1),
    () => quiet(new Writable()).setDefaultEncoding('no such'),
    () => {
      const stream = ended();
      stream.write('x');
      return stream.errored;
    },
    () => Readable.from(1),
    () => globals['queueMicrotask'](1),
    () => globals['setTimeout'](1),
    () => globals['atob'](),
    () => globals['structuredClone'](),
    () => new globals['DOMException']('x', {}),
    () => new globals['CustomEvent'](),
  ];
};

/**
 * Freezes without accessors for inherited properties: there are hundreds of classes, and it would take as long as the
 * rest of the host.
 *
 * @param {Function} Class
 */
const freezeClass = (Class) => {
  const { prototype } = Class;
  for (const key of Reflect.ownKeys(prototype)) {
    const { get, value } = ownProperty(prototype, key) ?? {};
    if (get !== undefined) Object.freeze(get);
    if (typeof value === 'function' && value !== Class) Object.freeze(value);
  }
  Object.freeze(prototype);
  Object.freeze(Class);
  regardHardened([Class, prototype]);
};

/**
 * @param {Powers} powers
 */
export const hardenErrors = (powers) => {
  const errors = powers.internals?.errors;
  if (errors === undefined) hardenShared(failures(powers));
  else for (const Class of classesIn(errors)) freezeClass(Class);
};
