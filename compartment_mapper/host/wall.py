"""The second wall: what Node's permission model is told that a process may do.

An application's compartments confine its packages. Should one of them escape all the same, it meets
the process, which may do what the packages together were granted, and no more. See
``docs/decisions/0013-second-wall.md``.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compartment_mapper.authority.table import Part
from compartment_mapper.policy.model import Attenuation, Grant, Grants, PackagePolicy

Need = Literal["fs-read", "fs-write", "child-process", "worker", "wasi", "net"]
Needs = frozenset[Need]

#: From these versions on Node has a permission model that is no experiment, one that holds the
#: network, and one that lets relative links be made.
_WALLS = (22, 13)
_HOLDS_NETWORK = (25, 0)
_LINKS = (24, 0)
#: What the process has open, and of that the names.
_DESCRIPTORS = "/proc/self/fd/*"
#: The Node that comes with an installation.
USUAL_NODE = (24, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """What all packages together need of the process."""

    needs: Needs = frozenset()
    #: Why there can be no wall; empty if there can be.
    problem: str = ""
    #: Whether each run says so: not where it follows from powers that reach as far as no wall does.
    is_said: bool = True

    def flags(self, readable: Sequence[str], *, version: tuple[int, ...]) -> list[str]:
        """Return Node's options.

        Args:
            readable: Files that the process reads itself.
            version: Of Node.
        """
        assert not self.problem, self
        found = ["--permission"]
        if "worker" in self.needs:  # each thread would warn of what was granted
            found.append("--disable-warning=SecurityWarning")
        if "fs-read" not in self.needs:
            found += [f"--allow-fs-read={path}" for path in readable]
            if "fs-write" in self.needs:  # whether what was opened is a file is looked up there
                found.append(f"--allow-fs-read={_DESCRIPTORS}")
        for need in sorted(self.needs):
            if need.startswith("fs-"):
                found.append(f"--allow-{need}=*")
            elif need != "net" or version >= _HOLDS_NETWORK:
                found.append(f"--allow-{need}")
        return found

    def to_dict(self) -> dict[str, object]:
        """Return the JSON value."""
        return {"needs": sorted(self.needs), "problem": self.problem}

    def command(self, script: str, *more: str) -> str:
        """Return the command line that runs *script*, which reads *more* files, behind the wall.

        >>> Wall(needs=frozenset({"fs-read"})).command("app.js")
        "node --permission '--allow-fs-read=*' app.js"
        """
        if self.problem:
            return shlex.join(["node", script])
        return shlex.join(["node", *self.flags([script, *more], version=USUAL_NODE), script])


def wall_from_dict(value: object) -> Wall:
    """Return the wall of which `Wall.to_dict` is *value*."""
    assert isinstance(value, dict), value
    return Wall(needs=frozenset(value["needs"]), problem=value["problem"])


def wall_for(policies: Iterable[PackagePolicy], *, mentions: bool) -> Wall:
    """Return the wall for whoever runs the application with the usual Node."""
    return wall_of(policies, version=USUAL_NODE, mentions=mentions)


def wall_of(
    policies: Iterable[PackagePolicy], *, version: tuple[int, ...], mentions: bool = True
) -> Wall:
    """Return the wall that *policies* leave room for.

    Args:
        policies: Of all packages.
        version: Of Node.
        mentions: Whether a text of the application may have one of `refused_words`.

    >>> sorted(wall_of([PackagePolicy(builtins={"fs.readFileSync": True})], version=(24, 1)).needs)
    ['fs-read']
    """
    if version < _WALLS:
        name = ".".join(map(str, version)) or "of unknown version"
        return Wall(problem=f"Node {name} has no permission model")
    needs: set[Need] = set()
    for policy in map(_with_bare_names, policies):
        problem = _problem(policy)
        if problem:
            return Wall(problem=problem)
        refused = _refused(policy, version) if mentions else ""
        if refused:
            return Wall(problem=refused, is_said=False)
        needs |= _needs_of(policy)
    return Wall(needs=frozenset(needs))


def _with_bare_names(policy: PackagePolicy) -> PackagePolicy:
    """Return *policy* with the names of builtins without ``node:``."""
    grants = policy.builtins
    if not isinstance(grants, Mapping):
        return policy
    bare: dict[str, Grant] = {}
    for name, grant in grants.items():
        # Two names of one thing: what either of them withholds, is withheld; more is no harm here.
        bare[name.removeprefix("node:")] = grant or bare.get(name.removeprefix("node:"), grant)
    return replace(policy, builtins=bare)


def _problem(policy: PackagePolicy) -> str:
    """Return why there can be no wall; empty if there can be."""
    if "any" in (policy.globals, policy.builtins):
        return "a package is granted everything"
    if isinstance(policy.globals, Attenuation):
        return "an attenuator receives all globals"
    for part, path in _BEYOND:
        if policy.allows(part, path):
            return f"the policy grants '{path}', which bypasses it"
    return ""


def _refused(policy: PackagePolicy, version: tuple[int, ...]) -> str:
    """Return which granted power there is without a wall only; empty for none."""
    if _FILE_MODULES.isdisjoint(_heads(policy.builtins)):
        return ""
    paths = [*_OF_DESCRIPTORS, *([] if version >= _LINKS else _named("symlink"))]
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
    """Return the names of which something is granted; of paths, their first part."""
    assert isinstance(grants, Mapping), grants
    granted = (name for name, grant in grants.items() if grant is not False and grant != "load")
    return {name.partition(".")[0] for name in granted}


def _named(names: str) -> list[str]:
    """Return the paths of functions of ``fs`` in all their forms.

    >>> _named("stat")
    ['fs.stat', 'fs.statSync', 'fs.promises.stat', 'fs/promises.stat']
    """
    forms = ("fs.{}", "fs.{}Sync", "fs.promises.{}", "fs/promises.{}")
    return [form.format(name) for name in names.split() for form in forms]


#: What the permission model refuses to all, since it knows only paths.
_OF_DESCRIPTORS = [
    path
    for name in ("fsync", "fdatasync", "fchmod", "fchown", "futimes")
    for path in (f"fs.{name}", f"fs.{name}Sync")
]
_FILE_MODULES = frozenset({"fs", "fs/promises"})


def refused_words(version: tuple[int, ...] = USUAL_NODE) -> tuple[bytes, ...]:
    """Return words of which a text has one that calls what the permission model refuses to all."""
    words = (b"fsync", b"fdatasync", b"fchmod", b"fchown", b"futimes")
    return words if version >= _LINKS else (*words, b"symlink")


#: Powers that Node has only without a wall, or that undo it.
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
#: A thread loads files, and has every power of Node.
_ALL: Needs = _FILES | _PROCESS | frozenset({"worker"})
_WASI: Needs = _FILES | frozenset({"wasi"})
_NETWORK: Needs = frozenset({"net"})

#: Builtins of which no part does without.
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
_NETWORK_GLOBALS = frozenset({"fetch", "EventSource", "WebSocket"})

_READING = (
    "access createReadStream exists glob lstat openAsBlob opendir readFile readdir readlink "
    "realpath stat statfs unwatchFile watch watchFile"
)
_WRITING = (
    "appendFile chmod chown lchmod lchown lutimes mkdir mkdtemp rmdir truncate unlink utimes "
    "writeFile"
)
#: Those that open files as they are told, and those that look before they write.
_DOING_BOTH = (
    "copyFile cp createWriteStream link mkdtempDisposable open rename rm symlink "
    "ReadStream WriteStream FileReadStream FileWriteStream"
)
_WITH_MEMBERS = frozenset({"fs", "fs/promises", "process", "v8", "worker_threads"})
_MEMBERS: Sequence[tuple[Needs, Part, Sequence[str]]] = (
    (_ALL, "builtins", ["worker_threads.Worker"]),
    (_PROCESS, "globals", ["process.execve"]),
    (_FILES, "builtins", _named(_DOING_BOTH)),
    (_READ, "builtins", _named(_READING)),
    (_READ, "globals", ["process.chdir", "process.loadEnvFile"]),
    (_WRITE, "builtins", _named(_WRITING)),
    (_WRITE, "builtins", ["v8.writeHeapSnapshot", "v8.setHeapSnapshotNearHeapLimit"]),
    (_WRITE, "builtins", ["v8.takeCoverage"]),
    (_WRITE, "globals", ["process.report", "process.report.writeReport"]),
)
