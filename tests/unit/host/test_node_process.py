"""The choice of Node: only versions whose reachable objects are reviewed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from command_line import FILES, write
from process import mapper
from support import NODE, ROOT

from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.host.node_process import UnreviewedNode, find_node, reviewed_nodes


def fake_node(folder: Path, version: str) -> str:
    """Return the path of an executable of ours that pretends to be Node."""
    path = folder / "node"
    path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec echo {version}\nexec {NODE} "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_what_is_supported_has_a_list_of_what_was_reviewed_and_no_list_is_left_over() -> None:
    lists = (ROOT / "tests" / "reachable").glob("node-*.txt")
    majors = {int(path.stem.removeprefix("node-")) for path in lists}
    assert majors == set(reviewed_nodes())
    assert all(version.startswith(f"{major}.") for major, version in reviewed_nodes().items())


def test_the_node_that_comes_with_the_installation_was_reviewed() -> None:
    done = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    assert int(done.stdout[1:].split(".")[0]) in reviewed_nodes()
    assert find_node(NODE).path == NODE


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("v18.20.0", "NODE_TOO_OLD"),
        ("v20.20.2", "NODE_NOT_REVIEWED"),
        ("v23.0.0", "NODE_NOT_REVIEWED"),
        ("v240.0.0", "NODE_NOT_REVIEWED"),
        ("v26.0.0-rc.1", "NODE_NOT_REVIEWED"),
    ],
)
def test_an_unreviewed_node_is_rejected(version: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_node(fake_node(tmp_path, version))
    (problem,) = caught.value.problems
    assert problem.code == code


@pytest.mark.parametrize("version", ["v22.0.0", "v24.99.1"])
def test_one_whose_first_number_is_in_the_table_is_taken(version: str, tmp_path: Path) -> None:
    assert find_node(fake_node(tmp_path, version)).version[0] == int(version[1:3])


def test_one_that_is_too_old_is_refused_in_any_case(tmp_path: Path) -> None:
    path = fake_node(tmp_path, "v18.20.0")
    with pytest.raises(InputError, match="NODE_TOO_OLD"):
        find_node(UnreviewedNode(path))


@pytest.mark.parametrize("says", ["option", "environment"])
def test_it_can_be_taken_all_the_same_and_each_run_says_so(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {**FILES, "node_modules/a/index.js": ""})
    node = fake_node(tmp_path, "v99.0.0")
    command = ["run", str(tmp_path / "main.js"), "--node", node]
    if says == "environment":
        monkeypatch.setenv("COMPARTMENT_MAPPER_UNREVIEWED_NODE", "1")
    refused = mapper(*command) if says == "option" else None
    taken = [*command, "--unreviewed-node"] if says == "option" else command

    for _ in range(2):
        done = mapper(*taken, check=True)
        assert done.stdout == "1\n"
        assert re.match(r"warning: --unreviewed-node: .* is not reviewed, so packages", done.stderr)

    if refused is not None:
        assert refused.returncode == 1
        assert "[NODE_NOT_REVIEWED]" in refused.stderr
        assert "Node 22 and 24 only" in refused.stderr
