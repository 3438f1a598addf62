"""Both halves decide alike: what a pattern covers in Python, it allows in the runtime."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path

from support import NODE

from compartment_mapper.policy.argument_patterns import arguments_cover
from compartment_mapper.policy.host_patterns import hosts_cover
from compartment_mapper.policy.path_patterns import paths_cover

SOURCES = Path(__file__).parents[4] / "runtime" / "src" / "policy"

NAMES = [
    "example.org",
    "a.example.org",
    "b.a.example.org",
    "xexample.org",
    "localhost",
    "a.localhost",
]
ADDRESSES = ["8.8.8.8", "10.1.2.3", "127.0.0.1", "169.254.1.1", "::1", "fd00::1", "2606:4700::1"]
HOST_PATTERNS = [
    *("*", "*:443", "example.org", "example.org:443", "*.example.org", "*.a.example.org:80"),
    *("localhost", "*.localhost", "10.0.0.0/8", "10.1.2.3:80", "0.0.0.0/0", "127.0.0.1", "8.8.8.8"),
    *("::1", "[::1]:443", "fd00::/8", "[2606:4700::]/32:443", "::/0"),
]
PORTS = [80, 443]

PATH_PATTERNS = [
    *("/**", "/data/**", "/data/*", "/data/a.txt", "/data/?.txt", "/data/**/log", "/*/a.txt"),
    *("/data/a*", "/**/b/**", "/data/**/b/*/c", "/d?ta/**"),
]
PATHS = [
    *("/data", "/data/a.txt", "/data/ab.txt", "/data/x/log", "/data/log", "/data/b/x/c", "/a.txt"),
    *("/data/b/c", "/other/a.txt", "/x/b/y", "/b", "/database"),
]
LISTS = [[], ["**"], ["a"], ["a", "**"], ["*"], ["*", "b"], ["a", "*", "**"]]
ARGUMENTS = [[], ["a"], ["b"], ["a", "b"], ["a", "b", "c"], ["c", "b"]]

PROGRAM = """
import { allowsHost, coversHost, hostOf, parseHostPattern } from '%(folder)s/host-patterns.js';
import { coversPath, makePathMatcher, namesOf } from '%(folder)s/path-patterns.js';
import { allowsArguments } from '%(folder)s/scopes.js';
const [hosts, covered, paths, pathsCovered, lists] = JSON.parse(process.argv[1]);
const allowed = hosts.map(([pattern, host, port]) =>
  allowsHost([parseHostPattern(pattern)], hostOf(host), port));
const covers = covered.map(([one, other]) => coversHost(parseHostPattern(one), parseHostPattern(other)));
const matched = paths.map(([pattern, path]) =>
  makePathMatcher([{ folder: [], names: namesOf(pattern) }]).allows(path));
const pathCovers = pathsCovered.map(([one, other]) => coversPath(one, other));
const given = lists.map(([pattern, args]) => allowsArguments([pattern], args));
console.log(JSON.stringify([allowed, covers, matched, pathCovers, given]));
"""


def _with_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def test_the_runtime_decides_like_the_policy() -> None:
    hosts = list(product(HOST_PATTERNS, [*NAMES, *ADDRESSES], PORTS))
    covered = list(product(HOST_PATTERNS, HOST_PATTERNS))
    paths = list(product(PATH_PATTERNS, PATHS))
    pathed = list(product(PATH_PATTERNS, PATH_PATTERNS))
    lists = list(product(LISTS, ARGUMENTS))
    done = subprocess.run(
        [
            NODE,
            "--input-type=module",
            "-e",
            PROGRAM % {"folder": SOURCES.as_uri()},
            json.dumps([hosts, covered, paths, pathed, lists]),
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    allowed, covers, matched, path_covers, given = json.loads(done.stdout)

    assert dict(zip(hosts, allowed, strict=True)) == {
        (pattern, host, port): hosts_cover((pattern,), (_with_port(host, port),))
        for pattern, host, port in hosts
    }
    assert dict(zip(covered, covers, strict=True)) == {
        (one, other): hosts_cover((one,), (other,)) for one, other in covered
    }
    assert dict(zip(paths, matched, strict=True)) == {
        (pattern, path): paths_cover((pattern,), (path,)) for pattern, path in paths
    }
    assert dict(zip(pathed, path_covers, strict=True)) == {
        (one, other): paths_cover((one,), (other,)) for one, other in pathed
    }
    assert given == [arguments_cover((tuple(one),), (tuple(args),)) for one, args in lists]
    assert 0 < sum(allowed) < len(allowed)
