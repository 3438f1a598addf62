"""The permissions of a process follow from the grants of all packages together."""

from __future__ import annotations

import pytest

from compartment_mapper.host.wall import Wall, wall_from_dict, wall_of
from compartment_mapper.policy.model import Attenuation, PackagePolicy

READ, WRITE = "fs-read", "fs-write"
ALL = {READ, WRITE, "child-process", "worker"}


@pytest.mark.parametrize(
    ("builtins", "needs"),
    [
        ({}, set()),
        ({"fs": "load"}, set()),
        ({"fs.readFileSync": False}, set()),
        ({"fs.readFileSync": True}, {READ}),
        ({"node:fs.readFileSync": True}, {READ}),
        ({"fs/promises.readFile": True}, {READ}),
        ({"fs.promises.stat": True}, {READ}),
        ({"fs.mkdirSync": True}, {WRITE}),
        ({"fs.writeFile": True}, {WRITE}),
        ({"fs.createWriteStream": True}, {READ, WRITE}),
        ({"fs.openSync": True}, {READ, WRITE}),
        ({"fs": True}, {READ, WRITE}),
        ({"fs": True, "fs.readFileSync": False}, {READ, WRITE}),
        ({"child_process.spawn": True}, {"child-process"}),
        ({"worker_threads": True}, set()),  # without Worker, which is critical
        ({"worker_threads.Worker": True}, ALL),
        ({"cluster": True}, ALL),
        ({"wasi.WASI": True}, {READ, WRITE, "wasi"}),
        ({"sqlite": True}, {READ, WRITE}),
        ({"v8": True}, set()),
        ({"v8.writeHeapSnapshot": True}, {WRITE}),
        ({"http.request": True}, {"net"}),
        ({"path": True, "util": True, "crypto": True, "zlib": True}, set()),
        ({"fs": Attenuation(specifier="./a.js", params=())}, {READ, WRITE}),
    ],
)
def test_needs_follow_from_builtins(builtins: dict[str, bool], needs: set[str]) -> None:
    policies = [PackagePolicy(builtins=builtins), PackagePolicy()]
    wall = wall_of(policies, version=(24, 0), mentions=False)
    assert ({*map(str, wall.needs)}, wall.problem) == (needs, "")


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("process.chdir", {READ}),
        ("process.loadEnvFile", {READ}),
        ("process.report", {WRITE}),
        ("process.env", set()),
        ("process.execve", {"child-process"}),
        ("fetch", {"net"}),
        ("console", set()),
    ],
)
def test_needs_follow_from_globals(name: str, needs: set[str]) -> None:
    policies = [PackagePolicy(globals={name: True})]
    assert wall_of(policies, version=(24, 0)).needs == needs


@pytest.mark.parametrize(
    "policy",
    [
        PackagePolicy(globals="any"),
        PackagePolicy(builtins="any"),
        PackagePolicy(globals=Attenuation(specifier="./a.js", params=())),
        PackagePolicy(globals={"process.binding": True}),
        PackagePolicy(globals={"process.getBuiltinModule": True}),
        PackagePolicy(builtins={"inspector": True}),
    ],
)
def test_some_grants_rule_out_a_wall(policy: PackagePolicy) -> None:
    wall = wall_of([PackagePolicy(), policy], version=(24, 0))
    assert wall.problem
    assert wall.is_said


def test_grants_that_the_permission_model_always_denies_have_no_wall() -> None:
    policies = [PackagePolicy(builtins={"fs.fsyncSync": True})]
    wall = wall_of(policies, version=(24, 0))
    assert (wall.is_said, "fs.fsyncSync" in wall.problem) == (False, True)
    assert not wall_of(policies, version=(24, 0), mentions=False).problem
    links = [PackagePolicy(builtins={"fs.symlinkSync": True})]
    assert wall_of(links, version=(22, 20)).problem
    assert not wall_of(links, version=(24, 0)).problem


def test_an_old_node_has_no_wall() -> None:
    assert "Node 22.12.0" in wall_of([], version=(22, 12, 0)).problem
    assert "unknown" in wall_of([], version=()).problem
    assert not wall_of([], version=(22, 13, 0)).problem


def test_flags_are_of_the_sum() -> None:
    assert Wall().flags(["a", "b"], version=(24, 0)) == [
        "--permission",
        "--allow-fs-read=a",
        "--allow-fs-read=b",
    ]
    wall = Wall(needs=frozenset({"fs-read", "net", "worker"}))
    assert wall.flags(["a"], version=(24, 9)) == [
        "--permission",
        "--disable-warning=SecurityWarning",
        "--allow-fs-read=*",
        "--allow-worker",
    ]
    assert wall.flags(["a"], version=(25, 0))[-2:] == ["--allow-net", "--allow-worker"]
    assert wall_from_dict(wall.to_dict()) == wall
