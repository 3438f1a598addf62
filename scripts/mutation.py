"""Mutation testing of the modules that decide about policies and archives.

mutmut, and Stryker in the runtime, change one operator, constant or argument at a time; a mutant
that no test detects survives. They work on a copy in a separate folder. Usage, with the `mutation`
extra installed: ``python3 scripts/mutation.py [MODULE]…``, for example ``python3
scripts/mutation.py policy/merge runtime/policy/policy``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import runtime_mutation
from environment import ROOT, tool

PACKAGE = "compartment_mapper"
#: The tests that must detect mutants of each module.
TESTS = {
    "policy/model": (
        "policy/policy",
        "policy/restrict_policy",
        "policy/policy_merge",
        "inference/uses",
    ),
    "policy/merge": ("policy/restrict_policy", "policy/policy_merge", "cli/policy_commands"),
    "inference/policy_file": ("inference/policy_file", "cli/policy_commands"),
    "inference/uses": (
        "inference/uses",
        "inference/undeclared",
        "inference/links",
        "inference/risks",
        "scan/monkey_patching",
        "cli/policy_commands",
    ),
    "archive/reader": ("archive/zip_reader", "archive/archive", "archive/verify"),
    "archive/zip_reader": ("archive/zip_reader", "archive/archive"),
}
#: The prefix of runtime modules, which Stryker mutates.
RUNTIME = "runtime/"
#: Large files that these tests do not need.
LEFT_OUT = ("tests/packages/", "tests/browser/", "tests/conformance/", "tests/run/", "fixtures/")

#: mutmut's terms, by the exit status of a test run.
KILLED = "killed"
STATUS = {
    0: "survived",
    1: KILLED,
    3: KILLED,
    5: "untested",
    33: "untested",
    36: "slow",
    24: "slow",
}


def main() -> None:
    """Mutate each named module, or all; print survivors and scores."""
    modules = sys.argv[1:] or [*TESTS, *(RUNTIME + name for name in runtime_mutation.TESTS)]
    scores = []
    for module in modules:
        found = mutated(module)
        counts = Counter(found.values())
        noticed, total = counts[KILLED] + counts["slow"], sum(counts.values())
        survivors = [name for name, status in found.items() if status in {"survived", "untested"}]
        print(f"\n{module}: survived", *survivors, sep="\n  ", flush=True)
        scores.append(f"| `{module}` | {total} | {noticed} | {100 * noticed // total} % |")
    print("\n| module | changes | noticed | score |", "|---|---|---|---|", *scores, sep="\n")


def mutated(module: str) -> dict[str, str]:
    """Return the outcome of each mutant of *module*, by its name."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as scratch:
        folder = Path(scratch)
        copy(folder)
        if module.startswith(RUNTIME):
            return runtime_mutation.mutated(folder, module.removeprefix(RUNTIME), processes())
        configure(folder, module)
        env = {**os.environ, "COMPARTMENT_MAPPER_TESTS": "quick"}
        command = [str(tool("mutmut")), "run", "--max-children", str(processes())]
        with (folder / "log").open("wb") as log:
            subprocess.run(command, cwd=folder, env=env, stdout=log, stderr=log, check=False)
        meta = folder / "mutants" / PACKAGE / f"{module}.py.meta"
        if not meta.is_file():
            sys.exit((folder / "log").read_text("utf-8", "replace")[-4000:])
        keep(folder / "mutants" / PACKAGE / f"{module}.py", module)
        codes: dict[str, int | None] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    dotted = module.replace("/", ".")
    return {
        name.rpartition(f"{dotted}.")[2]: STATUS.get(-1 if code is None else code, "suspicious")
        for name, code in codes.items()
    }


def processes() -> int:
    """Return the number of parallel processes: one for each available processor."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def copy(folder: Path) -> None:
    """Copy the files that git tracks, and the built runtime."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - any git
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for path in filter(None, listed.split("\0")):
        if not path.startswith(LEFT_OUT) and (ROOT / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, folder / path)
    shutil.copytree(ROOT / PACKAGE / "_runtime", folder / PACKAGE / "_runtime", dirs_exist_ok=True)


def configure(folder: Path, module: str) -> None:
    """Say what is changed, and which tests are to notice."""
    tests = [
        str(Path("tests/unit", name).with_name(f"test_{Path(name).name}.py"))
        for name in TESTS[module]
    ]
    chosen = [test for test in tests if (folder / test).is_file()]
    also = [PACKAGE, "runtime", "scripts", "docs", "tests", "pyproject.toml"]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(
            "\n[tool.mutmut]\n"
            f'source_paths = ["{PACKAGE}"]\n'
            f'only_mutate = ["{PACKAGE}/{module}.py"]\n'
            f"also_copy = {json.dumps(also)}\n"
            f"pytest_add_cli_args_test_selection = {json.dumps(chosen)}\n"
        )


def keep(changed: Path, module: str) -> None:
    """Store the source with all mutants, to look up survivors by name."""
    target = ROOT / "build" / "mutation" / f"{module}.py"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(changed, target)


if __name__ == "__main__":
    main()
