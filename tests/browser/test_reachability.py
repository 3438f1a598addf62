"""The objects that packages reach in a page are reviewed: `runtime/audit` in Chromium.

Review each new object; then rewrite the list, and review its difference too:

    UPDATE_REACHABLE=1 pytest tests/browser/test_reachability.py
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from chromium import Browser, Script
from support import ROOT, RUNTIME

AUDIT = RUNTIME / "audit"
LIST = ROOT / "tests" / "reachable" / "chromium.txt"
TABLE = json.loads((ROOT / "compartment_mapper" / "authority" / "authority.json").read_text())

HARMLESS = frozenset({"harmless"})
#: Globals that inference grants; the others have the capabilities of the page.
GRANTED = frozenset({"low", "medium", "high"})

#: They store values for all code: that is the grant.
STORES = ("localStorage", "sessionStorage")


def names_of(severities: frozenset[str]) -> list[str]:
    """Return the globals of these severities that are granted as a whole."""
    rows: list[tuple[str, Mapping[str, str]]] = [
        *TABLE["globals"].items(),
        *TABLE["page"].items(),
    ]
    return sorted(
        path
        for path, row in rows
        if row["severity"] in severities and "." not in path and "*" not in path
    )


#: In a worker, the page prints what it is told.
WORKER_MAIN = """
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    worker.onmessage = ({ data }) => console.log(data);
    """


def application(names: list[str], *, deep: int, in_worker: bool) -> dict[str, str]:
    """Return an application with two packages that compare the objects they reach."""
    walk = (AUDIT / "walk.cjs").read_text()
    roots = "".join(
        f"  try {{ if (typeof {name} !== 'undefined') all.{name} = {name} }} catch {{}}\n"
        for name in names
    )
    walked = f"""{walk.replace("exports.walk", "walkAll").replace("walkAll = ", "const walkAll = ")}
        module.exports = async () => {{ const all = {{}};\n{roots}
          all.module = module; all.require = require;
          return walkAll(all, {{ deep: {deep} }}) }};
        module.exports.failed = [];"""
    tell = "self.postMessage" if in_worker else "console.log"
    program = f"""{(AUDIT / "compare.cjs").read_text()}
        module.exports(require('one'), require('two'), (found) => {tell}(JSON.stringify(found)));"""
    return {
        "package.json": '{"name": "app", "dependencies": {"one": "1", "two": "1"}}',
        **(
            {"main.mjs": WORKER_MAIN, "worker.js": program, "main.js": "import('./main.mjs');"}
            if in_worker
            else {"main.js": program}
        ),
        **{
            f"node_modules/{name}/{file}": text
            for name in ("one", "two")
            for file, text in {
                "package.json": json.dumps({"name": name, "version": "1.0.0"}),
                "index.js": walked,
            }.items()
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The findings of the audit in a page."""

    #: Mutable objects that both packages reach.
    loose: list[str]
    #: Paths to shared objects, or objects of the browser, with their kinds.
    shared: list[str]
    #: Paths to all objects.
    reached: int


Audited = Callable[..., Found]


@pytest.fixture
def audited(browser: Browser, script: Script, tmp_path: Path) -> Audited:
    """Run the audit in a page or a worker: ``audited(NAMES, *OPTIONS, deep=1)``."""

    def run(names: list[str], *options: str, deep: int, in_worker: bool = False) -> Found:
        policy = tmp_path / "policy.json"
        policy.write_text(json.dumps(policy_of(names)))
        grants = options or ("--policy", str(policy))
        output = script(application(names, deep=deep, in_worker=in_worker), *grants)
        page = output.parent / "index.html"
        page.write_text(PAGE)
        shown = browser.open(f"{output.parent.name}/{page.name}", until="isDone")
        found = json.loads(next(line for line in shown.said if line.startswith("{")))
        lines = (
            f"{way} {'native ' if native else ''}{kind}"
            for way, kind, both, native in found["lines"]
            if both or native
        )
        return Found(loose=found["loose"], shared=sorted(set(lines)), reached=found["reached"])

    return run


#: Resolves when the audit reports its findings.
PAGE = """<!doctype html><meta charset="utf-8"><body><script>
  const { log } = console;
  var isDone = false;
  console.log = (text) => { log(text); isDone ||= text.startsWith('{'); };
</script><script src="app.js"></script></body>"""


def policy_of(names: list[str]) -> dict[str, object]:
    """Return a policy that grants *names* to both packages."""
    grant = {"globals": dict.fromkeys(names, True)}
    own = {"console": True, "Worker": {"modules": "own"}}
    entry = {"packages": {"one": True, "two": True}, "globals": own}
    return {"harmless": True, "entry": entry, "resources": {"one": grant, "two": grant}}


def folded(lines: list[str]) -> list[str]:
    """Return a line for each object: its holder and the object."""
    groups: dict[str, list[str]] = {}
    for line in lines:
        way = line.partition(" ")[0]
        holder, dot, _ = way.rpartition(".")
        groups.setdefault(holder, []).append(line[len(holder) + len(dot) :])
    return [f"{holder} | {' | '.join(held)}" for holder, held in groups.items()]


#: The grants, and the depth of calls: calling everything would close the page.
SECTIONS: dict[str, tuple[list[str], int]] = {
    "without a grant": (names_of(HARMLESS), 2),
    "with all that inference grants": (names_of(GRANTED), 0),
    "what classes that inference grants make": (
        [name for name in names_of(GRANTED) if name[0].isupper()],
        1,
    ),
    "in a worker, without a grant": (names_of(HARMLESS), 2),
    "in a worker, with all that inference grants": (names_of(GRANTED), 0),
}


def committed() -> dict[str, list[str]]:
    """Return the reviewed list: lines, by section."""
    sections = LIST.read_text().split("# ")[1:]
    return {title: lines for title, *lines in (section.splitlines() for section in sections)}


@pytest.mark.parametrize("title", SECTIONS)
def test_packages_reach_in_a_page_what_was_reviewed(title: str, audited: Audited) -> None:
    names, deep = SECTIONS[title]

    found = audited(names, deep=deep, in_worker=title.startswith("in a worker"))

    assert [way for way in found.loose if not way.startswith(STORES)] == []
    if os.environ.get("UPDATE_REACHABLE") == "1":
        write_section(title, folded(found.shared))
    known = set(committed().get(title, []))
    assert [line for line in folded(found.shared) if line not in known] == []


def write_section(title: str, lines: list[str]) -> None:
    """Rewrite a section of the list."""
    sections = {**(committed() if LIST.is_file() else {}), title: [*lines, ""]}
    LIST.write_text(
        "".join(f"# {name}\n" + "\n".join(sections.get(name, [""])) + "\n" for name in SECTIONS)
    )


def test_the_audit_finds_what_is_open(audited: Audited) -> None:
    """The page's own objects, without confinement."""
    found = audited(names_of(HARMLESS), "--allow-all", deep=2)

    assert found.reached > 500
    assert len(found.loose) > 100
