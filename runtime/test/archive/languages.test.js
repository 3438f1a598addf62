import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PARSERS, isCopied, isProgram } from '../../src/archive/languages.js';

const source = readFileSync(new URL('../../src/archive/languages.js', import.meta.url), 'utf8');

test('the type of parsers matches the table of the bundler', () => {
  const named = /@typedef \{(.*)\} Parser/.exec(source)?.[1] ?? '';
  assert.deepEqual(
    [...named.matchAll(/'([^']+)'/g)].map(([, name]) => name),
    PARSERS,
  );
});

test('each parser is for code or data, and mutable data is copied', () => {
  const facts = PARSERS.map((name) => {
    const parser = /** @type {import('../../src/archive/languages.js').Parser} */ (name);
    return [name, isProgram(parser) ? 'program' : isCopied(parser) ? 'copied' : 'shared'];
  });
  assert.deepEqual(facts, [
    ['pre-mjs-json', 'program'],
    ['pre-cjs-json', 'program'],
    ['json', 'copied'],
    ['text', 'shared'],
    ['bytes', 'copied'],
    ['native', 'shared'],
  ]);
});
