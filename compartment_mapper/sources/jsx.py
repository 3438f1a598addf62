"""JSX options: from the nearest tsconfig.json, and from pragmas in the source."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from compartment_mapper.errors.application import invalid_tsconfig
from compartment_mapper.errors.diagnostic import Diagnostic, InputError
from compartment_mapper.locations import Location, parent_of, relative_path
from compartment_mapper.powers import ReadPowers
from compartment_mapper.records.type_stripping import Jsx
from compartment_mapper.resolve.file_urls import location_below

_NAME = "tsconfig.json"
#: The maximum depth of `extends`.
_DEEPEST = 8

_STRING = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(_STRING + r"|//[^\n]*|/\*.*?\*/", re.DOTALL)
_LAST_COMMA = re.compile(_STRING + r"|,(?=\s*[}\]])", re.DOTALL)
#: Text that may precede the first statement.
_LEADING = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*", re.DOTALL)
_PRAGMA = re.compile(r"@(jsx(?:ImportSource|Runtime|Frag)?)\s+([\w.$@/-]+)")
_SOURCE = re.compile(r"[\w.$@/#-]+")
_NAMES = re.compile(r"[\w.$]+")


def jsx_of(file: Location, source: bytes, *, root: Location, read: ReadPowers) -> Jsx:
    """Return how JSX elements in *source*, the content of *file*, are compiled.

    Args:
        file: The location of the file.
        source: Its content; pragmas take precedence.
        root: The folder of the application, the last one that is searched for a tsconfig.json.
        read: Reads the tsconfig.json.

    Raises:
        InputError: INVALID_TSCONFIG.
    """
    return _with_pragmas(_configured(file, root, read), source)


def _with_pragmas(jsx: Jsx, source: bytes) -> Jsx:
    leading = _LEADING.match(source.decode("utf-8", "replace"))
    found = dict(_PRAGMA.findall(leading[0])) if leading else {}
    if "jsx" in found:
        jsx = replace(jsx, runtime="classic", factory=found["jsx"])
    if "jsxFrag" in found:
        jsx = replace(jsx, fragment=found["jsxFrag"])
    if "jsxImportSource" in found:
        jsx = replace(jsx, runtime="automatic", import_source=found["jsxImportSource"])
    match found.get("jsxRuntime"):
        case "classic":
            return replace(jsx, runtime="classic")
        case "automatic":
            return replace(jsx, runtime="automatic")
        case _:
            return jsx


def _configured(file: Location, root: Location, read: ReadPowers) -> Jsx:
    folder = parent_of(file)
    while relative_path(folder, root) is not None or folder == root:
        config = Location(folder + _NAME)
        if read.kind(config) == "file":
            return _jsx_in(_compiler_options(config, read, _DEEPEST), config)
        if folder == root:
            break
        folder = parent_of(folder)
    return Jsx()


def _jsx_in(options: Mapping[str, object], config: Location) -> Jsx:
    def text(key: str, otherwise: str, form: re.Pattern[str]) -> str:
        value = options.get(key, otherwise)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise InputError(_invalid(config, f"compilerOptions.{key} is invalid"))
        return value

    return Jsx(
        runtime="classic" if options.get("jsx") == "react" else "automatic",
        import_source=text("jsxImportSource", "react", _SOURCE),
        factory=text("jsxFactory", "React.createElement", _NAMES),
        fragment=text("jsxFragmentFactory", "React.Fragment", _NAMES),
    )


def _compiler_options(config: Location, read: ReadPowers, deepest: int) -> Mapping[str, object]:
    """Return the options of *config*, including the local files that it extends."""
    source = read.maybe_read(config)
    if source is None or deepest == 0:
        raise InputError(_invalid(config, "the extended file cannot be read"))
    value = _parsed(source, config)
    extended = value.get("extends", [])
    found: dict[str, object] = {}
    for base in [extended] if isinstance(extended, str) else _list(extended):
        # Base configurations from packages rarely set JSX options and are ignored.
        if isinstance(base, str) and base.startswith("."):
            name = base if base.endswith(".json") else base + ".json"
            found |= _compiler_options(location_below(parent_of(config), name), read, deepest - 1)
    own = value.get("compilerOptions", {})
    return found | own if isinstance(own, dict) else found


def _parsed(source: bytes, config: Location) -> dict[str, object]:
    """Parse *source* as an object: JSON with comments and trailing commas."""
    text = source.decode("utf-8-sig", "replace")
    for left_out in (_COMMENT, _LAST_COMMA):
        text = left_out.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InputError(_invalid(config, str(problem).lower())) from problem
    if not isinstance(value, dict):
        raise InputError(_invalid(config, "it does not contain an object"))
    return value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _invalid(config: Location, problem: str) -> Diagnostic:
    return invalid_tsconfig(config.rpartition("/")[2], problem)
