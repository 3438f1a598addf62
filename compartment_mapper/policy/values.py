"""Read JSON values of known types; a wrong one is reported with the path of its key."""

from __future__ import annotations

import json
from dataclasses import dataclass

from compartment_mapper import errors


@dataclass(frozen=True, slots=True)
class WrongValueError(Exception):
    """A value of a policy violates the format."""

    problem: str
    hint: str = ""


def flag(value: object, path: str) -> bool | None:
    """Return *value*, a boolean or None."""
    if value is not None and not isinstance(value, bool):
        raise WrongValueError(f"{path} must be true or false, got {shown(value)}")
    return value


def text_or_none(value: object, path: str) -> str | None:
    """Return *value*, a string or None."""
    if value is not None and not isinstance(value, str):
        raise WrongValueError(f"{path} must be a string, got {shown(value)}")
    return value


def record(value: object, path: str, known: tuple[str, ...] | None) -> dict[str, object]:
    """Return *value*, an object; with *known*, it has only these keys."""
    if not isinstance(value, dict):
        raise WrongValueError(f"{path} must be an object, got {shown(value)}")
    for key in value:
        if known is not None and key not in known:
            raise WrongValueError(
                f"{path} has an unknown key '{key}'",
                errors.did_you_mean(str(key), known) or f"known keys: {', '.join(known)}",
            )
    return value


def shown(value: object) -> str:
    """Return *value* as it is shown in messages: JSON, cut."""
    text = json.dumps(value, default=str)  # TOML has dates, too
    return text if len(text) < 60 else text[:60] + "…"  # noqa: PLR2004 - one line


def json_line(value: object) -> str:
    """Return *value* on one line, with blanks inside the braces of an object."""
    text = json.dumps(value, ensure_ascii=False)
    return f"{{ {text[1:-1]} }}" if text.startswith("{") and len(text) > len("{}") else text
