"""What to do about an error: from facts, not from messages, which evaluated code can forge.

The facts are the settings, the text of the source where the error was thrown, and what the runtime
knows of errors that it made itself. Forged stack traces choose a wrong place, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.sandbox.declarations.names import member_path
from compartment_mapper.sandbox.settings import Settings
from compartment_mapper.sandbox.tools import BoundTool, ToolSet, declaration_of
from compartment_mapper.text import LINE_END, printable

_NAME = r"[A-Za-z_$][\w$]*"
_STRING = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
#: A name with its members: `tools.fs["read file"]`.
_CHAIN = re.compile(
    rf"(?<![\w$.])(?P<root>{_NAME})(?P<rest>(?:\s*\??\.\s*{_NAME}|\[(?:{_STRING})\])*)"
)
_STEP = re.compile(rf"(?P<name>{_NAME})|\[(?P<quoted>{_STRING})\]")
_MOST_LINE = 2000
_MOST_SIGNATURE = 1200
_GLOBALS = frozenset(["globalThis", "window", "self", "global"])

_NO_NETWORK = "there is no network: only a tool can fetch data"
_NO_PROCESS = "this is not Node: there is no process, environment or file system, only tools"
_NO_REQUIRE = "there is no require and there are no modules of Node: use `tools` and the language"
_NO_PAGE = "this is no page: return the result instead"
_NO_TIMER = "there is no timer: await a tool instead, or ask for a sandbox with `clock=True`"
_NO_CLOCK = "there is no clock: take the time from a tool, or ask for a sandbox with `clock=True`"
_NO_RANDOM = "there is no randomness: take it from a tool, or ask for a sandbox with `random=True`"
_NO_SHARED = "there are no threads, no shared memory and no view on garbage collection"

#: Names that code written for Node or pages expects.
_ABSENT: Mapping[str, str] = {
    **dict.fromkeys(["fetch", "XMLHttpRequest", "WebSocket", "EventSource"], _NO_NETWORK),
    **dict.fromkeys(["process", "Deno", "Bun", "os", "path", "fs"], _NO_PROCESS),
    **dict.fromkeys(["require", "module", "exports", "__dirname", "__filename"], _NO_REQUIRE),
    "Buffer": "there is no Buffer: use Uint8Array, TextEncoder, TextDecoder, atob and btoa",
    **dict.fromkeys(["window", "document", "alert", "localStorage", "navigator"], _NO_PAGE),
    "global": "use globalThis",
    **dict.fromkeys(["WeakRef", "FinalizationRegistry", "SharedArrayBuffer"], _NO_SHARED),
    **dict.fromkeys(["Atomics", "Worker"], _NO_SHARED),
    "queueMicrotask": "use `Promise.resolve().then(f)`",
    "setImmediate": _NO_TIMER,
}
#: Those that settings provide.
_OF_CLOCK: Mapping[str, str] = {
    **dict.fromkeys(["setTimeout", "setInterval", "clearTimeout", "clearInterval"], _NO_TIMER),
    "performance": _NO_CLOCK,
}
_OF_RANDOM: Mapping[str, str] = {"crypto": _NO_RANDOM}
#: Members that throw without the setting.
_CLOCKS = frozenset([("Date", "now"), ("Date",), ("Intl", "DateTimeFormat")])
_RANDOM = frozenset([("Math", "random")])


def thrown_hint(
    name: str, place: Place | None, source: str, settings: Settings, tools: ToolSet
) -> str:
    """Return the hint for an error that code threw, from what the source says at its place.

    Args:
        name: The name of the error, for example ``TypeError``.
        place: Where it was thrown.
        source: The source as written.
        settings: What the sandbox provides.
        tools: The tools of the sandbox.
    """
    before, path = _expression_at(source, place)
    if not path or name not in {"TypeError", "ReferenceError"}:
        return ""
    if name == "ReferenceError":
        return absent_hint(path[0], settings)
    if path[0] == "tools":
        return _tool_hint(before, path[1:], tools)
    awaited = _UNAWAITED.search(before)
    if awaited is not None:
        return f"`{awaited[1]}(…)` returns a promise: write `(await {awaited[1]}(…))`"
    if path[0] in _GLOBALS and len(path) > 1:
        return absent_hint(path[1], settings)
    if path in _CLOCKS and not settings.clock:
        return _NO_CLOCK
    return _NO_RANDOM if path in _RANDOM and not settings.random else ""


#: A call of a tool before a member: `tools.f(1).map`, but not `(await tools.f(1)).map`.
_UNAWAITED = re.compile(
    rf"(?<!await )(?<![\w$.])(tools(?:\.{_NAME}|\[(?:{_STRING})\])+)\([^()]*\)\s*\.\s*$"
)


def _expression_at(source: str, place: Place | None) -> tuple[str, tuple[str, ...]]:
    """Return the text before the expression at *place*, and the names of the expression."""
    if place is None or place.position is None:
        return "", ()
    lines = LINE_END.split(source)
    line = lines[place.position.line - 1] if place.position.line <= len(lines) else ""
    start = max(0, place.position.column - 1 - _MOST_LINE)
    offset = place.position.column - 1 - start
    shown = line[start : start + 2 * _MOST_LINE]
    new = _NEW.match(shown, offset)
    offset = offset if new is None else new.end()
    for found in _CHAIN.finditer(shown):
        end = found.end() + shown.startswith("(", found.end())  # V8's place of a quoted member
        if found.start() <= offset < end:
            return shown[: found.start()], _names(found[0])
    return _member_at(shown, offset)


_NEW = re.compile(r"new\s+")
_MEMBER = re.compile(_NAME)


def _member_at(line: str, offset: int) -> tuple[str, tuple[str, ...]]:
    """Return a member of something that is not a name: `tools.f().map`."""
    found = _MEMBER.match(line, offset)
    is_member = found is not None and line[:offset].rstrip().endswith(".")
    return (line[:offset], ("", found[0])) if found is not None and is_member else ("", ())


def _names(chain: str) -> tuple[str, ...]:
    return tuple(found["name"] or found["quoted"][1:-1] for found in _STEP.finditer(chain))


def absent_hint(name: str, settings: Settings) -> str:
    """Return what there is instead of a global of Node or pages."""
    if name in _OF_CLOCK and not settings.clock:
        return _OF_CLOCK[name]
    if name in _OF_RANDOM and not settings.random:
        return _OF_RANDOM[name]
    return _ABSENT.get(name, "")


def _tool_hint(before: str, path: tuple[str, ...], tools: ToolSet) -> str:
    """Return the hint for a wrong use of `tools`: no such tool, a namespace, a missing await."""
    known = {tool.path for tool in tools.tools}
    spaces = {path[:length] for path in known for length in range(1, len(path))}
    for length in range(1, len(path) + 1):
        part = path[:length]
        if part in known:
            is_awaited = before.rstrip().endswith("await")
            expression = member_path("tools", part)
            return "" if is_awaited else f"`{expression}(…)` returns a promise: await it"
        if part not in spaces:
            return _unknown(part, tools)
    inner = [tool.name for tool in tools.tools if tool.path[: len(path)] == path]
    return f"`{member_path('tools', path)}` is a namespace with {_listed(inner)}"


def _unknown(path: tuple[str, ...], tools: ToolSet) -> str:
    every = [tool.name for tool in tools.tools]
    wanted = member_path("", path).removeprefix(".")
    lasts: dict[str, str] = {}
    for tool in tools.tools:
        lasts.setdefault(tool.path[-1], tool.name)
    near = get_close_matches(wanted, every, n=3)
    near += [
        lasts[name] for name in get_close_matches(path[-1], lasts, n=3) if lasts[name] not in near
    ]
    expression = member_path("tools", path)
    if near:
        return f"there is no `{expression}`: did you mean {_listed(near)}?"
    return (
        f"there is no `{expression}`; the tools are {_listed(every)}"
        if every
        else "there are no tools"
    )


#: The most names in a list.
_MOST_NAMES = 10


def _listed(names: list[str]) -> str:
    shown = ", ".join(
        f"`tools.{name}`".replace("tools.[", "tools[") for name in names[:_MOST_NAMES]
    )
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def argument_hint(tool: BoundTool) -> str:
    """Return what *tool* takes."""
    from compartment_mapper.sandbox.declarations.printer import (  # noqa: PLC0415 - 20 ms, on failure
        print_signature,
    )

    text = print_signature(declaration_of(tool))
    return f"it is declared as {text[:_MOST_SIGNATURE]}"


def exception_hint(expression: str) -> str:
    """Return the hint for an exception of a tool."""
    return f"`{expression}` was called and failed: change the arguments, or catch the error"


def module_hint(specifier: str, settings: Settings) -> str:
    """Return which modules there are instead of *specifier*."""
    given = ", ".join(f"'{name}'" for name in settings.modules)
    if given:
        return f"only these modules can be imported: {printable(given)[:_MOST_LINE]}"
    name = specifier.removeprefix("node:")
    other = _ABSENT.get(name, "use `tools` and the language")
    return f"no modules can be imported: {other}"


#: Hints for codes that code cannot influence otherwise.
BY_CODE: Mapping[str, str] = {
    "MEMORY_LIMIT": "keep less at once: process data in parts, and keep only what the result needs",
    "STATE_LOST": "declare the variables of the compartment again",
    "INTERRUPTED": "run it again if the tools that it called may be called twice",
    "TOO_LARGE": "split the program, and pass data with a tool instead of in the source",
    "BUSY": "wait for the other evaluation of this compartment",
}
BY_FACT: Mapping[str, str] = {
    "thrown": "throw an Error: `throw new Error('message')` has a name, a message and a place",
    "calls": "call tools less often: filter first, stop early, or return a part of the result",
}
KEPT = (
    "the value stays in the compartment as `$result`: return a part of it in the next evaluation, "
    "for example `$result.slice(0, 10)` or `Object.keys($result)`"
)
NOT_KEPT = (
    "return less, or only data; in a named compartment, the value stays as the variable `$result`"
)
NO_JSX = "JSX is not supported: return plain data, or build strings"
UNBALANCED = "a bracket is not closed, or closed twice"
NO_TYPES = "only types are removed: instead of `enum` use an object, and plain fields in classes"
