"""Python functions that evaluated code can call, and the checks of their arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import get_type_hints

from compartment_mapper.sandbox.values import UNDEFINED, Undefined

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


Tools = Mapping[str, Function | Tool]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundTool:
    """A validated tool."""

    name: str
    function: Function
    signature: inspect.Signature | None
    annotations: Mapping[str, object]
    check: Callable[[dict[str, object]], None] | None = None

    @property
    def is_async(self) -> bool:
        """Whether it is a coroutine function."""
        return inspect.iscoroutinefunction(self.function)

    def bound(self, arguments: Sequence[object]) -> tuple[list[object], dict[str, object]]:
        """Return the positional and keyword arguments of a call.

        Raises:
            ArgumentError: An argument is invalid; the message names it.
        """
        if self.check is not None:
            return [], self._by_schema(arguments)
        if self.signature is None:
            return [None if value is UNDEFINED else value for value in arguments], {}
        positional, named = _placed(self.signature, list(arguments))
        try:
            bound = self.signature.bind(*positional, **named)
        except TypeError as problem:
            raise ArgumentError(f"tools.{self.name}: {problem}") from problem
        self._check_annotations(bound)
        return positional, named

    def _by_schema(self, arguments: Sequence[object]) -> dict[str, object]:
        given = arguments[0] if arguments else {}
        if len(arguments) > 1 or not isinstance(given, dict):
            raise ArgumentError(f"tools.{self.name} takes one object")
        named = {key: value for key, value in given.items() if value is not UNDEFINED}
        assert self.check is not None
        self.check(named)
        return named

    def _check_annotations(self, bound: inspect.BoundArguments) -> None:
        # 40 ms, only for tools with annotations.
        from compartment_mapper.sandbox.annotations import problem_of  # noqa: PLC0415 - as above

        assert self.signature is not None
        for name, value in bound.arguments.items():
            if name not in self.annotations:
                continue
            kind = self.signature.parameters[name].kind
            values: Sequence[object] = (
                list(value)
                if kind is inspect.Parameter.VAR_POSITIONAL
                else list(value.values())
                if kind is inspect.Parameter.VAR_KEYWORD
                else [value]
            )
            for each in values:
                problem = problem_of(each, self.annotations[name])
                if problem is not None:
                    raise ArgumentError(f"tools.{self.name}: argument '{name}': {problem}")


def bind_tools(tools: Tools) -> dict[str, BoundTool]:
    """Return *tools*, validated.

    Raises:
        TypeError: A tool is not a function, or its annotations cannot be resolved.
    """
    return {name: _bound(name, tool) for name, tool in tools.items()}


def _bound(name: str, tool: Function | Tool) -> BoundTool:
    given: object = name
    if not isinstance(given, str):
        raise TypeError(f"the name of a tool must be a string, got {name!r}")
    if name == "then":
        raise TypeError("a tool cannot be named 'then': an object with that method is a promise")
    function = tool.function if isinstance(tool, Tool) else tool
    if not callable(function):
        raise TypeError(f"tool '{name}' is not a function")
    check = None
    if isinstance(tool, Tool) and tool.schema is not None:
        check = _schema_check(name, tool.schema)
    try:
        signature: inspect.Signature | None = inspect.signature(function)
    except ValueError:  # some functions that are written in C
        signature = None
    return BoundTool(
        name=name,
        function=function,
        signature=signature,
        annotations=_annotations(name, function, signature),
        check=check,
    )


def _annotations(
    name: str, function: Function, signature: inspect.Signature | None
) -> Mapping[str, object]:
    if signature is None:
        return {}
    try:
        hints = get_type_hints(inspect.unwrap(function))
    except TypeError:  # a callable object: its class has the annotations
        hints = get_type_hints(type(function).__call__)
    except NameError as problem:
        message = f"tool '{name}': its annotations cannot be resolved: {problem}"
        raise TypeError(message) from problem
    return {key: hint for key, hint in hints.items() if key in signature.parameters}


def _schema_check(name: str, schema: Mapping[str, object]) -> Callable[[dict[str, object]], None]:
    import jsonschema  # noqa: PLC0415 - 60 ms, only for tools with a schema
    from jsonschema.validators import validator_for  # noqa: PLC0415 - as above

    kind = validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(dict(schema))
    except jsonschema.SchemaError as problem:
        raise TypeError(f"tool '{name}': invalid schema: {problem.message}") from problem
    validator = kind(dict(schema))

    def check(value: dict[str, object]) -> None:
        for problem in validator.iter_errors(value):  # type: ignore[arg-type]  # it is checked
            where = problem.json_path.removeprefix("$")
            raise ArgumentError(f"tools.{name}: argument{where}: {problem.message}")

    return check


def _placed(
    signature: inspect.Signature, arguments: list[object]
) -> tuple[list[object], dict[str, object]]:
    """Split *arguments* into positional and keyword ones; ``undefined`` selects the default."""
    parameters = list(signature.parameters.values())
    by_position = [
        parameter
        for parameter in parameters
        if parameter.kind
        in {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    ]
    takes_more = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters)
    named: dict[str, object] = {}
    keyword_only = [p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    if keyword_only and not takes_more and len(arguments) == len(by_position) + 1:
        last = arguments[-1]
        if isinstance(last, dict):
            arguments = arguments[:-1]
            named = {key: value for key, value in last.items() if value is not UNDEFINED}
    while arguments and isinstance(arguments[-1], Undefined):
        arguments.pop()
    positional: list[object] = []
    for index, value in enumerate(arguments):
        if index < len(by_position) and (named or value is UNDEFINED):
            parameter = by_position[index]
            if value is not UNDEFINED and len(positional) == index:
                positional.append(value)
            elif value is not UNDEFINED:
                named[parameter.name] = value
        else:
            positional.append(None if value is UNDEFINED else value)
    return positional, named
