import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { verifyPowers as pagePowers } from '../../src/api/page-verify.js';
import { verifyPowers as nodePowers } from '../../src/node/powers.js';
import { readZip } from '../../src/archive/zip-reader.js';
import { utf8, zip } from '../archive.js';

/** @type {Array<[string, Uint8Array]>} */
const ENTRIES = [
  ['a.txt', utf8('alpha '.repeat(40))],
  ['b/c.txt', utf8('')],
];

/**
 * @param {Uint8Array} bytes
 * @param {(copy: Buffer) => Uint8Array | void} change
 */
const changed = (bytes, change) => {
  const copy = Buffer.from(bytes);
  return change(copy) ?? copy;
};

/** @type {Array<[string, import('../../src/linker/import-archive.js').VerifyPowers]>} */
const HOSTS = [
  ['Node', nodePowers],
  ['a page', pagePowers],
];

for (const [host, verifyPowers] of HOSTS)
  for (const deflate of [false, true])
    test(`entries are read in ${host}, ${deflate ? 'deflated' : 'stored'}`, () => {
      assert.deepEqual(
        [...readZip(zip(ENTRIES, { deflate }), verifyPowers)].map(([name, bytes]) => [
          name,
          Buffer.from(bytes).toString(),
        ]),
        ENTRIES.map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
      );
    });

test('both hosts have the same SHA-512', () => {
  for (const [, bytes] of ENTRIES) assert.equal(pagePowers.sha512(bytes), nodePowers.sha512(bytes));
});

test('the portable CRC-32 agrees with the host', () => {
  const { inflateRaw } = nodePowers;
  assert.equal(readZip(zip(ENTRIES), { inflateRaw }).size, 2);
});

const good = zip(ENTRIES);

/**
 * @param {number} at
 * @param {string} bytes to insert there, visible only in the offsets of later entries
 * @returns {Uint8Array}
 */
const inserted = (at, bytes) => {
  const copy = Buffer.concat([
    good.subarray(0, at),
    Buffer.from(bytes, 'latin1'),
    good.subarray(at),
  ]);
  const end = copy.length - 22;
  const directory = copy.readUInt32LE(end + 16) + bytes.length;
  copy.writeUInt32LE(directory, end + 16);
  for (let line = directory; line < end; line += 46 + copy.readUInt16LE(line + 28))
    if (copy.readUInt32LE(line + 42) >= at)
      copy.writeUInt32LE(copy.readUInt32LE(line + 42) + bytes.length, line + 42);
  return copy;
};
const FIRST_END = 30 + 5 + 240;
const DIRECTORY = Buffer.from(good).indexOf('PK\x01\x02');
/** An entry that the directory does not list. */
const HIDDEN = Buffer.from(zip([['h', utf8('x')]])).toString('latin1', 0, 32);
/** @type {Array<[string, Uint8Array, RegExp]>} */
const BAD = [
  ['empty file', new Uint8Array(), /does not end/],
  ['truncated', good.subarray(0, good.length - 5), /does not end/],
  ['half', good.subarray(0, good.length / 2), /does not end/],
  ['trailing byte', Buffer.concat([good, Buffer.from('x')]), /does not end/],
  ['prefix', Buffer.concat([Buffer.from('#!x\n'), good]), /not at its offset/],
  ['comment announced', changed(good, (b) => void b.writeUInt16LE(1, b.length - 2)), /comment/],
  ['flipped bit in data', changed(good, (b) => void (b[40] = 255 & ~(b[40] ?? 0))), /CRC-32/],
  [
    'local name differs',
    changed(good, (b) => void (b[30] = 0x7a)),
    /contradicts the central directory/,
  ],
  [
    'encrypted',
    changed(
      good,
      (b) =>
        void [6, Buffer.from(good).indexOf('PK\x01\x02') + 8].map((at) => b.writeUInt16LE(1, at)),
    ),
    /encrypted/,
  ],
  ['duplicate', zip([...ENTRIES, ...ENTRIES.slice(0, 1)]), /two entries/],
  ['absolute name', zip([['/etc/x', utf8('x')]]), /plain relative path/],
  ['parent name', zip([['a/../b', utf8('x')]]), /plain relative path/],
  ['backslash', zip([['a\\b', utf8('x')]]), /plain relative path/],
  ['drive', zip([['C:/b', utf8('x')]]), /plain relative path/],
  ['bytes before the first entry', inserted(0, 'gap!'), /unexpected data before/],
  ['bytes between', inserted(FIRST_END, 'gap!'), /unexpected data before/],
  [
    'bytes after the end',
    inserted(DIRECTORY, 'gap!'),
    /between the files and the central directory/,
  ],
  ['a hidden entry first', inserted(0, HIDDEN), /unexpected data before/],
  ['a hidden entry between', inserted(FIRST_END, HIDDEN), /unexpected data before/],
  [
    'a hidden entry last',
    inserted(DIRECTORY, HIDDEN),
    /between the files and the central directory/,
  ],
  [
    'an entry inside another',
    changed(
      zip([
        ['a', zip([['b', utf8('x')]]).subarray(0, 32)],
        ['b', utf8('x')],
      ]),
      (b) => void b.writeUInt32LE(31, b.lastIndexOf('PK\x01\x02') + 42),
    ),
    /entry "b" overlaps another entry/,
  ],
];
for (const [name, bytes, message] of BAD) {
  test(`rejected: ${name}`, () => {
    assert.throws(() => readZip(bytes, nodePowers), { code: 'INVALID_ARCHIVE', message });
  });
}

for (const [host, verifyPowers] of HOSTS) {
  test(`an entry that inflates to more than its declared size is rejected in ${host}, even if its CRC-32 matches`, () => {
    const content = utf8('a'.repeat(5000));
    const bytes = zip([['a', content]], { deflate: true });
    const central = 30 + 1 + deflateRawSync(content).length;
    for (const size of [0, 100, 4999, 5001]) {
      const lying = changed(bytes, (copy) => {
        for (const at of [14, central + 16])
          copy.writeUInt32LE(crc32(content.subarray(0, size)), at);
        for (const at of [22, central + 24]) copy.writeUInt32LE(size, at);
      });
      assert.throws(() => readZip(lying, verifyPowers), /does not inflate to its declared size/);
    }
  });

  test(`truncated compressed data is rejected in ${host}`, () => {
    const content = Uint8Array.from({ length: 5000 }, (_, index) => (index * 7919) % 251);
    const cut = deflateRawSync(content).subarray(0, -3);
    assert.throws(() => verifyPowers.inflateRaw(cut, content.length));
  });
}
