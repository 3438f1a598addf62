"""Place the arguments of a call on the parameters of a Python function."""

from __future__ import annotations

import inspect

from compartment_mapper.sandbox.values import UNDEFINED, Undefined


def placed(
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
    has_options = any(
        p.kind in {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
        for p in parameters
    )
    if has_options and not takes_more and len(arguments) == len(by_position) + 1:
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


def only_positional(signature: inspect.Signature | None) -> tuple[str, ...] | None:
    """Return the names of the parameters if each takes one positional argument, or else None."""
    if signature is None:
        return None
    kinds = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    parameters = signature.parameters.values()
    if any(parameter.kind not in kinds for parameter in parameters):
        return None
    return tuple(parameter.name for parameter in parameters)
