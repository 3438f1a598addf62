// structuredClone and messages for packages. Node's clone lets objects define how they are cloned, with a symbol that
// any object may have, and instantiates the class that they name: a FileHandle, for instance. V8's serializer has no
// such hook.

import { codedTypeError } from '../base/errors.js';

/** @import { AnyObject } from '../base/objects.js' */
/** @import { Envelope } from '../protocols/threads.js' */

/**
 * @typedef {object} Ports the ports that messages transfer
 * @property {(value: unknown) => unknown} hostOf returns the host's port of a package's one; undefined: another value
 * @property {(port: unknown) => void} release called for each port that is transferred: it can't be used any more
 * @property {(real: unknown) => object} accept returns a port of a package for one of the host
 *
 * @typedef {object} Message
 * @property {Envelope} envelope
 * @property {unknown[]} transfer what the host has to transfer with it
 *
 * @typedef {object} Cloner
 * @property {(value: unknown, transfer?: readonly unknown[]) => unknown} clone the HTML standard's StructuredSerializeWithTransfer,
 *   then StructuredDeserializeWithTransfer (https://html.spec.whatwg.org/#structured-cloning); throws DataCloneError
 * @property {(value: object) => unknown} copy a message between processes with `serialization: 'advanced'`: Buffers stay
 *   Buffers, and nothing is transferred
 * @property {(value: unknown, transfer: readonly unknown[], ports: Ports) => Message} pack
 * @property {(envelope: Envelope, ports: Ports) => unknown} unpack
 *
 * @typedef {object} CloneHost
 * @property {AnyObject} v8 the builtin
 * @property {typeof globalThis.Buffer} Buffer
 * @property {typeof DOMException} DOMException
 * @property {typeof Blob} Blob
 * @property {typeof File} File
 */

const NO_BYTES = new Uint8Array();
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
 * Copies the plain objects, arrays, maps and sets of a value.
 *
 * @param {unknown} whole
 * @param {(value: object) => unknown} leaf maps the other objects
 * @returns {unknown}
 */
const graphOf = (whole, leaf) => {
  /** @type {Map<unknown, unknown>} */
  const known = new Map();
  const copy = (/** @type {unknown} */ value) => {
    if (typeof value !== 'object' || value === null) return value;
    if (known.has(value)) return known.get(value);
    const prototype = getPrototypeOf(value);
    if (prototype === Map.prototype) {
      const own = new Map();
      known.set(value, own);
      apply(forEachOf.map, value, [
        (/** @type {unknown} */ member, /** @type {unknown} */ key) =>
          void own.set(copy(key), copy(member)),
      ]);
      return own;
    }
    if (prototype === Set.prototype) {
      const own = new Set();
      known.set(value, own);
      apply(forEachOf.set, value, [(/** @type {unknown} */ member) => void own.add(copy(member))]);
      return own;
    }
    const isPlain = prototype === Object.prototype || prototype === null;
    if (!Array.isArray(value) && !isPlain) {
      const own = leaf(value);
      known.set(value, own);
      return own;
    }
    const own = Array.isArray(value) ? new Array(value.length) : {};
    known.set(value, own);
    for (const key of Object.keys(value)) {
      const member = copy(/** @type {AnyObject} */ (value)[key]);
      Object.defineProperty(own, key, {
        ...{ value: member, writable: true, enumerable: true, configurable: true },
      });
    }
    return own;
  };
  return copy(whole);
};

const forEachOf = { map: Map.prototype.forEach, set: Set.prototype.forEach };

const { Float16Array: HalfFloats } = /** @type {any} */ (globalThis);

/** @type {Record<string, any>} */
const VIEWS = Object.fromEntries(
  [
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView],
    ...(HalfFloats === undefined ? [] : [HalfFloats]),
  ].map((View) => [View.name, View]),
);
const typedArray = getPrototypeOf(Int8Array.prototype);
const kindOf = Object.getOwnPropertyDescriptor(typedArray, Symbol.toStringTag)?.get;

/**
 * @param {ArrayBufferView} view
 * @returns {ArrayBufferView} another view of the same memory
 */
const viewAgain = (view) => {
  const kind = apply(/** @type {any} */ (kindOf), view, []) ?? 'DataView';
  const of = kind === 'DataView' ? DataView.prototype : typedArray;
  const read = (/** @type {string} */ name) =>
    apply(/** @type {any} */ (Object.getOwnPropertyDescriptor(of, name)?.get), view, []);
  const length = read(kind === 'DataView' ? 'byteLength' : 'length');
  return construct(VIEWS[kind], [read('buffer'), read('byteOffset'), length]);
};

/**
 * @param {ArrayBufferView} view
 * @param {typeof globalThis.Buffer} Buffer
 * @returns {ArrayBufferView} with memory of its own
 */
const viewCopy = (view, Buffer) => {
  const { buffer, byteOffset, byteLength, constructor } = viewAgain(view);
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  if (getPrototypeOf(view) === Buffer.prototype) return Buffer.from(bytes);
  return construct(/** @type {any} */ (constructor), [new Uint8Array(bytes).buffer]);
};

/**
 * @param {unknown} value
 * @returns {value is SharedArrayBuffer}
 */
const isShared = (value) => {
  try {
    apply(/** @type {any} */ (sharedLength), value, []);
    return true;
  } catch {
    return false;
  }
};
// A page has shared memory only if it is isolated from others.
const { prototype: sharedMemory = {} } = globalThis.SharedArrayBuffer ?? {};
const sharedLength = Object.getOwnPropertyDescriptor(sharedMemory, 'byteLength')?.get;

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
    // DEVIATION: shared memory can't leave the package that created it, except in a message.
    _getSharedArrayBufferId(/** @type {SharedArrayBuffer} */ _buffer) {
      throw failure('#<SharedArrayBuffer> could not be cloned.');
    }
  }
  class MessageSerializer extends CloneSerializer {
    /** @param {readonly unknown[]} ports */
    constructor(ports) {
      super();
      this.ports = ports;
      this.hasShared = false;
    }
    /** @param {unknown} object */
    _writeHostObject(object) {
      const index = this.ports.indexOf(object);
      if (index < 0) super._writeHostObject(object);
      /** @type {any} */ (this).writeUint32(index);
    }
    /** @param {SharedArrayBuffer} buffer */
    _getSharedArrayBufferId(buffer) {
      this.hasShared = true;
      super._getSharedArrayBufferId(buffer);
    }
  }
  class MessageDeserializer extends Deserializer {
    /**
     * @param {Uint8Array} bytes
     * @param {readonly object[]} ports
     */
    constructor(bytes, ports) {
      super(bytes);
      this.ports = ports;
    }
    _readHostObject() {
      return this.ports[/** @type {any} */ (this).readUint32()];
    }
  }
  class CopySerializer extends CloneSerializer {
    constructor() {
      super();
      /** @type {ArrayBufferView[]} */
      this.views = [];
      /** @type {any} */ (this)._setTreatArrayBufferViewsAsHostObjects(true);
    }
    /** @param {unknown} object */
    _writeHostObject(object) {
      if (!ArrayBuffer.isView(object)) super._writeHostObject(object);
      const view = viewCopy(/** @type {ArrayBufferView} */ (object), host.Buffer);
      /** @type {any} */ (this).writeUint32(this.views.push(view) - 1);
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

  /** @type {Cloner['copy']} */
  const copy = (value) => {
    const serializer = /** @type {any} */ (new CopySerializer());
    serializer.writeHeader();
    serializer.writeValue(value);
    const { views } = serializer;
    const deserializer = /** @type {any} */ (
      new MessageDeserializer(serializer.releaseBuffer(), views)
    );
    deserializer.readHeader();
    return deserializer.readValue();
  };

  /** @type {Cloner['pack']} */
  const pack = (value, transfer, { hostOf, release }) => {
    const listed = transfer.filter((each) => !isTransferable(each));
    const buffers = checkedBuffers(transfer.filter(isTransferable), failure);
    if (new Set(listed).size < listed.length)
      throw failure('A port occurs in the transfer list more than once');
    const ports = new Map(listed.map((each) => [each, hostOf(each)]));
    if ([...ports.values()].includes(undefined))
      throw failure('Value not transferable: it is neither an ArrayBuffer nor a MessagePort');
    const real = [...ports.values()];
    const envelope = {
      ...{ bytes: undefined, buffers, ports: real },
      ...{ platform: platformClone(host, value), graph: undefined },
    };
    const whole = envelope.platform === undefined ? packed(value, envelope, ports) : envelope;
    for (const port of listed) release(port);
    const own = whole.bytes === undefined ? [] : [whole.bytes.buffer];
    return { envelope: whole, transfer: [...own, ...buffers, ...real] };
  };

  /**
   * @param {unknown} value
   * @param {Envelope} envelope
   * @param {ReadonlyMap<unknown, unknown>} ports the host's by the packages'
   * @returns {Envelope}
   */
  const packed = (value, envelope, ports) => {
    // V8 reports the ports of the host to its serializer, unlike the objects of packages.
    const withPorts =
      ports.size === 0
        ? value
        : graphOf(value, (each) => (ports.has(each) ? ports.get(each) : each));
    const serializer = /** @type {any} */ (new MessageSerializer(envelope.ports));
    serializer.writeHeader();
    for (const [index, buffer] of envelope.buffers.entries())
      serializer.transferArrayBuffer(index, buffer);
    try {
      serializer.writeValue(withPorts);
    } catch (error) {
      if (!serializer.hasShared) throw error;
      return { ...envelope, graph: { value: graphWithShared(value, envelope.buffers, ports) } };
    }
    return { ...envelope, bytes: new Uint8Array(serializer.releaseBuffer()) };
  };

  /**
   * Node's `v8` can't read shared memory, but the host's ports can. They get new objects only, which define nothing.
   *
   * @param {unknown} value
   * @param {readonly ArrayBuffer[]} buffers
   * @param {ReadonlyMap<unknown, unknown>} ports
   */
  const graphWithShared = (value, buffers, ports) =>
    graphOf(value, (each) => {
      if (ports.has(each)) return ports.get(each);
      if (isShared(each) || buffers.includes(/** @type {any} */ (each))) return each;
      if (!ArrayBuffer.isView(each)) return clone(each);
      const { buffer } = viewAgain(each);
      const stays = isShared(buffer) || buffers.includes(buffer);
      return stays ? viewAgain(each) : clone(each);
    });

  /** @type {Cloner['unpack']} */
  const unpack = ({ bytes, buffers, ports, platform, graph }, { accept }) => {
    const own = ports.map((real) => accept(real));
    if (platform !== undefined) return platform;
    if (graph !== undefined)
      return graphOf(graph.value, (each) => own[ports.indexOf(each)] ?? each);
    const deserializer = /** @type {any} */ (new MessageDeserializer(bytes ?? NO_BYTES, own));
    for (const [index, buffer] of buffers.entries())
      deserializer.transferArrayBuffer(index, buffer);
    deserializer.readHeader();
    return deserializer.readValue();
  };
  return { clone, copy, pack, unpack };
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
