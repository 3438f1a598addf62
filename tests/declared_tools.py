"""Tools with all kinds of annotations."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import (
    Annotated,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    TypedDict,
    TypeVar,
)

import pydantic

from compartment_mapper import Tool
from compartment_mapper.sandbox.tools import Tools

T = TypeVar("T")
UserId = NewType("UserId", int)
Json = Optional["str | float | bool | list[Json] | dict[str, Json]"]


class Color(enum.Enum):
    """A color."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Tree:
    """A tree.

    Attributes:
        name: What it is called.
    """

    name: str
    children: list[Tree] = field(default_factory=list)
    color: Color = Color.RED


class User(TypedDict):
    name: str
    tags: NotRequired[list[str]]


class Point(NamedTuple):
    x: float
    y: float = 0


@dataclass
class Page(Generic[T]):
    items: list[T]
    next: int | None


class Item(pydantic.BaseModel):
    """An item of an order. */ declare const evil: any; /*"""

    id: uuid.UUID
    price: Decimal = pydantic.Field(gt=0, description="In euros.")
    due: dt.date | None = None
    secret: str = pydantic.Field(default="", exclude=True)
    parts: list[Item] = []
    name_: str = pydantic.Field(alias="name", default="")


class Tags(pydantic.RootModel[list[str]]):
    pass


def plain(text: str, count: int = 3, flag: bool = False, data: bytes = b"") -> float:  # noqa: FBT001, FBT002 - as people write
    """Return a number.

    It is long.

    Args:
        text: What to
            count.
        count (int): How often.
    """
    return 1.5


def keywords(
    text: str,
    *,
    limit: Annotated[int, pydantic.Field(ge=1)] = 10,
    order: Literal["up", "down"] = "up",
) -> list[str]:
    return []


def needs(first: int = 1, *, key: str) -> None: ...


def several(*numbers: float) -> float:
    return sum(numbers)


def open_ended(**rest: int) -> dict[str, int]:
    return rest


def trees(tree: Tree, color: Color, level: Level = Level.LOW) -> Tree:
    return tree


def users(user: User, point: Point, user_id: UserId) -> Page[User]:
    return Page([user], None)


def order(item: Item, tags: Tags | None = None) -> Item:
    return item


def moments(
    at: dt.datetime, day: dt.date, lasts: dt.timedelta, path: Path, names: set[str]
) -> tuple[dt.datetime, dt.date, Path]:
    return at, day, path


def anything(value: Json, other: object, mapping: Mapping[str, Sequence[int]]) -> Json:
    return value


def rows(count: int) -> Iterator[Point]:
    """Yield rows."""
    yield Point(1)


async def pages(default: str, function: int, arguments: int = 0) -> AsyncIterator[User]:
    yield {"name": default}


async def fetch_user(id: UserId) -> User | None:  # noqa: A002 - as people write
    return None


class Callable_:  # noqa: N801 - a callable object
    def __call__(self, text: str) -> str:
        """Call it."""
        return text


SCHEMA = {
    "type": "object",
    "description": "Forecast the weather.",
    "properties": {
        "city": {"type": "string", "description": "A city, */ such as Rome."},
        "days": {"type": "integer", "minimum": 1, "default": 3},
        "unit": {"enum": ["celsius", "fahrenheit", None]},
        "where": {"$ref": "#/$defs/place"},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {
        "place": {
            "type": "object",
            "properties": {
                "lat": {"type": "number"},
                "near": {"type": "array", "items": {"$ref": "#/$defs/place"}},
            },
            "required": ["lat"],
        }
    },
}
OUTPUT = {
    "type": "object",
    "properties": {"degrees": {"type": "array", "items": {"type": "number"}}},
    "required": ["degrees"],
}

TOOLS: Tools = {
    "plain": plain,
    "keywords": keywords,
    "needs": needs,
    "several": several,
    "open_ended": open_ended,
    "trees": trees,
    "users": users,
    "order": order,
    "moments": moments,
    "anything": anything,
    "rows": rows,
    "web": {
        "pages": pages,
        "fetch_user": fetch_user,
        "read file": Callable_(),
        "weather": Tool(function=lambda **given: given, schema=SCHEMA, output_schema=OUTPUT),
    },
    "new": max,
    "constructor": {"__proto__": len, "toString": {"delete": print}},
}
