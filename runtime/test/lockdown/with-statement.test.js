// `with` in dynamic code: compares the engine's result of sloppy code with the result of the rewritten strict code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokensOf } from '../../src/lockdown/tokens.js';
import { withoutWith } from '../../src/lockdown/with-statement.js';

/** @type {any} what packages find undeclared is undefined */
const host = globalThis;
host.nope = undefined;
host.values = undefined;

class K {
  /** @param {number} v */
  constructor(v) {
    this.v = v;
  }
}

/** @type {Array<[name: string, body: string, given: () => any]>} the body of a function of `o`, called on it */
const SAME = [
  ['reads', 'with (o) { return a + b }', () => ({ a: 1, b: 2 })],
  [
    'a regular expression after a head',
    'with (o) { if (a) /b/.test(a) && (c = 1); return c }',
    () => ({ a: 'b', b: 3, c: 0 }),
  ],
  [
    'names of members',
    'with (o) { return [a.of / b / c, a.if / b] }',
    () => ({ a: { of: 8, if: 4 }, b: 2, c: 2 }),
  ],
  [
    'inherited members',
    'with (o) { return [toString(), hasOwnProperty("a"), valueOf] }',
    () => ({ a: 1, valueOf: 2 }),
  ],
  [
    'an assigned index',
    'with (o) { list[i] = a; list[a.x] += i; return list }',
    () => ({ list: [0, 1], i: 0, a: { x: 1 } }),
  ],
  [
    'several statements',
    'with (o) with (o.p) with (p.q) { a = 5; return [a, b, c, typeof nope] } return 0',
    () => ({ a: 0, p: { b: 1, a: 1, q: { c: 2 } } }),
  ],
  [
    'several statements without braces',
    'var x; with (o) with (o.p) x = a + b; return x',
    () => ({ a: 1, p: { b: 2 } }),
  ],
  ['without braces', 'with (o) return a ? b : c', () => ({ a: 0, b: 1, c: 2 })],
  [
    'ejs',
    `var out = ''; function __append(s) { if (s !== undefined && s !== null) out += s }
     with (o || {}) {
       ; __append("<b>"); users.forEach(function(user) { ; __append(fmt(user)); __append(user.length) ; }); ; __append(typeof nope)
     }
     return out`,
    () => ({
      users: ['ab', 'c'],
      user: 'no',
      up: '!',
      fmt: /** @this {any} */ function (/** @type {any} */ x) {
        return x + this.up;
      },
    }),
  ],
  [
    'lodash',
    `var __t, __p = '', __j = Array.prototype.join; function print() { __p += __j.call(arguments, '') }
     with (o) {
     __p += 'hello ' + ((__t = ( name )) == null ? '' : __t); list.forEach(i => { print(i, ';') })
     }
     return __p`,
    () => ({ name: 'N', list: [1, 2] }),
  ],
  [
    'Vue',
    'with(this){return _c("div",{attrs:{"id":"app",name}},[_v(_s(message)+`${count}x${ {a: count}.a }`)])}',
    () => ({
      _c: /** @this {any} */ function (/** @type {any[]} */ ...a) {
        return [a, this.message];
      },
      _v: (/** @type {any} */ x) => x,
      _s: (/** @type {any} */ x) => `s${x}`,
      message: 'm',
      count: 3,
      name: 'n',
    }),
  ],
  [
    'nested',
    'with(o){with(inner||{}){return [text, function(){return name+index }(), text=9, o]}}',
    () => ({ inner: { name: 'd', text: 'in' }, text: 'out', index: 4 }),
  ],
  [
    'assigns',
    'var c = 5; with(o) { a = 7; c = 8; b++; --b; a += b; } return [o, c]',
    () => ({ a: 1, b: 2 }),
  ],
  [
    'loops',
    'with(o) { for (var i = 0, n = list.length; i < n; i++) { s += list[i] } for (const k of list) { s += k } for (k2 in obj) s += k2; let z = 4; s += z; lbl: for(;;) { break lbl } } return [o, i]',
    () => ({ list: [1, 2], s: '', obj: { q: 1 }, k2: 0 }),
  ],
  [
    'a parameter of catch',
    'with(o) { try { throw 1 } catch (a) { b = a } } return o',
    () => ({ a: 'no', b: 2 }),
  ],
  [
    'parameters',
    'with(o) { return [function (a) { return a + b }(10), (x => x + a)(1), ((x, { y, z: [w] } = {}) => [x, y, a]).length] }',
    () => ({ a: 3, b: 2, x: 'no', y: 'no' }),
  ],
  [
    'regular expressions',
    'with(o) { return /a(b)/.test(a) ? 1 : a / b / 2 + new K(a).v }',
    () => ({ a: 8, b: 2, K }),
  ],
  [
    'members',
    'with(o) { return ["a" in o, a?.b?.c, o?.[s], a.b, { a: a, s, "c": 1, [s]: 2 }] }',
    () => ({ a: { b: { c: 1 } }, s: 'a' }),
  ],
  [
    'a function in the body',
    'with(o) { function f() { return a } return f() }',
    () => ({ a: 1, f: () => 'no' }),
  ],
  [
    'switch',
    'with(o) { switch (a) { case b: return "b"; default: return c } }',
    () => ({ a: 1, b: 1, c: 3 }),
  ],
  ['a literal', 'with ({ x: 1, y: { z: 2 } }) { return x + y.z + o }', () => 3],
  ['null', 'with (o) { return a }', () => null],
  ['a primitive', 'with (o) { return length }', () => 'abc'],
  ['a variable in the body', 'with(o) { var a = 3; a += b } return [a, o]', () => ({ b: 1 })],
  ['arguments', 'with(o) { return arguments[0].a + undefined }', () => ({ a: 1 })],
  ['line terminators', 'with(o) { x\n++\na; return x }', () => ({ a: 1, x: 2 })],
  ['unscopables', 'with (o) { return typeof values }', () => [1]],
  [
    'a tag',
    'with (o) { return tag`a${b}` }',
    () => ({
      b: 2,
      c: 5,
      tag: /** @this {any} */ function (/** @type {any} */ s, /** @type {any} */ x) {
        return [s[0], x, this.c];
      },
    }),
  ],
  ['no statement', 'return o.with(0, 1) + "with (o) { a }" + /with (a)/.source', () => [2]],
];

/**
 * @param {string} body
 * @param {any} o
 */
const called = (body, o) => {
  try {
    return JSON.stringify([Reflect.apply(Function('o', body), o, [o]), o]);
  } catch (error) {
    return /** @type {Error} */ (error).name;
  }
};

for (const [name, body, given] of SAME) {
  test(`with: ${name}`, () => {
    const rewritten = withoutWith(body);
    assert.deepEqual(called(`"use strict"; ${rewritten}`, given()), called(body, given()));
    assert.equal(rewritten.split('\n').length, body.split('\n').length);
  });
}

// The source stays unchanged and is rejected.
const UNREAD = [
  'with (o) { [a, b] = [1, 2] }',
  'with (o) { ({ a } = o) }',
  'with (o) { class A {} }',
  'with (o) { eval("a") }',
  'with (o) { return { m() {} } }',
  'with (o) if (a) b(); else c()',
  'with (o) { async () => {} }',
  'with (o) { "unended }',
  'with (o) { delete a }',
  'with (o) { if (a) { } /b/.test(a) }',
  'function Proxy() {} with (o) { a = 1 }',
];

for (const body of UNREAD) {
  test(`unsupported syntax stays unchanged: ${body}`, () => assert.equal(withoutWith(body), body));
}

test('a variable with the name of a property is rejected as ambiguous', () => {
  const body = withoutWith('with (o) { var a = 1; } return o');
  assert.throws(
    () => Function('o', `"use strict"; ${body}`)({ a: 2 }),
    /'a' is declared in the body/,
  );
});

test('tokens are those of the language', () => {
  const texts = (/** @type {string} */ text) => tokensOf(text)?.map((token) => token.text);
  assert.deepEqual(texts('a /b/ c; x = /[/]"/g'), [
    'a',
    '/',
    'b',
    '/',
    'c',
    ';',
    'x',
    '=',
    '/[/]"/g',
  ]);
  assert.deepEqual(texts('`a${`b${c}`}d`'), ['`a${', '`b${', 'c', '}`', '}d`']);
  assert.deepEqual(texts("0x1F + .5e-3n, 'a\\'b' ?? a?.b ? .5 : 1."), [
    ...['0x1F', '+', '.5e-3n', ',', "'a\\'b'", '??', 'a', '?.', 'b', '?', '.5', ':', '1.'],
  ]);
  assert.equal(texts('"unended'), undefined);
});
