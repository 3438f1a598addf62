"""Schemas of servers as they are checked here."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
from referencing.exceptions import Unresolvable

from compartment_mapper import Sandbox, SandboxError
from compartment_mapper.mcp.schemas import checked_schema
from compartment_mapper.sandbox.tools import BoundTool, Tool, bind_tools


def test_names_and_data_are_no_keywords() -> None:
    schema = {
        "properties": {"pattern": {"type": "string", "pattern": "x"}, "format": {"enum": ["$ref"]}},
        "default": {"pattern": "x"},
        "anyOf": [{"format": "date"}, {"$ref": "#/$defs/pattern"}],
        "$defs": {"pattern": {"minLength": 1}},
    }

    assert checked_schema(schema) == {
        "properties": {"pattern": {"type": "string"}, "format": {"enum": ["$ref"]}},
        "default": {"pattern": "x"},
        "anyOf": [{}, {"$ref": "#/$defs/pattern"}],
        "$defs": {"pattern": {"minLength": 1}},
    }


def test_nothing_is_fetched_and_nothing_more_is_refused() -> None:
    schema = {
        "$id": "https://example.com/x",
        "properties": {"a": {"$ref": "https://example.com/a"}, "b": {"$ref": "file:///b"}},
        "patternProperties": {"^x": {}},
        "additionalProperties": False,
    }

    assert checked_schema(schema) == {"properties": {"a": {}, "b": {}}}


ELSEWHERE = "https://example.com/x"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": ELSEWHERE},
        {"$dynamicRef": ELSEWHERE},
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$recursiveRef": ELSEWHERE,
        },
        {
            "properties": {"a": {"$id": ELSEWHERE, "$ref": "#/$defs/any"}},
            "$defs": {"any": {}},
        },
    ],
    ids="-".join,
)
def test_a_reference_to_another_place_refuses_no_arguments(schema: dict[str, object]) -> None:
    def bound(checked: Mapping[str, object]) -> BoundTool:
        tool = Tool(function=dict, schema=schema, checked_schema=checked)
        return bind_tools({"tool": tool}).tools[0]

    with pytest.raises((RecursionError, Unresolvable)):
        bound(schema).bound([{"a": 1}])
    assert bound(checked_schema(schema)).bound([{"a": 1}]) == ([], {"a": 1})


def test_a_short_text_does_not_take_hours() -> None:
    schema = {
        "type": "object",
        "properties": {"text": {"type": "string", "pattern": "^(a+)+$"}},
        "required": ["text"],
    }
    tool = Tool(function=lambda text: text, schema=schema, checked_schema=checked_schema(schema))
    began = time.monotonic()

    with Sandbox(tools={"echo": tool}) as sandbox:
        text = sandbox.evaluate("await tools.echo({ text: 'a'.repeat(40) + '!' })")
        with pytest.raises(SandboxError, match="is not of type 'string'"):
            sandbox.evaluate("await tools.echo({ text: 1 })")

    assert text == "a" * 40 + "!"
    assert time.monotonic() - began < 10


def test_drafts_keep_their_keywords() -> None:
    draft = "http://json-schema.org/draft-04/schema#"
    number = {"type": "number", "minimum": 0, "exclusiveMinimum": True}
    schema = checked_schema({"$schema": draft, "properties": {"n": number}})

    (tool,) = bind_tools({"f": Tool(function=print, schema=schema)}).tools
    assert tool.bound([{"n": 1}]) == ([], {"n": 1})
    with pytest.raises(TypeError, match="minimum of 0"):
        tool.bound([{"n": 0}])
    assert checked_schema({"$schema": "https://example.com/x"}) == {}
