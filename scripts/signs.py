"""Measure how often real upgrades show signs: the figures in docs/signs.md.

The packages are every second dependency of tests/packages/package.json, in alphabetical order. For
each, the latest version, the three versions published before it, and the last one of the major
version before are installed below FOLDER, with their dependencies and without install scripts.
Every package that has another version in two consecutive installations, reached by an application
that imports all of them, is one upgrade; so is the step from the major version before to the
latest. Needs the network and some minutes.

Usage: .venv/bin/python scripts/signs.py FOLDER
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from environment import ROOT, npm

from compartment_mapper.bundle.application import Application, Options, inferred_policy
from compartment_mapper.cli.building import Hosting, loaded_application
from compartment_mapper.policy.model import Policy
from compartment_mapper.policy.review import SIGNS, review_changes

_FLAGS = ("--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps")
#: The installation before, and after.
_STEPS = (("3", "2"), ("2", "1"), ("1", "0"), ("major", "0"))

Versions = dict[str, str]


def main() -> None:
    """Install all versions, compare them, and print a Markdown table."""
    folder = Path(sys.argv[1])
    chosen = sorted(json.loads((ROOT / "tests/packages/package.json").read_text())["dependencies"])
    latest = installed(folder / "0", dict.fromkeys(chosen[::2], "latest"))
    versions = latest
    for name in ("1", "2", "3"):
        versions = installed(folder / name, {each: f"<{old}" for each, old in versions.items()})
    majors = {name: version.partition(".")[0] for name, version in latest.items()}
    before = {name: f"<{major}.0.0" for name, major in majors.items() if major != "0"}
    installed(folder / "major", before)
    print(table({name: policy_of(folder / name) for name in ("0", "1", "2", "3", "major")}))


def installed(folder: Path, wanted: Versions) -> Versions:
    """Install the *wanted* packages in *folder*, and return their versions."""
    folder.mkdir(parents=True, exist_ok=True)
    description = {"name": "upgrades", "version": "1.0.0", "private": True, "dependencies": wanted}
    (folder / "package.json").write_text(json.dumps(description))
    # A version that does not load is no failure: its modules are requested late.
    requests = (f"import({json.dumps(name)}).catch(() => {{}});\n" for name in wanted)
    (folder / "main.mjs").write_text("".join(requests))
    npm(f"install {folder.name}", "install", *_FLAGS, cwd=folder)
    return {
        name: json.loads((folder / "node_modules" / name / "package.json").read_text())["version"]
        for name in wanted
    }


def policy_of(folder: Path) -> Policy:
    """Return the inferred policy of the application in *folder*."""
    options = Options(finds_policy=False, reads_install_scripts=True)
    hosting = Hosting(node=None, jobs=None, no_cache=False)
    application: Application = loaded_application(str(folder / "main.mjs"), options, hosting)
    return inferred_policy(application)


def table(policies: dict[str, Policy]) -> str:
    """Return how many upgrades show each sign, and an install script."""
    upgrades: Counter[bool] = Counter()
    found: Counter[tuple[bool, str]] = Counter()
    for before, after in _STEPS:
        old, new = policies[before], policies[after]
        signs = upgrades_in(old, new)
        for package, is_major in signs.items():
            upgrades[is_major] += 1
            found.update((is_major, sign) for sign in signs_of(old, new, package))
    rows = [f"| upgrades | {upgrades[False]} | {upgrades[True]} | |"]
    for sign in (*SIGNS, "any shown by default", "install-script"):
        minor, major = found[False, sign], found[True, sign]
        share = (minor + major) / upgrades.total()
        rows.append(f"| {sign} | {minor} | {major} | {share:.1%} |")
    head = "| sign | minor and patch | major | share |\n|---|---|---|---|\n"
    return head + "\n".join(rows)


def upgrades_in(old: Policy, new: Policy) -> dict[str, bool]:
    """Return the packages of both with different versions, and whether it is another major."""
    return {
        name: (own.version or "").partition(".")[0] != (known.version or "").partition(".")[0]
        for name, own in new.resources.items()
        if (known := old.resources.get(name)) is not None and known.version != own.version
    }


def signs_of(old: Policy, new: Policy, package: str) -> set[str]:
    """Return the signs that one upgrade shows."""
    changes = review_changes(old, new)
    own = [change for change in changes.signs if change.package == package]
    found = {change.sign for change in own}
    if any(change.shown for change in own):
        found.add("any shown by default")
    if any(change.package == package for change in changes.failing):
        found.add("install-script")
    return found


if __name__ == "__main__":
    main()
