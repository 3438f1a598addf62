"""The lifecycle scripts of installed packages, with a hash of what they run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from compartment_mapper.graph.installed import InstalledPackage
from compartment_mapper.locations import CanonicalName, Location
from compartment_mapper.policy.model import LIFECYCLE, InstallScript, InstallScripts
from compartment_mapper.powers import ReadPowers
from compartment_mapper.resolve.file_urls import location_below

_GYP = "binding.gyp"
#: What npm runs for a package with a binding.gyp and neither script.
_BUILD = "node-gyp rebuild"

Scripts = Mapping[CanonicalName, InstallScripts]


def install_scripts_of(
    packages: Iterable[InstalledPackage], read: ReadPowers
) -> dict[CanonicalName, InstallScripts]:
    """Return the lifecycle scripts of the packages that have any, without decisions."""
    found: dict[CanonicalName, InstallScripts] = {}
    for package in packages:
        commands = _commands(package, read)
        if commands:
            files = _Files(package, read)
            found[package.name] = InstallScripts(
                version=package.descriptor.version or None,
                scripts={
                    event: InstallScript(command=command, integrity=files.integrity(command))
                    for event, command in commands.items()
                },
            )
    return found


def _commands(package: InstalledPackage, read: ReadPowers) -> dict[str, str]:
    """Return the commands by event, as npm runs them for a dependency."""
    scripts = package.descriptor.scripts
    found = {
        event: scripts[event]
        for event in LIFECYCLE
        if scripts.get(event) and (event != "prepare" or package.from_git)
    }
    is_plain = not (found.keys() & {"preinstall", "install"}) and package.descriptor.builds_addon
    if is_plain and read.kind(Location(package.root + _GYP)) == "file":
        found["install"] = _BUILD
    return {event: found[event] for event in LIFECYCLE if event in found}


#: Words of a command, or of a file, that may name a file.
_WORD = re.compile(r"[\w@.+/-]{1,200}")
#: Files that install scripts run or compile, and do not write.
_SOURCE = re.compile(
    r"\.(?:[cm]?[jt]s|json|sh|bash|py|rb|pl|ps1|cmd|bat|gypi?|cc|cpp|cxx|[chmS]|hpp|mm|mk)\Z"
)
_WRITTEN = re.compile(r"(?:\A|/)(?:node_modules|build/(?:Release|Debug))/|(?:\A|/)package\.json\Z")
_ENDINGS = ("", ".js", ".cjs", ".mjs", ".json", "/index.js")
#: ``npm run name``, and the forms of other package managers.
_RUNS = re.compile(r"\b(?:npm|yarn|pnpm|bun)\s+(?:run(?:-script)?\s+)?([\w:.-]+)")


class _Files:
    """The files of a package that its scripts may run."""

    def __init__(self, package: InstalledPackage, read: ReadPowers) -> None:
        self._root = package.root
        self._scripts = package.descriptor.scripts
        self._read = read
        self._paths = frozenset(_files_below(package.root, read))

    def integrity(self, command: str) -> str:
        """Return a hash of *command*, the scripts it runs by name, and the files that it names.

        A named file may name others: all are included.
        """
        commands = self._with_named_scripts(command)
        digest = hashlib.sha512()
        for text in commands:
            digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
        for path, content in sorted(self._named(commands).items()):
            digest.update(path.encode("utf-8", "surrogateescape") + b"\0")
            digest.update(hashlib.sha512(content).digest())
        return "sha512-" + base64.b64encode(digest.digest()).decode("ascii")

    def _with_named_scripts(self, command: str) -> list[str]:
        commands = [command]
        for text in commands:
            for name in _RUNS.findall(text):
                named = [self._scripts.get(f"{hook}{name}") for hook in ("pre", "", "post")]
                commands += [more for more in named if more and more not in commands]
        return commands

    def _named(self, commands: Iterable[str]) -> dict[str, bytes]:
        """Return the files that *commands* name, and those that these name, with their content."""
        pending = sorted({path for text in commands for path in self._mentioned(text, "")})
        if any(text.startswith("node-gyp") for text in commands) and _GYP in self._paths:
            pending.append(_GYP)
        found: dict[str, bytes] = {}
        while pending:
            path = pending.pop()
            content = self._read.maybe_read(location_below(self._root, path))
            if path in found or content is None:
                continue
            found[path] = content
            text = content.decode("utf-8", "replace")
            folder = path.rpartition("/")[0]
            pending += [more for more in self._mentioned(text, folder) if _SOURCE.search(more)]
        return found

    def _mentioned(self, text: str, folder: str) -> Iterator[str]:
        """Yield the files of the package that a word of *text* may name."""
        for word in dict.fromkeys(_WORD.findall(text)):
            is_path = "." in word or "/" in word or not folder
            for base in {folder, ""} if is_path else ():
                normal = _normal(f"{base}/{word}")
                yield from (path for end in _ENDINGS if (path := normal + end) in self._paths)


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)


def _files_below(root: Location, read: ReadPowers) -> Iterator[str]:
    """Yield the relative paths of the files of a package, without those that builds write."""
    pending = [""]
    while pending:
        folder = pending.pop()
        for name in read.names_in(location_below(root, folder) if folder else root):
            path = folder + name
            if _WRITTEN.search(path + "/") or _WRITTEN.search(path):
                continue
            location = location_below(root, path)
            kind = read.kind(location)
            if kind == "file" and read.canonical(location).startswith(root):
                yield path
            elif kind == "directory" and read.canonical(location) == location:
                pending.append(f"{path}/")


def allowed_by_lavamoat(package_json: bytes | None) -> dict[CanonicalName, bool]:
    """Return the decisions of LavaMoat's allow-scripts in the application's package.json.

    >>> allowed_by_lavamoat(b'{"lavamoat": {"allowScripts": {"a>b": true}}}')
    {'a>b': True}
    """
    try:
        found: object = json.loads(package_json or b"{}")
    except (ValueError, RecursionError):
        return {}
    for key in ("lavamoat", "allowScripts"):
        found = found.get(key) if isinstance(found, dict) else None
    rows = found.items() if isinstance(found, dict) else ()
    return {CanonicalName(name): run for name, run in rows if isinstance(run, bool)}


def decided_scripts(
    fresh: Scripts, known: Scripts | None, allowed: Mapping[CanonicalName, bool]
) -> dict[CanonicalName, InstallScripts]:
    """Return *fresh* with decisions: of the policy, else of LavaMoat, else not to run.

    A script that changed needs a new decision. A package that is not installed here, perhaps
    because it is for another platform, keeps its permission.
    """
    decided = {
        name: replace(own, run=_decision(own, (known or {}).get(name), allowed=allowed.get(name)))
        for name, own in fresh.items()
    }
    absent = {name: own for name, own in (known or {}).items() if own.run and name not in decided}
    return dict(sorted({**decided, **absent}.items()))


def _decision(
    fresh: InstallScripts,
    known: InstallScripts | None,
    *,
    allowed: bool | None,
) -> bool:
    if known is None or known.run is None or not known.scripts:
        return (known.run if known else None) or allowed or False
    return known.run and known.scripts == fresh.scripts
