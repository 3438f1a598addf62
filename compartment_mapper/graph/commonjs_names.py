"""What CommonJS modules have and ECMAScript modules lack, used as if it were there."""

from __future__ import annotations

import re
from dataclasses import replace

from compartment_mapper import errors
from compartment_mapper.errors import Diagnostic
from compartment_mapper.graph.loader import display_name
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.locations import Location
from compartment_mapper.records.module_record import ModuleRecord

#: ``globalThis.require = …``, ``Object.defineProperty(global, 'require', …)``
_MADE = re.compile(
    rb"(?:globalThis|global|window|self)\s*(?:\.|[\[,]\s*['\"])\s*"
    rb"(require|module|exports|__filename|__dirname)(?![\w$])"
)


def commonjs_name_problems(graph: ModuleGraph, *, root: Location) -> tuple[Diagnostic, ...]:
    """Return where modules of *graph* use such names as soon as they are evaluated.

    An error where every run meets it, else a warning: then the module can't be imported. What some
    module makes a global of that name for, and what is used in functions and branches, is left to
    the run.
    """
    found = [
        (module, name) for module in graph.modules.values() for name in module.record.commonjs_names
    ]
    if not found:
        return ()
    made = {
        made[1].decode()
        for module in graph.modules.values()
        for made in _MADE.finditer(module.source)
    }
    always = graph.always_evaluated()
    return tuple(
        replace(
            errors.commonjs_name(
                module.place(display_name(module.location, root), name.span),
                name.path,
                may_be_script=_may_be_script(module.record),
            ),
            severity="error" if module.location in always else "warning",
        )
        for module, name in found
        if name.path not in made
    )


def _may_be_script(record: ModuleRecord) -> bool:
    exports = record.local_exports or record.indirect_exports or record.star_exports
    imports = any(
        request.kind == "import" and request.reach == "always" for request in record.requests
    )
    return not (exports or imports or record.has_top_level_await or record.uses_import_meta)
