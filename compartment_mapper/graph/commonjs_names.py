"""What CommonJS modules have and ECMAScript modules lack, used as if it were there."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace

from compartment_mapper import errors
from compartment_mapper.errors import Diagnostic
from compartment_mapper.graph.loader import display_name
from compartment_mapper.graph.module_graph import Module, ModuleGraph
from compartment_mapper.locations import Location, parent_of
from compartment_mapper.records.module_record import FreeName, ModuleRecord

#: What may make globals, by whatever name it is known.
_MAKES = re.compile(rb"(?<![\w$.])(?:globalThis|global|window|self|eval|Function|vm)(?![\w$])")
_NAMES = rb"(require|module|exports|__filename|__dirname)"
_MADE = re.compile(
    rb"\.\s*" + _NAMES + rb"\s*=(?!=)|['\"`]" + _NAMES + rb"['\"`]|[{,]\s*" + _NAMES + rb"\s*[,:}]"
    rb"|\b(?:var|let|const)\s+" + _NAMES + rb"(?![\w$])"
)
#: What may keep a module from coming to its end, or an error from ending the program.
_ENDS = re.compile(
    rb"process\s*\.\s*(?:exit|abort|reallyExit)|(?<![\w$.])throw(?![\w$])|uncaughtException"
)


def commonjs_name_problems(graph: ModuleGraph, *, root: Location) -> tuple[Diagnostic, ...]:
    """Return where modules of *graph* use such names as soon as they are evaluated.

    An error where every run meets it, else a warning: then the module can't be imported. Nothing
    where its package may make a global of that name; uses in functions and branches are left to the
    run.
    """
    found = [
        (module, name)
        for module in graph.modules.values()
        for name in module.record.commonjs_names
        if not _may_be_global(module, name, graph)
    ]
    if not found:
        return ()
    always = graph.always_evaluated()
    return tuple(
        replace(
            errors.commonjs_name(
                module.place(display_name(module.location, root), name.span),
                name.path,
                may_be_script=_may_be_script(module.record),
            ),
            severity="error" if _is_reached(module, name, always) else "warning",
        )
        for module, name in found
    )


def _is_reached(module: Module, name: FreeName, always: Container[Location]) -> bool:
    """Whether every run comes there, and nothing is seen that ends the program before."""
    return module.location in always and not _ENDS.search(module.source, 0, name.span.start)


def _may_be_global(module: Module, name: FreeName, graph: ModuleGraph) -> bool:
    """Whether a module around makes globals, and names this one otherwise than to read it."""
    folder = parent_of(module.location)
    wanted = name.path.encode()
    return any(
        _MAKES.search(other.source)
        and any(wanted in match.groups() for match in _MADE.finditer(other.source))
        for other in graph.modules.values()
        if other.location.startswith(folder) or folder.startswith(parent_of(other.location))
    )


def _may_be_script(record: ModuleRecord) -> bool:
    exports = record.local_exports or record.indirect_exports or record.star_exports
    imports = any(
        request.kind == "import" and request.reach == "always" for request in record.requests
    )
    return not (exports or imports or record.has_top_level_await or record.uses_import_meta)
