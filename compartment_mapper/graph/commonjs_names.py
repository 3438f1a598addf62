"""Find uses of CommonJS variables in ECMAScript modules, which lack them."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import replace

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.graph.module_graph import Module, ModuleGraph
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.locations import Location
from compartment_mapper.records.module_record import FreeName, ModuleRecord
from compartment_mapper.resolve.package_lookup import ResolverContext
from compartment_mapper.resolve.specifiers import package_root

#: Code that can define globals, under any name.
_MAKES = re.compile(rb"(?<![\w$.])(?:globalThis|global|window|self|eval|Function|vm)(?![\w$])")
_NAMES = rb"(require|module|exports|__filename|__dirname)"
_MADE = re.compile(
    rb"\.\s*" + _NAMES + rb"\s*=(?!=)|['\"`]" + _NAMES + rb"['\"`]|[{,]\s*" + _NAMES + rb"\s*[,:}]"
    rb"|\b(?:var|let|const)\s+" + _NAMES + rb"(?![\w$])"
)
#: Code that can keep a module from finishing, or an error from ending the program.
_ENDS = re.compile(
    rb"process\s*\.\s*(?:exit|abort|reallyExit)|(?<![\w$.])throw(?![\w$])|uncaughtException"
)


def commonjs_name_problems(
    graph: ModuleGraph, *, root: Location, context: ResolverContext
) -> tuple[Diagnostic, ...]:
    """Return the uses of such names that run when modules of *graph* are evaluated.

    An error if every run meets it, otherwise a warning: the module then cannot be imported. Nothing
    if its package may define a global of that name. Uses in functions and branches are left to run
    time.
    """
    modules = [module for module in graph.modules.values() if module.record.commonjs_names]
    if not modules:
        return ()

    def package_of(module: Module) -> Location:
        return package_root(module.location, descriptors=context.descriptors)

    made: dict[Location, set[str]] = {package_of(module): set() for module in modules}
    for module in graph.modules.values():
        names = made.get(package_of(module))
        if names is not None:
            names.update(_made_in(module.source))
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
        for module in modules
        for name in module.record.commonjs_names
        if name.path not in made[package_of(module)]
    )


def _is_reached(module: Module, name: FreeName, always: Container[Location]) -> bool:
    """Return whether every run reaches the use, and nothing visible ends the program before it."""
    return module.location in always and not _ENDS.search(module.source, 0, name.span.start)


def _made_in(source: bytes) -> Iterator[str]:
    """Yield names that source that can define globals uses other than by reading them."""
    for match in _MADE.finditer(source) if _MAKES.search(source) else ():
        yield match[match.lastindex or 0].decode()


def _may_be_script(record: ModuleRecord) -> bool:
    exports = record.local_exports or record.indirect_exports or record.star_exports
    imports = any(
        request.kind == "import" and request.reach == "always" for request in record.requests
    )
    return not (exports or imports or record.has_top_level_await or record.uses_import_meta)
