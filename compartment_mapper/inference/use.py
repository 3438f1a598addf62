"""A capability that a package uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compartment_mapper.authority.scopes import STARTS_OWN_MODULES, scope_kind
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
from compartment_mapper.policy.scope import OWN_MODULES
from compartment_mapper.text import Span

#: How a package reaches another: it declares it (or is the application), it finds it installed, the
#: source of another package names it, it loads files of the application, or it has no valid link.
Link = Literal["declared", "installed", "named", "application", "refused"]


_OF_THE_APPLICATION = Authority("high", "loads and reads files of the application")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityUse:
    """A capability that a package uses, with its first use.

    The capability is a global or a builtin of the host, or another package.
    """

    package: CanonicalName
    part: Part
    path: str
    module: Location
    span: Span
    #: For a global: it is assigned.
    write: bool = False
    #: For a global: another package defines it, and no host has it.
    made: bool = False
    #: For a builtin: it is requested; uses of its members are separate.
    load: bool = False
    #: The source may use more members than the scanner sees, so the whole object is listed.
    uncertain: bool = False
    #: What it is called with, as in `FreeName`; of all uses.
    targets: str = ""
    #: Its uses one by one, if a grant can have a scope.
    calls: tuple[CapabilityUse, ...] = ()
    #: For a package: the kind of link.
    link: Link = "declared"
    #: For a package: the specifier of the request.
    specifier: str = ""

    @property
    def authority(self) -> Authority:
        """The severity and the reason."""
        if self.link == "application":
            return _OF_THE_APPLICATION
        if self.made:
            return MAKES_GLOBAL if self.write else MADE_GLOBAL
        if self.starts_modules:
            return STARTS_OWN_MODULES
        return authority_of(self.part, self.path, write=self.write)

    @property
    def severity(self) -> Severity:
        """The severity; a link that no inference grants is critical."""
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
    def starts_modules(self) -> bool:
        """Whether it starts threads or processes; a grant for modules of the archive is enough."""
        return self.part != "packages" and scope_kind(self.part, self.path) == "modules"

    @property
    def has_form(self) -> bool:
        """Whether dependencies without a grant get the builtin without capabilities."""
        builtin = self.path.partition(".")[0]
        return self.part == "builtins" and builtin in WITHOUT_POWER and self.package != ROOT_NAME

    @property
    def grant(self) -> Grant:
        """The value that grants it in a policy."""
        if self.load:
            return "load"
        if self.starts_modules:
            return OWN_MODULES
        return "write" if self.write else True
