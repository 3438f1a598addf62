"""What a policy lets run outside of compartments: machine code, and shims before the lockdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compartment_mapper.authority.table import CHANGES_LANGUAGE, Authority, authority_of
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.policy.shims import covers_shim

#: The capability that loads machine code.
MACHINE_CODE = "process.dlopen"
SHIM = "shim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A file that runs outside of compartments."""

    package: CanonicalName
    #: `MACHINE_CODE` or `SHIM`.
    capability: str
    #: In the package.
    file: str
    #: What a shim changes: ``adds 12 properties, replaces 3``; empty for machine code.
    details: str = ""

    @property
    def authority(self) -> Authority:
        """Its severity, and the reason."""
        return (
            CHANGES_LANGUAGE if self.capability == SHIM else authority_of("globals", MACHINE_CODE)
        )

    @property
    def text(self) -> str:
        """One line: ``machine code: build/Release/x.node of a>b``."""
        owner = "the application" if self.package == ROOT_NAME else self.package
        kind = "shim before the lockdown" if self.capability == SHIM else "machine code"
        return f"{kind}: {self.file} of {owner}" + (f" ({self.details})" if self.details else "")

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output."""
        kind = "shim" if self.capability == SHIM else "machineCode"
        return {"kind": kind, "package": self.package, "file": self.file}


def outside_of(policy: Policy) -> list[Outside]:
    """Return what runs outside of compartments, machine code first."""
    entries = ((ROOT_NAME, policy.entry), *sorted(policy.resources.items()))
    return [
        *(found for name, own in entries for found in _addons(name, own)),
        *(found for name, own in entries for found in _shims(name, own)),
    ]


def _addons(name: CanonicalName, own: PackagePolicy) -> Iterator[Outside]:
    for file in sorted(own.native):
        yield Outside(package=name, capability=MACHINE_CODE, file=file)


def _shims(name: CanonicalName, own: PackagePolicy) -> Iterator[Outside]:
    for file, shim in sorted(own.shims.items()):
        adds, restored = (sum(map(len, found.values())) for found in (shim.adds, shim.restored))
        details = f"adds {adds} {'property' if adds == 1 else 'properties'}"
        if restored:
            details += f"; what it replaces is put back: {restored}"
        yield Outside(package=name, capability=SHIM, file=file, details=details)


def outside_beyond(policy: Policy, limit: Policy) -> Iterator[Outside]:
    """Yield what *policy* lets run and *limit* does not, or with another content."""
    for found in outside_of(policy):
        own, other = policy.of(found.package), limit.of(found.package)
        if found.capability == SHIM:
            is_same = covers_shim(other.shims.get(found.file), own.shims[found.file])
        else:
            is_same = other.native.get(found.file) == own.native[found.file]
        if not is_same:
            yield found
