"""Find packages as Node does: scopes, ``node_modules``, and the owner of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import Location, parent_of, path_of
from compartment_mapper.powers import FileKind, ReadPowers
from compartment_mapper.resolve.addons import NO_ADDONS, Addons
from compartment_mapper.resolve.file_urls import location_below
from compartment_mapper.resolve.package_json import PackageDescriptor

#: From the location of a directory (with a final ``/``) to its package.json: None if there is none,
#: a diagnostic if Node would reject it.
Descriptors = Callable[[Location], PackageDescriptor | Diagnostic | None]

_NODE_MODULES = "node_modules/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverContext:
    """The resolver context, the same for all requests of a run. See `resolver_context`."""

    #: Conditions of the user, besides those of Node.
    conditions: frozenset[str]
    descriptors: Descriptors
    powers: ReadPowers
    #: The native addons that may be loaded.
    addons: Addons = NO_ADDONS


class _Remembered:
    """`ReadPowers` that cache the kind and the real path of each location."""

    def __init__(self, powers: ReadPowers) -> None:
        self._powers = powers
        self._kinds: dict[Location, FileKind | None] = {}
        self._canonical: dict[Location, Location] = {}

    def maybe_read(self, location: Location) -> bytes | None:
        """Return the bytes of the file at *location*."""
        return self._powers.maybe_read(location)

    def names_in(self, folder: Location) -> list[str]:
        """Return the names in *folder*."""
        return self._powers.names_in(folder)

    def kind(self, location: Location) -> FileKind | None:
        """Return the kind of *location*."""
        if location not in self._kinds:
            self._kinds[location] = self._powers.kind(location)
        return self._kinds[location]

    def canonical(self, location: Location) -> Location:
        """Return the real location of *location*, which exists."""
        if location not in self._canonical:
            self._canonical[location] = self._powers.canonical(location)
        return self._canonical[location]


def resolver_context(*, conditions: frozenset[str], powers: ReadPowers) -> ResolverContext:
    """Return a resolver context for one run: it caches, so files must not change meanwhile."""
    remembered = _Remembered(powers)
    return ResolverContext(
        conditions=conditions,
        descriptors=read_descriptors(remembered),
        powers=remembered,
    )


def read_descriptors(powers: ReadPowers) -> Descriptors:
    """Return a function that reads each package.json at most once."""
    known: dict[Location, PackageDescriptor | Diagnostic | None] = {}

    def descriptor_in(directory: Location) -> PackageDescriptor | Diagnostic | None:
        if directory not in known:
            source = powers.maybe_read(Location(directory + "package.json"))
            known[directory] = (
                None
                if source is None
                else PackageDescriptor.from_json(source, file=_shown_file(directory))
            )
        return known[directory]

    return descriptor_in


def _shown_file(directory: Location) -> str:
    """Return the name of *directory*'s package.json for messages, relative to the application."""
    _, found, below = path_of(directory).partition("/" + _NODE_MODULES)
    return (_NODE_MODULES + below if found else "") + "package.json"


def package_scope(
    location: Location, *, context: ResolverContext
) -> tuple[Location, PackageDescriptor] | Diagnostic | None:
    """Return directory and descriptor of the package around *location*: LOOKUP_PACKAGE_SCOPE.

    The package.json may lack a name and only set the type of the files below.
    """
    # 1. Let scopeURL be url.  2. While scopeURL is not the root of the file system,
    directory = location if location.endswith("/") else parent_of(location)
    while True:
        # 2.2 If scopeURL ends in a "node_modules" path segment, return null.
        if directory.endswith("/" + _NODE_MODULES):
            return None
        # 2.3-2.4 If the file "package.json" within scopeURL exists, return scopeURL.
        descriptor = context.descriptors(directory)
        if isinstance(descriptor, Diagnostic):
            return descriptor
        if descriptor is not None:
            return directory, descriptor
        # 2.1 Set scopeURL to the parent URL of scopeURL.  3. Return null.
        above = parent_of(directory)
        if above == directory:
            return None
        directory = above


def node_modules_of(referrer: Location, *, nested: bool) -> Iterator[Location]:
    """Yield the folders to search for packages of *referrer*, nearest first, existing or not.

    Args:
        referrer: The real location of a file.
        nested: Whether to include ``node_modules/node_modules/``, as for ``import``, not
            ``require``.
    """
    directory = parent_of(referrer)
    while True:
        if nested or not directory.endswith("/" + _NODE_MODULES):
            yield Location(directory + _NODE_MODULES)
        above = parent_of(directory)
        if above == directory:
            return
        directory = above


def find_package(name: str, *, referrer: Location, context: ResolverContext) -> Location | None:
    """Return the real directory of the package *name* for *referrer*, or None.

    A name with dot segments does not name a package.
    """
    if any(segment in {"", ".", ".."} for segment in name.split("/")):
        return None
    for directory in node_modules_of(referrer, nested=False):
        found = Location(location_below(directory, name) + "/")
        if context.powers.kind(found) == "directory":
            return context.powers.canonical(found)
    return None


def is_owned(location: Location, package: Location) -> bool:
    """Return whether *location* is in the directory *package*, and in none of its ``node_modules``.

    >>> is_owned(Location("file:///app/x.js"), Location("file:///app/"))
    True
    >>> is_owned(Location("file:///app/node_modules/d/x.js"), Location("file:///app/"))
    False
    """
    return location.startswith(package) and "/" + _NODE_MODULES not in location[len(package) - 1 :]


def crosses_packages(target: Location, *, package: Location, application: Location) -> bool:
    """Return whether *package* must not load *target* by path (``../``, ``file:``, ``#x``, a link).

    Node has no such rule. Here each package is a trust domain, and a path could bypass the declared
    dependencies: into private files of a sibling, or out of the application.

    - The application may load any file: it is trusted.
    - A package may load its own files.
    - A package may load files of the application's own package, as in Node, if the policy links it
    to ``$root$``, which is checked later: the module then runs in the application's compartment,
    and the package only gets its exports.
    - Everything else is rejected: other packages, and files outside of the application.

    Args:
        target: The real location that a request resolved to.
        package: The real directory of the package that contains the referrer.
        application: The real directory of the application's own package.
    """
    return not (
        package == application or is_owned(target, package) or is_owned(target, application)
    )
