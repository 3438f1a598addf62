"""What loading needs, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.locations import Location
from compartment_mapper.powers import ReadPowers
from compartment_mapper.records.module_record import ModuleRequest
from compartment_mapper.records.type_stripping import StripPowers
from compartment_mapper.resolve.data_urls import DataModule
from compartment_mapper.resolve.resolver import ResolverContext
from compartment_mapper.scan.scanner import ScanPowers, SyntaxPowers


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """What loading needs of the world."""

    context: ResolverContext
    read: ReadPowers
    engine: SyntaxPowers
    strip: StripPowers
    scans: ScanPowers
    #: Called with the number of modules scanned so far.
    progress: Callable[[int], None]
    #: Of the entry's package: what places are named from.
    root: Location
    #: The texts of modules that stand in the ``data:`` URLs by which they are requested.
    data: dict[Location, DataModule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The graph, and every problem of the way."""

    graph: ModuleGraph
    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem, and whether nothing but running the program can show that it matters."""

    diagnostic: Diagnostic
    module: Location
    request: ModuleRequest | None
