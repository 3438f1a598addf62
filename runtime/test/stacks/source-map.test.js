import test from 'node:test';
import assert from 'node:assert/strict';
import { SourceMap } from 'node:module';
import { debuggerMap } from '../../src/stacks/debugger-map.js';
import { columnAfter, columnBefore, readEdits } from '../../src/stacks/edit-table.js';
import { mappingsText } from '../../src/stacks/mappings.js';
import { mapsIn } from '../../src/stacks/maps-file.js';
import { joined } from '../../src/stacks/package-lines.js';
import { lastBefore, segmentsOf } from '../../src/stacks/source-map.js';

/** @import { FunctorSource } from '../../src/stacks/package-lines.js' */

const MAPPINGS = 'AAAA,IACC;;EDAA,EACA,G;AAFF';

test('decoded mappings are encoded unchanged, except names', () => {
  assert.equal(mappingsText(segmentsOf(MAPPINGS)), MAPPINGS);
  assert.equal(mappingsText(segmentsOf('AAAAA,CAACC')), 'AAAA,CAAC');
});

test('the last segment at or before a column', () => {
  const list = [0, 2, 2, 7].map((start, index) => ({ start, index }));
  const found = [-1, 0, 1, 2, 6, 7, 99].map((column) => lastBefore(list, column)?.index);
  assert.deepEqual(found, [undefined, 0, 0, 2, 2, 3, 3]);
});

test('original columns are mapped to the stored line and back', () => {
  // `export let a = 1; a = 2;` as `(){let a = 1,x; a = 2,y;`
  const edits = readEdits(['AADHAJCAAGCA', 'export ']).get(0) ?? [];
  assert.equal(edits.length, 3);
  for (let column = 7; column < 24; column += 1)
    assert.equal(columnBefore(edits, columnAfter(edits, column)), column);
  assert.equal(columnAfter(edits, 3), 0);
});

/**
 * @param {Partial<FunctorSource>} parts
 * @returns {FunctorSource}
 */
const functorSource = (parts) => ({
  file: 'compartment:///dep/x.js',
  folder: 'compartment:///dep/',
  source: '',
  edits: ['', ''],
  sourceMap: () => undefined,
  sloppy: false,
  lexicals: undefined,
  ...parts,
});

const TEXTS = [
  functorSource({ source: '(first\n})\n', sourceMap: () => undefined }),
  functorSource({
    source: '({second\nthird\n})\n',
    edits: ['AACA', ''],
    sourceMap: () => ({ sources: ['own.js'], mappings: '', texts: ['second\nthird'] }),
  }),
  functorSource({
    source: '({fourth\n})\n',
    edits: ['AACA', ''],
    sourceMap: () => ({ sources: ['a.ts', 'b.ts'], mappings: 'ACIE', texts: [] }),
  }),
];

test('debuggers get the sources of each functor', () => {
  const url = debuggerMap(TEXTS) ?? '';
  const payload = JSON.parse(Buffer.from(url.split(',')[1] ?? '', 'base64').toString());
  const map = new SourceMap(payload);
  const lines = joined(TEXTS).split('\n');
  const origins = ['second', 'third', 'fourth'].map((word) => {
    const line = lines.findIndex((text) => text.includes(word));
    const column = lines[line]?.indexOf(word) ?? -1;
    const entry = /** @type {any} */ (map.findEntry(line, column));
    return [entry.originalSource, entry.originalLine, entry.originalColumn];
  });
  assert.deepEqual(origins, [
    ['compartment:///dep/own.js', 0, 0],
    ['compartment:///dep/own.js', 1, 0],
    ['compartment:///dep/b.ts', 4, 2],
  ]);
  assert.deepEqual(payload.sourcesContent, ['second\nthird', null, null]);
});

test('without source maps there is none for debuggers', () => {
  assert.equal(debuggerMap(TEXTS.slice(0, 1)), undefined);
});

test('a source map file is read once, and only if it belongs to the application', () => {
  const files = { 'dep/x.js': { sources: ['x.ts'], mappings: 'AAAA', texts: [] }, 'dep/bad.js': 1 };
  const text = JSON.stringify({ sha512: 'right', files });
  let reads = 0;
  const read = () => {
    reads += 1;
    return text;
  };
  const of = mapsIn(read, 'right');
  assert.deepEqual(of('dep/x.js')?.sources, ['x.ts']);
  assert.equal(of('dep/bad.js'), undefined);
  assert.equal(of('__proto__'), undefined);
  assert.equal(reads, 1);
  assert.equal(mapsIn(read, 'wrong')('dep/x.js'), undefined);
  assert.equal(mapsIn(() => undefined, 'right')('dep/x.js'), undefined);
});
