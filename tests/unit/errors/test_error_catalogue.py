"""The catalog of errors, and the page that explains each code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
#: Errors that the runtime throws as Node does, and that no command reports.
OF_RUNNING_PROGRAMS = {
    "ERR_FS_CP_EEXIST",
    "ERR_FS_EISDIR",
    "ERR_CHILD_PROCESS_IPC_REQUIRED",
    "ERR_CHILD_PROCESS_STDIO_MAXBUFFER",
    "ERR_INVALID_ARG_TYPE",
    "ERR_INVALID_HANDLE_TYPE",
    "ERR_IPC_SYNC_FORK",
    "ERR_MISSING_ARGS",
    "ERR_OUT_OF_RANGE",
    "ERR_WORKER_PATH",
}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call in a file, with the name of the callee."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func
            yield (name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")), node


def codes_in(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "code":
            for part in ast.walk(keyword.value):
                if isinstance(part, ast.Constant) and CODE.fullmatch(str(part.value)):
                    yield str(part.value)


def codes_of_python() -> set[str]:
    modules = sorted((ROOT / "compartment_mapper").rglob("*.py"))
    return {code for path in modules for _, call in calls(path) for code in codes_in(call)}


def codes_of_the_runtime() -> set[str]:
    pattern = re.compile(r"(?:coded(?:Type)?Error\(|code: )'([A-Z_]{5,})'")
    modules = sorted((ROOT / "runtime" / "src").rglob("*.js"))
    found = {code for path in modules for code in pattern.findall(path.read_text("utf-8"))}
    return {code for code in found if CODE.fullmatch(code)} - OF_RUNNING_PROGRAMS


def explained() -> set[str]:
    text = (ROOT / "docs" / "errors.md").read_text("utf-8")
    ours, _, of_node = text.partition("## Node's")
    headings = re.findall(r"^### (.+)$", ours, re.MULTILINE)
    return {code for heading in headings for code in CODE.findall(heading)} | set(
        CODE.findall(of_node)
    )


def test_every_code_is_explained_and_every_explained_code_exists() -> None:
    sandbox = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
    made = codes_of_python() | codes_of_the_runtime()
    assert len(made) > 50
    assert made - explained() - set(CODE.findall(sandbox)) == set()
    assert explained() - made == set()


def test_diagnostics_are_made_in_the_catalogue_alone() -> None:
    catalogue = ROOT / "compartment_mapper" / "errors"
    elsewhere = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted((ROOT / "compartment_mapper").rglob("*.py"))
        if catalogue not in path.parents
        for name, call in calls(path)
        if name == "Diagnostic" and any(codes_in(call))
    ]
    assert elsewhere == []


@pytest.mark.parametrize("subject", ["application", "environment", "modules", "policies"])
def test_no_code_is_made_of_two_subjects(subject: str) -> None:
    folder = ROOT / "compartment_mapper" / "errors"
    by = {
        path.stem: {code for _, call in calls(path) for code in codes_in(call)}
        for path in sorted(folder.glob("*.py"))
    }
    assert by[subject]
    others = set().union(*(codes for name, codes in by.items() if name != subject))
    assert by[subject] & others == set()
