"""Monkey-patching: rows of sources, with the expected result."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from support import bundled

from compartment_mapper.bundle.application import Options
from compartment_mapper.inference.decision import PolicyFile
from compartment_mapper.scan.capabilities.monkey_patching import scan_monkey_patching
from compartment_mapper.scan.rewrites.constructor_writes import scan_constructor_writes
from compartment_mapper.scan.syntax.tree import parse

CERTAIN = {
    "exports-at-load": "exports.f = function () { return 1 }",
    "exports-in-a-wrapper": "(function () { exports.f = 1 })()",
    "exports-in-a-wrapper-that-is-called-by-call": "(function () { exports.f = 1 }).call(this)",
    "exports-of-a-factory": "(function (root, factory) { factory(exports) })(this, function (exports) { exports.f = 1 })",
    "reexports-of-babel": "Object.keys(_x).forEach(function (key) { Object.defineProperty(exports, key, {}) })",
    "a-prototype-at-load": "function A() {} A.prototype.f = function () { this.x = 1 }",
    "an-instance": "class A { constructor() { this.x = 1 } f() { this.y++; delete this.z; this.a.b = 1 } g = () => { this.x = 1 } }",
    "a-constructor": "function A() { this.x = 1 } exports.A = A",
    "a-constructor-as-expression": "exports.A = function () { this.x = 1 }",
    "a-local": "exports.f = () => { const o = {}; o.x = 1; return o }",
    "a-parameter": "exports.f = (o) => { o.x = 1; o.prototype.y = 2 }",
    "a-cache": "const cache = {}; exports.f = (k) => { cache[k] = 1; return cache[k] }",
    "a-list": "const list = []; exports.list = list; exports.f = () => { list[0] = 1 }",
    "a-copy": "exports.f = (o) => Object.assign({}, o)",
    "an-error": "exports.f = () => { class A extends Error { constructor() { super(); Error.captureStackTrace(this, A) } } }",
    "a-parameter-named-exports": "exports.f = exports => { exports.x = 1 }",
    "a-variable-named-exports": "const exports = [], f = () => { exports[0] = 1 }",
    "calls-of-other-names": "exports.f = () => { $set(exports.g); reset(exports.g); ___extends(exports.g) }",
    "a-global": "exports.f = () => { globalThis.x = 1 }",
    "a-comparison": "exports.f = (o) => { o.x == 1; o.y === 2; o.z => 3 }",
}
DOUBTFUL = {
    "exports-late": "exports.f = () => { exports.g = 1 }",
    "module-exports-late": "exports.f = () => { module.exports.g = 1 }",
    "module-exports-replaced-late": "exports.f = () => { module.exports = 1 }",
    "delete-late": "exports.f = () => { delete exports.f }",
    "an-update-late": "exports.f = () => { exports.n++ }",
    "a-prefix-update-late": "exports.f = () => { ++exports.n }",
    "a-pattern-late": "exports.f = (x) => { [exports.a, { b: exports.b }] = x }",
    "a-loop-late": "exports.f = (x) => { for (exports.a of x); }",
    "defineProperty-late": "exports.f = () => { Object.defineProperty(exports, 'x', {}) }",
    "assign-late": "exports.f = (o) => { Object.assign(exports, o) }",
    "a-helper-late": "exports.f = (o) => { __extends(exports, o) }",
    "setPrototypeOf-late": "exports.f = () => { Reflect.setPrototypeOf(exports, null) }",
    "a-getter-late": "exports.f = () => { exports.__defineGetter__('x', f) }",
    "a-static-late": "class A { static f() { A.x = 1 } }",
    "a-static-by-this": "class A { static f() { this.x = 1 } }",
    "a-property-of-a-function": "function f() { f.cache = 1 } module.exports = f",
    "a-prototype-late": "class A {} exports.use = () => { A.prototype.x = 1 }",
    "a-prototype-by-constructor": "class A { f() { this.constructor.x = 1 } }",
    "a-prototype-by-a-variable": "class A {} exports.f = () => { const p = A.prototype; p.x = 1 }",
    "a-method-of-exports": "exports.set = function (k, v) { this[k] = v }",
    "a-method-of-a-literal": "module.exports = { set(k, v) { this[k] = v } }",
    "self-is-this": "exports.set = function (v) { var self = this; self.x = v }",
    "an-alias-of-exports": "exports.f = () => { const e = exports; e.x = 1 }",
    "an-exported-literal": "const api = { f() {} }; module.exports = api; exports.use = (k, v) => { api[k] = v }",
    "a-plugin": "class A {} exports.use = (plugin) => plugin(A)",
    "a-function-with-members": "const expect = () => {}; exports.expect = expect; expect.not = {}; expect.extend = (m) => put(m, expect)",
    "a-plugin-of-exports": "exports.use = (plugin) => plugin(exports, 1)",
    "a-plugin-of-a-prototype": "class A {} exports.use = (plugin) => plugin(A.prototype)",
    "a-plugin-of-this": "exports.use = function (plugin) { plugin(this) }",
    "a-variable-without-a-value": "let api; exports.f = () => { api.x = 1 }",
    "members-of-a-prototype-copied": "exports.f = (o) => { for (const k of Object.getOwnPropertyNames(Object.getPrototypeOf(o))) o[k] = o[k].bind(o) }",
}


@pytest.mark.parametrize("text", CERTAIN.values(), ids=CERTAIN)
def test_certain_sources_do_not_monkey_patch(text: str) -> None:
    assert not scan_monkey_patching(parse(text.encode())).late


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_uncertainty_counts_as_monkey_patching(text: str) -> None:
    assert scan_monkey_patching(parse(text.encode())).late


@pytest.mark.parametrize(
    "text",
    [
        "require('m').f = 1",
        "const m = require('m'); m.f = 1",
        "const { C } = require('m'); C.prototype.f = 1",
        "const C = require('m').C; exports.f = () => { C.prototype.f = 1 }",
        "const m = _interopRequireDefault(require('m')); m.default.f = 1",
        "import m from 'm'; m.f = 1",
        "import * as m from 'm'; Object.assign(m.f, {})",
        "import { C } from 'm'; delete C.f",
        "module.exports = require('m'); module.exports.f = 1",
    ],
)
def test_modules_whose_exports_are_changed_are_named(text: str) -> None:
    assert scan_monkey_patching(parse(text.encode())).patched == ("m",)


def test_a_source_with_too_many_writes_is_uncertain() -> None:
    assert scan_monkey_patching(parse(b"a.b=1;" * 5000)).late


VICTIM = "exports.C = class { f() {} }"


@pytest.mark.parametrize(
    ("app", "consumer", "infer", "expected"),
    [
        pytest.param("", "", False, "code", id="nobody-changes-it"),
        pytest.param("require('victim').x = 1;", "", False, False, id="the-application-does"),
        pytest.param("", "require('victim').x = 1;", False, "code", id="hostile-until-inferred"),
        pytest.param("", "require('victim').x = 1;", True, False, id="believed-with-infer"),
    ],
)
def test_modifications_that_count(
    app: str, consumer: str, *, infer: bool, expected: object
) -> None:
    made = bundled(
        {
            "main.js": f"{app} require('victim'); require('consumer')",
            "node_modules/victim/package.json": '{"name":"victim","version":"1.0.0"}',
            "node_modules/victim/index.js": VICTIM,
            "node_modules/consumer/package.json": '{"name":"consumer","version":"1.0.0","dependencies":{"victim":"*"}}',
            "node_modules/consumer/index.js": f"{consumer} require('victim')",
        },
        options=Options(infer=infer),
    )
    policy = made.map.compartments["victim-v1.0.0"].policy
    assert policy is not None
    assert (policy.harden or False) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"index.js": VICTIM}, "code", id="certain"),
        pytest.param({"index.js": DOUBTFUL["exports-late"]}, False, id="late"),
        pytest.param(
            {"index.js": "require('./own.js').x = 1", "own.js": ""}, False, id="own-module-changed"
        ),
        pytest.param(
            {"index.js": "require('./own.js'); require('fs').x = 1", "own.js": ""},
            "code",
            id="a-builtin-changed",
        ),
    ],
)
def test_code_is_frozen_where_it_is_certain(files: Mapping[str, str], expected: object) -> None:
    made = bundled(
        {
            "main.js": "require('a')",
            "node_modules/a/package.json": '{"name":"a","version":"1.0.0"}',
            **{f"node_modules/a/{name}": text for name, text in files.items()},
        }
    )

    found = {found.label: found.policy for found in made.map.compartments.values()}
    assert {label: policy and (policy.harden or False) for label, policy in found.items()} == {
        "$root$": "code",
        "a": expected,
    }


def test_a_package_that_modifies_another_is_frozen_itself_by_default() -> None:
    made = bundled(
        {
            "main.js": "require('a'); require('c')",
            "node_modules/c/package.json": '{"name":"c","version":"1"}',
            "node_modules/c/index.js": "",
            "node_modules/a/package.json": '{"name":"a","version":"1","dependencies":{"b":"1"}}',
            "node_modules/a/index.js": "require('b').x = 1",
            "node_modules/b/package.json": '{"name":"b","version":"1"}',
            "node_modules/b/index.js": VICTIM,
        },
        options=Options(
            policy=PolicyFile(
                text=b'{"entry": {"packages": "any"}, "resources": '
                b'{"a": {"packages": {"a>b": true}}, "a>b": {"harden": false}}}',
                name="policy.json",
            )
        ),
    )

    found = {found.label: found.policy for found in made.map.compartments.values()}
    assert {label: policy and policy.harden for label, policy in found.items()} == {
        "$root$": "code",
        "a": "code",
        "a>b": False,
        "c": "code",
    }


def test_assignments_to_constructor_become_definitions_on_the_same_lines() -> None:
    edits, declared = scan_constructor_writes(
        parse(b"(B.prototype = o).constructor\n= B; x.constructor == 1"), prefix="$h_"
    )
    assert [edit.text for edit in edits] == ["$h_own(", ',"constructor",\n', ")"]
    assert len(declared) == 1
