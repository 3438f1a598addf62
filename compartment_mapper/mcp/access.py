"""Which tools code may call, how often, and with how much data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from compartment_mapper.errors.diagnostic import did_you_mean
from compartment_mapper.sandbox.hold import Hold

Access = Literal["allow", "ask", "deny"]
_ACCESSES: tuple[Access, ...] = get_args(Access)
_KEYS = ("access", "calls", "bytes", "seconds")


class RuleError(ValueError):
    """A rule is invalid."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What holds for the tools with names that a pattern matches.

    Limits hold for one evaluation; None: no limit.
    """

    #: With ``*`` for any characters.
    pattern: str
    access: Access | None = None
    calls: int | None = None
    #: Of arguments, results and errors together, as JSON.
    bytes: int | None = None
    #: While any call runs.
    seconds: float | None = None


def rules_of(value: object, *, where: str) -> tuple[Rule, ...]:
    """Return rules in the order of the configuration.

    Args:
        value: ``{"read_*": "allow", "search": {"access": "ask", "calls": 10}}``.
        where: The path of the value, for errors.

    Raises:
        RuleError: The value has another shape.
    """
    if not isinstance(value, dict):
        raise RuleError(f"{where} must be an object: names of tools, or patterns, with rules")
    return tuple(_rule(name, rule, f"{where}[{json.dumps(name)}]") for name, rule in value.items())


def _rule(pattern: str, value: object, where: str) -> Rule:
    given = {"access": value} if isinstance(value, str) else value
    if not isinstance(given, dict):
        raise RuleError(f"{where} must be one of {', '.join(_ACCESSES)}, or an object")
    for key in given:
        if key not in _KEYS:
            raise RuleError(f"{where} has the unknown key '{key}'", did_you_mean(key, _KEYS))
    access = given.get("access")
    if access is not None and access not in _ACCESSES:
        raise RuleError(f"{where} must be one of {', '.join(_ACCESSES)}, not {access!r}")
    return Rule(
        pattern=pattern,
        access=access,
        calls=_count(given, "calls", where),
        bytes=_count(given, "bytes", where),
        seconds=_number(given, "seconds", where),
    )


def _count(given: Mapping[str, object], key: str, where: str) -> int | None:
    value = given.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise RuleError(f"{where}.{key} must be a whole number")


def _number(given: Mapping[str, object], key: str, where: str) -> float | None:
    value = given.get(key)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    raise RuleError(f"{where}.{key} must be a number above 0")


def rule_for(name: str, rules: tuple[Rule, ...], *, is_read_only: bool) -> Rule:
    """Return what holds for a tool: each part from the last rule with it that matches.

    Without a rule, a tool that declares to change nothing is allowed; others ask.

    >>> rules = rules_of({"*": "deny", "read": "allow"}, where="")
    >>> rule_for("read", rules, is_read_only=False).access
    'allow'
    >>> rule_for("write", (), is_read_only=False).access
    'ask'
    """
    access: Access = "allow" if is_read_only else "ask"
    found = Rule(pattern=name, access=access)
    for rule in rules:
        if _matches(rule.pattern, name):
            found = Rule(
                pattern=name,
                access=rule.access or found.access,
                calls=found.calls if rule.calls is None else rule.calls,
                bytes=found.bytes if rule.bytes is None else rule.bytes,
                seconds=found.seconds if rule.seconds is None else rule.seconds,
            )
    return found


def _matches(pattern: str, name: str) -> bool:
    parts = map(re.escape, pattern.split("*"))
    return re.fullmatch(".*".join(parts), name, re.DOTALL) is not None


class LimitError(Exception):
    """A limit of a tool is reached."""


@dataclass(slots=True)
class _Used:
    calls: int = 0
    bytes: int = 0
    #: Runs while a call does; calls may overlap.
    clock: Hold = field(default_factory=Hold)


@dataclass(slots=True)
class Usage:
    """What one evaluation has used of each tool."""

    _used: dict[str, _Used] = field(default_factory=dict)

    def begin(self, tool: str, rule: Rule, size: int) -> None:
        """Count a call with arguments of *size* bytes, whether or not a person allows it.

        Raises:
            LimitError: It exceeds a limit of *rule*.
        """
        used = self._of(tool)
        if rule.calls is not None and used.calls >= rule.calls:
            raise LimitError(f"{tool} may be called {rule.calls} times in one run")
        if rule.seconds is not None and used.clock.seconds >= rule.seconds:
            raise LimitError(f"{tool} may take {rule.seconds:g} seconds in one run")
        used.calls += 1
        self.receive(tool, rule, size)

    def timed(self, tool: str) -> Hold:
        """Return the clock to hold during a call."""
        return self._of(tool).clock

    def receive(self, tool: str, rule: Rule, size: int) -> None:
        """Count *size* bytes of a result or an error.

        Raises:
            LimitError: They exceed the limit of *rule*.
        """
        used = self._of(tool)
        used.bytes += size
        if rule.bytes is not None and used.bytes > rule.bytes:
            message = f"{tool} may exchange {rule.bytes} bytes in one run"
            raise LimitError(f"{message}; ask for less data, or for a part of it")

    def left(self, tool: str, rule: Rule) -> float | None:
        """Return the seconds that a call may take; None without a limit."""
        if rule.seconds is None:
            return None
        return max(0.0, rule.seconds - self._of(tool).clock.seconds)

    def _of(self, tool: str) -> _Used:
        return self._used.setdefault(tool, _Used())
