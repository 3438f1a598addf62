"""Compile an ECMAScript module to a functor: ``pre-mjs-json`` in Endo's archives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from compartment_mapper.compile.edit_table import table_of
from compartment_mapper.compile.edits import apply_edits
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.records.type_stripping import Origin


def compile_esm(
    record: ModuleRecord,
    source: bytes,
    *,
    in_cycle: bool,
    keys: Sequence[str] = (),
    origin: Origin | None = None,
) -> str:
    """Return the stored form of a module.

    Args:
        record: The record of *source*.
        source: The source, without a byte order mark.
        in_cycle: Whether the module is part of an import cycle. Its functor is then a generator,
            for runtimes that request it (``split``): functions are hoisted and imports linked
            before any module of the cycle is evaluated.
        keys: Additional names of requested modules in the archive, listed so that a reader that
            follows the imports finds every file.
        origin: The original of *source*, if it was compiled.
    """
    if record.syntax_error is not None:
        return _that_throws(record.syntax_error)
    head, tail = _around(record, in_cycle=in_cycle)
    stored: dict[str, object] = {
        "imports": requested(record, keys),
        "exports": sorted(
            [entry.export_name for entry in record.local_exports]
            + [entry.export_name for entry in record.indirect_exports]
        ),
        "reexports": sorted({star.request for star in record.star_exports}),
        "__syncModuleProgram__": f"{head}{apply_edits(source, record.edits)}\n{tail}",
        "__liveExportMap__": {
            entry.export_name: [entry.local_name, False]
            for entry in record.local_exports
            if entry.live
        },
        "__reexportMap__": _reexport_map(record),
        "__fixedExportMap__": {
            entry.export_name: [entry.local_name]
            for entry in record.local_exports
            if not entry.live
        },
        **({"__needsImport__": True} if record.uses_import else {}),
        "__needsImportMeta__": record.uses_import_meta,
        "importNames": _names_by_request(record),
        **extensions(record),
    }
    if record.has_top_level_await:
        stored["async"] = True
    if in_cycle:
        stored["split"] = True
    stored["edits"] = table_of(record, source, origin, head=head)
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))


def _that_throws(message: str) -> str:
    """Return a module that throws, for a file that is not a program."""
    stored: dict[str, object] = {
        "imports": [],
        "exports": [],
        "reexports": [],
        "__syncModuleProgram__": f"()=>{throwing(message)}\n",
        "__liveExportMap__": {},
        "__reexportMap__": {},
        "__fixedExportMap__": {},
        "__needsImportMeta__": False,
        "importNames": {},
        "syntaxError": message,
    }
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))


#: The replacement of direct `eval` if the runtime provides no better one: it sees globals only.
INDIRECT_EVAL = "(f,t,s,...a)=>f(...a)"


def throwing(message: str) -> str:
    """Return a function body that throws, for source that is not a program."""
    return f"{{'use strict';throw SyntaxError({_quoted(message)});}}"


def requested(record: ModuleRecord, keys: Sequence[str]) -> list[str]:
    """Return the ``imports`` of a stored module: all its requests, without duplicates."""
    return list(dict.fromkeys([*(request.specifier for request in record.requests), *keys]))


def extensions(record: ModuleRecord) -> dict[str, object]:
    """Return our own keys of both kinds of modules; Endo ignores them."""
    used = {name.path.partition(".")[0] for name in record.free_names if not name.tested}
    requested_builtins = {request.specifier for request in record.requests}
    got = [use for use in record.builtin_uses if not use.lender]
    if any(use.specifier not in requested_builtins for use in got):
        used.add("process")  # its getBuiltinModule returns them
    stored: dict[str, object] = {}
    if used:
        stored["hostNames"] = sorted(used)
    if record.assigned_names:
        stored["assigns"] = list(record.assigned_names)
    return stored


def _reexport_map(record: ModuleRecord) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for entry in record.indirect_exports:
        found.setdefault(entry.request, []).append([entry.import_name, entry.export_name])
    return found


def _names_by_request(record: ModuleRecord) -> dict[str, list[str]]:
    """Return the static requests, with the names that must exist for each to link."""
    found: dict[str, dict[str, None]] = {specifier: {} for specifier in _static(record)}
    wanted = [(entry.request, entry.import_name) for entry in record.imports]
    wanted += [(entry.request, entry.import_name) for entry in record.indirect_exports]
    for request, name in wanted:
        if name != "*":
            found[request][name] = None
    return {specifier: list(names) for specifier, names in found.items()}


def _static(record: ModuleRecord) -> Iterable[str]:
    """Return the specifiers of import and export statements, in evaluation order."""
    return dict.fromkeys(
        request.specifier
        for request in record.requests
        if request.kind == "import" and request.reach == "always"
    )


def _around(record: ModuleRecord, *, in_cycle: bool) -> tuple[str, str]:
    """Return the text before and after the source in its functor, an arrow function.

    The text before has no line end: the functor's first line is the module's first line.
    """
    prefix = record.prefix
    parameters = [f"imports:{prefix}imports", f"liveVar:{prefix}live", f"onceVar:{prefix}once"]
    if record.uses_import:
        parameters.append(f"import:{prefix}import")
    if record.uses_import_meta:
        parameters.append(f"importMeta:{prefix}meta")
    if record.uses_eval:
        parameters.append(f"eval:{prefix}eval={INDIRECT_EVAL}")
    if in_cycle:
        parameters.append(f"split:{prefix}split")
    keyword = "async function" if record.has_top_level_await else "function"
    body = (
        f"'use strict';{_import_locals(record)}{''.join(record.prologue)}"
        f"{prefix}imports({_update_list(record)});{'yield;' if in_cycle else ''}"
    )
    head = f"({{{','.join(parameters)}}})=>"
    if not in_cycle:
        return f"{head}({keyword}(){{{body}", "})()\n"
    return (
        f"{head}{{const {prefix}body=({keyword}*(){{{body}",
        f"}})();{prefix}body.next();return {prefix}split?{prefix}body:{prefix}body.next()}}\n",
    )


def _import_locals(record: ModuleRecord) -> str:
    names = [entry.local_name for entry in record.imports]
    if not names:
        return ""
    if not record.checks_imports:
        return f"let {','.join(names)};"
    none = f"{record.prefix}none"
    return f"const {none}={{}};let {','.join(f'{name}={none}' for name in names)};"


def _update_list(record: ModuleRecord) -> str:
    """Return the argument of ``imports``: for each specifier the updaters of its names."""
    updates: dict[str, dict[str, list[str]]] = {specifier: {} for specifier in _static(record)}
    for entry in record.imports:
        names = updates[entry.request].setdefault(entry.import_name, [])
        names.append(f"{record.prefix}v=>({entry.local_name}={record.prefix}v)")
    return _array(
        _array([_quoted(specifier), _array(_updaters(names))])
        for specifier, names in updates.items()
    )


def _updaters(names: Mapping[str, list[str]]) -> list[str]:
    return [_array([_quoted(name), _array(functions)]) for name, functions in names.items()]


def _array(items: Iterable[str]) -> str:
    return f"[{','.join(items)}]"


def _quoted(text: str) -> str:
    """Return a string literal that SES does not reject, whatever *text* contains."""
    literal = json.dumps(text)
    for rejected, escaped in _REJECTED:
        literal = literal.replace(rejected, escaped)
    return literal


_REJECTED = (
    ("import", "\\u0069mport"),
    ("eval", "\\u0065val"),
    ("<!", "\\u003c!"),
    ("->", "-\\u003e"),
)
