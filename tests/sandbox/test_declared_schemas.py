"""Declarations of JSON Schemas, which another party may have written."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typescript import type_problems

from compartment_mapper import Sandbox, SandboxError
from compartment_mapper.sandbox.declarations.budget import declarations_within
from compartment_mapper.sandbox.declarations.json_schema import declare_schema
from compartment_mapper.sandbox.declarations.model import Declaration
from compartment_mapper.sandbox.declarations.printer import print_declarations, print_signature
from compartment_mapper.sandbox.tools import Tool


def signature(schema: Mapping[str, object]) -> str:
    return print_signature(declare_schema(("f",), {"type": "object", "properties": {"a": schema}}))


@pytest.mark.parametrize(
    ("schema", "printed"),
    [
        pytest.param({"type": "string"}, "string", id="string"),
        pytest.param({"type": ["string", "null"]}, "string | null", id="several-types"),
        pytest.param({"type": "integer", "nullable": True}, "number | null", id="nullable"),
        pytest.param({"const": "a"}, '"a"', id="const"),
        pytest.param({"enum": ["a", 1, True, None]}, '"a" | 1 | true | null', id="enum"),
        pytest.param({"enum": ["*/", {}]}, "unknown", id="enum-of-an-object"),
        pytest.param({"type": "array", "items": {"type": ["string", "number"]}}, "(string | number)[]", id="array"),
        pytest.param({"type": "array"}, "unknown[]", id="array-of-anything"),
        pytest.param({"prefixItems": [{"type": "string"}], "items": False, "minItems": 1}, "[string]", id="tuple"),
        pytest.param({"items": [{"type": "string"}], "additionalItems": {"type": "number"}}, "[string?, ...number[]]", id="tuple-of-draft-7"),
        pytest.param({"type": "object"}, "{ [key: string]: unknown }", id="any-object"),
        pytest.param({"type": "object", "additionalProperties": False}, "{}", id="empty-object"),
        pytest.param({"type": "object", "additionalProperties": {"type": "number"}}, "{ [key: string]: number }", id="dictionary"),
        pytest.param({"properties": {"x-y": {"type": "string"}}, "required": ["x-y", "z"]}, '{ "x-y": string; z: unknown }', id="implied-object"),
        pytest.param({"properties": {"x": {"type": "string"}}, "additionalProperties": {"type": "number"}}, "{ x?: string; [key: string]: number | string | undefined }", id="members-and-others"),
        pytest.param({"anyOf": [{"type": "string"}, {"type": "number"}]}, "string | number", id="any-of"),
        pytest.param({"oneOf": [{"type": "string"}, True]}, "unknown", id="one-of-anything"),
        pytest.param({"allOf": [{"properties": {"x": {"type": "string"}}}, {"properties": {"y": False}}]}, "{ x?: string } & { y?: never }", id="all-of"),
        pytest.param({"properties": {"x": {}}, "anyOf": [{"required": ["x"]}]}, "{ x?: unknown }", id="constraints-without-types"),
        pytest.param(True, "unknown", id="true"),
        pytest.param({"type": "nope"}, "unknown", id="unknown-type"),
        pytest.param({"$ref": "https://example.com/x.json"}, "unknown", id="elsewhere"),
        pytest.param({"$ref": "#/$defs/none"}, "unknown", id="nowhere"),
    ],
)  # fmt: skip
def test_schemas_are_types(schema: Mapping[str, object], printed: str) -> None:
    assert signature(schema) == f"tools.f(input?: {{ a?: {printed} }}): Promise<unknown>"


HOSTILE: Mapping[str, Mapping[str, object]] = {
    "itself": {"$ref": "#"},
    "a-circle": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}}},
    "recursive": {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"items": {"$ref": "#/properties/a"}}}},
    "recursive-dictionary": {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"additionalProperties": {"$ref": "#/$defs/a"}}}},
    "names": {"properties": {"__proto__": {}, "constructor": {}, "new": {}, "get": {}, "a b": {}, '"': {}, "\\": {}, "\ud800": {}, "*/": {}, "\n": {}, "": {}, "}; evil": {}, "then": {}}},
    "docs": {"description": "*/ declare const evil: string; /*", "properties": {"a": {"description": "x\n*/\nevil: string\u2028*/\x00\ud800 */"}}},
    "type-names": {"properties": {n: {"$ref": f"#/$defs/{n}"} for n in ("Date", "Promise", "string", "class", "x y", "1", "é", "any")}, "$defs": {n: {"properties": {n: {"type": "string"}}} for n in ("Date", "Promise", "string", "class", "x y", "1", "é", "any")}},
    "wrong-forms": {"properties": [1], "required": "a", "anyOf": {}, "allOf": 1, "enum": "x", "$defs": 3, "description": 5, "items": "a", "type": {}},
    "numbers": {"properties": {"a": {"enum": [1e400, -1e400, 10**40, 0.1, -1, float("nan")]}}},
    "pointer": {"properties": {"a": {"$ref": "#/allOf/99999999999999999999"}, "b": {"$ref": "#anchor"}, "c": {"$ref": "#/properties/a~1b"}, "d": {"$ref": "#/%ff"}}},
}  # fmt: skip


def test_the_compiler_accepts_declarations_of_hostile_schemas() -> None:
    declared = [
        declare_schema(("s p", name), schema, output=schema) for name, schema in HOSTILE.items()
    ]
    text = print_declarations(declared)

    assert type_problems(text, {"evil": "evil"}) == {"evil": ["TS2304: Cannot find name 'evil'."]}


def test_deep_and_large_schemas_are_bounded() -> None:
    deep: dict[str, object] = {"type": "string"}
    wide: dict[str, object] = {"type": "string"}
    for index in range(200):
        deep = {"items": deep}
        wide = {"$defs": {"n": wide}, "anyOf": [{"$ref": "#/$defs/n"}] * 2, "title": f"{index}"}
    declared = [
        declare_schema((name,), {"type": "object", "properties": {"a": schema}})
        for name, schema in {"deep": deep, "wide": wide}.items()
    ]

    assert len(print_declarations(declared)) < 2000


def test_types_of_the_same_name_are_kept_apart() -> None:
    def declared(name: str, kind: str) -> Declaration:
        inner = {"properties": {"b": {"$ref": "#/$defs/B"}}}
        return declare_schema(
            (name,),
            {
                "properties": {"a": {"$ref": "#/$defs/A"}},
                "$defs": {"A": inner, "B": {"properties": {"x": {"type": kind}}}},
            },
        )

    text = print_declarations(
        [declared("f", "string"), declared("g", "number"), declared("h", "string")]
    )

    assert text.count("interface A ") == text.count("interface A2 ") == 1
    assert "A3" not in text
    assert (
        type_problems(
            text,
            {"p": "await tools.h({ a: { b: { x: 'a' } } }); await tools.g({ a: { b: { x: 1 } } })"},
        )
        == {}
    )


def test_a_list_of_hostile_names_is_a_comment() -> None:
    declared = [
        declare_schema(("s", f"*/\n\u2028evil{index}"), {}, doc="first \u2028 evil\nsecond")
        for index in range(20)
    ]
    text = declarations_within(declared, 400)

    assert len(text) <= 400
    assert type_problems(text, {}) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "properties", "items", "anyOf", "allOf", "$ref", "enum", "required", "additionalProperties", "prefixItems", "nullable", "description", "a"]), inner | st.sampled_from(["#", "#/a", "object", "array", "string", ["a"]]), max_size=5),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300)
@given(
    schema=st.dictionaries(
        st.sampled_from(["type", "properties", "anyOf", "allOf", "$ref", "items"]), JSON
    )
)
def test_any_json_has_a_declaration(schema: dict[str, object]) -> None:
    text = print_declarations([declare_schema(("f",), schema, output=schema)])

    assert text.startswith(("declare const", "type", "interface", "/**"))
    assert json.dumps(text)


def test_schemas_of_other_places_are_not_fetched() -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/schema"
        schema = {"type": "object", "properties": {"a": {"$ref": url}}}
        tool = Tool(function=lambda a: a, schema=schema)
        with Sandbox(tools={"t": tool}) as sandbox, pytest.raises(SandboxError, match="Unresolv"):
            sandbox.evaluate("await tools.t({ a: 1 })")
        server.shutdown()

    assert asked == []
