"""The modules that are loaded so far, with what the searches for more of them share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from compartment_mapper.graph.module_graph import FileTarget, Module
from compartment_mapper.locations import Location
from compartment_mapper.resolve.package_lookup import ResolverContext
from compartment_mapper.resolve.specifiers import package_root
from compartment_mapper.text import Span

#: A module, and a place in it.
Site = tuple[Location, Span]


class KnownModules:
    """Modules by package; a package is named by its folder.

    Args:
        modules: The modules so far.
        application: The folder of the application's own package.
        context: Resolves packages.
    """

    def __init__(
        self,
        modules: Mapping[Location, Module],
        *,
        application: Location,
        context: ResolverContext,
    ) -> None:
        self.modules = modules
        self.application = application
        self.context = context

    @cached_property
    def roots(self) -> Mapping[Location, Location]:
        """The package of each module."""
        descriptors = self.context.descriptors
        return {
            location: package_root(location, descriptors=descriptors) for location in self.modules
        }

    @cached_property
    def packages(self) -> Mapping[Location, Mapping[Location, Module]]:
        """The modules of each package."""
        found: dict[Location, dict[Location, Module]] = {}
        for location, root in self.roots.items():
            found.setdefault(root, {})[location] = self.modules[location]
        return found

    @cached_property
    def users(self) -> Mapping[Location, Mapping[Location, Site]]:
        """By package: the other packages that request it, and where."""
        found: dict[Location, dict[Location, Site]] = {}
        for location, module in self.modules.items():
            root = self.roots[location]
            for edge in module.edges:
                target = edge.target.location if isinstance(edge.target, FileTarget) else None
                other = root if target is None else self.roots.get(target, root)
                if other != root:
                    found.setdefault(other, {}).setdefault(root, (location, edge.request.span))
        return found

    def packages_above(self, package: Location) -> set[Location]:
        """Return the packages that request *package*, directly or by others, without itself."""
        seen, pending = {package}, [package]
        while pending:
            more = self.users.get(pending.pop(), {}).keys() - seen
            seen |= more
            pending += more
        return seen - {package}
