from __future__ import annotations

import pytest

from compartment_mapper.compile import apply_edits
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import FreeName
from compartment_mapper.scan import scan_module


def free(text: str, language: Language = "cjs") -> tuple[FreeName, ...]:
    return scan_module(text.encode(), language).free_names


def paths(text: str) -> list[str]:
    """Return the paths that *text* uses, with ``…`` after inexact ones."""
    return [name.path + ("" if name.exact else "…") for name in free(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fetch('/')", ["fetch"]),
        ("new WebSocket(u)", ["WebSocket"]),
        ("f(fetch)", ["fetch…"]),
        ("const { env } = process", ["process.env"]),
        ("const { env } = process; env.HOME", ["process.env.HOME"]),
        ("const { env: { HOME: home = 1 } } = process", ["process.env.HOME"]),
        ("const p = process; p.env.A; p.exit()", ["process.env.A", "process.exit"]),
        ("const { ...rest } = process", ["process…"]),
        ("const { fetch } = globalThis; fetch()", ["fetch"]),
        ("const g = globalThis; g.fetch()", ["fetch"]),
        ("self['fetch']('/')", ["fetch"]),
        ("window.fetch('/')", ["fetch"]),
        ("delete process.env.A", ["process.env.A"]),
        ("function structuredClone() {} self; [...structuredClone(1)]", []),
        ("'A' in process.env", ["process.env.A"]),
        ("f(process); p.argv", ["process…", "process.argv…"]),
        ("const process = require('process'); process.exit()", ["process.exit"]),
        ("process.env.HOME", ["process.env.HOME"]),
        ("process.env['HOME']", ["process.env.HOME"]),
        ("process['env']['HOME']", ["process.env.HOME"]),
        ("process?.env?.HOME", ["process.env.HOME"]),
        ("process.env[name]", ["process.env…"]),
        ("process[name]", ["process…"]),
        ("process.stdout.write.call(x)", ["process.stdout.write"]),
        ("process.exit(1)", ["process.exit"]),
        ("globalThis.fetch()", ["fetch"]),
        ("global.process.env.HOME", ["process.env.HOME"]),
        ("globalThis['fetch']()", ["fetch"]),
        ("({ fetch })", ["fetch…"]),
        ("({ a: fetch })", ["fetch…"]),
        ("`${fetch}`", ["fetch…"]),
        ("console.log(1)", ["console.log"]),
        ("setTimeout(f)", ["setTimeout"]),
        ("Math.random()", ["Math.random"]),
        ("new Date()", ["Date"]),
        ("\\u0066etch()", ["fetch"]),
        ("function f(a = fetch()) {}", ["fetch"]),
        ("class A extends WebSocket {}", ["WebSocket…"]),
    ],
)
def test_names_of_the_host_are_found_as_deep_as_certain(text: str, expected: list[str]) -> None:
    assert paths(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x.fetch()",
        "({ fetch: 1, process() {} })",
        "'fetch'; // process\n/fetch/",
        "var fetch; fetch()",
        "function fetch() {} fetch()",
        "function f(process) { process.env }",
        "process: for (;;) break process",
        "class A { fetch() {} process = 1 }",
        "Array; Object.keys(JSON); new Map(); undefined; NaN",
        "unknownGlobal()",
    ],
)
def test_other_names_are_ignored(text: str) -> None:
    assert paths(text) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("import { fetch } from 'x'; fetch()", "mjs"),
        ("import * as crypto from 'crypto'; crypto.randomBytes(1)", "mjs"),
    ],
)
def test_an_import_hides_the_host(text: str, language: Language) -> None:
    assert free(text, language) == ()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("fetch = 1", True),
        ("process.env.A = 1", True),
        ("process.exitCode++", True),
        ("delete process.env.A", True),
        ("[process.exitCode] = [1]", True),
        ("({ a: process.exitCode } = x)", True),
        ("for (process.exitCode of []);", True),
        ("process.exitCode ||= 1", True),
        ("globalThis.fetch = f", True),
        ("[fetch] = f", True),
        ("x = process.env", False),
        ("x[process.env.A] = 1", False),
        ("process.on('exit', f)", False),
    ],
)
def test_writing_is_distinguished_from_reading(text: str, *, written: bool) -> None:
    (name,) = free(text)

    assert name.written is written


def test_a_test_is_not_a_use() -> None:
    tested, used = free("typeof fetch === 'function' && fetch()")

    assert (tested.tested, used.tested) == (True, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("typeof fetch", "typeof globalThis.fetch"),
        ("typeof (fetch)", "typeof (globalThis.fetch)"),
        ("typeof fetch.x", "typeof fetch.x"),
        ("typeof process", "typeof process"),
        ("typeof Buffer", "typeof Buffer"),
        ("typeof globalThis", "typeof globalThis"),
        ("var fetch; typeof fetch", "var fetch; typeof fetch"),
        ("typeof unknown", "typeof unknown"),
        ("fetch", "fetch"),
    ],
)
def test_a_test_for_a_capability_reads_the_global_object(text: str, expected: str) -> None:
    record = scan_module(text.encode(), "cjs")

    assert apply_edits(text.encode(), record.edits) == expected


@pytest.mark.parametrize("name", ["Buffer", "setImmediate", "clearImmediate"])
def test_so_is_one_for_what_a_page_has_not(name: str) -> None:
    text = f"typeof {name}".encode()
    record = scan_module(text, "cjs", page=True)

    assert apply_edits(text, record.edits) == f"typeof globalThis.{name}"


def test_the_span_is_that_of_the_first_name() -> None:
    (name,) = free("/* é */ globalThis.fetch()")

    assert (name.span.start, name.span.end) == (9, 19)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Map = f", ("Map",)),
        ("Promise ||= f", ("Promise",)),
        ("Symbol++", ("Symbol",)),
        ("--Symbol", ("Symbol",)),
        ("[Map] = f", ("Map",)),
        ("({ Map } = f)", ("Map",)),
        ("({ a: Map } = f)", ("Map",)),
        ("({ Map = 1 } = f)", ("Map",)),
        ("[...Map] = f", ("Map",)),
        ("for (Map of f);", ("Map",)),
        ("for (Map in f);", ("Map",)),
        ("fetch = f; Array = g", ("Array", "fetch")),
        ("function f() { Map = 1 }", ("Map",)),
        ("Map\n=\n1", ("Map",)),
        ("Map /* x */ = 1", ("Map",)),
        ("(Map) = 1", ("Map",)),
        ("var Map = 1", ()),
        ("let Map; Map = 2", ()),
        ("function f(Map) { Map = 1 }", ()),
        ("x.Map = 1", ()),
        ("Map.x = 1", ("Map.x",)),
        ("Map == 1", ()),
        ("Map === 1", ()),
        ("Map => 1", ()),
        ("[Map]", ()),
        ("({ Map })", ()),
        ("f(Map, Map)", ()),
        ("'Map = 1'", ()),
        ("// Map = 1", ()),
        ("unknown = 1", ()),
        (
            "self = Object.create(globalThis); self.process = 1; self.unknown = 1",
            ("process", "globalThis"),
        ),
        ("self = Object.create(x ? global : {}); self.Map = 1; x == Map", ("Map", "globalThis")),
        ("Object.setPrototypeOf(x, globalThis); x.Map = 1", ("Map", "globalThis")),
    ],
)
def test_assigned_global_names_are_found(text: str, expected: tuple[str, ...]) -> None:
    assert scan_module(text.encode(), "cjs").assigned_names == expected
