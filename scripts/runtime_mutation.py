"""Mutate modules of the runtime with Stryker, for `mutation.py`.

Stryker is installed separately, by `runtime/mutation/package-lock.json`; the runtime lacks it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from environment import ROOT, node_folder, npm

#: Stryker, and the test runner.
TOOLS = ROOT / "runtime" / "mutation"

REPORT = "mutation.json"

#: The tests that must detect mutants of each module: those that import it in their own process.
TESTS = {
    "policy/policy": ("policy/decisions", "archive/restrict", "policy/policy"),
    "policy/policy-format": ("policy/policy-format", "policy/decisions"),
    "views/view": ("views/view", "policy/policy"),
    "archive/restrict": ("archive/restrict",),
    "endowments/builtin-members": ("base/builtin-members",),
    "archive/zip-reader": ("archive/zip-reader", "archive/zip-fields"),
    "node/code-cache": ("node/code-cache-files",),
    "compartment/scoped-source": ("compartment/scoped-source",),
    "lockdown/dynamic-code": ("lockdown/dynamic-code",),
    "replacements/structured-clone": ("taming/structured-clone",),
    "taming/fs-places": ("taming/fs-places",),
    "base/authority": ("base/authority", "policy/decisions"),
    "linker/attenuators": ("linker/attenuators",),
    "views/env-view": ("views/env-view",),
    "views/read-only": ("views/read-only",),
}

#: Stryker's terms, mapped to ours. On an error, the test process ended prematurely.
STATUS = {
    "Survived": "survived",
    "Killed": "killed",
    "RuntimeError": "killed",
    "Timeout": "slow",
    "NoCoverage": "untested",
}


def mutated(folder: Path, module: str, processes: int) -> dict[str, str]:
    """Return the outcome of each mutant of *module*, in a copy of the project in *folder*.

    A mutant is named by its position and replacement.
    """
    runtime = folder / "runtime"
    if not (TOOLS / "node_modules").is_dir():
        npm("Stryker", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=TOOLS)
    (runtime / "node_modules").symlink_to(ROOT / "runtime" / "node_modules")
    settings = json.dumps(configuration(module, processes))
    (runtime / "stryker.config.json").write_text(settings, "utf-8")
    said = run(runtime)
    report = runtime / REPORT
    if not report.is_file():
        sys.exit(said[-4000:])
    keep(report, module)
    return dict(_found(json.loads(report.read_text("utf-8"))["files"]))


def configuration(module: str, processes: int) -> dict[str, object]:
    """Configure the mutated module, its position, and the tests that must detect the mutants."""
    tests = [f"test/{name}.test.js" for name in TESTS[module]]
    return {
        "mutate": [f"src/{module}.js"],
        "inPlace": True,
        "concurrency": processes,
        "coverageAnalysis": "perTest",
        "plugins": ["@stryker-mutator/tap-runner"],
        "testRunner": "tap",
        "tap": {"testFiles": tests, "nodeArgs": ["--test-reporter=tap", "--expose-internals"]},
        "reporters": ["json"],
        "jsonReporter": {"fileName": REPORT},
    }


def run(runtime: Path) -> str:
    """Run Stryker, and return its output."""
    node = node_folder()
    env = {
        **os.environ,
        "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}",
        "NODE_OPTIONS": f'--require="{TOOLS / "held.cjs"}"',  # for all processes, including tests
    }
    stryker = TOOLS / "node_modules" / "@stryker-mutator" / "core" / "bin" / "stryker.js"
    command = [str(node / "node"), str(stryker), "run"]
    done = subprocess.run(command, cwd=runtime, env=env, capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def keep(report: Path, module: str) -> None:
    """Store Stryker's report, which contains all mutants."""
    target = ROOT / "build" / "mutation" / "runtime" / f"{module}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(report, target)


def _found(files: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    for file in files.values():
        mutants = file["mutants"]
        assert isinstance(mutants, list)
        for mutant in mutants:
            start, end = mutant["location"]["start"], mutant["location"]["end"]
            place = f"{start['line']}:{start['column']}-{end['line']}:{end['column']}"
            text = " ".join(mutant["replacement"].split())
            yield f"{place} {mutant['mutatorName']}: {text}", STATUS[mutant["status"]]
