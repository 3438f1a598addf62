"""Small modules whose exports change in all the ways of ECMA-262; Node is the oracle.

``snap()`` in a source records what importers see at that moment.
"""

from __future__ import annotations

DECLARATIONS = {
    "const": "export const a = 1; snap(); export const b = a + 1;",
    "let-later": "export let a; snap(); a = 1; snap(); a = 2;",
    "let-never-read-before": "snap(); export let a = 1; snap();",
    "var-hoisted": "snap(); export var a = 1; snap(); a = 2;",
    "var-redeclared": "export var a = 1; snap(); var a = 2; snap(); var a;",
    "var-in-block": "{ var a = 1 } snap(); if (true) { var a = 2 } export { a };",
    "several": "export let a = 1, b = (snap(), 2), c = a + b;",
    "several-without-values": "export let a, b = 2, c; snap(); a = c = b;",
    "object-pattern": "export const { a, b: [c, ...d], ...e } = { a: 1, b: [2, 3, 4], f: 5 };",
    "pattern-defaults": "export let { a = 1, b: { c = a + 1 } = {} } = {}; snap(); c = 9;",
    "array-holes": "export const [, a, , [b] = [7]] = [1, 2, 3];",
    "computed-key": "const k = 'z'; export const { [k]: a, [k + 'y']: b = 3 } = { z: 1 };",
    "using-a-name-within": "export let a = 1, f = () => a; snap(); a = 2; export const r = f();",
    "function-hoisted": "snap(); export function f() { return 1 } export const r = f();",
    "generator-hoisted": "snap(); export function* f() { yield 1 } export const r = [...f()];",
    "async-hoisted": "snap(); export async function f() {} export async function* g() {}",
    "function-reassigned": "export function f() { return 1 } snap(); f = () => 2; snap(); f = 3;",
    "function-reassigns-itself": (
        "export function f() { f = () => 2; return 1 } f(); export let r = f();"
    ),
    "function-exported-below": "snap(); function f() {} export { f, f as g };",
    "class": "snap(); export class C { static x = 1 } snap(); export const x = C.x;",
    "class-reassigned": "export class C {} snap(); C = 1; snap(); C = class D {};",
    "class-static-block": "export class C { static { snap() } } snap();",
    "class-assigns-in-static-block": "export let a = 0; class C { static { a = 1; snap() } }",
    "class-extends": (
        "export class A {} export class B extends A {} export let r = new B() instanceof A;"
    ),
    "names": (
        "export const f = function () {}, g = () => {}, h = class {};"
        "export const n = [f.name, g.name, h.name];"
    ),
    "let-then-export": "let a = 1; snap(); export { a }; a = 2;",
    "export-before-let": "export { a }; snap(); let a = 1; snap();",
    "many-names-for-one": "let a = 1; export { a, a as b, a as 'c d' }; snap(); a++;",
    "reserved-names": (
        "let a = 1; export { a as null, a as if, a as class, a as let, a as arguments };"
    ),
    "string-names": "let a = 1; export { a as '', a as 'x\\ty', a as '\\u{1F600}', a as '<!--' };",
    "export-nothing": "export {};",
    "escaped-name": "export let \\u0061b = 1; snap(); a\\u{62} = 2;",
    "unicode-name": "export let été = 1, 变量 = 2, 𠮷 = 3; snap(); été = 变量 + 𠮷;",
    "prefix-of-ours": "export let $h_ = 1, $h_live = 2, $h0_ = 3; snap(); $h_ = $h_live + $h0_;",
}

DEFAULTS = {
    "expression": "export default 1 + 1;",
    "anonymous-function": "snap(); export default function () {} export { };",
    "anonymous-generator": "snap(); export default function* () {}",
    "anonymous-async": "snap(); export default async function () {}",
    "anonymous-async-arrow": "export default async () => {};",
    "anonymous-arrow": "export default () => {};",
    "anonymous-class": "snap(); export default class { static x = 1 }",
    "anonymous-class-has-own-name": "export default class { static name = 'own' }",
    "named-function": "snap(); export default function f() { return 1 } export const r = f();",
    "named-function-reassigned": "export default function f() {} snap(); f = 1; snap();",
    "named-class": "export default class C {} snap(); C = 1;",
    "not-live": "let a = 1; export default a; a = 2; snap();",
    "live-as-default": "let a = 1; export { a as default }; a = 2; snap();",
    "parenthesised-function": "snap(); export default (function () {});",
    "named-expression": "snap(); export default (function f() {});",
    "object": "export default { a: 1, b() {}, get c() { return 3 } };",
    "sequence": "let a = 0; export default (a++, a); export { a };",
    "assignment": "export let a = 0; export default a = 5; snap();",
    "template": "export default `a${1}b`;",
    "regexp": "export default /a/.test('a');",
    "with-comments": "export /* a */ default /* b */ 1 /* c */; // d",
    "over-lines": "export\ndefault\n1\n+\n1",
    "export-alone-on-its-line": "export\nlet a = 1\nexport\n  function f() {}\nexport\n{ a as b }",
    "without-semicolon": "export default 1\nexport const a = 2",
    "without-semicolon-before-paren": "export default function () {}\n(1, 2);\nexport let a = 1",
    "class-before-paren": "export default class {}\n(1, 2);\n[3].map(String)",
    "array-index": "export default [1, 2][1]",
    "in-operator": "export default 'a' in { a: 1 };",
    "new": "export default new (class A { x = 1 })().x",
    "call": "export default (() => 4)()",
    "async-as-name": "const async = 3; export default async\nexport const a = 1",
    "let-like": "export default undefined;",
}

CHANGES = {
    "plain": "export let a = 0; a = 1; snap(); export const r = (a = 2);",
    "compound": (
        "export let a = 2; a += 1; a *= 2; a -= 1; a **= 2; a %= 7; a <<= 3; a >>>= 1; a |= 1;"
    ),
    "logical": "export let a = null; a ??= 1; snap(); a ||= 2; snap(); a &&= 3; snap();",
    "prefix": "export let a = 0; export const r = [++a, --a, ++a];",
    "postfix": "export let a = 0; export const r = [a++, a++, a--];",
    "postfix-of-bigint": "export let a = 1n; export const r = [a++, ++a, a--];",
    "postfix-of-string": "export let a = '5'; export const r = a++; snap(); a = 'x'; a++;",
    "postfix-of-object": "export let a = { valueOf: () => 41 }; export const r = a++;",
    "chain": "export let a, b, c; a = b = c = 1; snap(); a = (b += c = 2);",
    "array-pattern": "export let a, b; [a, b] = [1, 2]; snap(); [a, b] = [b, a];",
    "object-pattern": (
        "export let a, b; ({ a, x: b = a } = { a: 1 }); snap(); ({ a: b, ...a } = { a: 3, c: 4 });"
    ),
    "nested-pattern": "export let a, b, c; [a, { b, c = [a] }] = [1, { b: 2 }];",
    "pattern-value": "export let a; export const r = ([a] = [1, 2, 3]);",
    "in-expression": "export let a = 1; export const r = a + (a = 5) + a++ + a;",
    "in-condition": "export let a = 0; if ((a = 1)) snap(); while (a++ < 3) snap();",
    "in-call": "export let a = 0; const f = (...x) => x; export const r = f(a = 1, a++, a);",
    "in-template": "export let a = 0; export const r = `${a = 1}-${a++}-${a}`;",
    "in-arrow": (
        "export let a = 0; const f = () => a = 1; f(); snap(); const g = x => a += x; g(4);"
    ),
    "in-default-parameter": (
        "export let a = 0; const f = (x = a++) => x; export const r = [f(), f(9)];"
    ),
    "in-method": "export let a = 0; ({ m() { a = 1 } }).m(); new (class { c = a++ })();",
    "in-getter": "export let a = 0; const o = { get x() { return a++ } }; o.x; o.x;",
    "in-generator": (
        "export let a; function* g() { a = yield 1; a++ } const i = g(); i.next(); i.next(5);"
    ),
    "in-try": (
        "export let a = 0; try { a = 1; throw 2 } catch (e) { a += e } finally { a++; snap() }"
    ),
    "in-switch": "export let a = 1; switch (a) { case 1: a = 2; default: a++ }",
    "in-comma": "export let a = 0, b; b = (a = 1, a = 2, a);",
    "in-ternary": "export let a = 0; true ? a = 1 : a = 2; snap(); false ? a++ : a--;",
    "in-short-circuit": "export let a = 0; a || (a = 3); a && a++; null ?? (a = -a);",
    "in-optional-call": "export let a = 0; const o = null; o?.(a = 1); export const r = a;",
    "parenthesised-target": "export let a = 0; (a) = 1; snap(); (a)++; ((a)) += 2;",
    "shadowed": "export let a = 0; { let a = 1; a = 2 } (a => { a = 3 })(); function f(a) { a++ }",
    "deleted-label": "export let a = 0; a: for (;;) { a = 1; break a }",
    "throws-half-way": "export let a = 0; a = 1; null.x; a = 2;",
    "const-assigned": "export const a = 1; a = 2;",
    "const-incremented": "export const a = 1; try { a++ } catch (e) { snap(e.name) }",
    "before-declaration": "try { a = 1 } catch (e) { snap(e.name) } export let a = 2;",
    "void-and-typeof": "export let a = 0; void (a = 1); typeof (a = 2); delete [a = 3];",
    "await": "export let a = 0; a = await 5; snap(); await null; a = await (a + 1);",
    "await-in-declaration": "export const a = await 1; export let { b } = await { b: 2 };",
    "arrow-names": "export let f; f = () => {}; export const n = f.name; f ??= 1;",
    "anonymous-class-name": "export let C; C = class {}; export const n = C.name;",
    "yield-star": "export let a; function* g() { a = yield* [1, 2]; } [...g()]; snap();",
    "spread-of-assigned": "export let a = [1]; export const r = [...a = [2, 3], ...a];",
    "exponent": "export let a = 2; export const r = (a++) ** 2 + a ** -1;",
    "negated": "export let a = 1; export const r = [-a++, - --a, !a--, +(a = 4), ~a++];",
}

LOOPS = {
    "for-of": "export let a; for (a of [1, 2]) snap();",
    "for-of-var": "for (var a of [1, 2]) { snap() } export { a };",
    "for-in": "export let a; for (a in { x: 1, y: 2 }) snap();",
    "for-in-var": "for (var a in { x: 1 }) snap(); export { a };",
    "for-of-pattern": (
        "export let a, b; for ([a, { b }] of [[1, { b: 2 }], [3, { b: 4 }]]) { snap() }"
    ),
    "for-of-var-pattern": (
        "for (var { a, b = 5 } of [{ a: 1 }, { a: 2, b: 3 }]) snap(); export { a, b };"
    ),
    "for-of-empty": "export let a; for (a of [1, 2, 3]);",
    "for-of-nested": "export let a, b; for (a of [1, 2]) for (b of [3, 4]) snap();",
    "for-of-shadowed": (
        "export let a = 0; for (let a of [1, 2]) snap(a); for (const a of [3]) snap(a);"
    ),
    "for-of-break": "export let a; for (a of [1, 2, 3]) { if (a === 2) break; snap() }",
    "for-of-continue": "export let a; x: for (a of [1, 2]) { for (;;) continue x }",
    "for-of-if-else": "export let a; if (true) for (a of [1]) snap(); else snap();",
    "await-of-a-key": "export class A { static [await ('x')]() { return 1 } } export const a = A.x();",
    "export-and-a-line-separator": "export \u2028let a = 1; export\u2029function f() {} snap()",
    "await-as-a-name": "let a = 1; export { a as await };",
    "for-await": "export let a; for await (a of [1, Promise.resolve(2)]) snap();",
    "for": "export let a; for (a = 0; a < 3; a++) snap();",
    "for-var": "for (var a = 0, b = 9; a < b; a++, b--) if (a > 3) snap(); export { a, b };",
    "for-let-shadows": "export let a = 7; for (let a = 0; a < 2; a++) snap(a);",
    "for-closures": (
        "const f = []; for (let i = 0; i < 2; i++) f.push(() => i); export let r = f.map(g => g());"
    ),
    "do-while": "export let a = 0; do a++; while (a < 3)\nsnap()",
    "while": "export let a = 3; while (--a) snap()",
    "member-target": "export let a = {}; for (a.x of [1, 2]) snap(); for (a['y'] in { z: 1 });",
}

LINES = {
    "prefix-on-next-line": "export let n = 0, m = 0\nn\n++m\nsnap()",
    "index-on-next-line": "export let n = 0, foo = {}\nfoo\n[n] = [1]\nsnap()",
    "paren-on-next-line": "export let a = 1\n;(a = 2)\nsnap()",
    "call-over-lines": "export let a = String\n(5)\nsnap()",
    "template-on-next-line": "export let a = 1; a = String.raw\n`x`\nsnap()",
    "regexp-on-next-line": "export let a = 8, g = 2\na = a\n/2/g\nsnap()",
    "return-on-own-line": "export let a = 0; function f() { return\na = 1 } f(); snap()",
    "assignment-over-lines": "export let a\na\n=\n1\nsnap()",
    "increment-then-statement": "export let a = 0\na++\na++\nsnap()",
    "declaration-then-bracket": "export let a = [1, 2]\n[1]\nsnap()",
    "import-like-end": "export let a = 1\nexport { a as b }\n[3].forEach(x => { a = x })",
    "export-then-paren": "let a = 1\nexport { a }\n(a = 2)\nsnap()",
    "export-then-template": "let a = 1\nexport { a }\n`x`.length",
    "export-then-regexp": "let a = 1\nexport { a }\n/x/.test('x')",
    "export-from-then-paren": "export { a } from 'dep'\n(1)",
    "if-else-without-braces": "export let a = 0\nif (a) a = 1\nelse a = 2\nsnap()",
    "if-then-declaration": "export let a = 0\nif (true)\na = 1\nexport let b = a",
    "arrow-body-on-next-line": "export let a = 0\nconst f = () =>\na = 1\nf()",
    "do-without-braces": "export let a = 0\ndo a = 1\nwhile (false) a = 2",
    "function-then-paren": "export function f() { }\n(5)\nexport let a = 1",
    "class-then-bracket": "export class C {}\n[1].map(String)",
    "comment-within": "export let a /* = 3 */ = /* ; */ 1 // , b = 2\n, c = 3",
    "carriage-returns": "export let a = 0;\r\na = 1;\r\nsnap();\r\nexport { a as b };\r\n",
    "line-separators": "export let a = '\u2028\u2029';\u2028a += 1;\u2029snap();",
    "hashbang": "#!/usr/bin/env node\nexport let a = 1;",
    "hashbang-with-import": "#!/usr/bin/env node import('x') <!--\nexport let a = 1;",
    "comment-at-the-end": "export let a = 1; // the end",
    "block-comment-at-the-end": "export let a = 1; /* the\nend */",
    "let-at-the-end": "export let a",
    "empty": "",
    "directive": "'use strict'; export const a = (function () { return this })();",
}

REJECTED = {
    "html-open-operator": "export let a = 1, b = 3; export const r = a<! --b;",
    "html-close-operator": "export let a = 1; export const r = []; while (a-->-1) r.push(a);",
    "html-open-in-string": "export const a = '<!--', b = \"<!--\\n\", c = `<!--${'<!--'}<!--`;",
    "html-close-in-string": (
        "export const a = '-->', b = \"-->\", c = `-->${'-->'}-->`, d = '--->';"
    ),
    "html-in-comment": "/* <!-- --> */ // <!-- -->\nexport const a = 1;",
    "html-in-regexp": (
        "export const a = /<!--/.test('<!--'), b = /-->/.test('-->'), c = /[<!--a]/.test('!');"
    ),
    "html-in-class-range": (
        "export const a = [/[+-->]/.test(','), /[!--]/.test('-'), /[ --->]/.test('*')];"
    ),
    "html-in-regexp-flags-v": "export const a = [/[<!\\-\\->]/v.test('!'), /<!--/v.test('<!--')];",
    "import-in-string": "export const a = 'import(x)', b = \"import ( x )\", c = `import('x')`;",
    "import-in-comment": (
        "/* import('x') */ // import(\n/** {@link import('x')} */ export const a = 1;"
    ),
    "import-comment-in-string": "export const a = 'import/*x*/', b = 'import //';",
    "import-in-regexp": (
        "export const a = /import\\(/.test('import('), b = /import (x)/.exec('import x')[1];"
    ),
    "import-as-property": (
        "const o = { import(x) { return x } }; export const a = o.import(1), b = o?.import(2);"
    ),
    "import-as-method": (
        "class A { import(x) { return x } static import (x) { return 2 } } "
        "export const a = new A().import(1), b = A.import();"
    ),
    "import-as-private": (
        "class A { #import(x) { return x } m() { return this.#import(3) } } "
        "export const a = new A().m();"
    ),
    "import-spread": (
        "const o = { import: 1 }; export const a = [...'import(']; export const b = { ...o }"
    ),
    "eval-in-string": "export const a = 'eval(x)', b = `eval(${1})`;",
    "eval-in-comment": "/* eval(1) */ export const a = 1; // eval (2)",
    "eval-in-regexp": "export const a = /eval(x)/.test('evalx');",
    "eval-as-property": (
        "const o = { eval(x) { return x } }; export const a = o.eval(1), b = o. eval(2);"
    ),
    "eval-as-method": "class A { eval(x) { return x } } export const a = new A().eval(1);",
    "template-raw": "export const a = String.raw`import(x) \\n <!-- --> eval(y)`;",
    "template-tagged": (
        "const t = (s, ...v) => [s, s.raw, v, Object.isFrozen(s), Object.isFrozen(s.raw)];"
        "export const a = t`import(${1}) \\x41 <!--\n${2}-->`;"
    ),
    "template-identity": (
        "const seen = new Set(), t = s => seen.add(s); const f = () => t`import(`;"
        "f(); f(); t`import(`; export const a = seen.size;"
    ),
    "template-receiver": (
        "const o = { x: 5, t(s) { return this.x + s[0] } }; export const a = o.t`eval(`;"
    ),
    "template-nested": "export const a = String.raw`<!--${String.raw`-->${'import('}`}${`eval(`}`;",
    "template-over-lines": "export const a = String.raw`import(\n\n`; export const b = 1\n",
    "template-chained": "const t = s => s2 => s[0] + s2[0]; export const a = t`import(``<!--`;",
    "template-odd-escapes": (
        "const t = (s, ...v) => [s, s.raw, v]; export const a = t`\\unicode ${1} \\u0041 import(`,"
        "b = t`\\xg -->${t`\\1${1}\\07${2}\\u{110000}${3}\\\\u${4}\\u{10ffff}eval(`}`; /\\u/.test('\\x41')"
    ),
    "escaped-already": "export const a = '\\x69mport(', b = '<\\x21--', c = '\\<!--', d = '\\-->';",
    "escape-before": (
        "export const a = '\\\\import(', b = '\\\\<!--', c = '\\n-->', d = '\\'eval(';"
    ),
    "jsx-like-comment": "export let a = 5 // -->\n/* <!-- */ a--\n> 3",
    "close-before-newline": "export let a = 5\na-- \n> 3",
    "decrement-exported": "export let a = 3; export const r = [a-->1, a-->1, a-->1];",
    "less-not-decrement-exported": "export let a = 3; export const r = [1<! --a, a];",
    "string-key": "export const a = { 'import(': 1, \"<!--\": 2, '-->'() { return 3 } }['-->']();",
    "export-name": "let a = 1; export { a as 'import(x)', a as '<!--', a as '-->', a as 'eval(' };",
}

IMPORTS = {
    "names": "import d, { a, f as g } from 'dep'; export const r = [d, a, g(2)];",
    "namespace": "import * as ns from 'dep'; export const r = Object.keys(ns).sort();",
    "default-and-namespace": (
        "import d, * as ns from 'dep'; export const r = [d, ns.a, ns.default === d];"
    ),
    "default-as": "import { default as d } from 'dep'; export const r = d;",
    "string-name": "import { 'a b' as ab } from 'dep'; export { ab as 'x y' };",
    "twice": (
        "import { a } from 'dep'; import { a as b, f } from 'dep'; export const r = [a, b, f(1)];"
    ),
    "side-effect": "import 'dep'; import 'other'; export let a = 1;",
    "after-use": "export const r = a + 1; import { a } from 'dep';",
    "reexport": (
        "export { a, f as g, default } from 'dep'; export { default as other } from 'other';"
    ),
    "reexport-namespace": "export * as ns from 'other';",
    "reexport-namespace-as-default": "export * as default from 'other'; export * as if from 'dep';",
    "reexport-star": "export * from 'dep'; export const f = 'own';",
    "reexport-strings": "export { 'a b', 'a b' as c, a as 'd e' } from 'dep';",
    "import-then-export": (
        "import { a, f } from 'dep'; export { a, f as g }; import o from 'other'; export { "
        "o as default };"
    ),
    "import-namespace-then-export": "import * as ns from 'other'; export { ns };",
    "assigned": (
        "import { a } from 'dep'; try { a = 1 } catch (e) { snap(e.name) } export const r = a;"
    ),
    "assigned-right-side-first": (
        "import { a } from 'dep'; let b = 0; try { a = (b = 1) } catch (e) { snap(b) } "
        "export { b };"
    ),
    "updated": (
        "import { a } from 'dep'; try { a++ } catch (e) { snap(e.name) } try { a += 1 } "
        "catch (e) { snap(e.name) }"
    ),
    "pattern-assigned": (
        "import { a } from 'dep'; try { [a] = [1] } catch (e) { snap(e.name) } try { ({ a } "
        "= { a: 1 }) } catch (e) { snap(e.name) }"
    ),
    "loop-assigned": "import { a } from 'dep'; try { for (a of [1]); } catch (e) { snap(e.name) }",
    "shadowed": "import { a } from 'dep'; export const r = (a => { a = 9; return a })(1) + a;",
    "this-of-call": (
        "import { f } from 'dep'; import * as ns from 'dep'; export const r = [f.call(1, 2), "
        "ns.f(3)];"
    ),
    "typeof": "import { a } from 'dep'; export const r = [typeof a, typeof missing];",
    "meta": "export const r = import.meta.url; export const t = typeof import.meta;",
    "meta-over-lines": "export const r = import\n.\nmeta\n.url;",
    "attributes": "import o from 'other' with { type: 'json' }; export { o };",
    "attributes-of-export": (
        "export { default as o } from 'other' with { type: 'json' }\n"
        "export * from 'dep' with {\n'type': \"json\", };export let x = 1"
    ),
    "over-lines": "import {\n  a, // import(\n  f as\n  g\n} from 'dep'\nexport const r = g(a)",
    "then-paren": "import { a } from 'dep'\n(1, 2)\nexport const r = a",
    "then-bracket": "import 'dep'\n[1].map(String)\nexport const r = 1",
    "dynamic": (
        "export const r = (await import('other')).default; "
        "export const t = typeof import('dep').then;"
    ),
    "dynamic-template": "const n = 'other'; export const r = (await import(`${n}`)).default;",
    "dynamic-over-lines": "export const r = (await import(\n'other'\n)).default;",
    "dynamic-with-comment": (
        "export const r = (await import /* webpackChunkName: 'x' */ ('other')).default;"
    ),
    "dynamic-spread": (
        "export const r = [...[await import('other')]].length; const o = {...import('dep')};"
    ),
    "dynamic-assigned": "export let a; a = await import('other').then(o => o.default); snap();",
    "name-in-object": "import { a } from 'dep'; export const r = { a, b: a, [a]: a };",
    "name-with-quotes": "import q from 'it\\'s \"other\"'; export { q };",
    "name-of-ours": (
        "import { a as $h_v, f as $h_imports } from 'dep'; export const r = $h_imports($h_v);"
    ),
}

ROWS = {
    f"{group}: {name}": text
    for group, rows in {
        "declarations": DECLARATIONS,
        "default": DEFAULTS,
        "changes": CHANGES,
        "loops": LOOPS,
        "lines": LINES,
        "censored": REJECTED,
        "imports": IMPORTS,
    }.items()
    for name, text in rows.items()
}
