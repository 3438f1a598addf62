"""The installed scripts of an application, beside the decisions of its policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import click

from compartment_mapper import errors
from compartment_mapper.cli.completion.arguments import FOLDER
from compartment_mapper.cli.policy_files import POLICY_OPTION, policy_file
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.graph.installed import InstalledPackage, installed_packages
from compartment_mapper.host.disk import Disk, location_on_disk
from compartment_mapper.inference.decision import given_policy, policy_beside
from compartment_mapper.inference.install_scripts import install_scripts_of
from compartment_mapper.inference.policy_file import POLICY_FILE
from compartment_mapper.locations import CanonicalName, Location
from compartment_mapper.policy.model import InstallScripts
from compartment_mapper.resolve.package_json import PackageDescriptor
from compartment_mapper.resolve.resolver import resolver_context
from compartment_mapper.resolve.specifiers import descriptor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledScripts:
    """The packages with lifecycle scripts, as installed and as reviewed."""

    root: Location
    packages: Mapping[CanonicalName, InstalledPackage]
    installed: Mapping[CanonicalName, InstallScripts]
    #: None if there is no record of install scripts.
    reviewed: Mapping[CanonicalName, InstallScripts] | None
    policy_file: str

    def is_allowed(self, name: CanonicalName) -> bool:
        """Return whether the policy allows the scripts of a package, in whatever form."""
        own = (self.reviewed or {}).get(name)
        return own is not None and own.run is True

    def is_changed(self, name: CanonicalName) -> bool:
        """Return whether the scripts differ from the reviewed ones."""
        own = (self.reviewed or {}).get(name)
        found = self.installed[name]
        return own is not None and (own.scripts, own.version) != (found.scripts, found.version)


def folder_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the application's folder and its policy to *command*."""
    folder = click.argument("folder", type=FOLDER, default=".", required=False)
    return folder(POLICY_OPTION(command))


def installed_scripts_in(folder: str, policy: str | None) -> InstalledScripts:
    """Return the scripts of the application in *folder*.

    Raises:
        InputError: ENTRY_NOT_FOUND, ENTRY_OUTSIDE_PACKAGE, INVALID_POLICY.
    """
    disk = Disk()
    root = location_on_disk(folder)
    context = resolver_context(conditions=frozenset(), powers=disk)
    if not root.endswith("/"):
        raise InputError(errors.entry_not_found(folder))
    if descriptor_of(root, context.descriptors) is None:
        raise InputError(errors.entry_outside_package(folder))
    file, override = policy_beside(root, disk)
    given = given_policy(policy_file(policy) if policy else file, override)
    packages = installed_packages(root, context=context)
    return InstalledScripts(
        root=root,
        packages={package.name: package for package in packages},
        installed=install_scripts_of(packages, disk),
        reviewed=given.policy.install_scripts if given else None,
        policy_file=given.file if given else POLICY_FILE,
    )


def with_current_descriptor(package: InstalledPackage) -> InstalledPackage:
    """Return *package* with its package.json as it is now."""
    context = resolver_context(conditions=frozenset(), powers=Disk())
    descriptor = descriptor_of(package.root, context.descriptors) or PackageDescriptor()
    return replace(package, descriptor=descriptor)
