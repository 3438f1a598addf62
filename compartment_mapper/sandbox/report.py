"""Reports of a sandbox: denials, uses of risky capabilities, and tool calls."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from compartment_mapper.sandbox.messages import Message, record_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityUse:
    """A request for a capability, and whether it was allowed.

    For packages of an archive: every denial, including caught ones, and each use of a capability of
    severity high or critical. For evaluated source: tool calls.
    """

    #: The canonical name of a package in an archive; empty for evaluated source.
    package: str
    #: ``builtins``, ``globals``, ``packages`` or ``tools``.
    part: str
    #: A path, or the name of a tool.
    capability: str
    allowed: bool
    severity: str = ""
    #: ``package/file.js:12``, if known.
    place: str = ""
    #: The count so far from the same place; a later report replaces earlier ones.
    count: int = 1


Report = Callable[[CapabilityUse], object]


def notify(report: Report | None, use: CapabilityUse) -> None:
    """Call *report*; log what it raises, because the evaluated code did not cause it."""
    if report is None:
        return
    try:
        report(use)
    except Exception:
        logging.getLogger(__name__).exception("the sandbox's report callback raised")


def use_of(message: Message) -> CapabilityUse:
    """Return the use that the process reported."""
    line = record_of(message, "line")
    count = line.get("count")
    return CapabilityUse(
        package=text_of(line, "package"),
        part=text_of(line, "part"),
        capability=text_of(line, "capability"),
        allowed=line.get("allowed") is True,
        severity=text_of(line, "severity"),
        place=text_of(line, "place"),
        count=count if isinstance(count, int) else 1,
    )
