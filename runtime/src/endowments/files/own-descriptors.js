// Open files of the archive: read-only descriptors and file handles in memory.
import { accessOf } from '../../taming/fs-open.js';
import { contentOf, isFile, notPacked, statsOf, systemError } from './own-places.js';

/** @import { Lookup, Place } from './own-places.js' */
/** @import { AnyObject } from '../../base/objects.js' */
/** @import { Package } from '../../protocols/package.js' */

/** @typedef {{ path: string, place: Place, position: number }} Open */

// Far above the descriptors of the host, which count from 0: every other function rejects them as invalid.
const FIRST = 2 ** 30;
let next = FIRST;

/**
 * @param {any} buffer
 * @returns {Uint8Array} the same memory
 */
const bytesOf = (buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/**
 * Arguments of `read` after the descriptor: positional or in an object.
 *
 * @param {(size: number) => any} allocate
 * @param {any[]} args
 * @returns {{ buffer: any, offset: number, length: number, position: number | undefined }}
 */
const readArguments = (allocate, args) => {
  const [first, second] = args;
  const inFirst = args.length === 0 || (first !== null && !ArrayBuffer.isView(first));
  const given = inFirst ? Object(first) : typeof second === 'object' ? Object(second) : undefined;
  const buffer = inFirst ? (given?.buffer ?? allocate(16384)) : first;
  const offset = Number((given ? given.offset : second) ?? 0);
  const length = Number((given ? given.length : args[2]) ?? buffer.byteLength - offset);
  const at = given ? given.position : args[3];
  const isPlace = (typeof at === 'number' || typeof at === 'bigint') && at >= 0;
  return { buffer, offset, length, position: isPlace ? Number(at) : undefined };
};

/**
 * @param {Package} pkg
 * @param {AnyObject} host `fs`
 * @param {Lookup} lookup
 */
export const makeDescriptors = (pkg, host, lookup) => {
  const Buffer = /** @type {any} */ (pkg.application.powers.globals['Buffer']);
  /** @type {Map<number, Open>} */
  const open = new Map();

  /**
   * @param {unknown} descriptor
   * @param {string} syscall
   */
  const opened = (descriptor, syscall) => {
    const found = open.get(/** @type {number} */ (descriptor));
    if (found === undefined) throw systemError('EBADF', syscall);
    return found;
  };

  /**
   * @param {unknown} descriptor
   * @param {any} buffer
   * @param {{ offset: number, length: number, position: number | undefined }} where
   * @returns {number} number of bytes read
   */
  const readInto = (descriptor, buffer, { offset, length, position }) => {
    const file = opened(descriptor, 'read');
    const start = position ?? file.position;
    const part = contentOf(pkg, file.place, file.path).subarray(start, start + length);
    bytesOf(buffer).set(part, offset);
    if (position === undefined) file.position += part.length;
    return part.length;
  };

  return {
    isOwn: (/** @type {unknown} */ descriptor) =>
      typeof descriptor === 'number' && descriptor >= FIRST,

    /**
     * @param {unknown} requested
     * @param {unknown} flags
     * @returns {number | undefined} undefined: not a path of the archive
     */
    open(requested, flags) {
      const found = lookup.at(requested);
      if (found === undefined) return undefined;
      const { path, place } = found;
      const writes = accessOf(flags, host['constants']) === 'write';
      if (writes) throw systemError('EROFS', 'open', path);
      if (place === undefined || (isFile(place) && place.bytes === undefined))
        throw notPacked(pkg, 'open', path);
      next += 1;
      open.set(next, { path, place, position: 0 });
      return next;
    },

    close(/** @type {unknown} */ descriptor) {
      opened(descriptor, 'close');
      open.delete(/** @type {number} */ (descriptor));
    },

    stat: (/** @type {unknown} */ descriptor, /** @type {any} */ options) =>
      statsOf(opened(descriptor, 'fstat').place, options?.bigint),

    /**
     * @param {unknown} descriptor
     * @param {any[]} args
     */
    read(descriptor, args) {
      const { buffer, ...where } = readArguments((size) => Buffer.alloc(size), args);
      return { bytesRead: readInto(descriptor, buffer, where), buffer };
    },

    /**
     * @param {unknown} descriptor
     * @param {any[]} buffers
     * @param {unknown} from
     */
    readv(descriptor, buffers, from) {
      let position = typeof from === 'number' ? from : undefined;
      let bytesRead = 0;
      for (const buffer of buffers) {
        const length = buffer.byteLength;
        const count = readInto(descriptor, buffer, { offset: 0, length, position });
        if (position !== undefined) position += count;
        bytesRead += count;
        if (count < length) break;
      }
      return { bytesRead, buffers };
    },

    /**
     * @param {unknown} descriptor
     * @returns {Uint8Array} the remaining bytes
     */
    rest(descriptor) {
      const file = opened(descriptor, 'read');
      const rest = contentOf(pkg, file.place, file.path).subarray(file.position);
      file.position += rest.length;
      return rest;
    },

    pathOf: (/** @type {unknown} */ descriptor) => opened(descriptor, 'read').path,
  };
};

/** @typedef {ReturnType<typeof makeDescriptors>} Descriptors */

/**
 * @param {any} input a stream of strings
 * @returns {AsyncGenerator<string>} its lines
 */
async function* linesOf(input) {
  let rest = '';
  for await (const chunk of input) {
    const lines = `${rest}${chunk}`.split(/\r\n|\n|\r(?!$)/);
    rest = /** @type {string} */ (lines.pop());
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/**
 * @param {number} fd
 * @param {Descriptors} descriptors
 * @param {{ decoded: (bytes: Uint8Array, options: unknown) => unknown, stream: (fd: number, options: any) => any,
 *   globals: AnyObject }} tools
 * @returns {AnyObject} the result of `fs.promises.open`
 */
export const makeHandle = (fd, descriptors, { decoded, stream, globals }) => {
  const readOnly = async () => {
    throw systemError('EBADF', 'write');
  };
  const close = async () => {
    if (handle['fd'] === -1) return;
    handle['fd'] = -1;
    descriptors.close(fd);
  };
  const handle = /** @type {AnyObject} */ ({
    fd,
    close,
    read: async (/** @type {any[]} */ ...args) => descriptors.read(handle['fd'], args),
    readv: async (/** @type {any[]} */ buffers, /** @type {unknown} */ position) =>
      descriptors.readv(handle['fd'], buffers, position),
    readFile: async (/** @type {unknown} */ options) =>
      decoded(descriptors.rest(handle['fd']), options),
    stat: async (/** @type {unknown} */ options) => descriptors.stat(handle['fd'], options),
    createReadStream: (/** @type {unknown} */ options) => stream(fd, { ...Object(options) }),
    readLines: (/** @type {unknown} */ options) =>
      linesOf(stream(fd, { encoding: 'utf8', ...Object(options) })),
    readableWebStream() {
      const bytes = Uint8Array.from(descriptors.rest(handle['fd']));
      const { ReadableStream } = globals;
      return new /** @type {any} */ (ReadableStream)({
        type: 'bytes',
        /** @param {any} controller */
        start(controller) {
          if (bytes.length > 0) controller.enqueue(bytes);
          controller.close();
        },
      });
    },
    sync: async () => undefined,
    datasync: async () => undefined,
    ...{ appendFile: readOnly, chmod: readOnly, chown: readOnly, truncate: readOnly },
    ...{ utimes: readOnly, write: readOnly, writeFile: readOnly, writev: readOnly },
  });
  const { asyncDispose } = /** @type {any} */ (Symbol);
  if (asyncDispose !== undefined) handle[asyncDispose] = close;
  return handle;
};
