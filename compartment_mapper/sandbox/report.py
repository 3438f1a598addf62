"""What a sandbox tells of: denials, uses of what is bad, and calls of tools."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from compartment_mapper.sandbox.messages import Message, record_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityUse:
    """What was asked of the host, and whether it was given.

    Of an archive's packages all denials are told, those that are caught too, and the calls of what
    is high or critical; of texts the calls of tools.
    """

    #: Of an archive, by its canonical name; empty for a text.
    package: str
    #: ``builtins``, ``globals``, ``packages`` or ``tools``.
    part: str
    #: A path, or the name of a tool.
    capability: str
    allowed: bool
    severity: str = ""
    #: ``package/file.js:12``, where that is known.
    place: str = ""
    #: How often so far, from the same place: a later report of it stands for the earlier ones.
    count: int = 1


Report = Callable[[CapabilityUse], object]


def notify(report: Report | None, use: CapabilityUse) -> None:
    """Call *report*; what it raises is logged, since whoever is evaluated is not to blame."""
    if report is None:
        return
    try:
        report(use)
    except Exception:
        logging.getLogger(__name__).exception("the sandbox's report callback raised")


def use_of(message: Message) -> CapabilityUse:
    """Return the use that the process told of."""
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
