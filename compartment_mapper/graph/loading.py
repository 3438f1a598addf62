"""The inputs and outputs of loading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.graph.module_graph import ModuleGraph
from compartment_mapper.locations import Location
from compartment_mapper.powers import ReadPowers, ScanPowers, StripPowers, SyntaxPowers
from compartment_mapper.records.module_record import ModuleRequest
from compartment_mapper.resolve.data_urls import DataModule
from compartment_mapper.resolve.installed import Project, is_installed
from compartment_mapper.resolve.resolver import ResolverContext
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """The resolver context of loading."""

    context: ResolverContext
    read: ReadPowers
    engine: SyntaxPowers
    strip: StripPowers
    scans: ScanPowers
    #: Called with the number of modules scanned so far.
    progress: Callable[[int], None]
    #: The folder of the entry's package, which paths in messages are relative to.
    root: Location
    #: Whether only files of the project, and of packages that are installed for it, are found.
    is_closed: bool = False
    #: Folders of packages that have modules before.
    known_packages: frozenset[Location] = frozenset()
    #: The sources of modules in ``data:`` URLs, by their requests.
    data: dict[Location, DataModule] = field(default_factory=dict)

    @property
    def project(self) -> Project:
        """The project, whose files are found."""
        return Project(root=self.root, known=self.known_packages, context=self.context)

    def admits(self, file: Location, specifier: str | None, referrer: Location) -> bool:
        """Return whether the module *referrer* may find *file*."""
        return not self.is_closed or is_installed(
            file,
            specifier=specifier,
            referrer=referrer,
            is_loaded=True,
            project=self.project,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The graph, and all problems of loading."""

    graph: ModuleGraph
    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem, and whether only running the program can show that it matters."""

    diagnostic: Diagnostic
    module: Location
    request: ModuleRequest | None
    #: Of a computed request: it is no problem if the complete graph reveals its modules.
    computed: Span | None = None
