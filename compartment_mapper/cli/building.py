"""Build bundles with the host's disk, Node, processes and cache."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial

import click

from compartment_mapper.archive.compartment_map import FileModule
from compartment_mapper.archive.endo_compatibility import needs_text, needs_to_dict
from compartment_mapper.bundle.application import (
    Application,
    Options,
    Powers,
    place_in,
)
from compartment_mapper.bundle.build_result import BuildResult
from compartment_mapper.bundle.bundling import Bundle, bundle, loaded
from compartment_mapper.cache.analyses import Analyses, KnownEngine, KnownScans
from compartment_mapper.cache.file_dependencies import ObservedDisk, maybe_identity
from compartment_mapper.cache.type_stripping import CachedStripping
from compartment_mapper.cli.cache_folder import maybe_folder, maybe_toolchain
from compartment_mapper.cli.shared import Choices, entry_location
from compartment_mapper.cli.timings import Stages, TimedScans
from compartment_mapper.host.disk import Disk
from compartment_mapper.host.esbuild_minifier import Minifier
from compartment_mapper.host.interrupts import check_interrupts
from compartment_mapper.host.node_process import Node, find_node, node_platform
from compartment_mapper.host.scan_workers import Workers, usable_cores
from compartment_mapper.host.shim_runner import ShimRunner
from compartment_mapper.host.type_stripper import TypeStripper
from compartment_mapper.host.wall import refused_words, wall_for
from compartment_mapper.inference.decision import PolicyFile
from compartment_mapper.inference.risks import Risks, granted_uses, risks_of
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import path_of
from compartment_mapper.powers import ReadPowers
from compartment_mapper.records.languages import Language
from compartment_mapper.report.text import (
    denied_summary,
    denied_text,
    granted_summary,
    granted_text,
    summary_text,
)
from compartment_mapper.resolve.browser_field import BROWSER


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """Options for the use of the host."""

    node: str | None
    jobs: int | None
    no_cache: bool


class Engine:
    """The chosen Node, looked up on first use; an invalid choice fails immediately.

    Args:
        chosen: A path, or None for the Node that is installed with this package.
        observed: Records the lookup.
    """

    def __init__(self, chosen: str | None, observed: ObservedDisk | None = None) -> None:
        self._chosen = chosen
        self._observed = observed
        self._node = None if chosen is None else find_node(chosen)

    @property
    def node(self) -> Node:
        """The Node."""
        if self._node is None:
            self._node = find_node(self._chosen)
        return self._node

    @property
    def identity(self) -> str:
        """Its identity."""
        path = self.node.path
        found = maybe_identity(path)
        if self._observed is not None and found is not None:
            self._observed.programs[path] = found
        return f"{path} {found}"

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        """Return V8's message and line for invalid source, or None."""
        return self.node.syntax_problem(source, language)


def hosting_of(choices: Choices) -> Hosting:
    """Return the options for the use of the host."""
    return Hosting(node=choices.node, jobs=choices.jobs, no_cache=choices.no_cache)


def options_of(choices: Choices, files: Mapping[str, bytes]) -> Options:
    """Return the bundle options; *files* are the policy files that they name."""

    def file(path: str | None) -> PolicyFile | None:
        return None if path is None else PolicyFile(text=files[path], name=path)

    return Options(
        conditions=frozenset(choices.condition),
        tree_shakes=tree_shakes(choices.tree_shaking, choices.condition),
        assets=choices.asset,
        infer=choices.infer,
        allow_all=choices.allow_all,
        frozen=choices.frozen,
        grants=choices.grant,
        platforms=choices.platform or (node_platform(),),
        shims=choices.shim,
        policy=file(choices.policy),
        override=file(choices.override),
    )


def tree_shakes(chosen: bool | None, conditions: Collection[str]) -> bool:  # noqa: FBT001 - the value of the option
    """Return whether to tree-shake: by default only for pages."""
    return BROWSER in conditions if chosen is None else chosen


def make_bundle(
    entry: str, options: Options, hosting: Hosting, *, disk: ReadPowers, stages: Stages
) -> Bundle:
    """Return the archive of the application with *entry*.

    Raises:
        InputError: All problems of the input.
    """
    location = entry_location(entry)
    with powers_of(hosting, disk=disk, stages=stages) as powers:
        return bundle(location, options=options, powers=powers)


def loaded_application(entry: str, options: Options, hosting: Hosting) -> Application:
    """Return the application with *entry*, without building its archive.

    Raises:
        InputError: All problems of the input.
    """
    location = entry_location(entry)
    with powers_of(hosting, disk=Disk(), stages=Stages()) as powers:
        return loaded(location, options=options, powers=powers)


@contextmanager
def powers_of(hosting: Hosting, *, disk: ReadPowers, stages: Stages) -> Iterator[Powers]:
    """Yield the host interfaces, for use within the ``with``."""
    observed = disk if isinstance(disk, ObservedDisk) else None
    engine = Engine(hosting.node, observed)
    with ExitStack() as held:
        held.callback(_end_progress)  # before what is said of problems, too
        workers = held.enter_context(Workers(hosting.jobs or usable_cores()))
        folder = None if hosting.no_cache else maybe_folder()
        version = maybe_toolchain() if folder else None
        timed = TimedScans(stages, workers)
        # Types are stripped by the installed Node, whichever Node runs the program.
        own = engine if hosting.node is None else Engine(None, observed)
        powers = partial(
            Powers,
            read=disk,
            minify=Minifier(lambda: own.node.path),
            shims=ShimRunner(lambda: engine.node),
            progress=_progress(),
            ended=stages.ended,
        )
        stripper = held.enter_context(TypeStripper(lambda: own.node.path))
        if folder is None or version is None:
            yield powers(engine=engine, strip=stripper, scans=timed)
            return
        analyses = held.enter_context(Analyses(folder, version))
        known = TimedScans(stages, KnownScans(analyses, workers))
        yield powers(
            engine=KnownEngine(analyses, engine, lambda: engine.identity),
            strip=CachedStripping(analyses, stripper, lambda: own.identity),
            scans=known,
        )


def result_of(made: Bundle, *, compressed: bool) -> BuildResult:
    """Return the messages about a bundle."""
    application = made.application
    denied = application.denied
    granted = granted_uses(application.uses, application.policy) if application.infers else []
    risks = risks_of(granted, in_page=application.in_page)
    packages, modules = len(application.packages.packages), len(application.modules.modules)
    return BuildResult(
        content=made.content,
        sha512=made.sha512,
        summary=summary_text(packages, modules, len(made.content), unused=application.unused or 0),
        warnings=application.warnings,
        denied=denied_text(denied, partial(place_of, application)),
        denied_summary=denied_summary(denied),
        granted=granted_text("--infer", risks, partial(place_of, application)),
        granted_summary=granted_summary("--infer", risks),
        needs=needs_text(made.needs),
        statistics=json.dumps(_statistics(made, denied, risks)),
        replaceable=json.dumps(
            {path_of(location): asdict(found) for location, found in made.replaceable.items()}
        ),
        is_compressed=compressed,
        map_file=made.map_file,
    )


def _statistics(made: Bundle, denied: list[CapabilityUse], risks: Risks) -> dict[str, object]:
    application = made.application
    return {
        "sha512": made.sha512,
        "bytes": len(made.content),
        "packages": len(application.packages.packages),
        "modules": len(application.modules.modules),
        "unused": application.unused or 0,
        "runtime": needs_to_dict(made.needs),
        "secondWall": _wall_to_dict(made),
        "problems": [problem.to_dict() for problem in application.warnings],
        "denied": [
            {
                "package": use.package,
                "part": use.part,
                "capability": use.path,
                "place": place_of(application, use),
            }
            for use in denied
        ],
        **(risks.to_dict(partial(place_of, application)) if application.infers else {}),
        "compartments": {
            name: {
                key: module.sha512
                for key, module in sorted(compartment.modules.items())
                if isinstance(module, FileModule)
            }
            for name, compartment in sorted(made.map.compartments.items())
        },
    }


def _wall_to_dict(made: Bundle) -> dict[str, object]:
    policies = [each.policy for each in made.map.compartments.values() if each.policy is not None]
    return wall_for(policies, mentions=mentions_of(made)).to_dict()


def mentions_of(made: Bundle) -> bool:
    """Return whether the source in a bundle may call functions that the permission model denies."""
    return any(word in made.content for word in refused_words())


def place_of(application: Application, use: CapabilityUse) -> str:
    """Return the place of a use: ``lib/file.js:12``."""
    place = place_in(application, use)
    return f"{place.file}:{place.position.line if place.position else 0}"


def _end_progress() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)


def _progress() -> Callable[[int], None]:
    if not sys.stderr.isatty():
        return lambda _count: check_interrupts()

    def show(count: int) -> None:
        check_interrupts()
        if count % 25 == 0:
            click.echo(f"\r\x1b[K{count} modules", nl=False, err=True)

    return show
