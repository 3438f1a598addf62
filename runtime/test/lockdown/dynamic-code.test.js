// Dynamic code of packages: evasive transforms, and function constructors without capabilities.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { respell, strictly } from '../../src/lockdown/dynamic-code.js';
import { lockThisRealm } from '../application.js';

before(() => void lockThisRealm());

/** @type {Array<[string, string, string]>} */
const TRANSFORMED = [
  ['no match', 'return 1', 'return 1'],
  ['a comment start in a string', `return '<!--'`, `return '<\\x21--'`],
  ['a comment end in a string', `return "a-->b"`, `return "a--\\x3eb"`],
  ['both in a template', 'return `<!-- ${1} -->`', 'return `<\\x21-- ${1} --\\x3e`'],
  ['in a regular expression', 'return /<!--/', 'return /<\\x21--/'],
  ['an import() in a string', `return 'import("x")'`, `return 'i\\x6dport("x")'`],
  ['existing escapes', `return '\\<!-- \\import("x")'`, `return '\\<\\x21-- \\i\\x6dport("x")'`],
  ['an import() with a space', `return 'import (x)'`, `return 'i\\x6dport (x)'`],
  ['an import() with a comment', `return 'import/*x*/(1)'`, `return 'i\\x6dport/*x*/(1)'`],
  [
    'a name that ends with import',
    `return 'ximport(1) $import(1) .import(1)'`,
    `return 'ximport(1) $import(1) .import(1)'`,
  ],
  ['import without a call', `return 'import x'`, `return 'import x'`],
  ['two operators', 'let a = 3; return a-->1', 'let a = 3; return a-- >1'],
  ['operators after a line break', 'let a = 3; a\n; return a-->1', 'let a = 3; a\n; return a-- >1'],
  ['a comment at the start of a line', 'a()\n--> comment', 'a()\n//> comment'],
  ['a comment after spaces', 'a()\n \t --> comment', 'a()\n \t //> comment'],
  ['a comment at the start of the source', '--> comment\nreturn 1', '//> comment\nreturn 1'],
  ['a comment after another line terminator', 'a()\u2028--> comment', 'a()\u2028//> comment'],
  ['a comment after a carriage return', 'a()\r--> comment', 'a()\r//> comment'],
  ['a comment in a line', 'a() <!-- comment', 'a() //-- comment'],
  ['code and string', `let a = 3; return a-->1 + '-->'`, `let a = 3; return a-- >1 + '--\\x3e'`],
  ['a string in code', `return '<!--' <!-- x`, `return '<\\x21--' //-- x`],
  ['a call in code and a string', `import('x'); '<!--'`, `import('x'); '<\\x21--'`],
  ['no program', `return '<!--' +`, `return '<!--' +`],
  [
    'many matches in strings',
    `return '${'<!--'.repeat(300)}'`,
    `return '${'<\\x21--'.repeat(300)}'`,
  ],
  [
    'too many matches, one of them in code',
    `let a = '${'-->'.repeat(200)}'; a-->1`,
    `let a = '${'-->'.repeat(200)}'; a-->1`,
  ],
];
for (const [what, text, expected] of TRANSFORMED)
  test(`evasive transform: ${what}`, () => {
    assert.equal(respell(text), expected);
  });

/** @type {Array<[string, string, unknown]>} bodies of functions, and what they return */
const CONSTRUCTORS = [
  [
    'in a derived class',
    'const A = function () {}; A.prototype = Object.create(SyntaxError.prototype); A.prototype.constructor = A; return [new A().constructor === A, Object.keys(A.prototype)]',
    [true, ['constructor']],
  ],
  [
    'on an object with an own one',
    'const A = function () {}; A.prototype.constructor = 1; return [A.prototype.constructor, Object.keys(A.prototype)]',
    [1, []],
  ],
  [
    'on a nested member',
    'const o = { p: { x: Object.create(URIError.prototype) } }; o . p\n.x.constructor = o.p.x.constructor.name; return o.p.x.constructor',
    'URIError',
  ],
  [
    'if the source has a variable of that name',
    'const Object = { a: new Int8Array(1) }; Object.a.constructor = 2; return Object.a.constructor',
    2,
  ],
  [
    'in a string',
    "return 'a.constructor = b' + `c.constructor = ${1}` // d.constructor = e",
    'a.constructor = bc.constructor = 1',
  ],
  [
    'in a comparison',
    'const o = {}; return [o.constructor == 1, o.constructor === Object, [o].map((x) => x.constructor=>1).length]',
    undefined,
  ],
  [
    'on a locked object',
    'try { Error.prototype.constructor = 1 } catch (error) { return error.name }',
    'TypeError',
  ],
];
for (const [what, body, expected] of CONSTRUCTORS)
  test(`assignment to constructor: ${what}`, () => {
    const text = strictly(`(function () {\n${body}\n})`);
    if (expected === undefined) return assert.equal(text.includes('hasOwn'), false);
    const run = new Compartment({ __options__: true }).evaluate(text);
    assert.deepEqual(run(), expected);
  });

test('matches are checked one by one up to the limit', () => {
  const text = `let a = '${'-->'.repeat(199)}'; a-->1`;
  assert.equal(respell(text), `let a = '${'--\\x3e'.repeat(199)}'; a-- >1`);
});

test('checks do not run the source', () => {
  respell(`globalThis.wasRun = 1; return '<!--'`);
  respell(`return 1 }); globalThis.wasRun = 1; (function () { '<!--'`);
  assert.equal('wasRun' in globalThis, false);
});

/** @type {Array<[string, () => unknown]>} functions that lead to what makes them */
const KINDS = [
  ['Function', () => () => 1],
  ['AsyncFunction', () => async () => 1],
  ['GeneratorFunction', () => function* () {}],
  ['AsyncGeneratorFunction', () => async function* () {}],
];
for (const [name, create] of KINDS)
  test(`functions created by ${name} have only the language`, async () => {
    const { constructor: Constructor } = /** @type {any} */ (create());
    const run = async (/** @type {string[]} */ ...args) => {
      const found = Constructor(...args)(3, 4);
      if (name.includes('Generator')) return (await found.next()).value;
      return found;
    };
    assert.equal(
      await run('return typeof process + typeof console + typeof require'),
      'undefined'.repeat(3),
    );
    assert.equal(await run('a', 'b', 'return a * b'), 12);
    assert.equal(await run('a, b = 2', 'return a * b'), 12);
    assert.equal(await run('a // comment', 'return a'), 3);
    assert.equal(await run('return 1 // comment'), 1);
    assert.equal(await run(`return '<!--' + 'import(1)'`), '<!--import(1)');
    assert.equal(await run(), undefined);
    assert.doesNotMatch(String(Constructor()), /undefined/);
    assert.equal(new Constructor('return 1').constructor, Constructor);
    assert.throws(() => Constructor('return ('), SyntaxError);
    for (const texts of [['}) (function () {'], ['}, function () {'], ['/*', '*/) {'], [') {', '']])
      assert.throws(() => Constructor(...texts), SyntaxError, 'not exactly one function');
    const requested = /** @type {string[]} */ ([]);
    const argument = (/** @type {string} */ text) => ({
      toString: () => (requested.push(text), text),
    });
    Constructor(argument('a'), argument('b'), argument('return 1'));
    assert.deepEqual(requested, ['a', 'b', 'return 1']);
    assert.throws(() => Constructor('return import("fs")'), SyntaxError);
    const globals = await run('return globalThis');
    assert.equal(Object.isFrozen(globals), true, 'no communication channel');
    assert.equal(await run('return globalThis'), globals);
  });

test('each kind of function has its own syntax', async () => {
  const [, asynchronous, generator, both] = KINDS.map(
    ([, create]) => /** @type {any} */ (create()).constructor,
  );
  assert.equal(await asynchronous('x', 'return (await x) + 1')(Promise.resolve(1)), 2);
  assert.deepEqual([...generator('x', 'yield x; yield 2')(1)], [1, 2]);
  assert.deepEqual(await both('yield await 3')().next(), { value: 3, done: false });
  assert.throws(() => generator('return await 3'), SyntaxError);
});

for (const [name, create] of KINDS)
  test(`${name} looks like the native constructor`, () => {
    const { constructor: Constructor } = /** @type {any} */ (create());
    const prototype = Object.getPrototypeOf(create());
    assert.deepEqual([Constructor.name, Constructor.length], [name, 1]);
    assert.deepEqual(Object.getOwnPropertyDescriptor(Constructor, 'prototype'), {
      ...{ value: prototype, writable: false, enumerable: false, configurable: false },
    });
    const base = Object.getPrototypeOf(Constructor);
    if (name === 'Function') assert.equal(base, Function.prototype);
    else assert.throws(() => base('return process'), TypeError);
    assert.equal(Object.isFrozen(Constructor), true);
    assert.equal(Object.getOwnPropertyDescriptor(prototype, 'constructor')?.enumerable, false);
    assert.ok(create() instanceof Constructor);
  });
