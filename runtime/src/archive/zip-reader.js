// A strict reader for archives in zip format: it rejects ambiguous files, so that no two readers can see different
// modules in one file.
import limits from '../../../compartment_mapper/limits.json' with { type: 'json' };
import { InvalidArchive } from '../base/errors.js';

/**
 * @typedef {object} ZipPowers
 * @property {(bytes: Uint8Array, size: number) => Uint8Array} inflateRaw inflates to at most `size` bytes; throws for
 *   bytes after the end of the data, if the host detects them
 * @property {(bytes: Uint8Array) => number} [crc32]
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {Uint8Array} rawName
 * @property {number} version of the format that is needed to read the entry
 * @property {number} flags
 * @property {number} method
 * @property {number} crc
 * @property {number} compressedSize
 * @property {number} size
 * @property {number} offset of the local header
 * @property {number} end where the entry's data ends
 */

const END_SIZE = 22;
const LOCATOR_SIZE = 20; // zip64 end of central directory locator
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const STORED = 0;
const DEFLATED = 8;
const UTF8_FLAG = 0x800;
const DEFLATE_LEVEL_FLAGS = 0x6; // compression level; readers ignore it

const CRC_TABLE = new Int32Array(256).map((_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** @param {Uint8Array} bytes */
const portableCrc32 = (bytes) => {
  let crc = -1;
  for (const byte of bytes)
    crc = (crc >>> 8) ^ /** @type {number} */ (CRC_TABLE[(crc ^ byte) & 255]);
  return (crc ^ -1) >>> 0;
};

/** @param {string} message */
const refuse = (message) => new InvalidArchive(`not a usable zip file: ${message}`);

/** @param {Uint8Array} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * @param {Uint8Array} bytes
 * @returns {{ count: number, size: number, offset: number }} location of the central directory
 */
const readEnd = (bytes) => {
  const view = viewOf(bytes);
  const at = bytes.length - END_SIZE;
  if (at < 0 || view.getUint32(at, true) !== 0x06054b50) {
    throw refuse(
      'it does not end with an end-of-central-directory record (truncated, or followed by other data)',
    );
  }
  const [disk, directoryDisk, here, count] = [4, 6, 8, 10].map((n) => view.getUint16(at + n, true));
  if (view.getUint16(at + 20, true) !== 0) throw refuse('the archive has a comment');
  if (disk !== 0 || directoryDisk !== 0 || here !== count)
    throw refuse('the archive spans several disks');
  const size = view.getUint32(at + 12, true);
  const offset = view.getUint32(at + 16, true);
  const isLarge = count === 0xffff || size === 0xffffffff || offset === 0xffffffff;
  if (isLarge || (at >= LOCATOR_SIZE && view.getUint32(at - LOCATOR_SIZE, true) === 0x07064b50))
    throw refuse('zip64 is not supported');
  if (offset + size !== at)
    throw refuse('the central directory is not at its offset (data before the archive?)');
  if (size > limits.directory) throw refuse('the central directory is larger than 32 MiB');
  return { count: /** @type {number} */ (count), size, offset };
};

/** @param {Uint8Array} raw */
const decodeName = (raw) => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw refuse('the name of an entry is not UTF-8');
  }
};

/** @param {string} name */
const checkName = (name) => {
  const parts = name.split('/');
  const plain = !/[\\\0]/.test(name) && !/^[A-Za-z]:/.test(name);
  if (!plain || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw refuse(`the entry name ${JSON.stringify(name)} is not a plain relative path`);
  }
};

/** @param {Entry} entry */
const checkEntry = (entry) => {
  const where = `entry ${JSON.stringify(entry.name)}`;
  if (entry.flags & 1) throw refuse(`${where} is encrypted`);
  if (entry.flags & 8) throw refuse(`${where} has a data descriptor (written as a stream)`);
  if (entry.flags & ~(UTF8_FLAG | DEFLATE_LEVEL_FLAGS)) throw refuse(`${where} has unknown flags`);
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw refuse(`${where} uses the unknown compression method ${entry.method}`);
  }
  if (entry.version > limits.version) throw refuse(`${where} needs a later version of the format`);
  if (entry.size > limits.file) throw refuse(`${where} is larger than 256 MiB`);
  if (entry.method === STORED && entry.size !== entry.compressedSize) {
    throw refuse(`${where} is stored but has two sizes`);
  }
  if (entry.size > entry.compressedSize * limits.ratio + limits.slack)
    throw refuse(`${where} is a zip bomb`);
};

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @param {number} end of the central directory
 * @returns {{ entry: Entry, next: number }}
 */
const readCentral = (bytes, at, end) => {
  const view = viewOf(bytes);
  if (at + CENTRAL_SIZE > end || view.getUint32(at, true) !== 0x02014b50) {
    throw refuse('the central directory is damaged');
  }
  const nameLength = view.getUint16(at + 28, true);
  const nameEnd = at + CENTRAL_SIZE + nameLength;
  if (nameEnd > end) throw refuse('the central directory is damaged');
  if ([30, 32, 34].some((n) => view.getUint16(at + n, true) !== 0))
    throw refuse('an entry has an extra field, a comment, or another disk number');
  const rawName = bytes.subarray(at + CENTRAL_SIZE, nameEnd);
  const name = decodeName(rawName);
  checkName(name);
  const entry = {
    name,
    rawName,
    version: view.getUint16(at + 6, true),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    compressedSize: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    offset: view.getUint32(at + 42, true),
    end: 0,
  };
  checkEntry(entry);
  return { entry, next: nameEnd };
};

/**
 * @param {Uint8Array} bytes
 * @param {Entry} entry
 * @param {number} limit where the central directory begins
 * @returns {Uint8Array} the stored data of the entry
 */
const readLocal = (bytes, entry, limit) => {
  const view = viewOf(bytes);
  const at = entry.offset;
  const where = `entry ${JSON.stringify(entry.name)}`;
  if (at + LOCAL_SIZE > limit || view.getUint32(at, true) !== 0x04034b50) {
    throw refuse(`${where} has no local header`);
  }
  const nameLength = view.getUint16(at + 26, true);
  const name = bytes.subarray(at + LOCAL_SIZE, at + LOCAL_SIZE + nameLength);
  const agrees =
    view.getUint16(at + 4, true) <= limits.version &&
    view.getUint16(at + 28, true) === 0 &&
    view.getUint16(at + 6, true) === entry.flags &&
    view.getUint16(at + 8, true) === entry.method &&
    view.getUint32(at + 14, true) === entry.crc &&
    view.getUint32(at + 18, true) === entry.compressedSize &&
    view.getUint32(at + 22, true) === entry.size &&
    name.length === entry.rawName.length &&
    name.every((byte, index) => byte === entry.rawName[index]);
  if (!agrees) throw refuse(`the header of ${where} contradicts the central directory`);
  const start = at + LOCAL_SIZE + nameLength;
  entry.end = start + entry.compressedSize;
  if (entry.end > limit) throw refuse(`${where} extends beyond the files`);
  return bytes.subarray(start, entry.end);
};

/**
 * @param {Entry} entry
 * @param {Uint8Array} data
 * @param {ZipPowers} powers
 */
const unpack = (entry, data, powers) => {
  const where = `entry ${JSON.stringify(entry.name)}`;
  if (entry.method === STORED) return data;
  try {
    const content = powers.inflateRaw(data, entry.size);
    if (content.length === entry.size) return content;
  } catch {
    // reported below
  }
  throw refuse(`${where} does not inflate to its declared size`);
};

/**
 * Overlapping entries could be two modules in one reader and one in another; a reader that scans for entries could
 * find one in a gap between them.
 *
 * @param {Entry[]} entries
 * @param {number} limit where the central directory begins
 */
const checkPlaces = (entries, limit) => {
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const entry of sorted) {
    const where = `entry ${JSON.stringify(entry.name)}`;
    if (entry.offset < end) throw refuse(`${where} overlaps another entry`);
    if (entry.offset > end) throw refuse(`unexpected data before ${where}`);
    ({ end } = entry);
  }
  if (end !== limit) throw refuse('unexpected data between the files and the central directory');
};

/**
 * @param {Uint8Array} bytes the whole file
 * @param {ZipPowers} powers
 * @returns {Map<string, Uint8Array>} contents by entry name, in the order of the central directory
 */
export const readZip = (bytes, powers) => {
  const { crc32 = portableCrc32 } = powers;
  const directory = readEnd(bytes);
  /** @type {Map<string, Uint8Array>} */
  const files = new Map();
  /** @type {Entry[]} */
  const entries = [];
  let at = directory.offset;
  let total = 0;
  for (let index = 0; index < directory.count; index += 1) {
    const { entry, next } = readCentral(bytes, at, directory.offset + directory.size);
    at = next;
    total += entry.size;
    if (total > limits.total) throw refuse('the files are larger than 1 GiB in total');
    if (files.has(entry.name)) throw refuse(`two entries are named ${JSON.stringify(entry.name)}`);
    const content = unpack(entry, readLocal(bytes, entry, directory.offset), powers);
    if (crc32(content) !== entry.crc) {
      throw refuse(`entry ${JSON.stringify(entry.name)} is damaged: its CRC-32 does not match`);
    }
    files.set(entry.name, content);
    entries.push(entry);
  }
  if (at !== directory.offset + directory.size) throw refuse('the central directory is damaged');
  checkPlaces(entries, directory.offset);
  return files;
};
