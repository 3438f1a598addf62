"""Commands and programs of the getting-started pages do what the pages show.

In a page, ``<!-- file: PATH -->`` before a code block writes the block to PATH. ``<!-- run: COMMAND -->`` runs
a command that the page does not show. ``<!-- packages: NAME... -->`` puts packages of ``tests/packages`` into
``node_modules``. ``console`` blocks are run line by line. In their output, ``…`` stands for any text within a
line, and on a line by itself for any lines. ``UPDATE_GOLDEN=1`` rewrites output that differs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import NODE, ROOT

PAGES = sorted((ROOT / "docs" / "getting-started").glob("*.md"))
_PACKAGES = ROOT / "tests" / "packages" / "node_modules"
_STEP = re.compile(
    r"<!-- (?P<word>file|run|packages): (?P<argument>[^\n]*?) -->\n(?:```\w*\n(?P<content>.*?)```)?"
    r"|```console\n(?P<session>.*?)```",
    re.DOTALL,
)
#: Set-up that other tests have done.
_INSTALLS = re.compile(r"(pip|npm) install\b|git clone\b|cd compartment-mapper\b")
#: What differs from run to run, or says nothing to a reader.
_VARIES = re.compile(
    r"(?<=sha512 [0-9a-f]{16})[0-9a-f]{112}"
    r'|(?<="time":")[^"]+'
    r"|(?<=^Node\.js v)[\d.]+$"
    r"|(?<=\(node:internal/)[^)]+",
    re.MULTILINE,
)


@dataclass
class Terminal:
    """A shell in a folder, where the commands of the project, Node and Python are found."""

    folder: Path
    environment: dict[str, str]

    def output_of(self, command: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
            timeout=120,
        )
        return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    programs = tmp_path / "bin"
    programs.mkdir()
    mapper = programs / "compartment-mapper"
    mapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m compartment_mapper "$@"\n')
    python = programs / "python3"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    for program in (mapper, python):
        program.chmod(0o755)
    (programs / "node").symlink_to(NODE)
    folder = tmp_path / "app"
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "NODE_OPTIONS"}}
    return Terminal(
        folder=folder,
        environment={
            **kept,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "COMPARTMENT_MAPPER_CACHE": str(tmp_path / "cache"),
            "NO_COLOR": "1",
        },
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_shows_what_its_commands_print(page: Path, terminal: Terminal) -> None:
    text = page.read_text("utf-8")
    shown: list[str] = []
    end = 0
    for step in _STEP.finditer(text):
        shown += [text[end : step.start()], _taken(step, terminal)]
        end = step.end()
    real = "".join([*shown, text[end:]])
    if os.environ.get("UPDATE_GOLDEN") == "1":
        page.write_text(real, "utf-8")
    assert real == text


def _taken(step: re.Match[str], terminal: Terminal) -> str:
    """Take one step of a page, and return its text with the output that there was."""
    match step["word"]:
        case "file":
            path = terminal.folder / step["argument"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step["content"], "utf-8")
        case "packages":
            for name in step["argument"].split():
                copied = terminal.folder / "node_modules" / name
                shutil.copytree(_PACKAGES / name, copied)
        case "run":
            terminal.output_of(step["argument"])
        case _:
            return f"```console\n{_session(step['session'], terminal)}```"
    return step[0]


def _session(session: str, terminal: Terminal) -> str:
    parts = re.split(r"^\$ (.*)\n", session, flags=re.MULTILINE)
    assert not parts[0], f"a console block begins with a command: {parts[0]}"
    shown = []
    for command, expected in zip(parts[1::2], parts[2::2], strict=True):
        output = expected
        if not _INSTALLS.match(command):
            output = terminal.output_of(command)
        blank = "\n" if expected.endswith("\n\n") else ""
        same = _matches(output, expected.rstrip("\n"))
        shown += [f"$ {command}\n", expected if same else _VARIES.sub("…", output) + blank]
    return "".join(shown)


def _matches(output: str, expected: str) -> bool:
    lines = [re.escape(line).replace("…", ".*") for line in expected.split("\n")]
    pattern = "\n".join("(?:.*(?:\n|$))*?.*" if line == ".*" else line for line in lines)
    return re.fullmatch(pattern, output.rstrip("\n")) is not None


@pytest.mark.parametrize(
    ("output", "expected", "same"),
    [
        ("a\nb\n", "a\nb", True),
        ("a\nb\n", "a", False),
        ("sha512 0123\n", "sha512 01…", True),
        ("a\n1\n2\nb\n", "a\n…\nb", True),
        ("a\n1\n2\n", "a\n…", True),
        ("a\n1\nb\n", "a…\nb", False),
        ("", "", True),
    ],
)
def test_ellipsis_stands_for_text(*, output: str, expected: str, same: bool) -> None:
    assert _matches(output, expected) == same
