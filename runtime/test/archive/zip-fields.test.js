// Zip files with one invalid field, and zip files at the size limits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import limits from '../../../compartment_mapper/limits.json' with { type: 'json' };
import { verifyPowers as nodePowers } from '../../src/node/powers.js';
import { readZip } from '../../src/archive/zip-reader.js';
import { utf8 } from '../archive.js';

/**
 * @param {Uint8Array} bytes
 * @param {(copy: Buffer) => Uint8Array | void} change
 */
const changed = (bytes, change) => {
  const copy = Buffer.from(bytes);
  return change(copy) ?? copy;
};

/**
 * @typedef {object} Made an entry as it is written; what is left out follows from the rest
 * @property {string | Uint8Array} name
 * @property {Uint8Array} [data] stored data
 * @property {Uint8Array} [content]
 * @property {number[]} [own] version, flags, method, crc, packed size, size and length of extra fields, in its local
 *   header
 * @property {number[]} [listed] the same in the directory, if different
 * @property {number} [comment] its length
 * @property {number} [disk]
 * @property {number} [offset]
 * @property {[number, number]} [signatures]
 *
 * @typedef {object} End
 * @property {number[]} [disks] its own, that of the directory, entries on this one
 * @property {number} [count]
 * @property {number} [size]
 * @property {number} [offset]
 * @property {string} [inside] content at the end of the directory
 */

const VERSION = 0;
const FLAGS = 1;
const METHOD = 2;
const CRC = 3;
const PACKED = 4;
const SIZE = 5;
const EXTRA = 6;

/**
 * @param {number} field
 * @param {number} value
 * @param {number[]} [fields]
 */
const withField = (field, value, fields = [10, 0, 0, crc32('x'), 1, 1, 0]) =>
  fields.with(field, value);

/** @param {number[]} fields */
const packedFields = (fields) => {
  const [version = 0, flags = 0, method = 0, crc = 0, packed = 0, size = 0] = fields;
  const header = Buffer.alloc(22);
  header.writeUInt16LE(version, 0);
  header.writeUInt16LE(flags, 2);
  header.writeUInt16LE(method, 4);
  header.writeUInt32LE(crc, 10);
  header.writeUInt32LE(packed, 14);
  header.writeUInt32LE(size, 18);
  return header;
};

/** @param {...[number, 2 | 4]} numbers and how many bytes each has */
const numbered = (...numbers) =>
  Buffer.concat(
    numbers.map(([number, length]) => {
      const bytes = Buffer.alloc(length);
      bytes.writeUIntLE(number, 0, length);
      return bytes;
    }),
  );

/**
 * @param {Made[]} entries
 * @param {End} [end]
 * @returns {Buffer}
 */
const written = (entries, { disks = [0, 0], count, size, offset, inside = '' } = {}) => {
  /** @type {Buffer[]} */
  const locals = [];
  /** @type {Buffer[]} */
  const centrals = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(/** @type {string} */ (entry.name));
    const { content = utf8('x'), data = content, comment = 0, disk = 0 } = entry;
    const own = entry.own ?? [10, 0, 0, crc32(content), data.length, content.length, 0];
    const listed = entry.listed ?? own;
    const [local, central] = entry.signatures ?? [0x04034b50, 0x02014b50];
    const lengths = (/** @type {number[]} */ fields) =>
      numbered([name.length, 2], [fields[EXTRA] ?? 0, 2]);
    locals.push(Buffer.concat([numbered([local, 4]), packedFields(own), lengths(own), name, data]));
    centrals.push(
      numbered([central, 4], [0, 2]),
      packedFields(listed),
      lengths(listed),
      numbered([comment, 2], [disk, 2], [0, 2], [0, 4], [entry.offset ?? at, 4]),
      name,
    );
    at += 30 + name.length + data.length;
  }
  const directory = Buffer.concat([...centrals, Buffer.from(inside, 'latin1')]);
  const all = count ?? entries.length;
  const [disk = 0, other = 0, here = all] = disks;
  const tail = numbered(
    .../** @type {Array<[number, 2 | 4]>} */ ([
      [0x06054b50, 4],
      [disk, 2],
      [other, 2],
      [here, 2],
      [all, 2],
      [size ?? directory.length, 4],
      [offset ?? at, 4],
      [0, 2],
    ]),
  );
  return Buffer.concat([...locals, directory, tail]);
};

const two = written([{ name: 'a' }, { name: 'b' }]);
const [first, second] = [two.indexOf('PK\x01\x02'), two.lastIndexOf('PK\x01\x02')];
const turned = [two.subarray(0, first), two.subarray(second, -22), two.subarray(first, second)];

/** @type {Array<[string, Buffer]>} */
const FINE = [
  ['a directory in another order', Buffer.concat([...turned, two.subarray(-22)])],
  ['nothing', written([])],
  ['one', written([{ name: 'a' }])],
  ['a name with the UTF-8 flag', written([{ name: 'ä', own: withField(FLAGS, 0x800) }])],
  ['a compression level flag', written([{ name: 'a', own: withField(FLAGS, 6) }])],
  [
    'the latest supported version',
    written([{ name: 'a', own: withField(VERSION, limits.version) }]),
  ],
  ['a name with a byte order mark', written([{ name: '\ufeffa' }])],
  ['a name with a colon', written([{ name: 'a/b:c' }, { name: 'ab:c' }])],
];
for (const [what, bytes] of FINE)
  test(`accepted: ${what}`, () => {
    for (const content of readZip(bytes, nodePowers).values())
      assert.equal(Buffer.from(content).toString(), 'x');
  });

test('names are read unchanged', () => {
  assert.deepEqual([...readZip(written([{ name: '\ufeffa' }]), nodePowers).keys()], ['\ufeffa']);
});

/**
 * @param {number} field
 * @param {number} value
 * @returns {Buffer} an entry whose local header differs from the directory
 */
const differing = (field, value) =>
  written([{ name: 'a', own: withField(field, value), listed: withField(EXTRA, 0) }]);

/**
 * @param {number} size declared size
 * @param {number} packed
 * @returns {Made}
 */
const claiming = (size, packed) => ({
  name: `claim${size}`,
  data: new Uint8Array(packed),
  own: [10, 0, 8, 0, packed, size, 0],
});

/** @type {Array<[string, Uint8Array, RegExp]>} */
const WRONG = [
  ['another disk', written([{ name: 'a' }], { disks: [1, 0] }), /several disks/],
  ['a directory on another disk', written([{ name: 'a' }], { disks: [0, 1] }), /several disks/],
  ['entries on another disk', written([{ name: 'a' }], { disks: [0, 0, 0] }), /several disks/],
  ['the count of zip64', written([{ name: 'a' }], { count: 0xffff }), /zip64/],
  ['the size of zip64', written([{ name: 'a' }], { size: 0xffffffff }), /zip64/],
  ['the offset of zip64', written([{ name: 'a' }], { offset: 0xffffffff }), /zip64/],
  [
    'a zip64 locator',
    written([{ name: 'a' }], { inside: `PK\x06\x07${'\0'.repeat(16)}` }),
    /zip64/,
  ],
  ['fewer entries than declared', written([{ name: 'a' }], { count: 2 }), /directory is damaged/],
  ['more entries than declared', written([{ name: 'a' }, { name: 'b' }], { count: 1 }), /damaged/],
  ['extra bytes in the directory', written([{ name: 'a' }], { inside: 'x' }), /damaged/],
  ['half an entry', written([{ name: 'a' }], { count: 2, inside: 'PK\x01\x02' }), /damaged/],
  [
    'an invalid directory signature',
    written([{ name: 'a', signatures: [0x04034b50, 0x02014b51] }]),
    /directory is damaged/,
  ],
  [
    'a name beyond the directory',
    changed(written([{ name: 'a' }]), (b) => void b.writeUInt16LE(9, b.indexOf('PK\x01\x02') + 28)),
    /damaged/,
  ],
  ['a name that is not UTF-8', written([{ name: Uint8Array.of(0xff) }]), /is not UTF-8/],
  ['an empty name', written([{ name: '' }]), /the entry name "" is not a plain/],
  ['the name of a folder', written([{ name: 'a/' }]), /plain relative path/],
  ['a name with an empty part', written([{ name: 'a//b' }]), /plain relative path/],
  ['a name with a dot', written([{ name: './b' }]), /plain relative path/],
  ['a name that ends with a dot', written([{ name: 'a/.' }]), /plain relative path/],
  ['a name with NUL', written([{ name: 'a\0' }]), /plain relative path/],
  ['an entry with a comment', written([{ name: 'a', comment: 1 }]), /an extra field, a comment/],
  ['an entry on another disk', written([{ name: 'a', disk: 1 }]), /another disk number/],
  ['an extra field', written([{ name: 'a', own: withField(EXTRA, 4) }]), /an extra field/],
  ['a data descriptor', written([{ name: 'a', own: withField(FLAGS, 8) }]), /"a" has a data desc/],
  [
    'strong encryption',
    written([{ name: 'a', own: withField(FLAGS, 64) }]),
    /"a" has unknown flags/,
  ],
  ['another method', written([{ name: 'a', own: withField(METHOD, 12) }]), /unknown .* method 12/],
  ['a later version', written([{ name: 'a', own: withField(VERSION, 21) }]), /a later version/],
  ['two sizes', written([{ name: 'a', own: withField(SIZE, 2) }]), /is stored but has two sizes/],
  [
    'an invalid local header signature',
    written([{ name: 'a', signatures: [0x04034b51, 0x02014b50] }]),
    /"a" has no local header/,
  ],
  [
    'a local header beyond the file',
    written([{ name: 'a', offset: 1 << 30 }]),
    /has no local header/,
  ],
  ['a local header at the end', written([{ name: 'a', offset: 99 }]), /has no local header/],
  ['a truncated local header', written([{ name: 'a', offset: 10 }]), /has no local header/],
  ['another version', differing(VERSION, 63), /contradicts the central directory/],
  ['other flags', differing(FLAGS, 0x800), /contradicts the central directory/],
  ['another method in the local header', differing(METHOD, 8), /contradicts the central directory/],
  ['another checksum', differing(CRC, 5), /contradicts the central directory/],
  ['another packed size', differing(PACKED, 2), /contradicts the central directory/],
  ['another size', differing(SIZE, 2), /contradicts the central directory/],
  ['an extra field in the local header', differing(EXTRA, 4), /contradicts the central directory/],
  [
    'a shorter name in the local header',
    changed(written([{ name: 'ab' }]), (b) => void b.writeUInt16LE(1, 26)),
    /contradicts the central directory/,
  ],
  [
    'a longer name in the local header',
    changed(written([{ name: 'a' }]), (b) => void b.writeUInt16LE(2, 26)),
    /contradicts the central directory/,
  ],
  [
    'data that overlaps the directory',
    written([{ name: 'a', own: [10, 0, 0, crc32('x'), 9, 9, 0] }]),
    /"a" extends beyond the files/,
  ],
  ['a wrong checksum', written([{ name: 'a', own: withField(CRC, 5) }]), /"a" is damaged/],
  ['a bomb', written([claiming(limits.slack + limits.ratio + 1, 1)]), /"claim\d+" is a zip bomb/],
  ['a file that is too large', written([claiming(limits.file + 1, 9)]), /larger than 256 MiB/],
  [
    'invalid compressed data',
    written([claiming(9, 9)]),
    /"claim9" does not inflate to its declared size/,
  ],
  [
    'two entries with the same name',
    written([{ name: 'a' }, { name: 'a' }]),
    /two entries are named "a"/,
  ],
];
for (const [what, bytes, message] of WRONG)
  test(`rejected: ${what}`, () => {
    assert.throws(() => readZip(bytes, nodePowers), { code: 'INVALID_ARCHIVE', message });
  });

test('inflated sizes are accepted up to the limits', () => {
  // The declared sizes are used: this does not inflate.
  const trusting = {
    crc32: () => 0,
    inflateRaw: (/** @type {Uint8Array} */ _bytes, /** @type {number} */ size) => ({
      length: size,
    }),
  };
  const read = (/** @type {Made[]} */ entries) =>
    readZip(
      written(entries.map((entry, n) => ({ ...entry, name: `${n}` }))),
      /** @type {any} */ (trusting),
    );
  const packed = Math.ceil((limits.file - limits.slack) / limits.ratio);
  assert.equal(read([claiming(limits.slack + limits.ratio, 1)]).size, 1);
  const largest = claiming(limits.file, packed);
  const most = limits.total / limits.file;
  assert.equal(read(Array(most).fill(largest)).size, most);
  assert.throws(
    () => read([...Array(most).fill(largest), { name: 'x', own: [10, 0, 8, 0, 1, 1, 0] }]),
    {
      message: /larger than 1 GiB/,
    },
  );
});

test('a directory is accepted up to its limit', () => {
  const inside = 'x'.repeat(limits.directory - 46);
  assert.throws(
    () => readZip(written([{ name: 'a' }], { inside }), nodePowers),
    /larger than 32 MiB/,
  );
  assert.throws(
    () => readZip(written([{ name: 'a' }], { inside: inside.slice(1) }), nodePowers),
    /is damaged/,
  );
});
