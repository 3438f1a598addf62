"""Types of classes with fields: dataclasses, TypedDict, NamedTuple, enumerations and pydantic."""

from __future__ import annotations

import dataclasses
import enum
import sys
import typing
from collections.abc import Iterator, Mapping

from compartment_mapper.sandbox.declarations.annotations import (
    NOTES,
    Arguments,
    TypeBuilder,
    enum_type,
)
from compartment_mapper.sandbox.declarations.docstrings import Doc, doc_of_class
from compartment_mapper.sandbox.declarations.model import (
    UNKNOWN,
    Member,
    NamedType,
    ObjectType,
    TupleItem,
    TupleType,
)


def define_class(builder: TypeBuilder, found: type, arguments: Arguments) -> NamedType | None:
    """Return the definition of a class, or None if its instances do not cross."""
    doc = doc_of_class(found)
    if issubclass(found, enum.Enum):
        return NamedType(type=enum_type(found), doc=doc.text)
    if issubclass(found, tuple) and hasattr(found, "_fields"):
        return NamedType(type=_named_tuple(builder, found, arguments), doc=doc.text)
    if _is_root_model(found):
        root = getattr(found, "model_fields", {})["root"].annotation
        return NamedType(type=builder.type_of(root, arguments), doc=doc.text)
    members = _members(builder, found, arguments, doc)
    return None if members is None else NamedType(type=ObjectType(tuple(members)), doc=doc.text)


def _members(
    builder: TypeBuilder, found: type, arguments: Arguments, doc: Doc
) -> Iterator[Member] | None:
    if is_model(found):
        return _model_members(builder, found, doc)
    if dataclasses.is_dataclass(found):
        return _dataclass_members(builder, found, arguments, doc)
    return (
        _typed_dict_members(builder, found, arguments, doc) if typing.is_typeddict(found) else None
    )


def is_model(found: type) -> bool:
    """Return whether *found* is a model of pydantic, without importing it."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and issubclass(found, pydantic.BaseModel)


def _is_root_model(found: type) -> bool:
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and issubclass(found, pydantic.RootModel)


def hints_of(found: object, *, scope: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return the annotations of a class or function; strings if a name cannot be resolved."""
    try:
        return typing.get_type_hints(found, include_extras=True, localns=dict(scope or {}))
    except (NameError, TypeError):
        return dict(getattr(found, "__annotations__", {}))


def note_of(annotation: object) -> str:
    """Return what the metadata of an annotation says: its description and constraints."""
    metadata = getattr(annotation, "__metadata__", ())
    plain = typing.get_args(annotation)[0] if metadata else annotation
    texts = [text for each in metadata for text in _texts(each)]
    if not texts:
        texts = [note for key, note in NOTES.items() if key is plain]
    return " ".join(texts)


#: Attributes of `annotated_types`, which pydantic's `Field` and others use.
_CONSTRAINTS = {
    "gt": "greater than",
    "ge": "at least",
    "lt": "less than",
    "le": "at most",
    "multiple_of": "a multiple of",
    "min_length": "length at least",
    "max_length": "length at most",
    "pattern": "pattern",
}


def _texts(metadata: object) -> Iterator[str]:
    if isinstance(metadata, str):
        yield metadata
        return
    for name in ("description", "documentation"):
        text = getattr(metadata, name, None)
        if isinstance(text, str):
            yield text
    for each in (metadata, *getattr(metadata, "metadata", ())):
        for name, word in _CONSTRAINTS.items():
            limit = getattr(each, name, None)
            if isinstance(limit, int | float | str):
                yield f"({word} {limit})"


def _dataclass_members(
    builder: TypeBuilder, found: type, arguments: Arguments, doc: Doc
) -> Iterator[Member]:
    hints = hints_of(found)
    for each in dataclasses.fields(found):
        is_input = builder.direction == "input"
        if is_input and not each.init:
            continue
        has_default = (each.default, each.default_factory) != (dataclasses.MISSING,) * 2
        annotation = hints.get(each.name, each.type)
        yield Member(
            name=each.name,
            type=builder.type_of(annotation, arguments),
            is_optional=is_input and has_default,
            doc=doc.members.get(each.name) or note_of(annotation),
        )


def _typed_dict_members(
    builder: TypeBuilder, found: type, arguments: Arguments, doc: Doc
) -> Iterator[Member]:
    required: frozenset[str] = getattr(found, "__required_keys__", frozenset())
    for name, annotation in hints_of(found).items():
        yield Member(
            name=name,
            type=builder.type_of(annotation, arguments),
            is_optional=_is_optional(annotation, is_required=name in required),
            doc=doc.members.get(name) or note_of(annotation),
        )


def _is_optional(annotation: object, *, is_required: bool) -> bool:
    """Return whether a key may be missing; Python does not know it of annotations in strings."""
    origin = typing.get_origin(annotation)
    return origin is typing.NotRequired or not (is_required or origin is typing.Required)


def _named_tuple(builder: TypeBuilder, found: type, arguments: Arguments) -> TupleType:
    hints = hints_of(found)
    defaults = getattr(found, "_field_defaults", {})
    return TupleType(
        tuple(
            TupleItem(
                builder.type_of(hints.get(name), arguments) if name in hints else UNKNOWN,
                name,
                builder.direction == "input" and name in defaults,
            )
            for name in getattr(found, "_fields", ())
        )
    )


def _model_members(builder: TypeBuilder, found: type, doc: Doc) -> Iterator[Member]:
    """Yield the members of a model, under the names that pydantic reads or writes."""
    is_input = builder.direction == "input"
    for name, each in getattr(found, "model_fields", {}).items():
        if not is_input and each.exclude:
            continue
        alias = each.validation_alias if is_input else each.serialization_alias
        texts = [
            each.description or doc.members.get(name, ""),
            *map(note_of_metadata, each.metadata),
        ]
        yield Member(
            name=alias if isinstance(alias, str) else each.alias or name,
            type=builder.type_of(each.annotation),
            is_optional=is_input and not each.is_required(),
            doc=" ".join(text for text in texts if text) or note_of(each.annotation),
        )
    if not is_input:
        for name, computed in getattr(found, "model_computed_fields", {}).items():
            yield Member(
                name=computed.alias or name,
                type=builder.type_of(computed.return_type),
                doc=computed.description or "",
            )


def note_of_metadata(metadata: object) -> str:
    """Return what one piece of metadata says."""
    return " ".join(_texts(metadata))
