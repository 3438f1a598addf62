"""Native addons: machine code, which no compartment confines. Only named files are loaded."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

ADDON = ".node"
#: The code of a request for an addon that is not allowed.
REFUSED_ADDON = "ERR_DLOPEN_FAILED"


def integrity_of_file(content: bytes) -> str:
    """Return ``sha512-`` and the hash of a file in Base64, as npm writes it.

    >>> integrity_of_file(b"")[:20]
    'sha512-z4PhNX7vuL3xV'
    """
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addons:
    """The native addons that an application may load."""

    #: Names of packages whose addons are loaded, whatever is in them.
    packages: frozenset[str] = frozenset()
    #: By the path in its package: the hashes of the files that a policy lists.
    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: The platforms of the archive, as Node names them: ``linux-x64``.
    platforms: tuple[str, ...] = ()
    #: Whether to allow every addon: to find those that are not allowed.
    every: bool = False

    def allows(self, package: str, path: str, content: bytes) -> bool:
        """Return whether the file *path* of *package* may be loaded."""
        return (
            self.every
            or package in self.packages
            or integrity_of_file(content) in self.listed.get(path, frozenset())
        )


NO_ADDONS = Addons()
