"""Decide whether a file belongs to a project, or to a package that is installed for it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from compartment_mapper.locations import Location, parent_of
from compartment_mapper.resolve.package_lookup import ResolverContext, find_package
from compartment_mapper.resolve.specifiers import (
    descriptor_of,
    is_bare,
    package_name_of,
    package_root,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project in which a tool runs."""

    root: Location
    #: The folders of packages that have modules.
    known: Container[Location]
    context: ResolverContext


def is_installed(
    file: Location,
    *,
    specifier: str | None,
    referrer: Location,
    is_loaded: bool,
    project: Project,
) -> bool:
    """Return whether *file* belongs to the project, or to a package installed for it.

    Args:
        file: Its location; links are followed.
        specifier: The request for it, if any: a package may be installed under another name.
        referrer: The requesting file.
        is_loaded: Whether that is a module, and not a place that a module names.
        project: The project.
    """
    root, known, context = project.root, project.known, project.context
    real = context.powers.canonical(file) if context.powers.kind(file) == "file" else file
    if real.startswith(root):
        return True
    package = package_root(real, descriptors=context.descriptors)
    if package in known:
        return True
    if is_loaded and package == package_root(referrer, descriptors=context.descriptors):
        return True
    descriptor = descriptor_of(package, context.descriptors)
    names = {descriptor.name if descriptor else None}
    if specifier is not None and is_bare(specifier):
        names.add(package_name_of(specifier))
    places = [Location(root + "package.json")]
    if is_loaded or _is_within(referrer, project):
        places.append(referrer)
    return any(
        find_package(name, referrer=place, context=context) == package
        for name in names
        if name
        for place in places
    )


def _is_within(referrer: Location, project: Project) -> bool:
    """Return whether *referrer*, which may not exist, is in the project or in a known package."""
    context = project.context
    folder = parent_of(referrer)
    while context.powers.kind(folder) is None and folder != parent_of(folder):
        folder = parent_of(folder)
    real = context.powers.canonical(folder)
    package = package_root(real, descriptors=context.descriptors)
    return real.startswith(project.root) or package in project.known
