"""``install-scripts run``: run the allowed lifecycle scripts, dependencies first."""

from __future__ import annotations

from collections.abc import Iterator

import click

from compartment_mapper import errors
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.install_scripts.loading import (
    InstalledScripts,
    folder_options,
    installed_scripts_in,
    with_current_descriptor,
)
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import reporting, show
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.disk import Disk
from compartment_mapper.host.lifecycle import LifecycleScript, run_script
from compartment_mapper.inference.install_scripts import install_scripts_of
from compartment_mapper.locations import CanonicalName, Location, path_of
from compartment_mapper.policy.model import LIFECYCLE


@click.command(
    "run",
    cls=configured(),
    short_help="Run the install scripts that the policy allows.",
    epilog="Example: npm ci --ignore-scripts && compartment-mapper install-scripts run",
)
@folder_options
@click.option("--json", "as_json", is_flag=True, help="Print what ran as JSON.")
@reporting
def run_command(*, folder: str, policy: str | None, as_json: bool) -> None:
    """Run the lifecycle scripts that the policy of the application in FOLDER allows.

    Dependencies come first, and each package's preinstall, install and postinstall in this order,
    with the environment that npm gives. Before the first one starts, every allowed script is
    compared with the reviewed one: if one differs, none runs. The first failure ends the command.
    """
    found = installed_scripts_in(folder, policy)
    if found.reviewed is None:
        raise InputError(errors.no_install_scripts_recorded(found.policy_file))
    allowed = [name for name in found.installed if found.is_allowed(name)]
    changed = [name for name in allowed if found.is_changed(name)]
    if changed:
        raise InputError(*(_changed(found, name) for name in changed))
    ran = []
    for script in _in_order(found, frozenset(allowed)):
        _check_is_unchanged(found, script)
        show(f"{script.package} {script.event}: {script.command}", err=as_json)
        status = run_script(script, shares_output=not as_json)
        if status:
            raise InputError(errors.install_script_failed(script.package, script.event, status))
        ran.append({"package": script.package, "event": script.event, "command": script.command})
    skipped = len(found.installed) - len(allowed)
    if as_json:
        shown = {"ran": ran, "notAllowed": sorted({*found.installed} - {*allowed})}
        print_json(shown)
    else:
        show(
            f"{len(ran)} install {'script' if len(ran) == 1 else 'scripts'} ran, "
            f"{skipped} {'package is' if skipped == 1 else 'packages are'} not allowed to run any"
        )


def _check_is_unchanged(found: InstalledScripts, script: LifecycleScript) -> None:
    """Compare the scripts of a package again before its first: another may have changed them.

    Raises:
        InputError: INSTALL_SCRIPT_CHANGED.
    """
    name = CanonicalName(script.package)
    expected = found.installed[name]
    if script.event == next(iter(expected.scripts)):
        package = with_current_descriptor(found.packages[name])
        if install_scripts_of([package], Disk()).get(name) != expected:
            what = f"{script.event}: {script.command}"
            raise InputError(
                errors.install_script_not_reviewed(found.policy_file, name, what, "changed")
            )


def _changed(found: InstalledScripts, name: CanonicalName) -> errors.Diagnostic:
    reviewed, installed = (found.reviewed or {})[name], found.installed[name]
    texts = [
        f"{event}: {script.command}"
        for event, script in installed.scripts.items()
        if reviewed.scripts.get(event) != script
    ]
    what = "; ".join(texts) or f"version {installed.version}"
    return errors.install_script_not_reviewed(found.policy_file, name, what, "changed")


def _in_order(
    found: InstalledScripts, allowed: frozenset[CanonicalName]
) -> Iterator[LifecycleScript]:
    """Yield the scripts of *allowed* packages, those of dependencies first."""
    roots = {package.root: name for name, package in found.packages.items()}
    for folder in _dependencies_first(found):
        name = roots[folder]
        if name in allowed:
            package, own = found.packages[name], found.installed[name]
            for event in LIFECYCLE:
                if event in own.scripts:
                    yield LifecycleScript(
                        package=name,
                        event=event,
                        command=own.scripts[event].command,
                        folder=path_of(package.root),
                        application=path_of(found.root),
                    )


def _dependencies_first(found: InstalledScripts) -> Iterator[Location]:
    """Yield the folders of all packages, each after its dependencies; cycles by name."""
    packages = {package.root: package for package in found.packages.values()}
    done: set[Location] = set()
    for start, package in packages.items():
        way = [(start, iter(package.dependencies))]
        open_folders = {start}
        while way and start not in done:
            folder, rest = way[-1]
            inner = next(
                (f for f in rest if f in packages and f not in done and f not in open_folders), None
            )
            if inner is not None:
                open_folders.add(inner)
                way.append((inner, iter(packages[inner].dependencies)))
                continue
            way.pop()
            done.add(folder)
            yield folder
