"""Arguments are converted into the annotated types, if pydantic is installed."""

from __future__ import annotations

import datetime as dt
import enum
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import pydantic
import pytest
import typing_extensions

from compartment_mapper import UNDEFINED, Sandbox, SandboxError
from compartment_mapper.sandbox.conversion import ConversionError, converter_of

ID = "12345678-1234-5678-1234-567812345678"


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1


class Pair(NamedTuple):
    a: int
    b: str = "b"


@dataclass
class Point:
    x: int
    y: float = 0
    labels: set[str] = field(default_factory=set)


class Item(pydantic.BaseModel):
    id: uuid.UUID
    at: Point | None = None
    parts: list[Item] = []


class Strict(pydantic.BaseModel, strict=True):
    color: Color
    point: Point


class Typed(typing_extensions.TypedDict):
    n: int
    m: typing_extensions.NotRequired[str]


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    n: int


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]
    n: str


Pet = Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]
AT = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("annotation", "value", "converted"),
    [
        pytest.param(int, 1, 1, id="int"),
        pytest.param(float, 1, 1.0, id="float"),
        pytest.param(bytes, b"a", b"a", id="bytes"),
        pytest.param(uuid.UUID, ID, uuid.UUID(ID), id="uuid"),
        pytest.param(Decimal, "1.10", Decimal("1.10"), id="decimal"),
        pytest.param(Decimal, 1.5, Decimal("1.5"), id="decimal-of-a-number"),
        pytest.param(dt.datetime, AT, AT, id="datetime"),
        pytest.param(dt.datetime, "2026-01-02T03:04:00Z", AT, id="datetime-of-a-string"),
        pytest.param(dt.date, "2026-01-02", dt.date(2026, 1, 2), id="date"),
        pytest.param(dt.time, "03:04:05", dt.time(3, 4, 5), id="time"),
        pytest.param(dt.timedelta, 1.5, dt.timedelta(seconds=1.5), id="timedelta"),
        pytest.param(Path, "/a", Path("/a"), id="path"),
        pytest.param(set[int], [1, 1, 2], {1, 2}, id="set"),
        pytest.param(frozenset[str], ["a"], frozenset("a"), id="frozenset"),
        pytest.param(tuple[int, str], [1, "a"], (1, "a"), id="tuple"),
        pytest.param(tuple[int, ...], [1, 2], (1, 2), id="tuple-of-any-length"),
        pytest.param(Color, "red", Color.RED, id="enum"),
        pytest.param(Level, 1, Level.LOW, id="int-enum"),
        pytest.param(Literal["a", 1], 1, 1, id="literal"),
        pytest.param(Pair, [1], Pair(1), id="named-tuple"),
        pytest.param(Pair, {"a": 1, "b": "c"}, Pair(1, "c"), id="named-tuple-of-an-object"),
        pytest.param(Point, {"x": 1, "labels": ["a"]}, Point(1, 0, {"a"}), id="dataclass"),
        pytest.param(Point, {"x": 1, "y": UNDEFINED}, Point(1), id="undefined-is-absent"),
        pytest.param(Item, {"id": ID, "at": {"x": 1}, "parts": [{"id": ID}]}, Item(id=uuid.UUID(ID), at=Point(1), parts=[Item(id=uuid.UUID(ID))]), id="model"),
        pytest.param(Strict, {"color": "red", "point": {"x": 1}}, Strict(color=Color.RED, point=Point(1)), id="strict-model"),
        pytest.param(Typed, {"n": 1}, {"n": 1}, id="typed-dict"),
        pytest.param(Pet, {"kind": "dog", "n": "a"}, Dog(kind="dog", n="a"), id="discriminated-union"),
        pytest.param(dict[str, Point], {"a": {"x": 1}}, {"a": Point(1)}, id="dictionary"),
        pytest.param(int | str, "1", "1", id="union-keeps-strings"),
        pytest.param(Color | None, None, None, id="optional"),
    ],
)  # fmt: skip
def test_data_becomes_the_annotated_type(
    annotation: object, value: object, converted: object
) -> None:
    found = converter_of(annotation)(value)

    assert found == converted
    assert type(found) is type(converted)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        pytest.param(int, True, "expected a valid integer, got a boolean", id="a-boolean-is-no-int"),
        pytest.param(int, "1", "expected a valid integer, got a string", id="a-string-is-no-int"),
        pytest.param(int, 1.0, "expected a valid integer, got a number", id="a-float-is-no-int"),
        pytest.param(float, True, "expected a valid number, got a boolean", id="a-boolean-is-no-float"),
        pytest.param(float, "1", "expected a valid number, got a string", id="a-string-is-no-float"),
        pytest.param(str, 1, "expected a valid string, got a number", id="a-number-is-no-string"),
        pytest.param(str, b"a", "expected a valid string, got bytes", id="bytes-are-no-string"),
        pytest.param(bool, 1, "expected a valid boolean, got a number", id="a-number-is-no-boolean"),
        pytest.param(bytes, "a", "expected a valid bytes, got a string", id="a-string-is-no-bytes"),
        pytest.param(list[int], [1, True], "[1]: expected a valid integer, got a boolean", id="in-lists"),
        pytest.param(list[int], {"a": 1}, "expected a valid list, got an object", id="an-object-is-no-list"),
        pytest.param(dict[str, int], {"a": "1"}, ".a: expected a valid integer, got a string", id="in-dictionaries"),
        pytest.param(Literal[1, "a"], True, "expected one of 1, 'a'", id="true-is-not-1"),
        pytest.param(Level, True, "expected one of 1", id="true-is-no-enum"),
        pytest.param(Level, "1", "expected one of 1", id="a-string-is-no-int-enum"),
        pytest.param(Color, [], "expected one of 'red', 'blue'", id="a-list-is-no-enum"),
        pytest.param(Decimal, True, "expected a number, got a boolean", id="a-boolean-is-no-decimal"),
        pytest.param(dt.timedelta, True, "expected a number, got a boolean", id="a-boolean-is-no-timedelta"),
        pytest.param(dt.datetime, 1, "expected a string in ISO 8601 format, got a number", id="a-number-is-no-datetime"),
        pytest.param(dt.date, AT, "Datetimes provided to dates should have zero time - e.g. be exact dates, got a Date", id="a-time-is-no-date"),
        pytest.param(Item, {"id": ID, "at": {"x": True}}, ".at.x: expected a valid integer, got a boolean", id="in-dataclasses-in-models"),
        pytest.param(Item, {"id": ID, "parts": [{"id": 5}]}, ".parts[0].id: UUID input should be a string, bytes or UUID object, got a number", id="in-models-in-models"),
        pytest.param(Point, {"x": 1, "z": 2}, ".z: Unexpected keyword argument", id="unknown-fields"),
        pytest.param(Typed, {"n": 1, "z": 2}, ".z: Extra inputs are not permitted", id="unknown-keys"),
        pytest.param(Pet, {"kind": "cat", "n": "1"}, ".cat.n: expected a valid integer, got a string", id="in-discriminated-unions"),
        pytest.param(Annotated[int, pydantic.Field(ge=1)], 0, "expected greater than or equal to 1, got a number", id="constraints"),
        pytest.param(dict[str, int], dict.fromkeys("abcde", "x"), ".a: expected a valid integer, got a string; .b: expected a valid integer, got a string; .c: expected a valid integer, got a string; and 2 more problems", id="many-problems"),
        pytest.param(list[int], ["x"] * 500_000, "[0]: expected a valid integer, got a string", id="very-many-items"),
        pytest.param(dict[str, int], {f"{n}": "x" for n in range(500_000)}, "more than 100 members are wrong, for example expected a valid integer, got a string", id="very-many-members"),
        pytest.param(dict[int, int], {f"{n}": 1 for n in range(500_000)}, "more than 100 members are wrong, for example expected a valid integer, got a string", id="very-many-keys"),
    ],
)  # fmt: skip
def test_other_data_is_refused(annotation: object, value: object, message: str) -> None:
    with pytest.raises(ConversionError) as caught:
        converter_of(annotation)(value)

    got = str(caught.value)
    assert got == message or got.split(", got", maxsplit=1)[0] == message


class Left(pydantic.BaseModel):
    inner: Left | Right | None = None


class Right(pydantic.BaseModel):
    inner: Left | Right | None = None


def test_nested_unions_do_not_take_exponential_time() -> None:
    value: dict[str, object] = {}
    for _ in range(60):
        value = {"inner": value}
    begun = time.monotonic()

    with pytest.raises(ConversionError, match="too many combinations"):
        converter_of(Left)(value)
    assert time.monotonic() - begun < 5
    assert converter_of(list[int | str])([1, "a"] * 100_000) == [1, "a"] * 100_000
    assert converter_of(Left)({"inner": {"inner": {}}}) == Left(inner=Left(inner=Left()))


def test_tools_get_what_they_are_annotated_with() -> None:
    given: list[object] = []

    def order(item: Item, *colors: Color, at: dt.date, **levels: Level) -> Color:
        given.extend([item, colors, at, levels])
        return Color.RED

    def place(
        point: Point, color: Color = Color.RED, *, at: dt.date
    ) -> tuple[Point, Color, dt.date]:
        return point, color, at

    source = "await tools.place({ x: 1, labels: ['a'] }, 'blue', { at: '2026-01-02' })"
    with Sandbox(tools={"place": place, "order": order}) as sandbox:
        assert sandbox.evaluate(source) == [{"x": 1, "y": 0, "labels": ["a"]}, "blue", "2026-01-02"]
        with pytest.raises(SandboxError, match=r"missing a required argument: 'at'"):
            sandbox.evaluate(f"await tools.order({{ id: '{ID}' }}, 'red')")

    assert given == []


def test_an_exception_of_a_validator_is_an_error_of_the_call() -> None:
    def check(value: object) -> object:
        raise LookupError("from the validator")

    def tool(a: object) -> None: ...

    tool.__annotations__ = {"a": Annotated[int, pydantic.BeforeValidator(check)]}
    with Sandbox(tools={"tool": tool}) as sandbox:
        with pytest.raises(SandboxError, match="LookupError: from the validator"):
            sandbox.evaluate("await tools.tool(1)")
        assert sandbox.evaluate("try { await tools.tool(1) } catch { return 1 }") == 1


def test_arguments_that_are_too_deep_or_hostile_are_refused() -> None:
    def tool(item: Item, text: str = "") -> None: ...

    with Sandbox(tools={"tool": tool}) as sandbox:
        for source in (
            f"let a = {{ id: '{ID}' }}; for (let i = 0; i < 60; i++) a = {{ id: 1, parts: [a] }}; await tools.tool(a)",
            "await tools.tool({ ['__proto__']: 1, constructor: 2, id: {} })",
            "await tools.tool(new Proxy({}, { ownKeys: () => ['id'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }) }))",
        ):
            with pytest.raises(SandboxError) as caught:
                sandbox.evaluate(source)
            assert caught.value.code == "JAVASCRIPT_ERROR"
            assert len(caught.value.message) < 3000


def test_what_pydantic_does_not_support_is_checked_as_without_it() -> None:
    class Odd:
        @classmethod
        def __get_pydantic_core_schema__(
            cls, _source: object, _handler: Callable[..., object]
        ) -> object:
            raise pydantic.PydanticUserError("no", code=None)

    def tool(a: Odd) -> None: ...

    tool.__annotations__ = {"a": Odd}
    with (
        Sandbox(tools={"tool": tool}) as sandbox,
        pytest.raises(SandboxError, match="argument 'a'"),
    ):
        sandbox.evaluate("await tools.tool(1)")


def test_nothing_needs_pydantic() -> None:
    program = """
import sys
sys.modules["pydantic"] = None
from compartment_mapper import Sandbox

def tool(a: int, b: list[str] | None = None) -> int:
    return a

with Sandbox(tools={"tool": tool}) as sandbox:
    print(sandbox.evaluate("await tools.tool(1, ['a'])"))
    print(sandbox.evaluate("try { await tools.tool(true) } catch (e) { return e.message }"))
    print(sandbox.declarations())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("1\ntools.tool: argument 'a': bool is a boolean; expected int\n")
    assert "tool(a: number, b?: string[] | null): Promise<number>;" in done.stdout
