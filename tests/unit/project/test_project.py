"""What several files say of the project is the same in each: its version, where its repository is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import compartment_mapper

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "scripts"))

import build_metadata  # noqa: E402 - a script, from the folder of scripts

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
_REPOSITORY = _PROJECT["urls"]["Repository"]


@pytest.mark.parametrize("name", ["package.json", "package-lock.json"])
def test_npm_package_has_the_same_version(name: str) -> None:
    descriptor = json.loads((ROOT / "runtime" / name).read_text("utf-8"))
    assert descriptor["version"] == compartment_mapper.__version__


def test_command_prints_the_version() -> None:
    command = [sys.executable, "-m", "compartment_mapper", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"compartment-mapper, version {compartment_mapper.__version__}\n"


def test_changelog_begins_with_what_is_unreleased_or_with_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first = re.search(r"^## \[?([^\]\n ]+)", changelog, re.MULTILINE)
    assert first is not None
    assert first[1] in {"Unreleased", compartment_mapper.__version__}


@pytest.mark.parametrize("name", ["runtime/package.json", ".github/ISSUE_TEMPLATE/config.yml"])
def test_url_of_the_repository_is_that_of_pyproject(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    found = re.findall(r"https://github\.com/[\w.-]+/[\w.-]+?(?=\.git|[/\"\s])", text)
    assert {*found} == {_REPOSITORY}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](docs/a.md#b)", "[a](https://h/r/blob/main/docs/a.md#b)"),
        ("![p](docs/p.png)", "![p](https://h/r/raw/main/docs/p.png)"),
        ("[s](#s)", "[s](#s)"),
        ("[w](https://w.example/)", "[w](https://w.example/)"),
        ("`a[0](b)`", "`a[0](b)`"),
    ],
)
def test_links_of_the_readme_are_absolute_on_an_index(text: str, shown: str) -> None:
    assert build_metadata.with_absolute_links(text, "https://h/r") == shown
