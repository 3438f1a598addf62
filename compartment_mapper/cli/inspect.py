"""``inspect``: show the packages of an archive or an application."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import click

from compartment_mapper import errors
from compartment_mapper.archive.compartment_map import CompartmentDescriptor
from compartment_mapper.archive.endo_compatibility import (
    RuntimeNeed,
    needs_text,
    needs_to_dict,
    runtime_needs,
)
from compartment_mapper.archive.reader import unpack
from compartment_mapper.authority.table import Severity
from compartment_mapper.bundle.application import Application
from compartment_mapper.bundle.bundling import Bundle
from compartment_mapper.cli.building import hosting_of, make_bundle, mentions_of, options_of
from compartment_mapper.cli.completion.arguments import PACKAGE, PATH
from compartment_mapper.cli.configuration.command import configured
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import (
    PACKAGE_OPTION,
    SEVERITY_OPTION,
    Choices,
    bundling,
    is_archive,
    read_file,
    reporting,
    show,
)
from compartment_mapper.cli.timings import Stages
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.host.disk import Disk
from compartment_mapper.host.wall import USUAL_NODE, refused_words, wall_for
from compartment_mapper.locations import Location
from compartment_mapper.report.summary import (
    PackageSummary,
    restricted_summaries,
    summaries_of,
    why,
)
from compartment_mapper.report.text import chain_text, dot, mermaid, packages_text


@click.command(
    "inspect",
    cls=configured(needs="target", target="entry"),
    short_help="List the packages of an archive or an application.",
    epilog="Example: compartment-mapper inspect src/main.js --why ms",
)
@click.argument("target", type=PATH, metavar="ARCHIVE|ENTRY")
@click.option("--json", "as_json", is_flag=True, help="Print the packages as JSON.")
@click.option("--dot", "as_dot", is_flag=True, help="Print the package graph for Graphviz.")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Print the package graph for Mermaid.")
@click.option(
    "--node-flags",
    "as_flags",
    is_flag=True,
    help="Print Node options that restrict the process to what all packages together are granted.",
)
@click.option(
    "--why",
    "why_package",
    type=PACKAGE,
    metavar="PACKAGE",
    help="Print the import chain from the entry to PACKAGE.",
)
@SEVERITY_OPTION
@PACKAGE_OPTION
@bundling
@reporting
def inspect_command(  # noqa: PLR0913 - one for each option
    *,
    target: str,
    as_json: bool,
    as_dot: bool,
    as_mermaid: bool,
    as_flags: bool,
    why_package: str | None,
    minimum: Severity | None,
    names: tuple[str, ...],
    choices: Choices,
) -> None:
    """List the packages of an archive or an application: size, dependents, capabilities.

    Nothing is executed. `--why` reads the sources: name the ENTRY, not the archive.
    """
    if is_archive(target):
        if why_package is not None:
            message = "--why reads the sources: name the application's entry, not the archive"
            raise click.UsageError(message)
        archive = unpack(read_file(target))
        summaries, entries = summaries_of(archive.map, archive.sizes), archive.map.entries
        compartments = archive.map.compartments
        mentions = any(word in text for word in refused_words() for text in archive.files.values())
        needs = runtime_needs(archive.map, archive.files, deflated=archive.deflated)
    else:
        made = _bundle(target, choices)
        if why_package is not None:
            _say_why(why_package, made.application, as_json=as_json)
            return
        summaries, needs = summaries_of(made.map, made.sizes), made.needs
        entries = made.map.entries
        compartments, mentions = made.map.compartments, mentions_of(made)
    summaries = restricted_summaries(summaries, minimum=minimum, names=names)
    if as_flags:
        _say_flags(compartments, mentions=mentions)
    elif as_dot or as_mermaid:
        show(dot(summaries) if as_dot else mermaid(summaries))
    else:
        _print_packages(summaries, needs, entries, as_json=as_json)


def _say_flags(compartments: Mapping[str, CompartmentDescriptor], *, mentions: bool) -> None:
    policies = [each.policy for each in compartments.values() if each.policy is not None]
    wall = wall_for(policies, mentions=mentions)
    if wall.problem:
        show(f"Node's permission model cannot be used: {wall.problem}", err=True)
        raise click.exceptions.Exit(1)
    show(shlex.join(wall.flags([], version=USUAL_NODE)))


def _bundle(entry: str, choices: Choices) -> Bundle:
    files = {path: read_file(path) for path in (choices.policy, choices.override) if path}
    stages = Stages()
    disk, hosting = Disk(), hosting_of(choices)
    made = make_bundle(entry, options_of(choices, files), hosting, disk=disk, stages=stages)
    if choices.timings:
        show(f"timings: {stages.text()}", err=True)
    return made


def _print_packages(
    summaries: list[PackageSummary],
    needs: tuple[RuntimeNeed, ...],
    entries: list[str],
    *,
    as_json: bool,
) -> None:
    if as_json:
        packages = [summary.to_dict() for summary in summaries]
        print_json({"packages": packages, "entries": entries, "runtime": needs_to_dict(needs)})
        return
    begins = f"entries: {', '.join(entries)}" if len(entries) > 1 else ""
    show("\n".join(filter(None, (packages_text(summaries), begins, needs_text(needs)))))


def _say_why(name: str, application: Application, *, as_json: bool) -> None:
    chain = why(name, application.modules, application.packages)
    if chain is None:
        known = [package.canonical_name for package in application.packages.packages.values()]
        raise InputError(errors.unknown_package(name, known))

    def file_of(location: Location) -> str:
        return display_name(location, application.root)

    if as_json:
        steps = [
            {
                "package": step.package,
                "file": file_of(step.module),
                "line": step.line,
                "specifier": step.specifier,
            }
            for step in chain
        ]
        print_json({"package": name, "chain": steps})
    else:
        show(chain_text(chain, name, file_of))
