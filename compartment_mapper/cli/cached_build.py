"""Reuse a cached archive if its inputs did not change."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from compartment_mapper.bundle.build_result import BuildResult
from compartment_mapper.cache.bundles import Bundles, CachedBundle
from compartment_mapper.cache.file_dependencies import ObservedDisk, maybe_identity
from compartment_mapper.cli.cache_folder import maybe_folder, maybe_runtime, maybe_toolchain
from compartment_mapper.cli.output_formats import Form
from compartment_mapper.cli.shared import Choices, entry_location, read_file
from compartment_mapper.cli.timings import Stages
from compartment_mapper.host.disk import Disk
from compartment_mapper.locations import location_of_path
from compartment_mapper.powers import ReadPowers

if TYPE_CHECKING:  # a cache hit does not need it
    from compartment_mapper.bundle.application import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The parameters of a bundle."""

    entry: str
    choices: Choices
    #: Additional entries.
    others: tuple[str, ...] = ()
    form: Form = field(default_factory=Form)
    #: The folder of the application, if the entry is a tool that is installed in it.
    project: str | None = None
    #: Whether a used capability that the policy does not cover is an error.
    enforces: bool = True


def make_result(order: Order, *, stages: Stages, disk: ObservedDisk | None = None) -> BuildResult:
    """Return the bundle, from the cache or newly built.

    Args:
        order: The parameters.
        stages: Record the duration of stages.
        disk: Records the file system queries of the result, or of the failure.

    Raises:
        InputError: All problems of the input.
    """
    choices = order.choices
    files = {path: read_file(path) for path in (choices.policy, choices.override) if path}
    folder = None if choices.no_cache else maybe_folder()
    key = None if folder is None else _key(order, files)
    if folder is None or key is None:
        return _made(order, files, disk or Disk(), stages)
    bundles = Bundles(folder, Disk())
    kept = bundles.maybe_cached(key)
    stages.ended("check")
    if kept is not None and not kept.differences.files:
        if disk is not None:
            disk.recall(kept.differences.refreshed)
        return kept.result
    disk = disk or ObservedDisk(Disk())
    result = None if kept is None else _maybe_replaced(kept, disk, stages)
    if result is None:
        result = _made(order, files, disk, stages)
    bundles.keep(key, result, disk.observations())
    stages.ended("store")
    return result


def _maybe_replaced(kept: CachedBundle, disk: ObservedDisk, stages: Stages) -> BuildResult | None:
    """Return the cached bundle with changed files replaced, if nothing else depends on them."""
    from compartment_mapper.bundle.replace_modules import replaced  # noqa: PLC0415 - scans, 60 ms

    stages.ended("start")
    changed = ObservedDisk(Disk())
    texts: dict[str, bytes] = {}
    for path in kept.differences.files:
        content = changed.maybe_read(location_of_path(path))
        if content is None:
            return None
        texts[path] = content
    result = replaced(kept.result, texts)
    if result is not None:
        disk.recall(kept.differences.refreshed)
        disk.files.update(changed.files)
    stages.ended("replace")
    return result


def _made(
    order: Order, files: Mapping[str, bytes], disk: ReadPowers, stages: Stages
) -> BuildResult:
    from compartment_mapper.cli import building  # noqa: PLC0415 - 100 ms, unless everything is cached

    stages.ended("start")
    options = options_of(order, files)
    hosting = building.hosting_of(order.choices)
    made = building.make_bundle(order.entry, options, hosting, disk=disk, stages=stages)
    result = building.result_of(made, compressed=order.form.compress)
    stages.ended("report")
    return result


def options_of(order: Order, files: Mapping[str, bytes]) -> Options:
    """Return the bundle options of *order*; *files* are the policy files that it names."""
    from compartment_mapper.cli import building  # noqa: PLC0415 - 100 ms, as above

    return replace(
        building.options_of(order.choices, files),
        compress=order.form.compress,
        source_map=order.form.source_map,
        minify=order.form.minify,
        format=order.form.format,
        global_name=order.form.global_name,
        enforces=order.enforces,
        others=tuple(entry_location(other) for other in order.others),
        project=None if order.project is None else entry_location(order.project),
        finds_policy=order.project is None,
    )


def _key(order: Order, files: Mapping[str, bytes]) -> str | None:
    """Return everything that an archive depends on besides the disk; None if unknown."""
    choices = order.choices
    version = maybe_toolchain()
    node = None if choices.node is None else maybe_identity(choices.node)
    if version is None or (node is None and choices.node is not None):
        return None
    parts = (
        version,
        [entry_location(entry) for entry in (order.entry, *order.others)],
        sorted(set(choices.condition)),
        sorted(set(choices.shim)),
        choices.asset,
        choices.grant,
        choices.platform,
        choices.tree_shaking,
        order.project,
        (choices.infer, choices.allow_all, choices.policy, choices.override),
        [(path, hashlib.sha256(content).hexdigest()) for path, content in files.items()],
        (choices.node, node),
        (order.form, order.enforces, choices.frozen),
        None if order.form.format == "archive" else maybe_runtime(),
    )
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()
