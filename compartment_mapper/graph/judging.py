"""Decide which problems of loading are errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.graph.loading import Loaded, Loading, Problem
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.graph.module_ids import display_name, file_of
from compartment_mapper.graph.package_patterns import unknown_requests
from compartment_mapper.graph.pending import ScannedModule, place_in
from compartment_mapper.locations import Location, joined, parent_of
from compartment_mapper.records.module_record import ModuleRequest
from compartment_mapper.resolve.resolver import ResolutionFailure
from compartment_mapper.resolve.specifiers import is_bare, package_root
from compartment_mapper.sources.source_text import SourceText


def unknown_request_problems(
    location: Location, scanned: ScannedModule, loading: Loading
) -> Iterator[Problem]:
    """Yield a warning for each fully computed request for which no module was found.

    Dependencies have many of them, for plugins that an application may name; for these, only
    requests that every run makes are reported.
    """
    package = package_root(file_of(location), descriptors=loading.context.descriptors)
    name = display_name(location, loading.root)
    for request in unknown_requests(scanned.record):
        if request.reach == "always" or (package == loading.root and request.reach == "maybe"):
            place = place_in(name, scanned.text, request.span)
            diagnostic = errors.computed_request(place)
            yield Problem(
                diagnostic=diagnostic, module=location, request=None, computed=request.span
            )


def failure_problem(
    location: Location,
    text: SourceText,
    request: ModuleRequest,
    failure: ResolutionFailure,
    loading: Loading,
) -> Diagnostic:
    """Return the problem of a request without a target."""
    place = place_in(display_name(location, loading.root), text, request.span)
    is_missing = failure.code in {"MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"}
    hint = _hint_of_pnp(loading) if is_missing and is_bare(request.specifier) else ""
    return errors.unresolved(failure.code, failure.message, place, hint or failure.hint)


def _hint_of_pnp(loading: Loading) -> str:
    """Return the hint for Yarn's Plug'n'Play, whose archives only its own loader reads."""
    folder = loading.root
    while loading.read.kind(joined(folder, ".pnp.cjs")) != "file":
        if folder == parent_of(folder):
            return ""
        folder = parent_of(folder)
    return (
        "this project uses Yarn Plug'n'Play, which has no node_modules: "
        "`yarn config set nodeLinker node-modules`, then `yarn install`"
    )


def judged(graph: ModuleGraph, problems: list[Problem]) -> Loaded:
    """Return problems on the path of every run as errors; others are thrown at run time."""
    always = graph.always_evaluated()
    judged: list[Diagnostic] = []
    for problem in problems:
        request = problem.request
        edges = graph.modules[problem.module].edges if problem.computed else ()
        if any(edge.request.span == problem.computed for edge in edges):
            continue
        if request is not None and request.reach == "guarded":
            continue
        certain = problem.module in always and (request is None or request.reach == "always")
        certain &= problem.diagnostic.severity == "error"
        judged.append(replace(problem.diagnostic, severity="error" if certain else "warning"))
    return Loaded(graph=graph, problems=tuple(judged))
