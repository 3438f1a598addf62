"""Validate the arguments of both sandbox classes."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import TypedDict

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.errors.environment import runtime_missing
from compartment_mapper.host.node_process import UnreviewedNode, find_node
from compartment_mapper.sandbox.hold import Hold
from compartment_mapper.sandbox.report import Report
from compartment_mapper.sandbox.running import Order
from compartment_mapper.sandbox.settings import Limits, Settings
from compartment_mapper.sandbox.tools import Tools

__all__ = ["Modules", "SandboxOptions", "UnreviewedNode", "order_of", "settings_of"]

#: Archives or their paths, by specifier.
Modules = Mapping[str, bytes | str | PathLike[str]]


class SandboxOptions(TypedDict, total=False):
    """The options of each process; see `Sandbox`."""

    tools: Tools | None
    timeout: float
    memory_mb: int
    modules: Modules | None
    clock: bool
    random: bool
    limits: Limits | None
    node: str | None
    report: Report | None


#: The longest timeout in seconds that the system supports.
_LONGEST = threading.TIMEOUT_MAX
_RUNTIME = Path(__file__).parents[1] / "_runtime"


def settings_of(  # noqa: PLR0913 - one for each setting of a sandbox
    tools: list[object],
    *,
    memory_mb: int,
    modules: Modules,
    endowed: tuple[bool, bool],
    limits: Limits,
    node: str | None,
    report: Report | None = None,
) -> Settings:
    """Return the settings of a process.

    Raises:
        ValueError: *memory_mb* is not a size.
        InputError: RUNTIME_MISSING, NODE_NOT_FOUND, NODE_TOO_OLD, NODE_NOT_REVIEWED,
            INVALID_ARCHIVE.
    """
    if memory_mb <= 0:
        raise ValueError(f"memory_mb must be greater than 0, got {memory_mb!r}")
    if not (_RUNTIME / "sandbox.cjs").is_file():
        raise InputError(runtime_missing())
    clock, random = endowed
    return Settings(
        node=find_node(node).path,
        runtime=str(_RUNTIME),
        tools=tools,
        modules={name: _archive(archive) for name, archive in modules.items()},
        memory_mb=memory_mb,
        clock=clock,
        random=random,
        limits=limits,
        report=report,
    )


def _archive(archive: bytes | str | PathLike[str]) -> bytes:
    # 60 ms, only for archives
    from compartment_mapper.archive.compartment_map import policy_of_map  # noqa: PLC0415
    from compartment_mapper.archive.reader import verify  # noqa: PLC0415
    from compartment_mapper.policy.outside import SHIM, outside_of  # noqa: PLC0415

    content = archive if isinstance(archive, bytes) else Path(archive).read_bytes()
    found = outside_of(policy_of_map(verify(BytesIO(content)).map))
    shim = next((each for each in found if each.capability == SHIM), None)
    if shim is not None:
        raise InputError(errors.shim_in_sandbox(shim.text))
    return content


def order_of(
    source: str,
    name: str,
    compartment: str | None,
    given: Mapping[str, object] | None,
    timeout: float,
    hold: Hold | None = None,
) -> Order:
    """Return the parameters of the evaluation.

    Raises:
        TypeError: *source* or *name* is not a string.
        ValueError: *timeout* is not a number of seconds.
    """
    for what, text in (("source", source), ("name", name)):
        if not isinstance(text, str):
            raise TypeError(f"the {what} must be a string, got {type(text).__name__}")
    if not 0 < timeout < _LONGEST:
        raise ValueError(f"timeout must be a positive, finite number, got {timeout!r}")
    # Stack traces are searched for this URL's file.
    file = re.sub(r"[^\w.-]", "_", name) or "_"
    return Order(
        source=source,
        file=file,
        compartment=compartment,
        globals=given or {},
        timeout=timeout,
        hold=hold or Hold(),
    )
