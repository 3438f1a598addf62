"""Restrict the process with Node's permission model, as a second layer of confinement.

Compartments confine the packages of an application. Code that escapes from a compartment still runs
in a process that has no more permissions than all packages together are granted. See
``docs/decisions/0013-second-wall.md``.
"""

from __future__ import annotations

import itertools
import os
import shlex
import tempfile
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compartment_mapper.authority.file_functions import FILE_MODULES, READING, WRITING
from compartment_mapper.authority.scopes import ScopeKind
from compartment_mapper.authority.table import Part
from compartment_mapper.policy.model import Attenuation, Grant, Grants, PackagePolicy
from compartment_mapper.policy.scope import Scope

Need = Literal["fs-read", "fs-write", "child-process", "worker", "wasi", "net"]
Needs = frozenset[Need]

#: The first Node versions with a stable permission model, with network restrictions, and with
#: permission to create relative links.
_WALLS = (22, 13)
_HOLDS_NETWORK = (25, 0)
_LINKS = (24, 0)
#: The open files of the process, and the names among them.
_DESCRIPTORS = "/proc/self/fd/*"
#: The Node that is installed with this package.
USUAL_NODE = (24, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """The permissions that all packages together need."""

    needs: Needs = frozenset()
    #: Patterns of the files that packages may read, and write, if no grant has all files.
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    #: The reason why the permission model cannot be used; empty if it can.
    problem: str = ""
    #: Whether each run prints the reason: not if it follows from grants that no restriction covers.
    is_said: bool = True

    def flags(
        self, readable: Sequence[str], *, version: tuple[int, ...], project: str | None = None
    ) -> list[str]:
        """Return the options for Node.

        Args:
            readable: Files that the process itself reads.
            version: The version of Node.
            project: The folder that patterns begin at; None: the working directory.
        """
        assert not self.problem, self
        found = ["--permission"]
        if "worker" in self.needs:  # each thread would warn about the grant
            found.append("--disable-warning=SecurityWarning")
        if "fs-read" not in self.needs:
            # The runtime resolves links of files that it writes, too. A file below such a folder
            # must follow it, or Node denies the folder.
            found += _file_flags("read", self.reads | self.writes, project)
            found += [f"--allow-fs-read={path}" for path in readable]
            # Node looks up there whether an open descriptor is a file.
            if self.reads or self.writes or "fs-write" in self.needs:
                found.append(f"--allow-fs-read={_DESCRIPTORS}")
        if "fs-write" not in self.needs:
            found += _file_flags("write", self.writes, project)
        for need in sorted(self.needs):
            if need.startswith("fs-"):
                found.append(f"--allow-{need}=*")
            elif need != "net" or version >= _HOLDS_NETWORK:
                found.append(f"--allow-{need}")
        return found

    def to_dict(self) -> dict[str, object]:
        """Return the JSON value."""
        paths = {"reads": sorted(self.reads), "writes": sorted(self.writes)}
        return {"needs": sorted(self.needs), **paths, "problem": self.problem}

    def command(self, script: str, *more: str) -> str:
        """Return the command line that runs *script*, which reads *more* files, with this wall.

        >>> Wall(needs=frozenset({"fs-read"})).command("app.js")
        "node --permission '--allow-fs-read=*' app.js"
        """
        if self.problem:
            return shlex.join(["node", script])
        return shlex.join(["node", *self.flags([script, *more], version=USUAL_NODE), script])


def wall_from_dict(value: object) -> Wall:
    """Return the wall that `Wall.to_dict` encoded as *value*."""
    assert isinstance(value, dict), value
    return Wall(
        needs=frozenset(value["needs"]),
        reads=frozenset(value["reads"]),
        writes=frozenset(value["writes"]),
        problem=value["problem"],
    )


def wall_for(policies: Iterable[PackagePolicy], *, mentions: bool) -> Wall:
    """Return the wall for the default Node."""
    return wall_of(policies, version=USUAL_NODE, mentions=mentions)


def wall_of(
    policies: Iterable[PackagePolicy], *, version: tuple[int, ...], mentions: bool = True
) -> Wall:
    """Return the strictest wall that *policies* allow.

    Args:
        policies: The policies of all packages.
        version: The version of Node.
        mentions: Whether the source of the application may contain one of `refused_words`.

    >>> sorted(wall_of([PackagePolicy(builtins={"fs.readFileSync": True})], version=(24, 1)).needs)
    ['fs-read']
    """
    if version < _WALLS:
        name = ".".join(map(str, version)) or "of unknown version"
        return Wall(problem=f"Node {name} has no permission model")
    needs: set[Need] = set()
    reads: set[str] = set()
    writes: set[str] = set()
    for policy in map(_with_bare_names, policies):
        problem = _problem(policy)
        if problem:
            return Wall(problem=problem)
        refused = _refused(policy, version) if mentions else ""
        if refused:
            return Wall(problem=refused, is_said=False)
        scopes = _scopes(policy, "paths")
        started = _scopes(policy, "modules")
        needs |= _needs_of(_without(policy, {**scopes, **started}))
        needs |= {_STARTING[path.partition(".")[0]] for path in started}
        for scope in scopes.values():
            reads.update(scope.read)
            writes.update(scope.write)
    return Wall(needs=frozenset(needs), reads=frozenset(reads), writes=frozenset(writes))


def _scopes(policy: PackagePolicy, kind: ScopeKind) -> dict[str, Scope]:
    """Return the grants of *policy* with a scope of *kind*."""
    grants = policy.builtins
    assert isinstance(grants, Mapping), grants
    scopes = {path: grant for path, grant in grants.items() if isinstance(grant, Scope)}
    return {path: scope for path, scope in scopes.items() if scope.kind == kind}


def _without(policy: PackagePolicy, names: Container[str]) -> PackagePolicy:
    grants = policy.builtins
    assert isinstance(grants, Mapping), grants
    return replace(policy, builtins={k: v for k, v in grants.items() if k not in names})


def _file_flags(
    access: Literal["read", "write"], patterns: Iterable[str], project: str | None
) -> list[str]:
    """Return the options that allow the folders of *patterns*, and the folders behind links."""
    anchors = {
        "./": project or os.getcwd(),  # noqa: PTH109 - of the process that runs
        "$HOME/": os.path.expanduser("~"),  # noqa: PTH111
        "$TMP/": tempfile.gettempdir(),
    }
    places: set[str] = set()
    for pattern in patterns:
        anchor = next((each for each in anchors if pattern.startswith(each)), "/")
        names = pattern.removeprefix(anchor).split("/")
        fixed = list(itertools.takewhile(lambda name: "*" not in name and "?" not in name, names))
        place = os.path.join(anchors.get(anchor, "/"), *fixed)  # noqa: PTH118
        places |= {place, os.path.realpath(place)}
    # With both "data/*" and "data-x/*", Node denies the folder "data" itself; "data*" covers both.
    widest = {
        place for place in places if not any(place.startswith(other) for other in places - {place})
    }
    return [f"--allow-fs-{access}={place}*" for place in sorted(widest)]


def _with_bare_names(policy: PackagePolicy) -> PackagePolicy:
    """Return *policy* with builtin names without ``node:``."""
    grants = policy.builtins
    if not isinstance(grants, Mapping):
        return policy
    bare: dict[str, Grant] = {}
    for name, grant in grants.items():
        # Two names for one builtin: a denial of either applies; a wider wall does no harm here.
        bare[name.removeprefix("node:")] = grant or bare.get(name.removeprefix("node:"), grant)
    return replace(policy, builtins=bare)


def _problem(policy: PackagePolicy) -> str:
    """Return the reason why there can be no wall, or an empty string."""
    if policy.native:
        return "a package loads machine code, which bypasses it"
    if "any" in (policy.globals, policy.builtins):
        return "a package is granted everything"
    if isinstance(policy.globals, Attenuation):
        return "an attenuator receives all globals"
    for part, path in _BEYOND:
        if policy.allows(part, path):
            return f"the policy grants '{path}', which bypasses it"
    return ""


def _refused(policy: PackagePolicy, version: tuple[int, ...]) -> str:
    """Return a granted capability that the permission model denies, or an empty string."""
    if FILE_MODULES.isdisjoint(_heads(policy.builtins)):
        return ""
    paths = [*_OF_DESCRIPTORS, *([] if version >= _LINKS else _named(["symlink"]))]
    path = next((path for path in paths if policy.allows("builtins", path)), None)
    return f"the policy grants '{path}', which the permission model always denies" if path else ""


def _needs_of(policy: PackagePolicy) -> set[Need]:
    found: set[Need] = set()
    for head in _heads(policy.builtins):
        found |= _MODULES.get(head, frozenset())
    if not _NETWORK_GLOBALS.isdisjoint(_heads(policy.globals)):
        found |= _NETWORK
    named = _heads(policy.builtins) | _heads(policy.globals)
    for needs, part, paths in _MEMBERS if not _WITH_MEMBERS.isdisjoint(named) else ():
        if not found.issuperset(needs) and any(policy.allows(part, path) for path in paths):
            found |= needs
    return found


def _heads(grants: Grants) -> set[str]:
    """Return the granted names; for paths, their first part."""
    assert isinstance(grants, Mapping), grants
    granted = (name for name, grant in grants.items() if grant is not False and grant != "load")
    return {name.partition(".")[0] for name in granted}


def _named(names: Iterable[str]) -> list[str]:
    """Return the paths of functions of ``fs`` in all their variants.

    >>> _named(["stat"])
    ['fs.stat', 'fs.statSync', 'fs.promises.stat', 'fs/promises.stat']
    """
    forms = ("fs.{}", "fs.{}Sync", "fs.promises.{}", "fs/promises.{}")
    return [form.format(name) for name in names for form in forms]


#: Functions that the permission model always denies, because it checks paths only.
_OF_DESCRIPTORS = [
    path
    for name in ("fsync", "fdatasync", "fchmod", "fchown", "futimes")
    for path in (f"fs.{name}", f"fs.{name}Sync")
]


def refused_words(version: tuple[int, ...] = USUAL_NODE) -> tuple[bytes, ...]:
    """Return words, one of which occurs in any source that calls such a function."""
    words = (b"fsync", b"fdatasync", b"fchmod", b"fchown", b"futimes")
    return words if version >= _LINKS else (*words, b"symlink")


#: Capabilities that exist only without a wall, or that bypass it.
_BEYOND: Sequence[tuple[Part, str]] = (
    ("globals", "process.binding"),
    ("globals", "process._linkedBinding"),
    ("globals", "process.dlopen"),
    ("globals", "process.getBuiltinModule"),
    ("globals", "process.mainModule"),
    ("builtins", "inspector.open"),
    ("builtins", "inspector.Session"),
    ("builtins", "inspector/promises.Session"),
)

_READ: Needs = frozenset({"fs-read"})
_WRITE: Needs = frozenset({"fs-write"})
_FILES = _READ | _WRITE
_PROCESS: Needs = frozenset({"child-process"})
#: A thread loads files and has all capabilities of Node.
_ALL: Needs = _FILES | _PROCESS | frozenset({"worker"})
_WASI: Needs = _FILES | frozenset({"wasi"})
_NETWORK: Needs = frozenset({"net"})

#: Builtins that need the permission as a whole.
_MODULES: Mapping[str, Needs] = {
    "child_process": _PROCESS,
    "cluster": _ALL,
    "repl": _ALL,
    "sqlite": _FILES,
    "test": _ALL,
    "wasi": _WASI,
    **dict.fromkeys(("_http_agent", "_http_client", "_http_server", "_tls_wrap"), _NETWORK),
    **dict.fromkeys(("dgram", "dns", "dns/promises", "http", "http2", "https"), _NETWORK),
    **dict.fromkeys(("net", "tls"), _NETWORK),
}
#: What a grant to start modules of the archive needs.
_STARTING: Mapping[str, Need] = {
    "child_process": "child-process",
    "cluster": "child-process",
    "worker_threads": "worker",
}
_NETWORK_GLOBALS = frozenset({"fetch", "EventSource", "WebSocket"})

#: Functions that open files with given flags, and functions that check before they write.
_DOING_BOTH = (
    "copyFile cp createWriteStream link mkdtempDisposable open rename rm symlink "
    "ReadStream WriteStream FileReadStream FileWriteStream"
)
_WITH_MEMBERS = FILE_MODULES | {"process", "v8", "worker_threads"}
_MEMBERS: Sequence[tuple[Needs, Part, Sequence[str]]] = (
    (_ALL, "builtins", ["worker_threads.Worker"]),
    (_PROCESS, "globals", ["process.execve"]),
    (_FILES, "builtins", _named(_DOING_BOTH.split())),
    (_READ, "builtins", _named(READING)),
    (_READ, "globals", ["process.chdir", "process.loadEnvFile"]),
    (_WRITE, "builtins", _named(WRITING)),
    (_WRITE, "builtins", ["v8.writeHeapSnapshot", "v8.setHeapSnapshotNearHeapLimit"]),
    (_WRITE, "builtins", ["v8.takeCoverage"]),
    (_WRITE, "globals", ["process.report", "process.report.writeReport"]),
)
