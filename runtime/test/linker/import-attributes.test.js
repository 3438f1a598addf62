import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImportType, importType } from '../../src/resolve/import-attributes.js';

/** @param {string} parser */
const file = (parser) => /** @type {any} */ ({ kind: 'file', module: { parser } });

test('the type is read from the options once, as in import()', () => {
  /** @type {string[]} */
  const log = [];
  const attributes = {
    get type() {
      log.push('type');
      return 'json';
    },
  };
  assert.equal(importType({ with: attributes }), 'json');
  assert.deepEqual(log, ['type']);
  assert.equal(importType(undefined), undefined);
  assert.equal(importType({}), undefined);
  assert.equal(importType({ with: {} }), undefined);
  assert.equal(
    importType(() => undefined),
    undefined,
  );
});

for (const options of [null, 1, '', { with: null }, { with: 'json' }, { with: { type: 1 } }]) {
  test(`invalid options of import(): ${JSON.stringify(options)}`, () => {
    assert.throws(() => importType(options), TypeError);
  });
}

test('attributes other than type are not supported, as in Node', () => {
  const code = 'ERR_IMPORT_ATTRIBUTE_UNSUPPORTED';
  assert.throws(() => importType({ with: { type: 'json', lang: 'en' } }), { code });
});

test('a type must match the module', () => {
  checkImportType(file('json'), 'json', './a.json');
  checkImportType(file('json'), undefined, './a.json');
  checkImportType(file('pre-mjs-json'), undefined, './a.js');
  checkImportType({ kind: 'error', error: new Error('other') }, 'json', './a.json');
  for (const target of [file('pre-mjs-json'), file('text')]) {
    const code = 'ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE';
    assert.throws(() => checkImportType(target, 'json', './a'), { code });
  }
});
