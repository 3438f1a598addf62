"""The scopes that the source shows: the hosts and files that capabilities are called with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from compartment_mapper.authority.file_functions import READING, WRITING
from compartment_mapper.authority.scopes import scope_kind
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME
from compartment_mapper.policy.host_patterns import check_host
from compartment_mapper.policy.path_patterns import check_path
from compartment_mapper.policy.scope import OWN_MODULES, Scope

_URL = re.compile(r"(?:https?|wss?)://([^/?#*@\\\s]+)(?=[/?#]|$)", re.IGNORECASE)
_NAMES = frozenset({"dns", "dns/promises"})
#: Those with one path, whose flags have no other access.
_READING = READING | {"FileReadStream", "ReadStream"}
_WRITING = WRITING | {"FileWriteStream", "WriteStream", "createWriteStream", "rm"}
_UNKNOWN = "*"


def scope_shown(use: CapabilityUse) -> Scope | None:
    """Return the scope of all calls of *use*, or None if the source may call it otherwise.

    The application needs none: it decides itself what it calls.
    """
    kind = scope_kind(use.part, use.path)
    targets = use.targets.split("\n") if use.targets else []
    if kind == "modules":
        return OWN_MODULES
    if kind is None or not targets or use.package == ROOT_NAME or use.write or use.load:
        return None
    match kind:
        case "hosts":
            is_name = use.path.partition(".")[0] in _NAMES
            found = [target if is_name else _host_of(target) for target in targets]
            hosts = _checked(found, check_host)
            return None if hosts is None else Scope(kind=kind, hosts=hosts)
        case "paths":
            paths = _checked(map(_pattern_of, targets), check_path)
            name = use.path.rpartition(".")[2].removesuffix("Sync")
            if paths is None or name not in _READING | _WRITING:
                return None
            read, write = (paths, ()) if name in _READING else ((), paths)
            return Scope(kind=kind, read=read, write=write)
        case "programs":  # what environment a program needs cannot be seen
            return None


def _host_of(url: str) -> str:
    found = _URL.match(url)
    return found[1].lower().removesuffix(".") if found else ""


def _pattern_of(path: str) -> str:
    """Return the pattern of a path with unknown parts: of the folder that certainly holds it.

    >>> _pattern_of("./data/*.json"), _pattern_of("/proc/version"), _pattern_of("*/x")
    ('./data/**', '/proc/version', '')
    """
    absolute = path.startswith("/")
    names = path.removeprefix("/").removeprefix("./").split("/")
    known = next((n for n, name in enumerate(names) if _UNKNOWN in name), None)
    if known == 0 or any(name in {"", ".", ".."} for name in names):
        return ""
    fixed = names if known is None else [*names[:known], "**"]
    return ("/" if absolute else "./") + "/".join(fixed)


def _checked(found: Iterable[str], check: Callable[[str], str]) -> tuple[str, ...] | None:
    listed = sorted(set(found))
    return None if any(not each or check(each) for each in listed) else tuple(listed)
