"""One authority that a package is seen to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compartment_mapper.authority.table import (
    MADE_GLOBAL,
    MAKES_GLOBAL,
    WITHOUT_POWER,
    Authority,
    Part,
    Severity,
    authority_of,
)
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.policy.model import Grant
from compartment_mapper.text import Span

#: How a package comes by another: it declares it (or is the application), it merely finds it
#: installed, somebody else's text names it, it wants files of the application's own, or it has no
#: claim to it.
Link = Literal["declared", "installed", "named", "application", "refused"]


_OF_THE_APPLICATION = Authority("high", "loads and reads files of the application")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityUse:
    """One authority that a package uses, where it does so first.

    The authority is a global or a builtin of the host, or another package.
    """

    package: CanonicalName
    part: Part
    path: str
    module: Location
    span: Span
    #: Of a global: it is assigned.
    write: bool = False
    #: Of a global: no host has it, another package makes it.
    made: bool = False
    #: Of a builtin: it is requested; what is used of it are uses of their own.
    load: bool = False
    #: The text may use more of the object than is certain, so that all of it is listed.
    uncertain: bool = False
    #: Of a package.
    link: Link = "declared"
    #: Of a package: what it is requested by.
    specifier: str = ""

    @property
    def authority(self) -> Authority:
        """How bad it is to grant, and why."""
        if self.link == "application":
            return _OF_THE_APPLICATION
        if self.made:
            return MAKES_GLOBAL if self.write else MADE_GLOBAL
        return authority_of(self.part, self.path, write=self.write)

    @property
    def severity(self) -> Severity:
        """How bad it is to grant; what nobody may have without being named is critical."""
        if self.link == "refused":
            return "critical"
        return "harmless" if self.harmless else self.authority.severity

    @property
    def harmless(self) -> bool:
        """Whether it can neither read nor change anything outside of the compartment."""
        if self.part == "packages":
            return self.link == "declared"
        return self.load or self.authority.severity == "harmless"

    @property
    def has_form(self) -> bool:
        """Whether a dependency that is not granted the builtin has a form of it without power."""
        builtin = self.path.partition(".")[0]
        return self.part == "builtins" and builtin in WITHOUT_POWER and self.package != ROOT_NAME

    @property
    def grant(self) -> Grant:
        """What stands in a policy that grants it."""
        if self.load:
            return "load"
        return "write" if self.write else True
