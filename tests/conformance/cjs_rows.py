"""CommonJS sources, for comparing their export names with Node's own lexer."""

from __future__ import annotations


def _define(descriptor: str) -> str:
    return f"Object.defineProperty(exports, 'a', {descriptor});"


ROWS = {
    # --- assignments ---
    "exports-dot": "exports.a = 1; exports.b = exports.c = 2;",
    "exports-of-words": (
        "exports.default = 1; exports.class = 2; exports.null = 3; exports.__proto__ = 4"
    ),
    "module-exports-dot": "module.exports.a = 1; module.exports.b = 2",
    "exports-string": "exports['a'] = 1; exports[\"b\"] = 2; exports['c-d'] = 3",
    "module-exports-string": "module.exports['a'] = 1;",
    "exports-computed": "exports[a] = 1; exports[`b`] = 2; exports['c' + d] = 3; exports[1] = 4",
    "string-escapes": (
        "exports['\\u0061'] = 1; exports['\\x62'] = 2; exports['c\\'d'] = 3; exports['\\n'] = 1"
    ),
    "unicode-names": "exports.été = 1; exports['变量'] = 2; exports.$ = 3; exports._1 = 4",
    "spaces": "exports . a = 1; exports\n.b\n= 2; module . exports . c = 3; exports [ 'd' ] = 4",
    "comments-between": (
        "exports /* x */ . /* y */ a /* z */ = 1; exports // x\n.b = 2; module/**/.exports/**/.c=1"
    ),
    "compound": "exports.a += 1; exports.b ||= 2; exports.c == 3; exports.d === 4; exports.e => 5",
    "read": "exports.a; f(exports.b); exports.c.d = 1; exports.e(); exports.f++",
    "in-function": (
        "function f() { exports.a = 1 } if (x) { exports.b = 2 } (() => exports.c = 3)()"
    ),
    "after-dot": (
        "foo.exports.a = 1; this.exports.b = 2; foo.module.exports.c = 3; module.foo.exports.d = 1"
    ),
    "other-words": (
        "myexports.a = 1; exports2.b = 2; $exports.c = 3; exports$.d = 1; modules.exports.e = 1"
    ),
    "void-chain": "exports.a = exports.b = exports.c = void 0;",
    "in-comment": "// exports.a = 1\n/* exports.b = 2 */ /** module.exports = { c } */",
    "in-string": "'exports.a = 1'; \"exports.b = 2\"; `exports.c = 3`; 'module.exports = { d }'",
    "in-template-substitution": "`${exports.a = 1}`; `${`${exports.b = 2}`}`",
    "in-regexp": "/exports.a = 1/; x = /[/]exports.b = 2/g; if (y) /exports.c = 3/.test(z)",
    "after-division": "x = a / b; exports.c = 1; d / e; y = (1) / exports.f",
    "after-regexp-with-quotes": "x = /['\"`]/; exports.a = 1; y = /\\//; exports.b = 2",
    "after-paren-regexp": "if (x) /'/.test(y); exports.a = 1; while (x) /`/.test(y); exports.b = 2",
    "typescript": (
        '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\n'
        "exports.b = exports.a = void 0;\nexports.a = 1;\nexports.b = 2;"
    ),
    "hashbang": "#!/usr/bin/env node exports.x = 1\nexports.a = 1",
    "minified": "!function(e){e.exports.a=1}(module);exports.b=1,exports.c=2",
    "object-this": "this.a = 1; this['b'] = 2",
    # --- defineProperty ---
    "define-value": "Object.defineProperty(exports, 'a', { value: 1 })",
    "define-enumerable-value": (
        "Object.defineProperty(exports, 'a', { enumerable: true, value: 1 })"
    ),
    "define-value-enumerable": (
        "Object.defineProperty(exports, 'a', { value: x, enumerable: true })"
    ),
    "define-es-module": "Object.defineProperty(exports, '__esModule', { value: true })",
    "define-on-module": "Object.defineProperty(module.exports, 'a', { value: 1 })",
    "define-getter": _define("{ enumerable: true, get: function () { return q.p; } }"),
    "define-getter-without-semicolon": _define(
        "{ enumerable: true, get: function () { return q.p } }"
    ),
    "define-getter-named": _define("{ enumerable: true, get: function get() { return q.p; } }"),
    "define-getter-string": _define("{ enumerable: true, get: function () { return q['p']; } }"),
    "define-getter-identifier": _define("{ enumerable: true, get: function () { return q; } }"),
    "define-getter-trailing-comma": _define(
        "{ enumerable: true, get: function () { return q.p; }, }"
    ),
    "define-getter-method": _define("{ enumerable: true, get() { return q.p; } }"),
    "define-getter-arrow": _define("{ enumerable: true, get: () => q.p }"),
    "define-getter-not-enumerable": _define("{ get: function () { return q.p; } }"),
    "define-getter-enumerable-false": _define(
        "{ enumerable: false, get: function () { return q.p; } }"
    ),
    "define-getter-complex": _define("{ enumerable: true, get: function () { return q(); } }"),
    "define-getter-dynamic": _define("{ enumerable: true, get: function () { return q[p]; } }"),
    "define-getter-more": (
        "Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return q.p; },"
        " configurable: true });"
    ),
    "define-unsafe-then-assigned": (
        "Object.defineProperty(exports, 'a', { get: function () { return x(); } }); exports.a = 1;"
        "exports.b = 1"
    ),
    "define-writable": "Object.defineProperty(exports, 'a', { writable: true, value: 1 })",
    "define-spread": "Object.defineProperty(exports, 'a', { ...x })",
    "define-identifier": "Object.defineProperty(exports, 'a', descriptor)",
    "define-name-computed": "Object.defineProperty(exports, a, { value: 1 })",
    "define-elsewhere": (
        "Object.defineProperty(foo, 'a', { value: 1 }); foo.Object.defineProperty(exports, "
        "'b', { value: 1 })"
    ),
    "define-shorthand-value": "Object.defineProperty(exports, 'a', { value, enumerable: true })",
    "define-value-method": "Object.defineProperty(exports, 'a', { value() {} })",
    "define-comments": "Object /* a */ . defineProperty ( exports , /* b */ 'a' , { value : 1 } )",
    "define-properties": "Object.defineProperties(exports, { a: { value: 1 } })",
    # --- module.exports = ---
    "literal": "module.exports = { a, b, 'c': c, d: e }",
    "literal-strings": "module.exports = { 'a': b, \"c-d\": e, 'f' }",
    "literal-trailing-comma": "module.exports = { a, b, }",
    "literal-number-value": "module.exports = { a, b: 5, c }",
    "literal-string-value": "module.exports = { a, b: 'x', c }",
    "literal-call-value": "module.exports = { a, b: f(), c }",
    "literal-member-value": "module.exports = { a, b: c.d, e }",
    "literal-function-value": "module.exports = { a, b: function () {}, c }",
    "literal-require-value": "module.exports = { a: require('./a'), b: require('./b') }",
    "literal-method": "module.exports = { a, b() {}, c }",
    "literal-getter": "module.exports = { a, get b() { return 1 }, c }",
    "literal-async-method": "module.exports = { a, async b() {}, c }",
    "literal-computed": "module.exports = { a, [b]: 1, c }",
    "literal-number-key": "module.exports = { a, 1: b, c }",
    "literal-spread-identifier": "module.exports = { a, ...b, c }",
    "literal-spread-require": "module.exports = { a, ...require('./x'), b, ...require('y') }",
    "literal-spread-call": "module.exports = { a, ...f(), c }",
    "literal-spread-member": "module.exports = { a, ...b.c, d }",
    "literal-comments": "module.exports = { /* x */ a, // y\n b /* z */, c: /* w */ d }",
    "literal-over-lines": "module.exports = {\n  a,\n  b: c,\n  'd': e\n};",
    "literal-empty": "module.exports = {}",
    "literal-nested": "module.exports = { a: { b: 1 }, c }",
    "literal-true": "module.exports = { a: true, b: null, c: this, d: undefined, e }",
    "literal-ternary": "module.exports = { a: b ? c : d, e }",
    "literal-or": "module.exports = { a: b || c, d }",
    "literal-arrow": "module.exports = { a: b => c, d }",
    "literal-then-more": "module.exports = { a }; module.exports.b = 1; exports.c = 2",
    "literal-reserved": "module.exports = { default: a, class: b, if: c }",
    "literal-then-literal": "module.exports = { a }; module.exports = { b }",
    "require": "module.exports = require('./a')",
    "require-double-quotes": 'module.exports = require("./a");',
    "require-spaces": "module.exports = require ( './a' )",
    "require-then-require": "module.exports = require('./a'); module.exports = require('./b')",
    "require-conditional": (
        "if (process.env.NODE_ENV === 'production') { module.exports = require('./a') }"
        " else { module.exports = require('./b') }"
    ),
    "require-member": "module.exports = require('./a').b",
    "require-called": "module.exports = require('./a')(1)",
    "require-then-names": "module.exports = require('./a'); exports.b = 1; module.exports.c = 2",
    "require-template": "module.exports = require(`./a`)",
    "require-computed": "module.exports = require(a); module.exports = require('./a' + b)",
    "require-resets": "exports.a = 1; module.exports = require('./b'); module.exports = c",
    "require-escapes": "module.exports = require('./\\u0061')",
    "chain-exports-module": "exports = module.exports = { a, b }",
    "chain-module-exports": "module.exports = exports = { a, b }",
    "chain-require": "var x = module.exports = require('./a')",
    "function": "module.exports = function () {}; module.exports.a = 1",
    "class": "module.exports = class A { static exports = 1 }",
    "call": "module.exports = f({ a, b })",
    "string-key": "module['exports'] = { a }; module['exports'].b = 1",
    "equality": "module.exports == { a }; module.exports === { b }",
    "object-assign": "Object.assign(exports, { a }); module.exports = Object.assign({}, b)",
    "exports-alone": "exports = { a }",
    # --- transpilers ---
    "export-star": "__exportStar(require('./a'), exports); __exportStar(require(\"b\"), exports)",
    "export-star-tslib": (
        "tslib_1.__exportStar(require('./a'), exports); tslib.__export(require('./b'))"
    ),
    "export-old": "__export(require('./a'))",
    "export-star-spaces": "__exportStar (require('./a'), exports); __exportStar( require('./b'))",
    "export-star-variable": "var a = require('./a'); __exportStar(a, exports)",
    "export-star-defined": (
        "function __exportStar(m, e) { for (var p in m) e[p] = m[p] } __exportStar(require('./x'))"
    ),
    "esbuild": "0 && (module.exports = { a, b, c })",
    "esbuild-with-requires": "0 && (module.exports = {\n  a,\n  b,\n  ...require('./x')\n});",
    "esbuild-named": (
        "__export(src_exports, { a: () => a }); module.exports = __toCommonJS(src_exports); "
        "0 && (module.exports = { a });"
    ),
    "swc-define-all": (
        "function _export(target, all) { for (var name in all) "
        "Object.defineProperty(target, name, { enumerable: true, get: all[name] }); } "
        "_export(exports, { a: function () { return a } });"
    ),
    "babel-star": (
        "var _a = require('./a');\nObject.keys(_a).forEach(function (key) {\n"
        '  if (key === "default" || key === "__esModule") return;\n'
        "  Object.defineProperty(exports, key, {\n    enumerable: true,\n"
        "    get: function () {\n      return _a[key];\n    }\n  });\n});"
    ),
    "babel-star-checked": (
        "var _a = require('./a');\nObject.keys(_a).forEach(function (key) {\n"
        '  if (key === "default" || key === "__esModule") return;\n'
        "  if (key in exports && exports[key] === _a[key]) return;\n"
        "  Object.defineProperty(exports, key, {\n    enumerable: true,\n"
        "    get: function () {\n      return _a[key];\n    }\n  });\n});"
    ),
    "babel-star-wildcard": (
        'var _a = _interopRequireWildcard(require("./a"));\n'
        "Object.keys(_a).forEach(function (key) {\n"
        '  if (key === "default" || key === "__esModule") return;\n'
        "  exports[key] = _a[key];\n});"
    ),
    "babel-star-loose": (
        "var _a = require('./a');\nObject.keys(_a).forEach(function (k) {\n"
        "  if (k !== 'default' && !exports.hasOwnProperty(k)) exports[k] = _a[k];\n});"
    ),
    "babel-star-own-names": (
        'var _exportNames = { x: true };\nvar _a = require("./a");\n'
        "Object.keys(_a).forEach(function (key) {\n"
        '  if (key === "default" || key === "__esModule") return;\n'
        "  if (Object.prototype.hasOwnProperty.call(_exportNames, key)) return;\n"
        "  if (key in exports && exports[key] === _a[key]) return;\n"
        "  Object.defineProperty(exports, key, {\n    enumerable: true,\n"
        "    get: function () {\n      return _a[key];\n    }\n  });\n});"
    ),
    "rollup-star": (
        "var a = require('./a');\nObject.keys(a).forEach(function (k) {\n"
        "  if (k !== 'default' && !Object.prototype.hasOwnProperty.call(exports, k))"
        " exports[k] = a[k];\n});"
    ),
    "rollup-star-define": (
        "var a = require('./a');\nObject.keys(a).forEach(function (k) {\n"
        "  if (k !== 'default' && !exports.hasOwnProperty(k)) Object.defineProperty(exports, k, {\n"
        "    enumerable: true,\n    get: function () { return a[k]; }\n  });\n});"
    ),
    "keys-of-something-else": (
        "var a = f();\nObject.keys(a).forEach(function (key) {\n"
        '  if (key === "default" || key === "__esModule") return;\n  exports[key] = a[key];\n});'
    ),
    "keys-with-arrow": (
        "var _a = require('./a');\nObject.keys(_a).forEach((key) => {\n"
        "  if (key === 'default' || key === '__esModule') return; exports[key] = _a[key];\n});"
    ),
    "webpack": "module.exports = (() => { var e = { 1: (e) => { e.exports.x = 1 } }; return e })()",
    "umd": (
        "(function (root, factory) { if (typeof exports === 'object') factory(exports);"
        " else factory(root.x = {}) })(this, function (exports) { exports.a = 1;"
        " Object.defineProperty(exports, '__esModule', { value: true }) })"
    ),
    "empty": "",
}

#: One form each, and its neighbors.
_FORMS = [
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return __importDefault(x).default; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return __importDefault(x); } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a(x).b.c; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a(x)["b"]; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a(x, y).b; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a().b; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a(x)(y); } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a.b(x).c; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a.b.c; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a(require("x")).c; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a("x").c; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return (0, a)(x).c; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function () { return a(x.y).c; } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: function get() { return x.y } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: () => x.y });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: () => x });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: () => a(x).y });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: () => { return x.y } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get: ()=>x.y, });',
    'Object.defineProperty(exports, "P", { enumerable: true, get() { return x.y } });',
    'Object.defineProperty(exports, "P", { enumerable: true, get() { return a(x).y } });',
    'Object.defineProperty(exports, "P", { get: function () { return x.y }, enumerable: true });',
    'Object.defineProperty(exports, "P", { configurable: true, enumerable: true, get: function () { return x.y } });',
    'Object.defineProperty(exports, "P", { enumerable: !0, get: function () { return x.y } });',
    'Object.defineProperty(exports, "P", { enumerable: !0, value: 1 });',
    'Object.defineProperty(exports, "P", { writable: true, value: 1 });',
    'Object.defineProperty(exports, "__esModule", { value: !0 });',
    'Object.defineProperty(exports, "P", { get: function () { return x.y } }); exports.P = 1;',
    'Object.defineProperty(exports, "P", { get: function () { return 3 } }); exports.P = 1;',
    'exports.P=1;Object.defineProperty(exports, "P", { get: function () { return 3 } }); ',
    'module.exports = { a: require("./a") }',
    'module.exports = { a: require("./a"), b: require("./b").x }',
    'module.exports = { a: require("./a").b, c }',
    'module.exports = { "a": require("./a"), c }',
    "module.exports = { get a() { return 1 }, c }",
    "module.exports = { c, get a() { return 1 } }",
    "module.exports = { get: 1, c }",
    "module.exports = { get, c }",
    "module.exports = { get: a, c }",
    "module.exports = { a: 1, c }",
    "module.exports = { a: b.c, d }",
    "module.exports = { a(){}, d }",
    "module.exports = { a: function(){}, d }",
    "module.exports = { d, a: function(){} }",
    "module.exports = { async a(){}, d }",
    'module.exports = { ...require("a"), b }',
    "module.exports = { ...a, b }",
    "module.exports = { ...a.b, b }",
    "module.exports = { ...a(), b }",
    'module.exports = require("a")',
    'module.exports = require("a").b',
    'module.exports = a = require("b")',
    "module.exports = exports = { a, b }",
    "exports = module.exports = { a, b }",
    "exports = { a }",
    'exports = module.exports = require("x")',
    "module . exports . a = 1",
    'module["exports"].a = 1',
    'exports["a b"] = 1',
    "exports.a.b = 1",
    "exports.a += 1",
    "exports.a == 1",
    "exports.a === 1",
    "exports.a = exports.b = exports.c = 1",
    "this.a = 1",
    "const e = exports; e.a = 1",
    '__exportStar(require("a"), exports)',
    '__export(require("a"))',
    'tslib_1.__exportStar(require("a"), exports)',
    'tslib.__export(require("a"))',
    '(0, tslib_1.__exportStar)(require("a"), exports)',
    "0 && (module.exports = { a, b })",
    '0 && (module.exports = { a, b, ...require("c") })',
    "__export(x, { a: () => b })",
    'if (x) { module.exports = require("a") } else { module.exports = require("b") }',
    '"use strict";module.exports=require("./x.js")',
    'var a=require("a");Object.keys(a).forEach(function (key) { if (key === "default" || key === "__esModule") return; exports[key] = a[key]; });',
    'var a=require("a");Object.keys(a).forEach(function (key) { if (key === "default" || key === "__esModule") return; if (key in exports && exports[key] === a[key]) return; Object.defineProperty(exports, key, { enumerable: true, get: function () { return a[key]; } }); });',
    'var a=require("a");Object.keys(a).forEach(function (k) { if (k !== "default" && !Object.prototype.hasOwnProperty.call(exports, k)) Object.defineProperty(exports, k, { enumerable: true, get: function () { return a[k]; } }); });',
    'var a=require("a");Object.keys(a).forEach(function (k) { if (k !== "default" && !exports.hasOwnProperty(k)) exports[k] = a[k]; });',
    'var a=_interopRequireWildcard(require("a"));Object.keys(a).forEach(function (key) { if (key === "default" || key === "__esModule") return; exports[key] = a[key]; });',
    "for (const k in a) exports[k] = a[k]",
    'Object.assign(exports, require("a"))',
    "Object.assign(module.exports, { a })",
    "function f() { exports.a = 1 }",
    "class exports { }",
    "x.exports.a = 1",
    "x.module.exports = { a }",
    "`${exports.a = 1}`",
    "/exports.a = 1/",
    '"exports.a = 1"',
    "// exports.a = 1",
    "exports./*x*/a = 1",
    "exports.\\u0061 = 1",
    'exports["\\x61"] = 1',
    'exports["\\ud800"] = 1',
    "exports.default = a; module.exports = exports.default",
    'Object.defineProperty(module.exports, "a", { enumerable: true, value: 1 })',
    "Object.defineProperties(exports, { a: {} })",
    "Object.defineProperty(exports, `a`, { value: 1 })",
    "exports.for = 1",
    "exports.a=1,exports.b=2",
    "exports.a ??= 1",
    "exports.a ||= 1",
    "exports?.a",
    "!function(e){e.a=1}(exports)",
    "module.exports.a = module.exports.b = 1",
    "module.exports = class {}",
    "module.exports = function(){}; module.exports.a = 1",
    "module.exports={a:b?c:d,e}",
    'module.exports={a:"x",e}',
    "module.exports={a:b,e}",
    "module.exports={a:-b,e}",
    "module.exports={[a]:b,e}",
    "module.exports={a=b,e}",
    "module.exports={a,}",
    "module.exports={}",
    "module.exports={\n// c\na,\n/*d*/b}",
]
ROWS |= {text: text for text in _FORMS}
#: More star exports than the lexer supports.
ROWS["many-stars"] = "\n".join(
    f"var _i{n} = require('./{n}');\nObject.keys(_i{n}).forEach(function (key) {{\n"
    "  if (key === 'default' || key === '__esModule') return;\n"
    f"  exports[key] = _i{n}[key];\n}});"
    for n in range(300)
)
