"""Globals that the runtime gives to a module that a page starts as a worker, without a grant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compartment_mapper.authority.table import WORKER_SCOPE
from compartment_mapper.graph.module_graph import FileTarget, Module
from compartment_mapper.locations import Location

_NEW_WORKER = re.compile(rb"\bnew\s+(?:(?:globalThis|self|window)\s*\.\s*)?Worker\s*\(\s*\Z")
#: More bytes than ``new globalThis.Worker(`` has.
_NEAR = 80
_GIVEN = frozenset(
    {
        *("addEventListener", "close", "dispatchEvent", "importScripts", "name", "onmessage"),
        *("onmessageerror", "postMessage", "removeEventListener", WORKER_SCOPE),
    }
)


@dataclass(frozen=True, slots=True)
class WebWorkers:
    """Which modules start workers, and which ones are started."""

    has_any: bool
    started: frozenset[Location]

    def is_given(self, module: Location, path: str) -> bool:
        """Return whether *module* needs no grant for the global *path*.

        Without a worker in the application, nothing has the messages of one.
        """
        if path == WORKER_SCOPE and not self.has_any:
            return True
        return path in _GIVEN and module in self.started


NO_WORKERS = WebWorkers(has_any=False, started=frozenset())


def web_workers(modules: Iterable[Module]) -> WebWorkers:
    """Return the workers that *modules* start with a literal URL."""
    starting = [module for module in modules if _starts(module)]
    started = {location for module in starting for location in _started_by(module)}
    return WebWorkers(has_any=bool(starting), started=frozenset(started))


def _starts(module: Module) -> bool:
    return any(name.path == "Worker" and not name.tested for name in module.record.free_names)


def _started_by(module: Module) -> Iterator[Location]:
    """Yield the targets of ``new Worker(new URL('./w.js', import.meta.url))``."""
    for edge in module.edges:
        start = edge.request.span.start
        before = module.source[max(0, start - _NEAR) : start]
        if isinstance(edge.target, FileTarget) and _NEW_WORKER.search(before):
            yield edge.target.location
