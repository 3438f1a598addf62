"""What is kept between runs, and used: an archive whose input is unchanged is not made again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from compartment_mapper.cache.bundles import Bundles
from compartment_mapper.cache.world import ObservedDisk, maybe_identity
from compartment_mapper.cli.kept import maybe_folder, maybe_toolchain
from compartment_mapper.cli.shared import Choices, entry_location, read_file
from compartment_mapper.cli.stages import Stages
from compartment_mapper.disk import Disk
from compartment_mapper.outcome import Outcome
from compartment_mapper.powers import ReadPowers


def make_outcome(
    entry: str,
    choices: Choices,
    *,
    stages: Stages,
    compress: bool = False,
    enforces: bool = True,
) -> Outcome:
    """Return the archive of the application that begins at *entry*, made or kept.

    Raises:
        InputError: All problems of the input.
    """
    files = {path: read_file(path) for path in (choices.policy, choices.override) if path}
    folder = None if choices.no_cache else maybe_folder()
    key = None if folder is None else _key(entry, choices, files, (compress, enforces))
    if folder is None or key is None:
        return _made(entry, choices, files, Disk(), stages, (compress, enforces))
    bundles = Bundles(folder, Disk())
    kept = bundles.maybe_outcome(key)
    stages.ended("check")
    if kept is not None:
        return kept
    disk = ObservedDisk(Disk())
    outcome = _made(entry, choices, files, disk, stages, (compress, enforces))
    bundles.keep(key, outcome, disk.observations())
    stages.ended("keep")
    return outcome


def _made(
    entry: str,
    choices: Choices,
    files: Mapping[str, bytes],
    disk: ReadPowers,
    stages: Stages,
    how: tuple[bool, bool],
) -> Outcome:
    from compartment_mapper.cli import building  # noqa: PLC0415 - 100 ms, unless it is all kept

    stages.ended("start")
    compress, enforces = how
    options = building.options_of(choices, files, compress=compress, enforces=enforces)
    hosting = building.hosting_of(choices)
    made = building.make_bundle(entry, options, hosting, disk=disk, stages=stages)
    outcome = building.outcome_of(made)
    stages.ended("report")
    return outcome


def _key(
    entry: str, choices: Choices, files: Mapping[str, bytes], how: tuple[bool, bool]
) -> str | None:
    """Return what an archive depends on but for what is read from the disk; None if unknown."""
    version = maybe_toolchain()
    node = None if choices.node is None else maybe_identity(choices.node)
    if version is None or (node is None and choices.node is not None):
        return None
    parts = (
        version,
        entry_location(entry),
        sorted(set(choices.condition)),
        choices.asset,
        choices.grant,
        (choices.infer, choices.allow_all, choices.policy, choices.override),
        [(path, hashlib.sha256(content).hexdigest()) for path, content in files.items()],
        (choices.node, node),
        how,
    )
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()
