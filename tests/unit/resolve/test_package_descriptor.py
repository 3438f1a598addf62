from __future__ import annotations

import pytest

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.text import Position


def parsed(source: str | bytes) -> PackageDescriptor:
    found = PackageDescriptor.from_json(
        source.encode() if isinstance(source, str) else source, file="package.json"
    )
    assert isinstance(found, PackageDescriptor), found
    return found


def refused(source: str | bytes) -> Diagnostic:
    found = PackageDescriptor.from_json(
        source.encode() if isinstance(source, str) else source, file="d/package.json"
    )
    assert isinstance(found, Diagnostic), found
    assert found.code == "INVALID_PACKAGE_JSON"
    return found


def test_all_fields_are_read() -> None:
    source = """{
        "name": "@s/d", "version": "1.2.3", "main": "./m.js", "type": "module",
        "exports": {".": "./i.js"}, "imports": {"#a": "./a.js"}, "browser": {"fs": false}, "sideEffects": ["a.css"],
        "dependencies": {"z": "1", "a": "2"}, "optionalDependencies": {"o": "1"},
        "peerDependencies": {"p": "1", "q": "1"}, "devDependencies": {"v": "1"},
        "peerDependenciesMeta": {"q": {"optional": true}, "p": {"optional": false}}
    }"""

    assert parsed(source) == PackageDescriptor(
        name="@s/d",
        version="1.2.3",
        main="./m.js",
        type="module",
        exports={".": "./i.js"},
        imports={"#a": "./a.js"},
        browser={"fs": False},
        side_effects=("a.css",),
        dependencies=("z", "a"),
        optional_dependencies=("o",),
        peer_dependencies=("p", "q"),
        dev_dependencies=("v",),
        optional_peers=frozenset({"q"}),
    )


def test_an_empty_object_is_a_package_without_anything() -> None:
    descriptor = parsed("{}")

    assert descriptor == PackageDescriptor()
    assert not descriptor.has_exports
    assert descriptor.declared == frozenset()


def test_what_is_declared_is_all_kinds_of_dependencies_together() -> None:
    descriptor = parsed('{"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}}')

    assert descriptor.declared == {"a", "b"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param('{"main": 5}', PackageDescriptor(), id="main"),
        pytest.param('{"main": "\\ud800"}', PackageDescriptor(), id="main-half-a-pair"),
        pytest.param('{"version": 1}', PackageDescriptor(), id="version"),
        pytest.param('{"exports": null}', PackageDescriptor(), id="exports-null"),
        pytest.param('{"exports": 5}', PackageDescriptor(), id="exports-number"),
        pytest.param('{"exports": false}', PackageDescriptor(), id="exports-false"),
        pytest.param('{"exports": ""}', PackageDescriptor(exports=""), id="exports-empty-text"),
        pytest.param('{"imports": "x"}', PackageDescriptor(), id="imports-text"),
        pytest.param('{"imports": ["x"]}', PackageDescriptor(imports={}), id="imports-array"),
        pytest.param('{"dependencies": ["a"]}', PackageDescriptor(), id="dependencies-array"),
        pytest.param('{"dependencies": "a"}', PackageDescriptor(), id="dependencies-text"),
        pytest.param('{"peerDependenciesMeta": []}', PackageDescriptor(), id="peer-meta"),
        pytest.param('{"type": "Module"}', PackageDescriptor(), id="unknown-type"),
        pytest.param('{"__proto__": {"main": "./x"}}', PackageDescriptor(), id="proto"),
        pytest.param('{"main": "a", "main": "b"}', PackageDescriptor(main="b"), id="last-wins"),
        pytest.param('\ufeff{"main": "b"}', PackageDescriptor(main="b"), id="byte-order-mark"),
        pytest.param('{"x": ' + "9" * 5000 + "}", PackageDescriptor(), id="long-number"),
    ],
)
def test_what_node_ignores_is_ignored(source: str, expected: PackageDescriptor) -> None:
    assert parsed(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param(" \n", id="blank"),
        pytest.param('"p"', id="text"),
        pytest.param("5", id="number"),
        pytest.param("[]", id="array"),
        pytest.param("null", id="null"),
        pytest.param('{"a": 1} x', id="trailing"),
        pytest.param('{"a": 1,}', id="trailing-comma"),
        pytest.param('{"a": "b\tc"}', id="control-character"),
        pytest.param('{"a": NaN}', id="nan"),
        pytest.param(b'{"a": "\xff"}', id="not-utf-8"),
        pytest.param('{"name": 5}', id="name-number"),
        pytest.param('{"name": null}', id="name-null"),
        pytest.param('{"name": "\\ud800"}', id="name-half-a-pair"),
        pytest.param('{"type": 7}', id="type-number"),
        pytest.param('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", id="deep"),
        pytest.param("[" * 100_000, id="deep-unfinished"),
    ],
)
def test_what_node_refuses_is_a_diagnostic(source: str | bytes) -> None:
    assert refused(source).place is not None


def test_a_mistake_is_shown_in_its_line() -> None:
    place = refused('\ufeff{\n  "é": "x",\n  "main": }').place

    assert place is not None
    assert place.file == "d/package.json"
    assert place.position == Position(line=3, column=11)
    assert place.frame == '  3 |   "main": }\n    |           ^'
