"""Run the shims of an archive in a process without permissions, to see what they add."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.node_process import Node, runtime_files
from compartment_mapper.host.wall import wall_of
from compartment_mapper.powers import ShimChanges

#: Seconds. A shim only defines functions.
_LONGEST = 60


class ShimRunner:
    """`ShimPowers` that use Node.

    Args:
        node: Returns Node; called on first use.
    """

    def __init__(self, node: Callable[[], Node]) -> None:
        self._node = node

    def changes(self, archive: bytes) -> list[ShimChanges]:
        """Return what each shim of *archive* changes.

        Raises:
            InputError: SHIM_REFUSED.
        """
        node = self._node()
        main, _ = files = runtime_files()
        wall = wall_of([], version=node.version)
        # An old Node has no permission model: compartments alone confine.
        flags = [] if wall.problem else wall.flags(files, version=node.version)
        with tempfile.TemporaryFile() as stored:
            stored.write(archive)
            stored.flush()
            stored.seek(0)
            descriptor = str(stored.fileno())
            try:
                done = subprocess.run(  # noqa: S603 - our own Node, no shell
                    [node.path, *flags, main, "--shims", "--no-cache", "--fd", descriptor, "app"],
                    capture_output=True,
                    text=True,
                    encoding="utf-8",
                    check=False,
                    timeout=_LONGEST,
                    pass_fds=[stored.fileno()],
                    env={**os.environ, "NODE_OPTIONS": ""},  # for example a debugger
                )
            except subprocess.TimeoutExpired as problem:
                raise InputError(errors.shim_refused("a shim runs too long")) from problem
        if done.returncode != 0:
            raise InputError(errors.shim_refused(_message(done.stderr)))
        return [
            ShimChanges(
                package=row["package"],
                path=row["path"],
                adds=_names(row["adds"]),
                restored=_names(row["restored"]),
            )
            for row in json.loads(done.stdout)
        ]


def _names(found: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(keys) for name, keys in found.items()}


def _message(text: str) -> str:
    """Return the message of the runtime's error."""
    line = next((line for line in text.splitlines() if line.startswith("error [")), "")
    return line.partition("]: ")[2] or f"the process of the shims failed: {text.strip()[-400:]}"
