"""Globals that packages define for each other are found, and inference grants them to both."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from support import load, package

from compartment_mapper.bundle.application import Application, Options
from compartment_mapper.policy.model import PackagePolicy
from compartment_mapper.scan import scan_module


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("globalThis.thing = 1", ["thing"]),
        ("global['thing'] = 1", ["thing"]),
        ("window.thing ||= f", ["thing"]),
        ("const g = globalThis; g.thing = 1", ["thing"]),
        ("const g = typeof self === 'object' ? self : global; g.thing = 1", ["thing"]),
        ("Object.defineProperty(globalThis, 'thing', { value: 1 })", ["thing"]),
        ("Object.defineProperties(global, { one: {}, 'two': {}, three })", ["one", "three", "two"]),
        ("Object.assign(globalThis, { fetch, thing })", ["fetch", "thing"]),
        ("(function (root) { root.thing = 1 })(globalThis)", ["thing"]),
        ("(function (x, root) { root.thing = 1 }).call(this, 1, globalThis)", ["thing"]),
        ("((root) => { root.thing = 1 })(typeof window > 'x' ? window : global)", ["thing"]),
        ("const all = { fetch, thing }; Object.assign(globalThis, all)", ["thing"]),
        ("Reflect.decorate = f", ["Reflect.decorate"]),
        ("Object.defineProperty(Reflect, 'metadata', {})", ["Reflect.metadata"]),
        ("give(Reflect); put('decorate', decorate)", ["Reflect.decorate"]),
        ("globalThis.Reflect.decorate = f", ["Reflect.decorate"]),
        ("Promise.method = f", ["Promise.method"]),
        # The source's own names, or existing ones.
        ("const globalThis = {}; globalThis.thing = 1", []),
        ("(function (global) { global.thing = 1 })({})", []),
        ("globalThis.thing; globalThis.thing === 1; f(globalThis)", ["globalThis"]),
        ("globalThis.Promise = f; global.global = 1", []),
        ("Math.sign = Math.sign || f; Reflect.get = f", []),
        ("'globalThis.thing = 1'; // global.thing = 1", []),
        ("x.Reflect.decorate = f", []),
        ("globalThis[name] = 1", []),
        ("def('Expression', String, 'x'); f(1, Promise)", []),
    ],
)
def test_globals_that_a_source_defines(text: str, expected: list[str]) -> None:
    record = scan_module(text.encode(), "cjs")

    assert [name.path for name in record.made_globals] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Math.random = f", ("Math.random",)),
        ("JSON['parse'] = f", ("JSON.parse",)),
        ("Object.defineProperty(Math, 'sech', {})", ("Math.sech",)),
        ("const P = globalThis.Promise; P.all = f", ("Promise.all",)),
        ("if (!Promise.try) Promise.try = f; Symbol.iterator ||= 1", ()),
        ("Object.defineProperty(globalThis, 'Promise', x)\nglobalThis.Promise;", ("Promise",)),
        ("env.Promise.race = f", ("Promise.race",)),
        ("Promise.prototype = f", ()),
        ("Math.max(1) == 1; Math.x == 2", ()),
    ],
)
def test_objects_of_the_language_that_a_source_modifies(
    text: str, expected: tuple[str, ...]
) -> None:
    assert scan_module(text.encode(), "cjs").assigned_names == expected


def two(maker: str, reader: str, *, infer: bool = True) -> Application:
    """Return an application with a dependency that defines a global, and one that reads it."""
    files = {
        "package.json": package(name="app", dependencies={"maker": "1", "reader": "1"}),
        "main.js": "require('maker'); require('reader');",
        "node_modules/maker/package.json": package(name="maker"),
        "node_modules/maker/index.js": maker,
        "node_modules/reader/package.json": package(name="reader"),
        "node_modules/reader/index.js": reader,
    }
    return load(files, options=Options(infer=infer))


def globals_of(application: Application, name: str) -> Mapping[str, object]:
    policy = application.policy.resources.get(name, PackagePolicy())  # type: ignore[call-overload]
    assert isinstance(policy.globals, Mapping)
    return policy.globals


@pytest.mark.parametrize(
    ("maker", "reader", "path"),
    [
        ("globalThis.thing = 1", "module.exports = thing", "thing"),
        ("globalThis.thing = 1", "module.exports = typeof thing", "thing"),
        ("globalThis.thing = 1", "const g = globalThis; module.exports = g.thing", "thing"),
        ("Reflect.decorate = f", "Reflect.decorate(x)", "Reflect.decorate"),
        ("globalThis.XMLHttpRequest = f", "new XMLHttpRequest()", "XMLHttpRequest"),
        ("globalThis.document = {}", "document.title", "document"),
    ],
)
def test_the_defining_package_may_write_and_others_may_read(
    maker: str, reader: str, path: str
) -> None:
    application = two(maker, reader)

    assert globals_of(application, "maker")[path] == "write"
    assert globals_of(application, "reader")[path] is True


@pytest.mark.parametrize(
    ("maker", "reader"),
    [
        ("globalThis.thing = 1", "const thing = 2; module.exports = thing"),
        ("globalThis.thing = 1", "module.exports = { thing: 1 }"),
        ("globalThis.thing = 1", "module.exports = (x) => x.thing"),
        ("globalThis.thing = 1; thing", "module.exports = 1"),
        ("globalThis.process = {}", "process.nextTick(f)"),
    ],
)
def test_nobody_is_granted_what_nobody_else_names(maker: str, reader: str) -> None:
    application = two(maker, reader)

    for name in ("maker", "reader"):
        assert not {"thing", "process"} & globals_of(application, name).keys()
    assert "write" not in globals_of(application, "maker").values()


def test_to_make_a_global_is_bad_and_never_granted_without_inference() -> None:
    application = two("globalThis.thing = 1", "thing", infer=False)

    (made,) = (use for use in application.uses if use.package == "maker" and use.part == "globals")
    assert made.severity == "high"
    assert "thing" not in globals_of(application, "maker")
    assert "thing" not in globals_of(application, "reader")
