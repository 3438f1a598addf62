"""Declarations of Python functions."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from compartment_mapper.sandbox.declarations.annotations import Direction, TypeBuilder, bases_of
from compartment_mapper.sandbox.declarations.classes import define_class, hints_of, note_of
from compartment_mapper.sandbox.declarations.docstrings import Doc, doc_of_function
from compartment_mapper.sandbox.declarations.model import (
    UNKNOWN,
    Declaration,
    GenericType,
    Keyword,
    Member,
    NamedType,
    ObjectType,
    Parameter,
    Type,
    renamed,
    union,
)
from compartment_mapper.sandbox.declarations.names import type_name

_Kind = inspect.Parameter
_BY_POSITION = frozenset({_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD})
#: The longest default that documentation shows.
_LONGEST = 40


def declare_function(
    path: tuple[str, ...], function: Callable[..., object], signature: inspect.Signature | None
) -> Declaration:
    """Return the declaration of *function* as a tool.

    Args:
        path: The names of its namespaces and its own.
        function: Any callable.
        signature: Its signature, or None if Python does not know it.
    """
    doc = doc_of_function(function)
    if signature is None:
        rest = Parameter(name="args", type=UNKNOWN, is_rest=True)
        return Declaration(path=path, parameters=(rest,), doc=doc.text)
    source = _Source(function, signature, _hints(function), doc)
    scope = getattr(inspect.unwrap(function), "__globals__", {})
    inputs = _builder("input", scope)
    outputs = _builder("output", scope)
    parameters = _required_first([*_positional(source, inputs), *_last(source, inputs)])
    result = _result(source, outputs)
    names = _input_names(inputs.types, outputs.types)
    return Declaration(
        path=path,
        parameters=tuple(replace(each, type=renamed(each.type, names)) for each in parameters),
        result=result,
        doc=doc.text,
        types={
            **{
                names[name]: replace(found, type=renamed(found.type, names))
                for name, found in inputs.types.items()
            },
            **outputs.types,
        },
    )


def result_of_function(
    function: Callable[..., object], signature: inspect.Signature | None
) -> tuple[Type, Mapping[str, NamedType]]:
    """Return the type that the promise of a tool resolves to, and the named types in it."""
    if signature is None:
        return UNKNOWN, {}
    builder = _builder("output", getattr(inspect.unwrap(function), "__globals__", {}))
    source = _Source(function, signature, _hints(function), Doc())
    return _result(source, builder), builder.types


def _builder(direction: Direction, scope: Mapping[str, object]) -> TypeBuilder:
    return TypeBuilder(direction=direction, define=define_class, scope=scope)


@dataclass(frozen=True, slots=True)
class _Source:
    """What Python knows about a function."""

    function: Callable[..., object]
    signature: inspect.Signature
    hints: Mapping[str, object]
    doc: Doc

    def annotation_of(self, name: str) -> object:
        """Return the annotation of a parameter; `object` if it has none."""
        return self.hints.get(name, object)


def _hints(function: Callable[..., object]) -> Mapping[str, object]:
    found = inspect.unwrap(function)
    while hasattr(found, "func"):  # functools.partial
        found = found.func
    is_plain = inspect.isroutine(found) or inspect.isclass(found)
    return hints_of(found if is_plain else type(found).__call__)


def _positional(source: _Source, builder: TypeBuilder) -> Iterator[Parameter]:
    for name, each in source.signature.parameters.items():
        if each.kind in _BY_POSITION or each.kind is _Kind.VAR_POSITIONAL:
            yield Parameter(
                name=name,
                type=builder.type_of(source.annotation_of(name)),
                is_optional=each.default is not _Kind.empty,
                is_rest=each.kind is _Kind.VAR_POSITIONAL,
                doc=_doc(source, each),
            )


def _last(source: _Source, builder: TypeBuilder) -> Iterator[Parameter]:
    """Yield the object for keyword-only parameters, if the function has any that code can set."""
    kinds = {each.kind for each in source.signature.parameters.values()}
    if _Kind.VAR_POSITIONAL in kinds or not kinds & {_Kind.KEYWORD_ONLY, _Kind.VAR_KEYWORD}:
        return
    members: list[Member] = []
    rest: Type | None = None
    for name, each in source.signature.parameters.items():
        if each.kind is _Kind.KEYWORD_ONLY:
            members.append(
                Member(
                    name=name,
                    type=builder.type_of(source.annotation_of(name)),
                    is_optional=each.default is not _Kind.empty,
                    doc=_doc(source, each),
                )
            )
        elif each.kind is _Kind.VAR_KEYWORD:
            rest = builder.type_of(source.annotation_of(name))
    yield Parameter(
        name="options",
        type=ObjectType(tuple(members), rest),
        is_optional=all(member.is_optional for member in members),
    )


def _doc(source: _Source, parameter: inspect.Parameter) -> str:
    name, default = parameter.name, parameter.default
    default = default.value if isinstance(default, enum.Enum) else default
    text = source.doc.members.get(name) or note_of(source.annotation_of(name))
    if isinstance(default, bool | int | float | str) and len(repr(default)) <= _LONGEST:
        shown = str(default).lower() if isinstance(default, bool) else repr(default)
        text = f"{text} Default: {shown}.".strip()
    return text


def _required_first(parameters: list[Parameter]) -> list[Parameter]:
    """Return *parameters* for TypeScript, where no optional one precedes a required one."""
    found: list[Parameter] = []
    is_required = False
    for each in reversed(parameters):
        if each.is_optional and is_required:
            type_ = union(each.type, Keyword("undefined"))
            found.append(replace(each, type=type_, is_optional=False))
        else:
            is_required = is_required or not (each.is_optional or each.is_rest)
            found.append(each)
    return found[::-1]


def _result(source: _Source, builder: TypeBuilder) -> Type:
    annotation = source.hints.get("return", object)
    function = inspect.unwrap(source.function)
    if not (inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)):
        return builder.type_of(annotation)
    _origin, inner = bases_of(annotation)
    return GenericType("AsyncGenerator", (builder.type_of(inner[0]) if inner else UNKNOWN,))


def _input_names(
    inputs: Mapping[str, NamedType], outputs: Mapping[str, NamedType]
) -> dict[str, str]:
    """Return names for the types of arguments: results with the same definition share them."""
    names = {name: name for name in inputs}
    different = {name for name in inputs if name in outputs and inputs[name] != outputs[name]}
    while different:
        for name in different:
            names[name] = type_name(f"{name}Input", {*inputs, *outputs})
        different = {
            name
            for name, found in inputs.items()
            if names[name] == name
            and name in outputs
            and renamed(found.type, names) != outputs[name].type
        }
    return names
