"""Load the review of an archive or an application, and what to compare it with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import click

from compartment_mapper import __version__
from compartment_mapper.archive.reader import unpack
from compartment_mapper.bundle.bundling import Bundle
from compartment_mapper.cache.file_dependencies import ObservedDisk
from compartment_mapper.cli.building import hosting_of, make_bundle, options_of
from compartment_mapper.cli.policy_files import policy_file
from compartment_mapper.cli.shared import Choices, is_archive, read_file, show
from compartment_mapper.cli.timings import Stages
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.host.disk import Disk
from compartment_mapper.inference.decision import GivenPolicy, package_problems, parsed_policy
from compartment_mapper.locations import path_of
from compartment_mapper.report.collect import (
    BuiltApplication,
    compared,
    review_of_application,
    review_of_archive,
    reviewed_policy,
)
from compartment_mapper.report.model import Review
from compartment_mapper.report.places import SourceRoot


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A review, its place in a repository, and the files that it was made from."""

    review: Review
    root: SourceRoot
    inputs: Collection[str]


def loaded_review(target: str, choices: Choices) -> Loaded:
    """Return the review of *target*, an archive or the entry of an application.

    Raises:
        InputError: All problems of the input.
    """
    if not is_archive(target):
        return _from_sources(target, choices)
    review = review_of_archive(
        unpack(read_file(target)), target=Path(target).name, tool_version=__version__
    )
    repository = _repository(Path(target).absolute().parent)
    root = SourceRoot(prefix="", fallback=_relative(Path(target).absolute(), repository))
    return Loaded(review=review, root=root, inputs=(target,))


def _from_sources(entry: str, choices: Choices) -> Loaded:
    """Return the review of an application; uses that its policy does not cover are denied."""
    files = {path: read_file(path) for path in (choices.policy, choices.override) if path}
    options = replace(options_of(choices, files), enforces=False)
    stages, disk = Stages(), ObservedDisk(Disk())
    made = make_bundle(entry, options, hosting_of(choices), disk=disk, stages=stages)
    if choices.timings:
        show(f"timings: {stages.text()}", err=True)
    application = made.application
    built = BuiltApplication(
        scanned=application.scanned,
        policy=application.policy,
        map=made.map,
        sizes=made.sizes,
        sha512=made.sha512,
        problems=(*application.warnings, *_other_packages(made, frozen=choices.frozen)),
    )
    folder = Path(path_of(application.root)).absolute()
    repository = _repository(folder)
    prefix = _relative(folder, repository)
    root = SourceRoot(
        prefix="" if prefix == "." else prefix,
        fallback=_relative(folder / "package.json", repository),
    )
    review = review_of_application(built, target=entry, tool_version=__version__)
    return Loaded(review=review, root=root, inputs=(*disk.files, *files))


def _other_packages(made: Bundle, *, frozen: bool) -> list[Diagnostic]:
    """Return the packages whose version or files differ from those in the policy file."""
    application = made.application
    if application.policy_file is None:
        return []
    given = GivenPolicy(policy=application.policy, file=application.policy_file)
    return list(package_problems(given, application.scanned, frozen=frozen))


def _repository(folder: Path) -> Path:
    """Return the folder of the repository around *folder*, or *folder* itself."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def with_comparison(loaded: Loaded, against: str) -> Loaded:
    """Return *loaded* with the changes since the archive or the policy file *against*.

    Raises:
        InputError: INVALID_ARCHIVE, INVALID_POLICY, CANNOT_READ.
    """
    if is_archive(against):
        archive = unpack(read_file(against))
        before, size = reviewed_policy(archive.map), sum(archive.sizes.values())
    else:
        before, size = parsed_policy(policy_file(against)), None
    review = compared(loaded.review, before, against=Path(against).name, size=size)
    return replace(loaded, review=review, inputs=(*loaded.inputs, against))


def check_options(target: str, choices: Choices) -> None:
    """Reject options that only apply to sources if *target* is an archive."""
    changes_policy = (choices.policy, choices.override, choices.infer, choices.allow_all)
    if is_archive(target) and (any(changes_policy) or choices.grant):
        message = "an archive carries its policy: name the application's entry, not the archive"
        raise click.UsageError(message)
