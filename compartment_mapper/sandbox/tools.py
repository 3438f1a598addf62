"""Python functions that evaluated code can call, and the checks of their arguments."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, get_type_hints

from compartment_mapper.sandbox.arguments import only_positional, placed
from compartment_mapper.sandbox.checks import Check, check_of
from compartment_mapper.sandbox.declarations.names import member_path
from compartment_mapper.sandbox.values import UNDEFINED

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from compartment_mapper.sandbox.declarations.model import Declaration

#: Async functions return an awaitable.
Function = Callable[..., object]


class ArgumentError(TypeError):
    """A tool was called with invalid arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function and the schema of its arguments.

    Without a schema, arguments are passed by position; ``undefined`` selects the default, and an
    object after the last positional parameter provides the keyword-only ones. Each argument is
    checked against its annotation. With a schema, the tool takes one object, which is checked
    against the schema and passed as keyword arguments.
    """

    function: Function
    #: A JSON Schema, as language models receive it.
    schema: Mapping[str, object] | None = None
    #: The part of *schema* that is checked before a call. Default: all of it.
    checked_schema: Mapping[str, object] | None = None
    #: The JSON Schema of the result, for declarations; the result is not checked.
    output_schema: Mapping[str, object] | None = None
    #: The documentation. Default: that of the schema or the function.
    description: str = ""


#: Tools by name; mappings are namespaces.
Tools = Mapping[str, "Function | Tool | Tools"]
#: The maximum number of namespaces around a tool.
_MOST_NAMESPACES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundTool:
    """A validated tool."""

    #: The names of its namespaces and its own.
    path: tuple[str, ...]
    tool: Tool
    signature: inspect.Signature | None
    annotations: Mapping[str, object]
    check: Callable[[dict[str, object]], None] | None = None
    _checks: dict[str, Check | None] = field(default_factory=dict)
    #: The function as code writes it: ``tools.server.tool``.
    expression: str = field(init=False)
    #: Whether it is a coroutine function.
    is_async: bool = field(init=False)
    #: The names of the parameters, if all are positional: such calls need no search for places.
    _positional: tuple[str, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", member_path("tools", self.path))
        object.__setattr__(self, "is_async", inspect.iscoroutinefunction(self.function))
        object.__setattr__(self, "_positional", only_positional(self.signature))

    @property
    def function(self) -> Function:
        """The function to call."""
        return self.tool.function

    @property
    def name(self) -> str:
        """The path as code writes it after ``tools.``: ``server.tool``."""
        return member_path("", self.path).removeprefix(".")

    def is_named(self, name: str) -> bool:
        """Return whether *name* is that of the tool or of a namespace around it."""
        lengths = range(1, len(self.path) + 1)
        return any(
            member_path("", self.path[:length]).removeprefix(".") == name for length in lengths
        )

    def prepare(self) -> None:
        """Make the checks of the annotations, which takes time."""
        for name, annotation in self.annotations.items():
            self._checks[name] = check_of(annotation)

    def bound(self, arguments: Sequence[object]) -> tuple[Sequence[object], Mapping[str, object]]:
        """Return the positional and keyword arguments of a call.

        Raises:
            ArgumentError: An argument is invalid; the message names it.
        """
        if self.check is not None:
            return [], self._by_schema(arguments)
        if self.signature is None:
            return [None if value is UNDEFINED else value for value in arguments], {}
        names = self._positional
        if names is not None and len(names) == len(arguments) and UNDEFINED not in arguments:
            return self._converted_in_order(names, arguments), {}
        positional, named = placed(self.signature, list(arguments))
        try:
            bound = self.signature.bind(*positional, **named)
        except TypeError as problem:
            raise ArgumentError(f"{self.expression}: {problem}") from problem
        return self._converted(bound)

    def _by_schema(self, arguments: Sequence[object]) -> dict[str, object]:
        given = arguments[0] if arguments else {}
        if len(arguments) > 1 or not isinstance(given, dict):
            raise ArgumentError(f"{self.expression} takes one object")
        named = {key: value for key, value in given.items() if value is not UNDEFINED}
        assert self.check is not None
        self.check(named)
        return named

    def _converted_in_order(
        self, names: Sequence[str], arguments: Sequence[object]
    ) -> Sequence[object]:
        if not self._checks:
            self.prepare()
        if not self._checks:
            return arguments
        checks = map(self._checks.get, names)
        return [
            value if check is None else self._checked(check, name, value)
            for name, check, value in zip(names, checks, arguments, strict=True)
        ]

    def _converted(
        self, bound: inspect.BoundArguments
    ) -> tuple[Sequence[object], Mapping[str, object]]:
        if not self._checks:
            self.prepare()
        assert self.signature is not None
        for name, value in bound.arguments.items():
            check = self._checks.get(name)
            if check is None:
                continue
            kind = self.signature.parameters[name].kind
            converted: object
            if kind is inspect.Parameter.VAR_POSITIONAL:
                converted = tuple(self._checked(check, name, each) for each in value)
            elif kind is inspect.Parameter.VAR_KEYWORD:
                converted = {
                    key: self._checked(check, f"{name}.{key}", each) for key, each in value.items()
                }
            else:
                converted = self._checked(check, name, value)
            bound.arguments[name] = converted
        return bound.args, bound.kwargs

    def _checked(self, check: Check, name: str, value: object) -> object:
        try:
            return check(value)
        except ValueError as problem:
            message = f"{self.expression}: argument '{name}': {problem}"
            raise ArgumentError(message) from problem


@dataclass(frozen=True, slots=True)
class ToolSet:
    """The tools of a sandbox."""

    #: In the order of their numbers, by which the process calls them.
    tools: tuple[BoundTool, ...]
    #: Pairs of a name and a number, or a name and a list of pairs, for a namespace.
    names: list[object]

    def named(self, names: Sequence[str]) -> list[BoundTool]:
        """Return the tools with these names, and all tools of these namespaces.

        Raises:
            KeyError: There is no such tool or namespace.
        """
        found: dict[tuple[str, ...], BoundTool] = {}
        for name in names:
            matching = {tool.path: tool for tool in self.tools if tool.is_named(name)}
            if not matching:
                raise KeyError(name)
            found |= matching
        return list(found.values())

    def prepare(self) -> None:
        """Make the checks of all annotations."""
        for tool in self.tools:
            tool.prepare()


def bind_tools(tools: Tools) -> ToolSet:
    """Return *tools*, validated.

    Raises:
        TypeError: A tool is not a function, or its annotations cannot be resolved.
    """
    bound: list[BoundTool] = []
    return ToolSet(names=_bind(tools, (), bound), tools=tuple(bound))


def _bind(tools: Tools, path: tuple[str, ...], bound: list[BoundTool]) -> list[object]:
    """Return the names of *tools*, and append the tools to *bound*."""
    if len(path) > _MOST_NAMESPACES:
        raise TypeError(f"namespace {member_path('tools', path)} is nested too deeply")
    names: list[object] = []
    for name, found in tools.items():
        inner = (*path, name)
        _check_name(inner)
        if isinstance(found, Mapping):
            names.append([name, _bind(found, inner, bound)])
        else:
            names.append([name, len(bound)])
            bound.append(_bound(inner, found if isinstance(found, Tool) else Tool(function=found)))
    return names


def _check_name(path: tuple[object, ...]) -> None:
    name = path[-1]
    if not isinstance(name, str):
        raise TypeError(f"the name of a tool must be a string, got {name!r}")
    if name == "then":
        raise TypeError("a tool cannot be named 'then': an object with that method is a promise")


def _bound(path: tuple[str, ...], tool: Tool) -> BoundTool:
    name = ".".join(path)
    if not callable(tool.function):
        raise TypeError(f"tool '{name}' is not a function")
    check = None
    if tool.output_schema is not None:
        _validator(name, tool.output_schema)
    if tool.schema is not None:
        checked = tool.schema if tool.checked_schema is None else tool.checked_schema
        check = _schema_check(path, checked)
    try:
        signature: inspect.Signature | None = inspect.signature(tool.function)
    except ValueError:  # some functions that are written in C
        signature = None
    return BoundTool(
        path=path,
        tool=tool,
        signature=signature,
        annotations={} if check is not None else _annotations(name, tool.function, signature),
        check=check,
    )


def _annotations(
    name: str, function: Function, signature: inspect.Signature | None
) -> Mapping[str, object]:
    if signature is None:
        return {}
    try:
        hints = get_type_hints(inspect.unwrap(function), include_extras=True)
    except TypeError:  # a callable object: its class has the annotations
        hints = get_type_hints(type(function).__call__, include_extras=True)
    except NameError as problem:
        message = f"tool '{name}': its annotations cannot be resolved: {problem}"
        raise TypeError(message) from problem
    return {key: hint for key, hint in hints.items() if key in signature.parameters}


def _schema_check(
    path: tuple[str, ...], schema: Mapping[str, object]
) -> Callable[[dict[str, object]], None]:
    validator = _validator(".".join(path), schema)
    expression = member_path("tools", path)

    def check(value: dict[str, object]) -> None:
        for problem in validator.iter_errors(value):  # type: ignore[arg-type]  # it is checked
            where = problem.json_path.removeprefix("$")
            raise ArgumentError(f"{expression}: argument{where}: {problem.message}")

    return check


def _validator(name: str, schema: Mapping[str, object]) -> Validator:
    import jsonschema  # noqa: PLC0415 - 60 ms, only for tools with a schema

    try:
        try:
            return _validator_of(json.dumps(schema))
        except (TypeError, ValueError):  # it has values that JSON does not have
            return _new_validator(dict(schema))
    except jsonschema.SchemaError as problem:
        raise TypeError(f"tool '{name}': invalid schema: {problem.message}") from problem


@lru_cache(maxsize=4096)
def _validator_of(schema: str) -> Validator:
    """Return the validator of a schema in JSON; checking that it is valid takes milliseconds."""
    return _new_validator(json.loads(schema))


def _new_validator(schema: dict[str, object]) -> Validator:
    import jsonschema  # noqa: PLC0415 - as above
    from jsonschema.validators import validator_for  # noqa: PLC0415 - as above
    from jsonschema_specifications import (  # type: ignore[import-untyped]  # noqa: PLC0415
        REGISTRY,
    )

    kind = validator_for(schema, default=jsonschema.Draft202012Validator)
    kind.check_schema(schema)
    return kind(schema, registry=REGISTRY)  # without one, it fetches remote schemas


def declaration_of(tool: BoundTool) -> Declaration:
    """Return the declaration of *tool*."""
    # 20 ms, only if somebody wants to see it.
    from compartment_mapper.sandbox.declarations.functions import (  # noqa: PLC0415 - as above
        declare_function,
    )
    from compartment_mapper.sandbox.declarations.json_schema import (  # noqa: PLC0415 - as above
        with_schemas,
    )

    found = declare_function(tool.path, tool.function, tool.signature)
    given = tool.tool
    return with_schemas(
        found, input=given.schema, output=given.output_schema, doc=given.description
    )
