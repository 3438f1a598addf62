"""Choose the process restrictions of an archive, and report missing ones."""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import IO

from compartment_mapper.archive.zip_reader import STORED, read_entries, read_file
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.node_process import Content, Node
from compartment_mapper.host.wall import Wall, refused_words, wall_of
from compartment_mapper.policy.format import package_policy_from
from compartment_mapper.policy.model import PackagePolicy

_MAP = "compartment-map.json"
#: Options that load code into the process or attach a debugger; the user wants them to work.
_OPENING = re.compile(r"(?:^|\s)(?:--(?:inspect|require|import|loader|experimental-loader)\b|-r\b)")
_DEBUGGER = "VSCODE_INSPECTOR_OPTIONS"


def opened_by(environment: Mapping[str, str]) -> str:
    """Return why the user's settings rule out process restrictions; empty if they do not."""
    if _DEBUGGER in environment or _OPENING.search(environment.get("NODE_OPTIONS", "")):
        return "NODE_OPTIONS loads code into the process or attaches a debugger"
    return ""


def wall_around(
    compartment_map: bytes | None,
    content: Content,
    node: Node,
    restrict: str = "",
    more: Sequence[PackagePolicy] = (),
) -> Wall:
    """Return the wall for an archive.

    Args:
        compartment_map: The map of the archive; without one, the strictest wall applies, and the
            runtime rejects the archive.
        content: The archive.
        node: The Node that runs it.
        restrict: JSON: the restricted policies, by canonical name.
        more: The policies of packages that are loaded at run time.
    """
    try:
        policies = [] if compartment_map is None else _policies(compartment_map, restrict)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        policies = []
    policies += more
    wall = wall_of(policies, version=node.version)
    if compartment_map is None or wall.is_said or _mentions(content, refused_words(node.version)):
        return wall
    return wall_of(policies, version=node.version, mentions=False)


def map_of(content: Content) -> bytes | None:
    """Return the map of an archive; None if it is not an archive."""
    file = _file_of(content)
    try:
        entry = read_entries(file).get(_MAP)
        return None if entry is None else read_file(file, entry)
    except (OSError, InputError):
        return None


def _file_of(content: Content) -> IO[bytes]:
    return BytesIO(content) if isinstance(content, bytes) else content


def _policies(text: bytes, restrict: str) -> list[PackagePolicy]:
    """Return the policies of a map; empty ones for a map without policies.

    Raises:
        ValueError: It is not a map.
    """
    narrower = json.loads(restrict) if restrict else {}
    compartments = json.loads(text)["compartments"].values()
    found = [narrower.get(each.get("label"), each.get("policy")) for each in compartments]
    policies = [package_policy_from(policy, path="") for policy in found if policy is not None]
    if not all(isinstance(policy, PackagePolicy) for policy in policies):
        raise ValueError
    return [policy for policy in policies if isinstance(policy, PackagePolicy)]


def _mentions(content: Content, words: Iterable[bytes]) -> bool:
    """Return whether the source in an archive may contain one of *words*."""
    if any(entry.method != STORED for entry in read_entries(_file_of(content)).values()):
        return True
    if isinstance(content, bytes):
        return any(word in content for word in words)
    with mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        return any(whole.find(word) >= 0 for word in words)


def unwalled_text(problem: str) -> str:
    """Return the warning about a run without process restrictions."""
    return (
        f"warning: running without Node's permission model ({problem}): code that escapes its "
        "compartment has all permissions of this process"
    )
