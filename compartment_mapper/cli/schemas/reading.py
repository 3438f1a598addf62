"""The JSON Schemas of the ``--json`` output of commands, one file each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files

_SUFFIX = ".schema.json"
_COMMON = "common"
_REFERENCE = f"{_COMMON}{_SUFFIX}#"


def output_names() -> list[str]:
    """Return the commands with ``--json``, as the names of their schemas: ``policy-infer``."""
    names = [entry.name for entry in files(__package__).iterdir()]
    found = {name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)}
    return sorted(found - {_COMMON})


def output_schema(name: str) -> dict[str, object]:
    """Return the JSON Schema of the output of a command, complete in itself."""
    schema, definitions = _schema(name), _schema(_COMMON)["$defs"]
    assert isinstance(definitions, dict)
    used: dict[str, object] = {}
    found = [*_references(schema)]
    while found:
        definition = found.pop()
        if definition not in used:
            used[definition] = definitions[definition]
            found += _references(definitions[definition])
    local = json.loads(json.dumps(schema).replace(_REFERENCE, "#"))
    return {**local, "$defs": dict(sorted(used.items()))}


def _schema(name: str) -> dict[str, object]:
    value = json.loads(files(__package__).joinpath(f"{name}{_SUFFIX}").read_text(encoding="utf-8"))
    assert isinstance(value, dict)
    return value


def _references(value: object) -> Iterator[str]:
    """Yield the names of the definitions that *value* refers to."""
    match value:
        case {"$ref": str(reference)}:
            yield reference.rpartition("/")[2]
        case dict():
            for member in value.values():
                yield from _references(member)
        case list():
            for item in value:
                yield from _references(item)
        case _:
            pass
