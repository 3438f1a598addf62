import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { verifyPowers } from '../src/powers.js';
import { readZip } from '../src/zip-reader.js';
import { utf8, zip } from './archive.js';

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

for (const deflate of [false, true]) {
  test(`entries are read, ${deflate ? 'deflated' : 'stored'}`, () => {
    assert.deepEqual(
      [...readZip(zip(ENTRIES, { deflate }), verifyPowers)].map(([name, bytes]) => [
        name,
        Buffer.from(bytes).toString(),
      ]),
      ENTRIES.map(([name, bytes]) => [name, Buffer.from(bytes).toString()]),
    );
  });
}

test('the portable CRC-32 agrees with the host', () => {
  const { inflateRaw } = verifyPowers;
  assert.equal(readZip(zip(ENTRIES), { inflateRaw }).size, 2);
});

const good = zip(ENTRIES);
/** @type {Array<[string, Uint8Array, RegExp]>} */
const BAD = [
  ['empty file', new Uint8Array(), /does not end/],
  ['truncated', good.subarray(0, good.length - 5), /does not end/],
  ['half', good.subarray(0, good.length / 2), /does not end/],
  ['trailing byte', Buffer.concat([good, Buffer.from('x')]), /does not end/],
  ['prefix', Buffer.concat([Buffer.from('#!x\n'), good]), /not where it says/],
  ['comment announced', changed(good, (b) => void b.writeUInt16LE(1, b.length - 2)), /comment/],
  ['flipped bit in data', changed(good, (b) => void (b[40] = 255 & ~(b[40] ?? 0))), /CRC-32/],
  ['local name differs', changed(good, (b) => void (b[30] = 0x7a)), /two headers/],
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
];
for (const [name, bytes, message] of BAD) {
  test(`refused: ${name}`, () => {
    assert.throws(() => readZip(bytes, verifyPowers), { code: 'INVALID_ARCHIVE', message });
  });
}

test('an entry that inflates to more than it says is refused', () => {
  const bytes = zip([['a', utf8('a'.repeat(5000))]], { deflate: true });
  const compressed = deflateRawSync(utf8('a'.repeat(5000))).length;
  const central = 30 + 1 + compressed;
  const lying = changed(bytes, (copy) => {
    copy.writeUInt32LE(100, 22);
    copy.writeUInt32LE(100, central + 24);
  });
  assert.throws(() => readZip(lying, verifyPowers), /can't be inflated/);
});
