"""`ModuleRecord` ↔ plain values (JSON or ``marshal``), for the cache and for workers.

Cached values may come from another program: every value is type-checked, and no value names a class
or a function.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from hashlib import sha256
from itertools import product
from typing import get_args

from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import (
    AssetRequest,
    BuiltinUse,
    Edit,
    FreeName,
    ImportEntry,
    IndirectExport,
    LocalExport,
    ModuleRecord,
    ModuleRequest,
    PatternRequest,
    Reach,
    Refusal,
    RequestKind,
    Sign,
    SignName,
    StarExport,
)
from compartment_mapper.records.type_stripping import StrippedTypes, StripRefusal
from compartment_mapper.text import Span

#: The classes of the fields that hold records.
_RECORDS: dict[str, type] = {
    "requests": ModuleRequest,
    "patterns": PatternRequest,
    "assets": AssetRequest,
    "imports": ImportEntry,
    "local_exports": LocalExport,
    "indirect_exports": IndirectExport,
    "star_exports": StarExport,
    "free_names": FreeName,
    "handed_names": FreeName,
    "page_names": FreeName,
    "made_globals": FreeName,
    "commonjs_names": FreeName,
    "builtin_uses": BuiltinUse,
    "refusals": Refusal,
    "signs": Sign,
}
_TEXTS = frozenset(
    {"file_names", "cjs_exports", "cjs_reexports", "assigned_names", "prologue", "patched"}
)
_FLAGS = frozenset(
    {
        "checks_imports",
        "lends_require",
        "uses_import",
        "uses_import_meta",
        "uses_eval",
        "has_top_level_await",
        "monkey_patches",
    }
)
_LANGUAGES: tuple[object, ...] = get_args(Language)
_KINDS: frozenset[object] = frozenset(get_args(RequestKind))
_SIGNS: frozenset[object] = frozenset(get_args(SignName))
_REACHES: frozenset[object] = frozenset(get_args(Reach))
#: By annotation, the valid types of a field.
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "Specifier": (str,),
    "RequestKind": (str,),
    "Reach": (str,),
    "SignName": (str,),
    "str | None": (str, type(None)),
}


class _Shape:
    """The encoding of a record class: its fields in order, then the span as two numbers."""

    __slots__ = ("allowed", "kind", "names", "reach", "sign")

    def __init__(self, record: type) -> None:
        own = [field for field in fields(record) if field.name != "span"]
        self.names = tuple(field.name for field in own)
        types = [_TYPES[str(field.type)] for field in own]
        self.allowed = frozenset(product(*types, (int,), (int,)))
        self.kind = self.names.index("kind") if "kind" in self.names else None
        self.reach = self.names.index("reach") if "reach" in self.names else None
        self.sign = self.names.index("sign") if "sign" in self.names else None


_SHAPES = {record: _Shape(record) for record in _RECORDS.values()}
_DEFAULTS = ModuleRecord(language="bytes")


def to_plain(record: ModuleRecord) -> dict[str, object]:
    """Return *record* as a dictionary without default values."""
    found: dict[str, object] = {"language": record.language}
    for field in fields(ModuleRecord):
        name = field.name
        value = getattr(record, name)
        if name in _RECORDS and value:
            found[name] = [_values(item) for item in value]
        elif value != getattr(_DEFAULTS, name):
            found[name] = value
    return found


#: Fields that change with every edit of the source and only affect its own compilation.
_TEXTUAL = frozenset({"edits", "prologue", "prefix"})


def interface_of(record: ModuleRecord) -> str:
    """Return a digest of the parts of *record* that other modules and policies depend on."""
    seen: dict[str, object] = {}
    for name, value in to_plain(record).items():
        if name in _RECORDS and isinstance(value, list):
            seen[name] = [row[:-2] for row in value]  # without the span
        elif name not in _TEXTUAL:
            seen[name] = value
    return sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def _values(item: object) -> list[object]:
    names = _SHAPES[type(item)].names
    span = getattr(item, "span")  # noqa: B009 - of any of the records above
    return [*(getattr(item, name) for name in names), *span]


def from_plain(value: object) -> ModuleRecord | None:
    """Return the record that *value* encodes, or None."""
    if not isinstance(value, dict) or value.get("language") not in _LANGUAGES:
        return None
    try:
        read = {name: _field(name, found) for name, found in value.items()}
        return ModuleRecord(**read)  # type: ignore[arg-type] # each was checked
    except (TypeError, ValueError):
        return None


def _field(name: str, value: object) -> object:
    """Return the value of the field *name*; raise TypeError or ValueError if it is invalid."""
    if name in _RECORDS:
        record = _RECORDS[name]
        return tuple(_record(record, _SHAPES[record], item) for item in _items(value))
    if name in _TEXTS:
        texts = tuple(_items(value))
        _check(all(type(text) is str for text in texts))
        return texts
    if name == "edits":
        return tuple(map(_edit, _items(value)))
    if name == "parse_uncertainty":
        return None if value is None else _span(*_items(value))
    _check(type(value) is bool if name in _FLAGS else type(value) is str)
    return value


def _record(record: type, shape: _Shape, item: object) -> object:
    values = _items(item)
    _check(tuple(map(type, values)) in shape.allowed)
    _check(shape.kind is None or values[shape.kind] in _KINDS)
    _check(shape.reach is None or values[shape.reach] in _REACHES)
    _check(shape.sign is None or values[shape.sign] in _SIGNS)
    *own, start, end = values
    made: object = record(**dict(zip(shape.names, own, strict=True)), span=_span(start, end))
    return made


def _edit(item: object) -> Edit:
    start, end, text = _items(item)
    _check(type(text) is str)
    return Edit(*_span(start, end), str(text))


def _span(start: object, end: object) -> Span:
    if type(start) is not int or type(end) is not int or not 0 <= start <= end:
        raise ValueError
    return Span(start, end)


def _items(value: object) -> list[object]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return list(value)


def _check(holds: bool) -> None:  # noqa: FBT001 - the condition itself
    if not holds:
        raise ValueError


def stripped_to_plain(found: StrippedTypes | StripRefusal) -> dict[str, object]:
    """Return *found* as a dictionary."""
    return asdict(found) if isinstance(found, StripRefusal) else {"edits": list(found)}


def stripped_from_plain(value: object) -> StrippedTypes | StripRefusal | None:
    """Return the value that `stripped_to_plain` encoded as *value*, or None."""
    try:
        if not isinstance(value, dict):
            return None
        if "edits" in value:
            return tuple(map(_edit, _items(value["edits"])))
        texts, numbers = (value["code"], value["message"]), [value[name] for name in _PLACE]
        _check(all(type(text) is str for text in texts))
        _check(type(value["drawn"]) is bool)
        _check(all(type(number) is int and number >= 0 for number in numbers))
        return StripRefusal(**value)
    except (KeyError, TypeError, ValueError):
        return None


_PLACE = ("line", "column", "width")
