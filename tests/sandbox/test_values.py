"""Data is passed unchanged in both directions, and nothing else is passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel, computed_field

from compartment_mapper import UNDEFINED, JavaScriptError, NotDataError, Sandbox, SandboxError

#: JavaScript dates have a resolution of milliseconds.
DATES = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None))
    | st.binary(max_size=50)
    | DATES
    | st.just(UNDEFINED)
)
DATA = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(data=st.lists(DATA, min_size=1, max_size=3))
def test_data_comes_back_as_it_was(sandbox: Sandbox, data: list[object]) -> None:
    assert sandbox.evaluate("data", globals={"data": data}) == data


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("[NaN, Infinity, -Infinity].map(String).join()", "NaN,Infinity,-Infinity", id="texts-of-numbers"),
        pytest.param("Object.is(-0, value)", True, id="negative-zero"),
        pytest.param("[typeof whole, typeof great]", ["number", "bigint"], id="integers"),
        pytest.param("bytes instanceof Uint8Array && bytes[1]", 2, id="bytes"),
        pytest.param("date instanceof Date && date.toISOString()", "2026-01-02T01:04:05.006Z", id="dates"),
        pytest.param("[typeof nothing, nothing === null]", ["undefined", False], id="undefined"),
        pytest.param("error instanceof Error && `${error}`", "KeyError: 'k'", id="exceptions"),
        pytest.param("Object.keys(proto)", ["__proto__"], id="a-key-that-means-something-else"),
        pytest.param("mark", "#undefined", id="texts-that-look-like-marks"),
        pytest.param("[record.x, Array.isArray(pair)]", [1, True], id="dataclasses-and-tuples"),
        pytest.param("colors", ["red", 2, "#x"], id="enumerations"),
        pytest.param("texts", ["12345678-1234-5678-1234-567812345678", "1.10", "/a", "2026-01-02", "03:04:05", 1.5], id="what-is-text-or-a-number"),
        pytest.param("[numbers, mixed.length, named]", [[1, 2, 10], 2, [1, "b"]], id="sets-in-order-and-named-tuples"),
        pytest.param("model", {"identity": "12345678-1234-5678-1234-567812345678", "point": {"x": 1}, "twice": 2}, id="models-of-pydantic"),
        pytest.param("root", ["red"], id="root-models"),
    ],
)  # fmt: skip
def test_what_python_gives_is_what_javascript_gets(
    sandbox: Sandbox, source: str, value: object
) -> None:
    given = {
        "value": -0.0,
        "whole": 2**53 - 1,
        "great": 2**53,
        "bytes": b"\x01\x02",
        "date": datetime(2026, 1, 2, 3, 4, 5, 6000, timezone(timedelta(hours=2))),
        "nothing": UNDEFINED,
        "error": KeyError("k"),
        "proto": {"__proto__": 1},
        "mark": "#undefined",
        "record": Point(x=1),
        "pair": (1, 2),
        "colors": [Color.RED, Number.TWO, Color.MARK],
        "texts": [
            UUID(ID),
            Decimal("1.10"),
            PurePosixPath("/a"),
            date(2026, 1, 2),
            time(3, 4, 5),
            timedelta(seconds=1.5),
        ],
        "numbers": {10, 2, 1},
        "mixed": frozenset([1, "a"]),
        "named": Named(1, "b"),
        "model": Model(id=UUID(ID), point=Point(x=1), hidden="h"),
        "root": Root([Color.RED]),
    }

    assert sandbox.evaluate(source, globals=given) == value


ID = "12345678-1234-5678-1234-567812345678"


@dataclass
class Point:
    x: int


class Color(str, Enum):  # noqa: UP042 - as people write
    RED = "red"
    MARK = "#x"


class Number(IntEnum):
    TWO = 2


class Named(NamedTuple):
    a: int
    b: str


class Model(BaseModel):
    id: UUID = Field(serialization_alias="identity")
    point: Point
    hidden: str = Field(exclude=True)

    @computed_field
    def twice(self) -> int:
        return 2 * self.point.x


class Root(RootModel[list[Color]]):
    pass


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("new Uint8Array([1, 2])", b"\x01\x02", id="bytes"),
        pytest.param("new TextEncoder().encode('aé').subarray(1)", "é".encode(), id="a-part-of-bytes"),
        pytest.param("-(2n ** 64n)", -(2**64), id="bigints"),
        pytest.param("[1.5, 2.0, 1e21]", [1.5, 2, 1e21], id="numbers"),
        pytest.param("new Date(0)", datetime(1970, 1, 1, tzinfo=UTC), id="dates"),
        pytest.param("[undefined, null]", [UNDEFINED, None], id="undefined-within"),
        pytest.param("[, 1]", [UNDEFINED, 1], id="holes"),
        pytest.param("new (class A { b = 1; #c = 2; get d() { return 3 } })", {"b": 1}, id="instances-are-their-own-properties"),
        pytest.param("({ get a() { return 1 } })", {"a": 1}, id="getters-are-read"),
        pytest.param("Object.create(null, { a: { value: 1, enumerable: true } })", {"a": 1}, id="without-prototype"),
        pytest.param("new Proxy({ a: 1 }, {})", {"a": 1}, id="proxies"),
        pytest.param("'\\ud800'", "\ud800", id="lone-surrogates"),
    ],
)  # fmt: skip
def test_what_javascript_gives_is_what_python_gets(
    sandbox: Sandbox, source: str, value: object
) -> None:
    assert sandbox.evaluate(source) == value


def test_errors_cross_as_data(sandbox: Sandbox) -> None:
    error = sandbox.evaluate("const e = new TypeError('m'); e.name = 'Mine'; ({ e })")

    assert isinstance(error, dict)
    assert isinstance(error["e"], JavaScriptError)
    assert str(error["e"]) == "Mine: m"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param("({ a: [() => 1] })", "the result.a[0] is a function, which is not data: only data can cross", id="functions"),
        pytest.param("Symbol('s')", "the result is a symbol, which is not data: convert it to a string: symbol.description", id="symbols"),
        pytest.param("new Map()", "the result is a Map, which is not data: convert it to an object: Object.fromEntries(map)", id="maps"),
        pytest.param("[Promise.resolve(1)]", "the result[0] is a Promise, which is not data: await it", id="promises"),
        pytest.param("/x/", "the result is a RegExp, which is not data: convert it to an object or an array", id="expressions"),
        pytest.param("const a = {}; a['b c'] = a; a", 'the result["b c"] contains itself', id="cycles"),
        pytest.param("new Date(NaN)", "the result is not a valid date", id="invalid-dates"),
        pytest.param("let a = []; for (let i = 0; i < 100; i++) a = [a]; a", None, id="too-deep"),
        pytest.param("'x'.repeat(9e6)", "the result is too large: more than 8388608 bytes", id="too-large"),
        pytest.param("let a = 'x'.repeat(1000); for (let i = 0; i < 30; i++) a = [a, a]; a", None, id="too-many-ways-to-the-same"),
        pytest.param("new Array(2 ** 32 - 1)", None, id="an-endless-array"),
        pytest.param("new Proxy([], { get: (t, k) => k === 'length' ? 1e15 : t[k] })", None, id="an-array-that-lies"),
    ],
)  # fmt: skip
def test_values_that_are_not_data_are_rejected(
    sandbox: Sandbox, source: str, message: str | None
) -> None:
    with pytest.raises(SandboxError) as caught:
        sandbox.evaluate(source)

    assert caught.value.code == "JAVASCRIPT_ERROR"
    assert message is None or caught.value.message == message


def test_dates_that_python_does_not_have_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match=r"NOT_DATA.*out of range"):
        sandbox.evaluate("new Date(8.64e15)")


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(object(), id="objects"),
        pytest.param({1: 2}, id="keys-that-are-no-texts"),
        pytest.param(datetime(2026, 1, 1), id="dates-without-a-zone"),  # noqa: DTZ001 - that is it
        pytest.param({object()}, id="sets-of-no-data"),
        pytest.param((x for x in "ab"), id="generators-inside-of-data"),
        pytest.param(print, id="functions"),
    ],
)
def test_what_python_has_no_data_for_is_refused(sandbox: Sandbox, value: object) -> None:
    with pytest.raises(NotDataError):
        sandbox.evaluate("1", globals={"value": [value]})


def test_cyclic_values_are_rejected(sandbox: Sandbox) -> None:
    loop: list[object] = []
    loop.append(loop)

    with pytest.raises(NotDataError, match="contains itself"):
        sandbox.evaluate("1", globals={"loop": loop})
