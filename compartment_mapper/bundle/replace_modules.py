"""Replace the sources of modules in an otherwise unchanged archive.

If a source has the same requests, exports and names as before, only its stored form and its hash in
the map change. Otherwise the archive must be rebuilt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from struct import error as StructError  # noqa: N812 - a class
from zlib import error as ZlibError  # noqa: N812 - a class

from compartment_mapper.archive.endo_compatibility import needs_of_stored
from compartment_mapper.archive.writer import (
    MAP_FILE,
    StoredEntry,
    inflated,
    pack_entries,
    sha512_hex,
    stored_entries,
    stored_entry,
)
from compartment_mapper.bundle.build_result import BuildResult, Replaceable, replaceable_from_plain
from compartment_mapper.compile import compiled
from compartment_mapper.records.codec import interface_of
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.scan import scan_module
from compartment_mapper.text import size_text, without_byte_order_mark


def replaced(result: BuildResult, texts: Mapping[str, bytes]) -> BuildResult | None:
    """Return *result* with the *texts* of files, by path, or None if more than they changes.

    Also return None if the cached *result* is damaged.
    """
    try:
        return _replaced(result, texts)
    except (ValueError, TypeError, LookupError, AttributeError, StructError, ZlibError):
        return None


def _replaced(result: BuildResult, texts: Mapping[str, bytes]) -> BuildResult | None:
    known = json.loads(result.replaceable)
    modules: dict[str, tuple[Replaceable, bytes]] = {}
    for path, text in texts.items():
        if path not in known:
            return None
        module = replaceable_from_plain(known[path])
        stored = _maybe_stored(module, without_byte_order_mark(text))
        if stored is None:
            return None
        modules[path] = module, stored
    entries = {entry.path: entry for entry in stored_entries(result.content)}
    map_text = _content(entries[MAP_FILE])
    for module, stored in modules.values():
        if not _needs_same(module, _content(entries[module.path]), stored):
            return None
        before = module.sha512.encode()
        if map_text.count(before) != 1:  # another module has the same source
            return None
        map_text = map_text.replace(before, sha512_hex(stored).encode())
        entries[module.path] = stored_entry(module.path, stored, compress=result.is_compressed)
    entries[MAP_FILE] = stored_entry(MAP_FILE, map_text, compress=result.is_compressed)
    content = pack_entries(list(entries.values()))
    digests = {path: (module, sha512_hex(stored)) for path, (module, stored) in modules.items()}
    return _outcome(result, content, sha512_hex(map_text), digests)


def _maybe_stored(module: Replaceable, source: bytes) -> bytes | None:
    """Return the stored form of a new source, or None if its interface changed."""
    record = scan_module(source, module.asked)
    if record.language == "mjs" and module.in_cycle:
        record = scan_module(source, "mjs", in_cycle=True)
    if _is_doubtful(record) or interface_of(record) != module.interface:
        return None
    return compiled(
        record, source, in_cycle=module.in_cycle, keys=module.keys, exports=module.exports
    )


def _is_doubtful(record: ModuleRecord) -> bool:
    return record.parse_uncertainty is not None or bool(record.refusals)


def _content(entry: StoredEntry) -> bytes:
    return inflated(entry.stored) if entry.deflated else entry.stored


def _needs_same(module: Replaceable, old: bytes, new: bytes) -> bool:
    return set(needs_of_stored(module.parser, old)) == set(needs_of_stored(module.parser, new))


def _outcome(
    result: BuildResult,
    content: bytes,
    sha512: str,
    digests: Mapping[str, tuple[Replaceable, str]],
) -> BuildResult:
    statistics = json.loads(result.statistics)
    replaceable = json.loads(result.replaceable)
    statistics["sha512"], statistics["bytes"] = sha512, len(content)
    for path, (module, digest) in digests.items():
        statistics["compartments"][module.compartment][module.key] = digest
        replaceable[path]["sha512"] = digest
    return replace(
        result,
        content=content,
        sha512=sha512,
        summary=f"{result.summary.rpartition(', ')[0]}, {size_text(len(content))}",
        statistics=json.dumps(statistics),
        replaceable=json.dumps(replaceable),
    )
