"""Shims in a policy: modules that run before the lockdown, and what they may add."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from compartment_mapper.policy.values import WrongValueError, record, shown

INTEGRITY = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")


#: Names of properties, by the object that has them: ``Array.prototype``.
Names = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shim:
    """One shim of a package."""

    #: The hash of its source and of all modules that it loads.
    integrity: str
    #: The properties that it may add.
    adds: Names = field(default_factory=dict)
    #: The properties that it may replace; they are put back.
    restored: Names = field(default_factory=dict)
    #: Whether it ran, so that `adds` and `restored` are known.
    recorded: bool = field(default=True, compare=False)

    def to_dict(self) -> dict[str, object]:
        """Return the JSON value."""
        found: dict[str, object] = {"integrity": self.integrity, "adds": _sorted(self.adds)}
        if self.restored:
            found["restored"] = _sorted(self.restored)
        return found


def _sorted(names: Names) -> dict[str, list[str]]:
    return {name: sorted(keys) for name, keys in sorted(names.items())}


def shims_from(value: object, path: str) -> dict[str, Shim]:
    """Parse the JSON *value* of ``shims``.

    Raises:
        WrongValueError: It is not an object of shims.
    """
    return {
        name: _shim(each, f'{path}["{name}"]') for name, each in record(value, path, None).items()
    }


def _shim(value: object, path: str) -> Shim:
    found = record(value, path, ("integrity", "adds", "restored"))
    integrity = found.get("integrity")
    if not isinstance(integrity, str) or not INTEGRITY.fullmatch(integrity):
        raise WrongValueError(
            f'{path}.integrity must be "sha512-" and a hash in Base64, got {shown(integrity)}'
        )
    if "adds" not in found:
        raise WrongValueError(f"{path}.adds is missing: `policy infer --shim` records it")
    return Shim(
        integrity=integrity,
        adds=_names(found["adds"], f"{path}.adds"),
        restored=_names(found.get("restored", {}), f"{path}.restored"),
    )


def _names(value: object, path: str) -> Names:
    names: dict[str, tuple[str, ...]] = {}
    for name, keys in record(value, path, None).items():
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise WrongValueError(f'{path}["{name}"] must be a list of names, got {shown(keys)}')
        names[name] = tuple(keys)
    return names


def covers_shim(limit: Shim | None, shim: Shim) -> bool:
    """Return whether *limit* allows *shim*: the same source, and no more changes."""
    return (
        limit is not None
        and limit.integrity == shim.integrity
        and _common(shim.adds, limit.adds) == shim.adds
        and _common(shim.restored, limit.restored) == shim.restored
    )


def common_shims(one: Mapping[str, Shim], other: Mapping[str, Shim]) -> dict[str, Shim]:
    """Return the shims that both allow, with the changes that both allow."""
    return {
        path: Shim(
            integrity=shim.integrity,
            adds=_common(shim.adds, limit.adds),
            restored=_common(shim.restored, limit.restored),
        )
        for path, shim in one.items()
        if (limit := other.get(path)) is not None and limit.integrity == shim.integrity
    }


def _common(one: Names, other: Names) -> Names:
    found = {
        name: tuple(key for key in keys if key in other.get(name, ())) for name, keys in one.items()
    }
    return {name: keys for name, keys in found.items() if keys}
