"""Detect features of an archive that Endo's reader cannot run, so that it needs this runtime.

``docs/formats/archive.md`` describes how Endo handles each feature.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compartment_mapper.archive.compartment_map import CompartmentMap, CompartmentModule, FileModule
from compartment_mapper.archive.writer import file_path
from compartment_mapper.authority.table import WHOLE_GLOBAL
from compartment_mapper.compile import INDIRECT_EVAL
from compartment_mapper.records.languages import LANGUAGES

_ASSET = "asset:"
#: Keys of compiled modules, as written in the stored JSON.
_OWN_KEYS = (b'"async":true', b'"assigns":[')
_WITH_IMPORT = (
    rb'"source":"\(function \(require, exports, module, __filename, __dirname, \$h\d*_import[,)]'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeNeed:
    """A feature, and the files of the archive that use it; none for a property of the container."""

    what: str
    files: tuple[str, ...]


_ENDO_PARSERS = {facts["parser"] for facts in LANGUAGES.values() if facts["endo"]}


def runtime_needs(
    compartment_map: CompartmentMap, files: Mapping[str, bytes], *, deflated: bool
) -> tuple[RuntimeNeed, ...]:
    """Return the features of an archive that require this runtime, sorted.

    Args:
        compartment_map: The map of the archive.
        files: The stored content, by path.
        deflated: Whether entries are compressed.
    """
    found: dict[str, list[str]] = {"compressed entries": []} if deflated else {}
    for name, compartment in sorted(compartment_map.compartments.items()):
        for key, module in sorted(compartment.modules.items()):
            if isinstance(module, FileModule):
                path = file_path(name, module)
                for what in _needs_of(module, files[path]):
                    found.setdefault(what, []).append(path)
            elif isinstance(module, CompartmentModule) and _is_read(key):
                path = f"{name}/{key.removeprefix(_ASSET)}"
                found.setdefault("files read by fs", []).append(path.partition("#as=")[0])
    return tuple(RuntimeNeed(what=what, files=tuple(found[what])) for what in sorted(found))


def _is_read(key: str) -> bool:
    return key.startswith(_ASSET) and not key.endswith("#as=entries")


def _needs_of(module: FileModule, stored: bytes) -> Iterator[str]:
    if module.resolutions:
        yield "specifiers with two targets"
    if module.parser not in _ENDO_PARSERS:
        yield f"modules of the parser {module.parser}"
    yield from needs_of_stored(module.parser, stored)


def needs_of_stored(parser: str, stored: bytes) -> Iterator[str]:
    """Yield the features that one module requires."""
    if parser == "pre-cjs-json" and _has_import(stored):
        yield "import() in CommonJS"
    if INDIRECT_EVAL.encode() in stored:
        yield "direct eval"
    if not parser.startswith("pre-") or not any(key in stored for key in _OWN_KEYS):
        return
    try:
        value: object = json.loads(stored)
    except ValueError:
        return  # rejected at run time
    if not isinstance(value, dict):
        return
    if value.get("async"):
        yield "top-level await"
    if value.get("assigns", [WHOLE_GLOBAL]) != [WHOLE_GLOBAL]:
        yield "assigned globals"


def _has_import(stored: bytes) -> bool:
    """Return whether a wrapper has a sixth parameter."""
    return re.search(_WITH_IMPORT, stored) is not None


def needs_text(needs: tuple[RuntimeNeed, ...]) -> str:
    """Return one line that lists *needs*, or an empty string.

    >>> needs_text((RuntimeNeed(what="top-level await", files=("app-v1/a.js", "app-v1/b.js")),))
    'requires this runtime; Endo cannot run: top-level await (app-v1/a.js and 1 more)'
    """
    if not needs:
        return ""
    found = ", ".join(
        f"{need.what} ({_files_text(need.files)})" if need.files else need.what for need in needs
    )
    return f"requires this runtime; Endo cannot run: {found}"


def _files_text(files: tuple[str, ...]) -> str:
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return files[0] + more


def needs_to_dict(needs: tuple[RuntimeNeed, ...]) -> dict[str, object]:
    """Return the ``--json`` output: the features, and the files that require them."""
    return {
        "needs": [need.what for need in needs],
        "files": {need.what: list(need.files) for need in needs if need.files},
    }
