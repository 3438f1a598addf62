"""The capabilities of the host beyond the language: harmless ones, and the severity of the rest.

A harmless capability can neither read nor change anything outside of the compartment that holds it.
``authority.json`` has a severity and a reason for each capability; the runtime reads the same
table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NotRequired, TypedDict

from compartment_mapper.tables import table

Part = Literal["globals", "builtins", "packages"]

#: ``critical`` capabilities allow a sandbox escape: inference does not grant them, and the grant of
#: an object does not include its critical members.
Severity = Literal["harmless", "low", "medium", "high", "critical"]

#: The effects of a capability; a package with both can leak secrets.
Effect = Literal["reads secrets", "reaches the network"]

#: Most severe first.
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "harmless")


@dataclass(frozen=True, slots=True)
class Authority:
    """The severity of a global, a builtin or a member, and the reason."""

    severity: Severity
    reason: str


class _ByMember(TypedDict):
    """Its members are granted one by one."""

    #: Members whose own members are granted one by one, too.
    deep: Sequence[str]
    #: A policy may name members; inference grants it whole.
    byHand: NotRequired[bool]
    #: A package has it in pages in the same way as in Node.
    ownInPages: NotRequired[bool]


class _Row(TypedDict):
    severity: Severity
    reason: str
    #: Of a global, or of a builtin, any member of which may be granted.
    byMember: NotRequired[_ByMember]
    #: Of a builtin: a package without a grant gets a form of it that can do no harm.
    formWithoutGrant: NotRequired[bool]


class _File(TypedDict):
    globals: Mapping[str, _Row]
    page: Mapping[str, _Row]
    builtins: Mapping[str, _Row]
    statics: Mapping[str, str]
    effects: Mapping[Effect, Mapping[Part, Sequence[str]]]


def _table(rows: Mapping[str, _Row]) -> dict[str, Authority]:
    return {path: Authority(row["severity"], row["reason"]) for path, row in rows.items()}


def _members_by_path(rows: Mapping[str, _Row]) -> dict[str, _ByMember]:
    return {path: row["byMember"] for path, row in rows.items() if "byMember" in row}


_FILE: _File = json.loads(table("authority/authority.json"))

#: As in the file: globals of pages that Node lacks are separate.
_TABLE = {
    "globals": _table(_FILE["globals"]),
    "page": _table(_FILE["page"]),
    "builtins": _table(_FILE["builtins"]),
}

#: By part and path.
_EFFECTS: Mapping[Effect, Mapping[Part, frozenset[str]]] = {
    effect: {part: frozenset(paths) for part, paths in parts.items()}
    for effect, parts in _FILE["effects"].items()
}

#: A variable of the environment with such a name counts as a secret.
_SECRET_VARIABLE = re.compile(r"AUTH|CREDENTIAL|KEY|PASS|SECRET|TOKEN", re.IGNORECASE)

#: By part and path; ``process.*`` stands for the unlisted members of ``process``.
AUTHORITIES: Mapping[Part, Mapping[str, Authority]] = {
    "globals": {**_TABLE["globals"], **_TABLE["page"]},
    "builtins": _TABLE["builtins"],
}

_UNKNOWN: Mapping[Part, Authority] = {
    "globals": Authority("low", "a global that is not in the table"),
    "builtins": Authority("critical", "a builtin that is not in the table"),
    "packages": Authority("low", "uses the exports of another package"),
}

#: Defining a global, or a member of an object of the language, for other packages; using one.
MAKES_GLOBAL = Authority("high", "defines a global for other packages")
#: Of a shim: not a capability of the host, so it is in no table.
CHANGES_LANGUAGE = Authority(
    "critical", "runs before the lockdown and adds to the language of every package"
)
MADE_GLOBAL = Authority("low", "uses a global that another package defines")


@lru_cache(maxsize=4096)
def authority_of(part: Part, path: str, *, write: bool = False) -> Authority:
    """Return the entry for *path*, or for the nearest object that holds it.

    To *write* a name that no host has defines it for all packages that may use it.

    An unreviewed builtin is critical, as is an unlisted member of ``process``.

    >>> authority_of("globals", "process.env.HOME").severity
    'medium'
    >>> authority_of("builtins", "fs.readFileSync").severity
    'high'
    """
    rows = AUTHORITIES.get(part, {})
    found = next((rows[key] for key in _keys_of(path) if key in rows), _UNKNOWN[part])
    is_bad = SEVERITIES.index(found.severity) <= SEVERITIES.index(MAKES_GLOBAL.severity)
    return MAKES_GLOBAL if write and part == "globals" and is_global(path) and not is_bad else found


def is_global(path: str) -> bool:
    """Return whether *path* names a whole global, or a static member of the language.

    >>> is_global("indexedDB"), is_global("Reflect.metadata"), is_global("process.exitCode")
    (True, True, False)
    """
    first, _, member = path.partition(".")
    return not member or (first in STATICS and "." not in member)


def is_known(part: Part, path: str) -> bool:
    """Return whether the table has *path*, or an object that holds it.

    >>> is_known("globals", "document.cookie"), is_known("globals", "ethereum.request")
    (True, False)
    """
    return any(key in AUTHORITIES.get(part, {}) for key in _keys_of(path))


def holders_of(path: str) -> Iterator[str]:
    """Yield the paths of the objects that hold the member *path*, nearest first.

    >>> list(holders_of("process.env.HOME"))
    ['process.env', 'process']
    """
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def _keys_of(path: str) -> Iterator[str]:
    yield path
    for holder in holders_of(path):
        yield f"{holder}.*"
        yield holder


def has_effect(effect: Effect, part: Part, path: str) -> bool:
    """Return whether *path*, or a member of it, has the *effect*.

    >>> has_effect("reads secrets", "builtins", "fs"), has_effect("reads secrets", "builtins", "os")
    (True, True)
    >>> has_effect("reads secrets", "globals", "process.env.HOME")
    False
    >>> has_effect("reads secrets", "globals", "process.env.NPM_TOKEN")
    True
    """
    severity = authority_of(part, path).severity
    if severity == "harmless" or (effect == "reaches the network" and severity == "low"):
        return False
    if path.startswith("process.env."):
        return effect == "reads secrets" and _SECRET_VARIABLE.search(path) is not None
    known = _EFFECTS[effect].get(part, frozenset())
    return any(
        found == path or found.startswith(f"{path}.") or path.startswith(f"{found}.")
        for found in known
    )


def is_harmless(part: Part, path: str) -> bool:
    """Return whether *path* can neither read nor change anything outside of its compartment.

    >>> is_harmless("globals", "Buffer.from"), is_harmless("globals", "process.env.HOME")
    (True, False)
    """
    return authority_of(part, path).severity == "harmless"


def comes_with(part: Part, path: str, holder: str) -> bool:
    """Return whether a grant of *holder* includes its member *path*; critical ones need their own.

    >>> comes_with("builtins", "child_process.exec", "child_process")
    True
    >>> comes_with("globals", "process.kill", "process")
    False
    """
    rows = AUTHORITIES.get(part, {})
    key = next((key for key in _keys_of(path) if key in rows), holder)
    is_critical = authority_of(part, path).severity == "critical"
    return not is_critical or key in (holder, *holders_of(holder))


def harmless_paths(part: Part) -> list[str]:
    """Return the harmless paths of a part; packages are never harmless."""
    rows = AUTHORITIES.get(part, {})
    return [path for path, authority in rows.items() if authority.severity == "harmless"]


def _named(part: Literal["globals", "page"], *, harmless: bool) -> frozenset[str]:
    return frozenset(
        path
        for path, authority in _TABLE[part].items()
        if "." not in path and (not harmless or authority.severity == "harmless")
    )


HARMLESS_GLOBALS = _named("globals", harmless=True)

#: Globals of Node 24 that ECMA-262 does not have (plus ``Date`` and ``Math``).
HOST_GLOBALS = _named("globals", harmless=False)

#: Globals of pages (in Chromium, and used by scripts) that Node does not have.
PAGE_GLOBALS = _named("page", harmless=False) | {"document", "location", "navigator"}

#: All known globals of hosts.
KNOWN_GLOBALS = HOST_GLOBALS | PAGE_GLOBALS

#: The same without common words: source that means such a global writes ``window.name``.
RARE_PAGE_GLOBALS = PAGE_GLOBALS - frozenset(
    """
    close closed event external find focus blur length name open opener origin print scroll status
    stop when
    """.split()
)

#: Aliases of the global object: in Node, and in browsers.
NODE_GLOBAL_ALIASES = frozenset({"globalThis", "global"})
GLOBAL_ALIASES = NODE_GLOBAL_ALIASES | {"self", "window"}
#: The grant with which a package gets the messages of a worker of a page.
WORKER_SCOPE = "DedicatedWorkerGlobalScope"
#: The name that stands for any global, where source passes the global object to other code.
WHOLE_GLOBAL = "globalThis"

#: Host objects that can be granted by path, with the names of members that can be granted by path
#: themselves. Any other global is granted as a whole.
VIEWED_GLOBALS: Mapping[str, frozenset[str]] = {
    name: frozenset(members["deep"])
    for part in ("globals", "page")
    for name, members in _members_by_path(_FILE[part]).items()
    if not members.get("byHand", False)
}

#: Builtins that packages without a grant get in a version without capabilities.
WITHOUT_POWER = frozenset(
    name for name, row in _FILE["builtins"].items() if row.get("formWithoutGrant", False)
)

#: The same for builtins: any member can be granted, and members of these members.
DEEP_BUILTIN_MEMBERS: Mapping[str, frozenset[str]] = {
    name: frozenset(members["deep"])
    for name, members in _members_by_path(_FILE["builtins"]).items()
}

#: The members of ``process`` in Node 24, except harmless ones that every process view has.
PROCESS_MEMBERS = frozenset(
    """
    abort allowedNodeEnvironmentFlags arch argv argv0 availableMemory chdir config
    constrainedMemory cpuUsage cwd emitWarning env execArgv execPath exit exitCode features
    finalization getActiveResourcesInfo getegid geteuid getgid getgroups getuid
    hasUncaughtExceptionCaptureCallback hrtime loadEnvFile memoryUsage nextTick permission pid
    platform ppid ref release report resourceUsage send connected disconnect channel
    setUncaughtExceptionCaptureCallback setSourceMapsEnabled sourceMapsEnabled stderr stdin stdout
    threadCpuUsage title umask unref uptime version versions addListener emit eventNames
    getMaxListeners listenerCount listeners off on once openStdin prependListener
    prependOnceListener rawListeners removeAllListeners removeListener setMaxListeners
    """.split()
)

#: All members of ``process`` in Node; any other is undefined and needs no grant.
MEMBERS_OF_PROCESS = PROCESS_MEMBERS | {
    path.split(".")[1] for path in AUTHORITIES["globals"] if path.startswith("process.")
}

#: Objects of the language that a package that modifies them gets its own copy of, with their
#: members in Node 24: namespaces, and constructors that no code compares with ``constructor``.
STATICS: Mapping[str, frozenset[str]] = {
    name: frozenset(members.split()) for name, members in _FILE["statics"].items()
}

#: The language's globals that a package may assign and that must then stay variables.
INTRINSICS = frozenset(
    """
    AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array
    BigUint64Array Boolean DataView DisposableStack Error EvalError FinalizationRegistry
    Float16Array Float32Array Float64Array Function Int16Array Int32Array Int8Array Intl Iterator
    JSON Map Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set
    SharedArrayBuffer String SuppressedError Symbol SyntaxError TypeError URIError Uint16Array
    Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet decodeURI decodeURIComponent
    encodeURI encodeURIComponent escape globalThis global isFinite isNaN parseFloat parseInt
    unescape
    """.split()
)
