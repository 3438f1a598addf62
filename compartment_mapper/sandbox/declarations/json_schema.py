"""Types of JSON Schemas, which may be hostile: unknown forms become ``unknown``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from compartment_mapper.sandbox.declarations.model import (
    BOOLEAN,
    NULL,
    NUMBER,
    STRING,
    UNKNOWN,
    ArrayType,
    Declaration,
    IntersectionType,
    Keyword,
    LiteralType,
    Member,
    NamedType,
    ObjectType,
    Parameter,
    Reference,
    TupleItem,
    TupleType,
    Type,
    record_of,
    union,
)
from compartment_mapper.sandbox.declarations.names import type_name

#: The maximum nesting and number of schemas in one; the rest is ``unknown``.
_MOST_DEPTH = 40
_MOST_SCHEMAS = 5000
_PLAIN: Mapping[str, Type] = {
    "string": STRING,
    "number": NUMBER,
    "integer": NUMBER,
    "boolean": BOOLEAN,
    "null": NULL,
}
#: Keywords that constrain values beyond their type, with the words that describe them.
_NOTES = {
    "format": "format",
    "pattern": "pattern",
    "multipleOf": "a multiple of",
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "greater than",
    "exclusiveMaximum": "less than",
    "minLength": "length at least",
    "maxLength": "length at most",
    "minItems": "items at least",
    "maxItems": "items at most",
}
_LONGEST_NOTE = 60


def declare_schema(
    path: tuple[str, ...],
    schema: Mapping[str, object],
    *,
    output: Mapping[str, object] | None = None,
    doc: str = "",
) -> Declaration:
    """Return the declaration of a tool that takes one object.

    Args:
        path: The names of its namespaces and its own.
        schema: The JSON Schema of the object.
        output: The JSON Schema of the result.
        doc: The documentation. Default: the description of *schema*.
    """
    return with_schemas(Declaration(path=path), input=schema, output=output, doc=doc)


def with_schemas(
    declaration: Declaration,
    *,
    input: Mapping[str, object] | None,  # noqa: A002 - the term of JSON Schema for tools
    output: Mapping[str, object] | None,
    doc: str = "",
) -> Declaration:
    """Return *declaration* with parameters and result of JSON Schemas, where they are given."""
    types = dict(declaration.types)
    name = declaration.path[-1][:1].upper() + declaration.path[-1][1:]
    doc = doc or declaration.doc
    parameters, result = declaration.parameters, declaration.result
    if input is not None:
        parameters = _parameters(_Schemas(input, f"{name}Input", types).type_of(input))
        doc = doc or _text(input, "description")
    if output is not None:
        result = _Schemas(output, f"{name}Output", types).type_of(output)
    return replace(declaration, parameters=parameters, result=result, doc=doc, types=types)


def _parameters(given: Type) -> tuple[Parameter, ...]:
    if given == ObjectType():
        return ()
    is_optional = isinstance(given, ObjectType) and not _has_required(given)
    return (Parameter(name="input", type=given, is_optional=is_optional),)


def _has_required(found: ObjectType) -> bool:
    return any(not member.is_optional for member in found.members)


def _text(schema: Mapping[str, object], key: str) -> str:
    value = schema.get(key)
    return value if isinstance(value, str) else ""


@dataclass(slots=True)
class _Schemas:
    """The schemas of one document."""

    root: Mapping[str, object]
    root_name: str
    types: dict[str, NamedType]
    _names: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def type_of(self, schema: object, depth: int = 0) -> Type:
        """Return the type of the values that are valid under *schema*, or a wider one."""
        self._count += 1
        if schema is False:
            return Keyword("never")
        if not isinstance(schema, Mapping) or depth > _MOST_DEPTH or self._count > _MOST_SCHEMAS:
            return UNKNOWN
        found = _intersection(*self._parts(schema, depth + 1))
        return union(found, NULL) if schema.get("nullable") is True else found

    def _parts(self, schema: Mapping[str, object], depth: int) -> Iterator[Type]:
        """Yield types that values have at the same time."""
        reference = schema.get("$ref", schema.get("$dynamicRef"))
        if isinstance(reference, str):
            yield self._reference(reference, depth)
        if "const" in schema:
            yield _literal(schema["const"])
        elif isinstance(schema.get("enum"), list):
            yield union(*map(_literal, _list(schema, "enum")))
        else:
            yield self._by_type(schema, depth)
        for key in ("anyOf", "oneOf"):
            if choices := _list(schema, key):
                yield union(*(self.type_of(each, depth) for each in choices))
        for each in _list(schema, "allOf"):
            yield self.type_of(each, depth)

    def _by_type(self, schema: Mapping[str, object], depth: int) -> Type:
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return union(*(self._of_type(kind, schema, depth) for kind in kinds))
        if kinds is None:
            kinds = next((kind for key, kind in _IMPLIED.items() if key in schema), None)
        return self._of_type(kinds, schema, depth)

    def _of_type(self, kind: object, schema: Mapping[str, object], depth: int) -> Type:
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, depth)
        return _PLAIN.get(kind, UNKNOWN) if isinstance(kind, str) else UNKNOWN

    def _object(self, schema: Mapping[str, object], depth: int) -> Type:
        properties = schema.get("properties")
        required = {name for name in _list(schema, "required") if isinstance(name, str)}
        members: dict[str, Member] = {}
        for name, each in properties.items() if isinstance(properties, Mapping) else ():
            if isinstance(name, str):
                members[name] = Member(
                    name=name,
                    type=self.type_of(each, depth),
                    is_optional=name not in required,
                    doc=_doc(each) if isinstance(each, Mapping) else "",
                )
        for name in sorted(required - members.keys()):
            members[name] = Member(name, UNKNOWN)
        rest = self._rest(schema, depth, is_open="properties" not in schema)
        return ObjectType(tuple(members.values()), rest)

    def _rest(self, schema: Mapping[str, object], depth: int, *, is_open: bool) -> Type | None:
        """Return the type of members without a name.

        DEVIATION: if a schema names members and does not mention others, they are valid, but code
        that passes them is most likely wrong.
        """
        patterns = schema.get("patternProperties")
        others = [
            self.type_of(each, depth)
            for each in (patterns.values() if isinstance(patterns, Mapping) else ())
        ]
        more = schema.get("additionalProperties", None if others or not is_open else True)
        if more is not None and more is not False:
            others.append(self.type_of(more, depth))
        return union(*others) if others else None

    def _array(self, schema: Mapping[str, object], depth: int) -> Type:
        items = schema.get("items", True)
        first = _list(schema, "prefixItems")
        if isinstance(items, list):  # until draft 2019-09
            first, items = items, schema.get("additionalItems", True)
        if not first:
            return ArrayType(self.type_of(items, depth))
        least = schema.get("minItems")
        count = least if isinstance(least, int) else 0
        typed = tuple(
            TupleItem(self.type_of(each, depth), is_optional=index >= count)
            for index, each in enumerate(first)
        )
        return TupleType(typed, None if items is False else self.type_of(items, depth))

    def _reference(self, reference: str, depth: int) -> Type:
        if reference in self._names:
            return Reference(self._names[reference])
        found = self._resolved(reference)
        if found is None:
            return UNKNOWN
        last = unquote(reference).rpartition("/")[2].lstrip("#")
        name = type_name(last or self.root_name, self.types)
        self._names[reference] = name
        self.types[name] = NamedType(type=UNKNOWN)  # in case the definition refers to it
        self.types[name] = NamedType(type=self.type_of(found, depth), doc=_doc(found))
        return Reference(name)

    def _resolved(self, reference: str) -> Mapping[str, object] | None:
        """Return the schema at a JSON pointer (RFC 6901) of this document, or None."""
        if not reference.startswith("#"):
            return None
        found: object = self.root
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and key.isdecimal() and int(key[:9]) < len(found):
                found = found[int(key)]
            elif isinstance(found, Mapping) and key in found:
                found = found[key]
            else:
                return None
        is_anchor = reference != "#" and not reference.startswith("#/")
        return found if isinstance(found, Mapping) and not is_anchor else None


#: The type that a keyword implies if the schema has none.
_IMPLIED = {
    "properties": "object",
    "additionalProperties": "object",
    "patternProperties": "object",
    "items": "array",
    "prefixItems": "array",
}


def _list(schema: Mapping[str, object], key: str) -> list[object]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _literal(value: object) -> Type:
    if value is None:
        return NULL
    return LiteralType(value) if isinstance(value, str | int | float) else UNKNOWN


def _intersection(*parts: Type) -> Type:
    """Return the type of values of all *parts*; ``unknown`` adds nothing."""
    known = tuple(dict.fromkeys(part for part in parts if part != UNKNOWN))
    if not known:
        return UNKNOWN
    if len(known) > 1 and record_of(UNKNOWN) in known:
        known = tuple(part for part in known if part != record_of(UNKNOWN)) or known[:1]
    return known[0] if len(known) == 1 else IntersectionType(known)


def _doc(schema: Mapping[str, object]) -> str:
    texts = [_text(schema, "description")]
    texts += [
        f"({word} {schema[key]})"
        for key, word in _NOTES.items()
        if isinstance(schema.get(key), int | float | str) and len(f"{schema[key]}") < _LONGEST_NOTE
    ]
    default = schema.get("default")
    if isinstance(default, bool | int | float | str) and len(f"{default}") < _LONGEST_NOTE:
        shown = str(default).lower() if isinstance(default, bool) else repr(default)
        texts.append(f"Default: {shown}.")
    return re.sub(r"\s+", " ", " ".join(text for text in texts if text)).strip()
