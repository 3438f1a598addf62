"""Tools: their arguments, results and errors."""

from __future__ import annotations

import asyncio
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Literal, TypedDict

import pytest

from compartment_mapper import (
    UNDEFINED,
    CapabilityUse,
    JavaScriptError,
    Sandbox,
    SandboxError,
    Tool,
)
from compartment_mapper.sandbox.tools import Tools


class User(TypedDict):
    name: str
    tags: list[str]


def read_user(id: int, verbose: bool = False) -> User:  # noqa: A002, FBT001, FBT002 - as people write
    return {"name": "Ada", "tags": ["verbose"] if verbose else [str(id)]}


def search(text: str, *, limit: int = 10, order: Literal["up", "down"] = "up") -> list[object]:
    return [text, limit, order]


def save(user: User) -> str:
    return user["name"]


def fails() -> None:
    raise LookupError("not here")


def chooses() -> None:
    raise JavaScriptError("QuotaError", "too much")


async def slowly(value: object, seconds: float = 0.01) -> object:
    await asyncio.sleep(seconds)
    return value


SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
    "required": ["city"],
    "additionalProperties": False,
}

TOOLS: Tools = {
    "read_user": read_user,
    "search": search,
    "save": save,
    "fails": fails,
    "chooses": chooses,
    "slowly": slowly,
    "echo": lambda value: value,
    "forecast": Tool(function=lambda city, days=1: [city, days], schema=SCHEMA),
    "opaque": object,
    "max": max,
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("(await tools.read_user(7)).name.toUpperCase()", "ADA", id="by-position"),
        pytest.param("(await tools.read_user(7, true)).tags", ["verbose"], id="two"),
        pytest.param("(await tools.read_user(7, undefined)).tags", ["7"], id="undefined-is-the-default"),
        pytest.param("await tools.search('a', { limit: 3 })", ["a", 3, "up"], id="keywords-as-an-object"),
        pytest.param("await tools.search('a', { limit: undefined, order: 'down' })", ["a", 10, "down"], id="undefined-keywords"),
        pytest.param("await tools.forecast({ city: 'Rom', days: 2 })", ["Rom", 2], id="by-schema"),
        pytest.param("await Promise.all([tools.slowly(1), tools.slowly(2)])", [1, 2], id="at-once"),
        pytest.param("await tools.echo([undefined, new Date(0).getTime(), 1n])", [UNDEFINED, 0, 1], id="data"),
        pytest.param("await tools.max(3, 4)", 4, id="builtins"),
        pytest.param("try { await tools.fails() } catch (e) { return `${e}` }", "LookupError: not here", id="exceptions-can-be-caught"),
        pytest.param("try { await tools.chooses() } catch (e) { return `${e}` }", "QuotaError: too much", id="with-a-chosen-name"),
        pytest.param("(await tools.echo(new TypeError('x'))) instanceof Error", True, id="errors-as-data"),
        pytest.param("Object.isFrozen(tools) && Object.isFrozen(tools.echo)", True, id="hardened"),
        pytest.param("typeof tools.nope", "undefined", id="no-other"),
    ],
)  # fmt: skip
def test_tools_are_called(source: str, value: object) -> None:
    with Sandbox(tools=TOOLS, timeout=20.0) as sandbox:
        assert sandbox.evaluate(source) == value


@pytest.fixture
def without_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic", None)
    monkeypatch.delitem(sys.modules, "compartment_mapper.sandbox.conversion", raising=False)


@pytest.mark.usefixtures("without_pydantic")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("tools.read_user('7')", "tools.read_user: argument 'id': str is not an instance of int", id="the-wrong-type"),
        pytest.param("tools.read_user(true)", "tools.read_user: argument 'id': bool is a boolean; expected int", id="a-boolean-is-no-number"),
        pytest.param("tools.read_user()", "tools.read_user: missing a required argument: 'id'", id="too-few"),
        pytest.param("tools.read_user(1, true, 3)", "tools.read_user: too many positional arguments", id="too-many"),
        pytest.param("tools.read_user(undefined)", "tools.read_user: missing a required argument: 'id'", id="undefined-without-default"),
        pytest.param("tools.search('a', { order: 'sideways' })", None, id="not-one-of-them"),
        pytest.param("tools.search('a', { nope: 1 })", "tools.search: got an unexpected keyword argument 'nope'", id="no-such-keyword"),
        pytest.param("tools.save({ name: 'Ada', tags: ['a', 1] })", None, id="a-wrong-item-anywhere"),
        pytest.param("tools.forecast({ city: 3 })", "tools.forecast: argument.city: 3 is not of type 'string'", id="against-the-schema"),
        pytest.param("tools.forecast('Rom')", "tools.forecast takes one object", id="no-object"),
        pytest.param("tools.forecast({ city: 'Rom', days: 0 })", None, id="out-of-bounds"),
        pytest.param("tools.echo(() => 1)", "tools.echo: argument 1 is a function, which is not data: only data can cross", id="functions"),
    ],
)  # fmt: skip
def test_arguments_are_checked_before_the_call_without_pydantic(
    source: str, message: str | None
) -> None:
    with Sandbox(tools=TOOLS, timeout=20.0) as sandbox, pytest.raises(SandboxError) as caught:
        sandbox.evaluate(source)

    assert caught.value.name == "TypeError"
    assert message is None or caught.value.message == message


def test_an_exception_that_nobody_caught_is_the_cause() -> None:
    with Sandbox(tools=TOOLS) as sandbox, pytest.raises(SandboxError) as caught:
        sandbox.evaluate("await tools.fails()")

    assert (caught.value.name, caught.value.message) == ("LookupError", "not here")
    assert isinstance(caught.value.__cause__, LookupError)
    assert "test_tools" not in caught.value.stack


def test_what_a_tool_returns_must_be_data() -> None:
    with (
        Sandbox(tools=TOOLS) as sandbox,
        pytest.raises(SandboxError, match=r"the result of tools.opaque"),
    ):
        sandbox.evaluate("await tools.opaque()")


def test_plain_tools_run_in_the_thread_that_evaluates() -> None:
    with Sandbox(tools={"thread": threading.get_ident}) as sandbox:
        assert sandbox.evaluate("await tools.thread()") == threading.get_ident()


def test_a_tool_may_evaluate_itself() -> None:
    def inner(text: str) -> object:
        return sandbox.evaluate(text)

    with Sandbox(tools={"inner": inner}) as sandbox:
        assert sandbox.evaluate("await tools.inner('1 + 1')") == 2


LOOP: dict[str, object] = {}
LOOP["again"] = LOOP


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        pytest.param(3, "is not a function", id="no-function"),
        pytest.param({"then": print}, "cannot be named 'then'", id="a-promise"),
        pytest.param({"a": {3: print}}, "must be a string, got 3", id="no-name"),
        pytest.param(LOOP, "is nested too deeply", id="a-namespace-in-itself"),
        pytest.param({"a": None}, "tool 'bad.a' is not a function", id="no-function-in-a-namespace"),
        pytest.param(Tool(function=print, schema={"type": "nope"}), "invalid schema", id="no-schema"),
    ],
)  # fmt: skip
def test_tools_are_looked_at_first(tool: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Sandbox(tools={"bad": tool})  # type: ignore[dict-item]  # that is it


NAMESPACES: Tools = {
    "fs": {"read": lambda path: f"text of {path}", "deep": {"er": lambda: 1}},
    "fs.read": lambda: "another",
    "empty": {},
    "__proto__": {"__proto__": lambda: "proto", "constructor": lambda: "constructor"},
    "hasOwnProperty": lambda: "own",
    "\ud800": {"a b": lambda: "surrogate", "": lambda: "empty"},
    "toString": lambda: "text",
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("await tools.fs.read('a')", "text of a", id="nested"),
        pytest.param("await tools.fs.deep.er()", 1, id="nested-twice"),
        pytest.param("await tools['fs.read']()", "another", id="a-name-with-a-dot"),
        pytest.param("Object.keys(tools.empty)", [], id="empty"),
        pytest.param("[await tools.__proto__.__proto__(), await tools['__proto__'].constructor()]", ["proto", "constructor"], id="names-with-a-meaning"),
        pytest.param("[await tools.hasOwnProperty(), await tools.toString()]", ["own", "text"], id="inherited-names"),
        pytest.param("[await tools['\\ud800']['a b'](), await tools['\\ud800']['']()]", ["surrogate", "empty"], id="names-that-are-no-identifiers"),
        pytest.param("[tools, tools.fs, tools.fs.deep, tools.fs.read].every(Object.isFrozen)", True, id="hardened"),
        pytest.param("[tools.fs.read.name, await tools.fs === tools.fs]", ["read", True], id="plain-objects"),
        pytest.param("try { await tools.fs.read(() => 1) } catch (e) { return e.message }", "tools.fs.read: argument 1 is a function, which is not data: only data can cross", id="messages-have-the-path"),
        pytest.param("try { await tools['\\ud800']['a b'](1) } catch (e) { return e.message }", 'tools["\\ud800"]["a b"]: too many positional arguments', id="messages-have-the-quoted-path"),
    ],
)  # fmt: skip
def test_tools_are_in_namespaces(source: str, value: object) -> None:
    with Sandbox(tools=NAMESPACES, timeout=20.0) as sandbox:
        assert sandbox.evaluate(source) == value


def test_the_report_has_the_path_of_a_tool() -> None:
    uses: list[CapabilityUse] = []
    with Sandbox(tools=NAMESPACES, report=uses.append) as sandbox:
        sandbox.evaluate("await tools.fs.read('a')")

    assert [use.capability for use in uses] == ["fs.read"]


class _Counting(BaseHTTPRequestHandler):
    requests = 0

    def do_GET(self) -> None:
        type(self).requests += 1
        self.send_error(404)


def test_a_schema_does_not_fetch_anything() -> None:
    with HTTPServer(("127.0.0.1", 0), _Counting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        elsewhere = {"$ref": f"http://127.0.0.1:{server.server_port}/schema.json"}
        tool = Tool(function=lambda **given: given, schema={"properties": {"a": elsewhere}})
        with (
            Sandbox(tools={"tool": tool}, timeout=20.0) as sandbox,
            pytest.raises(SandboxError, match="Unresolvable"),
        ):
            sandbox.evaluate("await tools.tool({ a: 1 })")
        server.shutdown()

    assert _Counting.requests == 0


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"$ref": "#"}, id="a-circle"),
        pytest.param({"properties": {"a": {"$ref": "#/nowhere"}}}, id="nowhere"),
        pytest.param({"properties": {"a": {"enum": [{"b": "*/"}]}}}, id="not-one-of-them"),
    ],
)
def test_hostile_schemas_are_errors_of_the_call(schema: dict[str, object]) -> None:
    tool = Tool(function=lambda **given: given, schema=schema)
    with Sandbox(tools={"tool": tool}, timeout=20.0) as sandbox:
        with pytest.raises(SandboxError) as caught:
            sandbox.evaluate("await tools.tool({ a: 'b'.repeat(10), n: 2n ** 20000n })")
        assert caught.value.code == "JAVASCRIPT_ERROR"
        assert len(caught.value.for_model()) <= 2000
        assert sandbox.evaluate("1") == 1


def test_a_tool_is_not_called_for_what_has_ended() -> None:
    called: list[int] = []
    with Sandbox(tools={"note": called.append}) as sandbox:
        sandbox.evaluate(
            "globalThis.later = async () => tools.note(2); tools.note(1)", compartment="c"
        )
        with pytest.raises(SandboxError):
            sandbox.evaluate("null.x; later()", compartment="c")

    assert called == [1]
