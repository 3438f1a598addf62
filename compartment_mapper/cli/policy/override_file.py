"""Write decisions to the override file, one at a time; the rest of the file stays as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from compartment_mapper.authority.table import Part
from compartment_mapper.cli.policy_files import policy_file
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.host.disk import Disk
from compartment_mapper.inference.decision import PolicyFile, parsed_policy
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.format import parse_policy
from compartment_mapper.policy.model import Policy
from compartment_mapper.policy.values import json_line

#: Objects down to the grants of a part have a line for each member; a grant has one line.
_DEEPEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision of a person."""

    package: CanonicalName
    part: Part
    path: str
    #: The grant, as JSON.
    grant: object
    #: The place of the first use.
    place: str


class OverrideFile:
    """The override file at *path*, which need not exist.

    Raises:
        InputError: INVALID_POLICY.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.policy: Policy | None = None
        self._value: dict[str, object] = {}
        if Path(path).exists():
            file = policy_file(path)
            self.policy = parsed_policy(file)
            self._value = json.loads(file.text)

    def grants(self, use: CapabilityUse) -> bool:
        """Return whether a decision grants *use*, as such or with the object that contains it."""
        if self.policy is None:
            return False
        found = self.policy.of(use.package).decision(use.part, use.path)
        return found is not None and found[1] is True

    def decide(self, *decisions: Decided) -> None:
        """Add *decisions*, and write the file atomically.

        Raises:
            InputError: CANNOT_WRITE.
        """
        for decided in decisions:
            self._value = self._with(decided)
        text = _text(self._value)
        Disk().write(self.path, text)
        self.policy = parsed_policy(PolicyFile(text=text, name=self.path))

    def _with(self, decided: Decided) -> dict[str, object]:
        """Return the content with one decision; inferred names may need their reason."""
        for grant in (decided.grant, {"grant": decided.grant, "why": decided.place}):
            value = _with_grant(self._value, decided, grant)
            if not isinstance(parse_policy(_text(value), file=self.path), Diagnostic):
                return value
        message = f"{decided} cannot be written"
        raise AssertionError(message)


def _with_grant(value: dict[str, object], decided: Decided, grant: object) -> dict[str, object]:
    copy: dict[str, object] = json.loads(json.dumps(value))
    grants = copy
    for key in ("resources", decided.package, decided.part):
        inner = grants.setdefault(key, {})
        assert isinstance(inner, dict), inner  # a part without a list decides about every path
        grants = inner
    grants[decided.path] = grant
    return copy


def _text(value: object) -> bytes:
    return ("\n".join(_lines(value, 0)) + "\n").encode()


def _lines(value: object, depth: int) -> list[str]:
    if not isinstance(value, dict) or not value or depth == _DEEPEST:
        return [json_line(value)]
    found = ["{"]
    for key, member in value.items():
        first, *rest = _lines(member, depth + 1)
        found += [f"  {json.dumps(key, ensure_ascii=False)}: {first}", *(f"  {r}" for r in rest)]
        found[-1] += ","
    found[-1] = found[-1].removesuffix(",")
    return [*found, "}"]
