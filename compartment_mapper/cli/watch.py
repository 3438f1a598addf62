"""``--watch``: rebuild whenever an input changes."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable

import click

from compartment_mapper.cache.file_dependencies import (
    Differences,
    Observations,
    ObservedDisk,
    differences,
)
from compartment_mapper.cli.cached_build import Order
from compartment_mapper.cli.shared import print_problems, show
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.disk import Disk
from compartment_mapper.host.interrupts import check_interrupts
from compartment_mapper.locations import location_of_path

#: Seconds between checks: a check may take a twentieth of it.
_INTERVAL = 0.2
_SHARE = 20
#: Seconds to wait for an editor, or git, to finish writing.
_SETTLING = 0.05
_MOST_NAMES = 5


def watched(order: Order, make: Callable[[ObservedDisk], None]) -> None:
    """Call *make* now, and again whenever a file that it read changes; until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            disk = _made(order, make)
            check_interrupts()
            known = disk.observations()
            show(f"watching {len(known.files)} files; press Ctrl-C to stop", err=True)
            show(f"changed: {_names(_next_change(known))}", err=True)
            time.sleep(_SETTLING)
    click.echo(err=True)


def _made(order: Order, make: Callable[[ObservedDisk], None]) -> ObservedDisk:
    disk = ObservedDisk(Disk())
    for path in (order.entry, *order.others, order.choices.policy, order.choices.override):
        if path is not None:
            disk.maybe_read(location_of_path(os.path.abspath(path)))  # noqa: PTH100 - links stay
    start = time.perf_counter()
    try:
        make(disk)
    except InputError as error:
        print_problems(error.problems)
    else:
        show(f"built in {1000 * (time.perf_counter() - start):.0f} ms", err=True)
    return disk


def _next_change(known: Observations) -> Differences:
    """Wait for a change, and return it."""
    interval = _INTERVAL
    while True:
        time.sleep(interval)
        check_interrupts()
        start = time.perf_counter()
        found = differences(known, Disk())
        if found.files or found.is_elsewhere:
            return found
        known = found.refreshed
        interval = max(_INTERVAL, _SHARE * (time.perf_counter() - start))


def _names(found: Differences) -> str:
    here = os.getcwd()  # noqa: PTH109 - a text is wanted
    names = [os.path.relpath(path, here) for path in found.files[:_MOST_NAMES]]
    if len(found.files) > _MOST_NAMES:
        names.append(f"{len(found.files) - _MOST_NAMES} more")
    return ", ".join(names) or "the list of files"
