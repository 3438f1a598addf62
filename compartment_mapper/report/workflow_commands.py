"""Workflow annotations of GitHub Actions: one command for each alert."""

from __future__ import annotations

from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.report.alerts import Alert, alerts_of
from compartment_mapper.report.model import Review
from compartment_mapper.report.places import SourceRoot
from compartment_mapper.text import LINE_END, printable

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def workflow_commands(review: Review, root: SourceRoot) -> str:
    """Return the commands, one on each line; with a comparison, only new alerts.

    GitHub shows ten errors and ten warnings of a step, so the most severe come first.
    """
    alerts = [alert for alert in alerts_of(review) if alert.is_new is not False]
    return "".join(f"{_command(alert, root)}\n" for alert in alerts)


def _command(alert: Alert, root: SourceRoot) -> str:
    properties = {"title": f"compartment-mapper: {alert.rule}", **_where(alert.place, root)}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[alert.level]} {given}::{_data(alert.message)}"


def _where(place: Place | None, root: SourceRoot) -> dict[str, str]:
    file = None if place is None else root.path_of(place.file)
    if place is None or file is None:
        return {}
    if place.position is None:
        return {"file": file}
    return {"file": file, "line": str(place.position.line), "col": str(place.position.column)}


def _data(text: str) -> str:
    r"""Return *text* for the message of a command.

    >>> _data("100%\n::error::x")
    '100%25%0A::error::x'
    """
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(LINE_END.sub(" ", escaped))


def _property(text: str) -> str:
    """Return *text* for a property of a command.

    >>> _property("a:b,c.js")
    'a%3Ab%2Cc.js'
    """
    return _data(text).replace(":", "%3A").replace(",", "%2C")
