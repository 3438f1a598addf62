"""The pieces of generated programs: JavaScript with holes.

``@e`` is an expression, ``@v`` a variable that may be read, ``@w`` one that may be assigned, ``@n``
and ``@m`` two names that the piece declares itself (often those of other variables), ``@k`` a
number that no other piece of the module has, ``@s`` a string, ``@i`` a small number.
"""

from __future__ import annotations

#: The names of variables, exports and parameters in all modules.
NAMES = tuple("a b c f x get of async".split())
#: Additional names of variables in functions.
SHADOWS = (*NAMES, *"require module exports process console from as".split())

STRINGS = (
    "'s'",
    '"it\'s"',
    "''",
    r"'\u{1F600}\x41'",
    "'import(x)'",
    "'<!-- c -->'",
    "'eval(1)'",
    "'require(\"q\")'",
    r"'\
'",
    "`t`",
)

#: Expressions without nested holes.
ATOMS = (
    *(
        "@v",
        "@v",
        "@v",
        "@i",
        "@s",
        "null",
        "undefined",
        "true",
        "-0",
        "1.5",
        "7n",
        "0x1F",
        "1_000",
    ),
    *("[]", "({})", "(() => @i)", "typeof @v", "`${typeof @v}`", "@v?.a", "(typeof undeclared@k)"),
)

EXPRESSIONS = (
    # operators and calls
    *("(@e, @e)", "(@e ?? @e)", "(@e || @e)", "(@e ? @e : @e)", "[@e, ...[@e], , @e]", "!@e", "void @e"),
    *("(@v === @v)", "({ a: @e, @s: @e, [@s]: @e })", "({ ...@v, @v })", "@v?.b?.c", "(@v ?? {}).a"),
    *("`<!-- ${@e} import( eval( -->`", "String.raw`\\n${@e}`", "tag`\\unicode ${@e} \\u0041 import(`"),
    *("@v?.(@e)", "new (class { x = @e })().x", "'x' in { x: @e }", "delete ({ a: 1 }).a"),
    "((left) => (right) => [left, right, left < ! --right])(@i)(@i)",
    # assignments
    *("(@w = @e)", "(@w ??= @e)", "(@w &&= @e)", "(@w = @w)", "@w++", "--@w", "(@w += 1)", "((@w) = @e)"),
    *("([@w] = [@e])", "({ x: @w } = { x: @e })", "([@w, ...@w] = [@e, 2])", "({ @w } = { @w: @e })"),
    *("({ x: @w = @e, ...@w } = {})", "([@w = @e] = [])", "({ x: { y: @w } } = { x: { y: @e } })"),
    *("(() => { for (@w of [1, 2]); return @w })()", "(() => { for (@w in { k: 1 }); return @w })()"),
    *("(() => { for ([@w] of [[3]]); return @w })()", "(() => { for ({ x: @w = 2 } of [{}]); return @w })()"),
    # names of inner scopes
    *("(function @n() { return typeof @n })()", "(function @n(@n) { return @n })(@e)", "((@n) => @n)(@e)"),
    *("(({ @n }) => @n)({ @n: @e })", "(({ x: @n = @e }) => @n)({})", "((@n, @m) => { @n = @m; return @n })(1, @e)"),
    *("(class @n { static s = typeof @n }).s", "(() => { try { throw @e } catch (@n) { return @n } })()"),
    *("(() => { for (const @n of [@i]) return () => @n })()()", "(() => { for (let @n = 0; @n < 2; @n++) if (@n) return @n })()"),
    *("(() => { { let @n = @i; @n++ } return typeof @v })()", "(() => { var r = typeof @n; var @n = 3; return r + @n })()"),
    *("(() => { const { @n } = { @n: @e }; return { @n } })()", "(() => { let @n = 1; ({ @n } = { @n: 2 }); return [@n, @n++] })()"),
    *("(() => { class @n { @n() { return typeof @n } } return new @n().@n() })()", "(() => { @n: for (;;) { break @n } return @v })()"),
    *("(function () { return typeof @n; function @n() {} })()", "(() => { function @n(@n) { return @n } return @n(7) })()"),
    *("(() => { switch (1) { case 1: let @n = 5; return @n } })()", "((a_ = @v, b_ = () => @v) => { var @n = 2; return [a_, b_()] })()"),
    *("({ @n: @i, get @m() { return @e } })", "({ @n() { return @e } }).@n()", "({ async @n() {}, *@m() {}, set x(v) {} })"),
    *("(({ @n: @m }) => @m)({ @n: @e })", "[1, 2].map(@n => @n)", "[...(function* @n(@n) { yield @n; yield* [@e] })(@i)]"),
    *("(() => { try { return @n } catch (error) { return error } let @n })()", "(() => { const @n = 1; try { @n = 2 } catch (error) { return error } })()"),
    # classes
    *("new (class extends Array { constructor() { super(@i) } })().length", "(class { static #p = @e; static p() { return this.#p } }).p()"),
    *("new (class @n { #q = @i; get q() { return this.#q } has(o) { return #q in o } })().q", "(class { static { this.x = @e } }).x"),
    *("(class { static get [@s]() { return @e } })[@s]", "new (class @n extends (class { who() { return 'base' } }) { who() { return super.who() + @n.name } })().who()"),
    *("new (function @n() { this.x = @e; this.t = new.target === @n })()", "(class { static async = 1; static get = @e; static 'import'() {} }).get"),
    # regular expressions
    *("/-->/.test(@s)", "'a-->b'.replace(/(?<y>-+)>/u, (m) => m.length)", "/[/\\]]import\\(/g.source.length", "@i / 2 / 1"),
)  # fmt: skip

#: At the top level of a module, or in a block.
STATEMENTS = (
    *("log('@k', @e);", "log('@k', @e);", "log('@k', @v, @v);", "@e;", "log('@k', typeof @v);", ";", "@w = @e;"),
    "try { log('@k', @e); } catch (error) { log('@k', error); } finally { log('@k', 'finally'); }",
    "try { log('@k', @n); let @n = 1; } catch (error) { log('@k', error); }",
    "{ let @n = @e; log('@k', @n); { const @m = @n; log('@k', @m); } }",
    "for (let @n = 0, list@k = []; @n < 3; @n++) { list@k.push(() => @n); if (@n === 1) continue; log('@k', list@k.map((get_) => get_())); }",
    "for (const { x: @n = @e, ...@m } of [{ y: @i }, {}]) log('@k', @n, @m);",
    "for (var index@k in { x: 1, y: 2 }) log('@k', index@k);",
    "label@k: for (const one of [1, 2]) { for (;;) { if (one === 1) continue label@k; break label@k; } }",
    "block@k: { if (@e) break block@k; log('@k', 'not broken'); }",
    "switch (@e) { case @i: log('@k', 'one'); case 2: { let @n = 1; log('@k', @n); break; } default: log('@k', 'default'); }",
    "if (@e) log('@k', 'then'); else { log('@k', 'else'); }",
    "do { var done@k = !done@k; log('@k', done@k); } while (!done@k);",
    "{ const it = (function* (@n = @e) { try { const got = yield @n; log('@k', got); yield* [1]; } finally { log('@k', 'left'); } })(); log('@k', it.next(), it.next(@i), it.return(5)); }",
    "{ using @n = { [Symbol.dispose]() { log('@k', 'disposed'); } }; log('@k', typeof @n); }",
    "{ function @n() { return @i } log('@k', @n()); }",
    "{ let order = ''; const object = { get a() { order += 'a'; return @e }, get b() { order += 'b'; return { c() { order += 'c' } } } }; object?.a; object.b?.c?.(); log('@k', order); }",
    "{ class @n { static made = 0; constructor(x = @e) { this.x = x; @n.made += 1; } } log('@k', new @n(), @n.made); }",
    "/* import('x') eval( <!-- --> */ log('@k', 'comment'); // -->",
    "(@e);",
    "later((async () => { try { return [await @v, @e] } catch (error) { return error } })());",
    "later((async function () { const seen = []; for await (const one of [@v, @i]) seen.push(one); return seen })());",
    "later((async () => { await using @n = { async [Symbol.asyncDispose]() { log('@k', 'async') } }; return @i })());",
)  # fmt: skip

#: Only in modules, at the top level.
AWAITS = (
    *("log('@k', await @e);", "await null;", "log('@k', await (async () => @e)());", "await (@v);", "await [@e];"),
    "for await (const one of [@e]) log('@k', one);",
    "{ await using @n = { async [Symbol.asyncDispose]() { log('@k', 'closed') } }; }",
    "try { await Promise.reject(new Error('rejected')); } catch (error) { log('@k', error); }",
    "log('@k', await `@i`);",
)  # fmt: skip

#: Only in sloppy code.
SLOPPY = (
    *("log('@k', 017, 010 + 09, '\\101\\0');", "implicit@k = @e; log('@k', implicit@k, delete implicit@k);", "log('@k', delete @v);"),
    *("log('@k', (function (x, x) { return x })(1, @i));", "log('@k', (function () { return this === globalThis })());"),
    *("log('@k', (function (x) { arguments[0] = 5; return x })(1));", "log('@k', (function (x) { x = @i; return arguments[0] })(1));"),
    *("log('@k', (function (x, y) { x = x || 9; return [].slice.call(arguments) })(0, @e));", "log('@k', this === module.exports, typeof arguments);"),
    *("log('@k', (function () { var static = 1, package = @i; return static + package })());", "var let = @i; log('@k', let);"),
    *("log('@k', (function () { var eval = @i; return eval })());",),
    *("log('@k', (function f() { f = 1; return typeof f })());", "log('@k', (function () { arguments = [@e]; return arguments })());"),
    *("log('@k', typeof late@k); { function late@k() {} } log('@k', typeof late@k);", "if (@e) function maybe@k() { return 1 } log('@k', typeof maybe@k);"),
    *("log('@k', (function () { { function @n() { return 1 } } return typeof @n })());", "log('@k', (function () { switch (1) { case 1: function s() { return 's' } } return s() })());"),
    *("label@k: function labelled@k() { return @i } log('@k', labelled@k());", "log('@k', eval('1 + 1'), (0, eval)('typeof module'));"),
    *("log('@k', (function (x) { eval('x = x + 1'); return x })(@i));", "log('@k', (function () { var await = 1, async = 2; return await + async })());"),
    *("with_: { log('@k', 'label'); break with_; }", "log('@k', (function () { return typeof arguments[@i] })(@e, 2));"),
    *("log('@k', (function (x) { return [arguments.length, x] })(@e, 2));", "exports.@n = @i; log('@k', exports.@n);"),
    *("<!-- a comment of pages\nlog('@k', 'html');\n--> and its end", "log('@k', (function () { return typeof this })());"),
    *("var twice@k = 1; var twice@k; function twice2@k() { return 1 } function twice2@k() { return 2 } log('@k', twice@k, twice2@k());",),
    *("log('@k', (function (x) { { let arguments_ = 1; } return arguments[0] === x })(@e));", "log('@k', (function () { var r = []; for (var i in arguments) r.push(i); return r })(1, @e));"),
)  # fmt: skip

DEFAULTS = (
    *("export default @e;", "export default function () { return @e }", "export default function named@k() { return typeof named@k }"),
    *("export default class {}", "export default class Named@k { static n = Named@k.name }", "export default async () => {};", "export default (class {});"),
    *("export default function* () { yield @i }", "export default async function () {}", "var dflt@k = @e; export { dflt@k as default };", "export default (@e, @e);"),
)  # fmt: skip

#: A variable ``%`` that is exported.
EXPORTS = (
    *("export let % = @e;", "export const % = @e;", "export var % = @e;", "export function %(y) { return [y, @e] }", "export class % { static x = @e }"),
    *("export var { x: %, ...rest@k } = { x: @e, y: 1 };", "export let [%, second@k = @e] = [@e];", "var inner@k = @e; export { inner@k as % };"),
    *("export function %(%) { return % }", "export function %() { var % = @e; return % }", "let inner@k = @e; export { inner@k as %, inner@k as 'also %' };"),
    *("export async function %() { return @e }", "export function* %() { yield @e }", "export let %; % = @e;", "export class % { m() { return new %() } }"),
)  # fmt: skip

#: Ways for a CommonJS module to export ``%``.
SCRIPT_EXPORTS = (
    *("exports.% = @e;", "module.exports.% = @e;", "exports['%'] = @e;", "exports.% = function %() { return @e };", "exports.% = class { static x = @e };"),
    *("Object.defineProperty(exports, '%', { enumerable: true, get: function () { return value@k; }, set: function (v) { value@k = v; } }); var value@k = @e;",),
    *("Object.defineProperty(exports, '%', { enumerable: true, writable: true, value: @e });", "exports.% = void 0; exports.% = @e;"),
)  # fmt: skip

#: Ways to request ``$`` (a specifier) and its export ``%``, under the name ``#``.
IMPORTS = (
    *("import { % as # } from $; log('@k', #);", "import { % as #, % as #@k } from $; later(Promise.resolve().then(() => [#, #@k]));"),
    *("import * as # from $; log('@k', #);", "import # from $; log('@k', #);", "import #, * as ns@k from $; log('@k', #, ns@k.%);"),
    *("import #, { % as other@k } from $; log('@k', typeof other@k);", "import $;", "import { set as # } from $; try { log('@k', #(@i)); } catch (error) { log('@k', error); }"),
    *("export * from $;", "export * from $;", "export * as star@k from $;", "export { % } from $;", "export { % as '% @k', default as default@k } from $;"),
    *("import { % as # } from $; export { # };", "import * as # from $; export { # as ns@k };", "import { default as # } from $; export { # as again@k }; log('@k', #);"),
    *("import { % as # } from $; try { # = 1; } catch (error) { log('@k', error); }", "import * as # from $; try { #.% = 1; } catch (error) { log('@k', error, Object.keys(#)); }"),
    *("import { % as # } from $; export const read@k = () => #; log('@k', ((#) => #)(@i));", "import { 'also %' as # } from $; log('@k', #);"),
    *("later(import($));", "later(import($).then((ns) => ns.%));", "export const loaded@k = import($); later(loaded@k);", "function # () { return import($); } later(#());"),
    *("import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); try { log('@k', require($)); } catch (error) { log('@k', error); }",),
)  # fmt: skip

#: For modules that are evaluated earlier anyway, or are never awaited.
IMPORTS_AND_WAITS = (
    *("try { log('@k', await import($)); } catch (error) { log('@k', error); }", "const { % : # = 'none' } = await import($); log('@k', #);"),
    "if (@e) log('@k', (await import($)).default);",
)  # fmt: skip

JSON_IMPORTS = (
    *("import # from $ with { type: 'json' }; log('@k', #);", "export { default as json@k } from $ with { type: 'json' };", "later(import($, { with: { type: 'json' } }));"),
    "import * as # from $\n  with { 'type': 'json' }; log('@k', #.default);",
)  # fmt: skip

REQUIRES = (
    *("var # = require($); log('@k', #);", "const # = require($); log('@k', typeof #);", "var { %: # = 'none' } = require($); log('@k', #);"),
    *("try { var # = require($); log('@k', #.%); } catch (error) { log('@k', error); }", "log('@k', require($).default, require($) === require($));"),
    *("module.exports = require($);", "Object.assign(exports, require($));", "exports.% = require($).%;", "exports.ns@k = require($);", "module.exports = { ...require($), own@k: @i };"),
    *("later(import($));", "later(import($).then((ns) => ns.default));", "function late@k() { return require($) } try { log('@k', late@k()); } catch (error) { log('@k', error); }"),
    *("if (@e) { log('@k', require($)) }", "try { require('./missing.cjs'); } catch (error) { log('@k', error.code); } require($);"),
    *("for (var # in require($)) if (!(# in exports)) exports[#] = 'copied';", "var # = require($); try { log('@k', #.set(@i), #.%); } catch (error) { log('@k', error); }"),
)  # fmt: skip

#: Changes of the exports of a script, after the others.
REPLACED = (
    *("module.exports = { %: @e, __esModule: true, default: @e };", "module.exports = function top() { return @e }; module.exports.% = @e;", "module.exports = class { static % = @e };"),
    *("Object.defineProperty(exports, '__esModule', { value: true }); exports.default = @e;", "module.exports = [@e];", "exports = { lost: 1 };", "return; log('@k', 'not reached');"),
)  # fmt: skip

SETTERS = (
    *("export function set(v) { % = v; return % }", "export const set = (v) => ([%] = [v], %);", "export function set(v) { ({ v: % } = { v }); return % }", "export { setter@k as set }; function setter@k() { return ++% }"),
    *("export function set(v) { for (% of [v, v + 1]); return % }", "export var set = function (v) { % ??= v; % += 1; return (() => %)() };", "export let set = (v, w = (% = v)) => w;"),
)  # fmt: skip
