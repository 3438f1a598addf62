// structuredClone for packages. Node's structuredClone lets objects define how they are cloned, with a symbol that
// any object may have, and instantiates the class that they name: a FileHandle, for instance. V8's serializer has no
// such hook.

import { codedTypeError } from '../base/errors.js';

/** @import { AnyObject } from '../base/objects.js' */

/**
 * @typedef {object} Cloner
 * @property {(value: unknown, transfer?: readonly unknown[]) => unknown} clone the HTML standard's StructuredSerializeWithTransfer,
 *   then StructuredDeserializeWithTransfer (https://html.spec.whatwg.org/#structured-cloning); throws DataCloneError
 *
 * @typedef {object} CloneHost
 * @property {AnyObject} v8 the builtin
 * @property {typeof DOMException} DOMException
 * @property {typeof Blob} Blob
 * @property {typeof File} File
 */

const { apply, construct } = Reflect;
const { getPrototypeOf } = Object;
const transferOf = /** @type {any} */ (ArrayBuffer.prototype).transfer;
const isDetached = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'detached')?.get;

/**
 * @param {Iterable<unknown>} listed
 * @param {(message: string) => Error} failure
 * @returns {ArrayBuffer[]}
 */
const checkedBuffers = (listed, failure) => {
  /** @type {Set<ArrayBuffer>} */
  const buffers = new Set();
  for (const buffer of listed) {
    if (!isTransferable(buffer)) throw failure('Value not transferable: it is not an ArrayBuffer');
    if (buffers.has(buffer))
      throw failure('ArrayBuffer occurs in the transfer list more than once');
    buffers.add(buffer);
  }
  return [...buffers];
};

/**
 * @param {unknown} value
 * @returns {value is ArrayBuffer} that has not been transferred before
 */
const isTransferable = (value) => {
  try {
    return isDetached !== undefined && apply(isDetached, value, []) === false;
  } catch {
    return false;
  }
};

/**
 * Clones a DOMException or Blob. DEVIATION: inside other values, V8 clones them as errors and plain objects.
 *
 * @param {CloneHost} host
 * @param {unknown} value
 * @returns {object | undefined} undefined: another value
 */
const platformClone = ({ DOMException, Blob, File }, value) => {
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype = getPrototypeOf(value);
  if (prototype === DOMException.prototype) {
    const { message, name, stack } = /** @type {DOMException} */ (value);
    const copy = construct(DOMException, [`${message}`, `${name}`]);
    return Object.defineProperty(copy, 'stack', { value: `${stack}`, enumerable: false });
  }
  if (prototype === File?.prototype) {
    const { name, type, lastModified } = /** @type {File} */ (value);
    return construct(File, [[value], `${name}`, { type: `${type}`, lastModified: +lastModified }]);
  }
  if (prototype === Blob.prototype)
    return construct(Blob, [[value], { type: `${/** @type {Blob} */ (value).type}` }]);
  return undefined;
};

/**
 * @param {CloneHost} host
 * @returns {Cloner}
 */
export const makeCloner = (host) => {
  const { v8, DOMException } = host;
  const { Serializer, Deserializer } = v8;
  const failure = (/** @type {string} */ message) =>
    construct(DOMException, [`${message}`, 'DataCloneError']);
  class CloneSerializer extends Serializer {
    /** @param {unknown} object */
    _writeHostObject(object) {
      throw failure(`${Object.prototype.toString.call(object)} could not be cloned.`);
    }
    // DEVIATION: shared memory can't leave the package that created it.
    _getSharedArrayBufferId() {
      throw failure('#<SharedArrayBuffer> could not be cloned.');
    }
  }
  // V8 requires a plain function on the serializer.
  Object.defineProperty(CloneSerializer.prototype, '_getDataCloneError', { value: failure });

  /** @type {Cloner['clone']} */
  const clone = (value, transfer = []) => {
    const buffers = checkedBuffers(transfer, failure);
    const platform = platformClone(host, value);
    if (platform !== undefined) return platform;
    const serializer = /** @type {any} */ (new CloneSerializer());
    serializer.writeHeader();
    for (const [index, buffer] of buffers.entries()) serializer.transferArrayBuffer(index, buffer);
    serializer.writeValue(value);
    const deserializer = new Deserializer(serializer.releaseBuffer());
    for (const [index, buffer] of buffers.entries())
      deserializer.transferArrayBuffer(index, apply(transferOf, buffer, []));
    deserializer.readHeader();
    return deserializer.readValue();
  };
  return { clone };
};

/**
 * @param {() => Cloner} clonerOf called on each call, so that the first call loads the builtin
 * @returns {typeof structuredClone}
 */
export const makeStructuredClone = (clonerOf) => {
  const { structuredClone } = {
    /**
     * @param {[unknown?, { transfer?: Iterable<unknown> }?]} args
     * @returns {unknown}
     */
    structuredClone(...args) {
      if (args.length === 0)
        throw codedTypeError('ERR_MISSING_ARGS', 'The "value" argument must be specified');
      const [value, options] = args;
      return clonerOf().clone(value, [...(options?.transfer ?? [])]);
    },
  };
  return /** @type {any} */ (structuredClone);
};
