"""Scanner processes: the same results as in this process, even if workers die."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from compartment_mapper.host.scan_workers import Workers, usable_cores
from compartment_mapper.records.codec import from_plain, to_plain
from compartment_mapper.records.languages import Language
from compartment_mapper.scan import scan_module

FILLING = b"// " + b"x" * 60_000 + b"\n"
TEXTS: list[tuple[bytes, Language | None, bool]] = [
    (
        FILLING + f"exports.a{number} = require('./{number}'); process.env.X;\n".encode(),
        "cjs",
        False,
    )
    for number in range(12)
] + [
    (
        b"import a, { b as c } from 'x'; export * from 'y'; export let d = a; export { c };",
        None,
        True,
    ),
    (b"const x = import.meta.url; new URL('./a.txt', import.meta.url); await x;", "mjs", False),
    (
        b"require('./locales/' + name); with (a) b; function f(a) { arguments[0] = 1; return a }",
        "cjs",
        False,
    ),
    ("exports['\u2028\ud800'] = 1; 'é'".encode("utf-8", "surrogatepass"), "cjs", False),
    (b"let let = ;", "mjs", False),
    (b"", None, False),
]


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(2) as found:
        yield found


def test_workers_return_the_same_records(workers: Workers) -> None:
    begun = [workers.begin(source, kind, in_cycle=cycle) for source, kind, cycle in TEXTS]
    for (source, kind, cycle), record in zip(TEXTS, begun, strict=True):
        assert record() == scan_module(source, kind, in_cycle=cycle)
    assert len(workers.pids) == 2


def test_little_is_scanned_without_processes(workers: Workers) -> None:
    assert workers.begin(b"require('a')", "cjs", in_cycle=False)().requests[0].specifier == "a"
    assert workers.pids == []


def test_records_can_be_requested_in_any_order(workers: Workers) -> None:
    begun = [workers.begin(source, kind, in_cycle=cycle) for source, kind, cycle in TEXTS]
    for (source, kind, cycle), record in reversed(list(zip(TEXTS, begun, strict=True))):
        assert record() == scan_module(source, kind, in_cycle=cycle)


@pytest.mark.parametrize("killed", [1, 2])
def test_a_worker_that_dies_loses_nothing(workers: Workers, killed: int) -> None:
    begun = [workers.begin(source, kind, in_cycle=cycle) for source, kind, cycle in TEXTS]
    for pid in workers.pids[:killed]:
        os.kill(pid, signal.SIGKILL)
    for (source, kind, cycle), record in zip(TEXTS, begun, strict=True):
        assert record() == scan_module(source, kind, in_cycle=cycle)


def test_no_process_is_left() -> None:
    with Workers(2) as workers:
        begun = [workers.begin(source, kind, in_cycle=cycle) for source, kind, cycle in TEXTS]
        pids = workers.pids
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert begun[0]().requests


def test_one_job_is_this_process() -> None:
    with Workers(1) as workers:
        begun = [workers.begin(source, kind, in_cycle=cycle) for source, kind, cycle in TEXTS]
        assert begun[-1]() == scan_module(b"", None)
        assert workers.pids == []


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1


@pytest.mark.parametrize("text", TEXTS[10:], ids=lambda text: str(text[0][-20:]))
def test_records_come_back_as_they_were(text: tuple[bytes, Language | None, bool]) -> None:
    record = scan_module(text[0], text[1], in_cycle=text[2])
    assert from_plain(to_plain(record)) == record


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"language": "ts"},
        {"language": ["mjs"]},
        {"language": "mjs", "no_such_field": 1},
        {"language": "mjs", "requests": 1},
        {"language": "mjs", "requests": [1]},
        {"language": "mjs", "requests": [["a", "import", "always", None, 0]]},
        {"language": "mjs", "requests": [["a", "import", "always", None, 5, 1]]},
        {"language": "mjs", "requests": [["a", "import", "always", None, -1, 1]]},
        {"language": "mjs", "requests": [["a", "include", "always", None, 0, 1]]},
        {"language": "mjs", "requests": [["a", "import", "never", None, 0, 1]]},
        {"language": "mjs", "requests": [[1, "import", "always", None, 0, 1]]},
        {"language": "mjs", "requests": [["a", "import", "always", None, True, 1]]},
        {"language": "mjs", "edits": [[0, 1]]},
        {"language": "mjs", "edits": [[0, 1, 2]]},
        {"language": "mjs", "edits": [[2, 1, "x"]]},
        {"language": "mjs", "prologue": "abc"},
        {"language": "mjs", "prologue": [1]},
        {"language": "mjs", "prefix": 1},
        {"language": "mjs", "uses_import": "yes"},
        {"language": "mjs", "parse_uncertainty": [1]},
        {"language": "mjs", "parse_uncertainty": [1, 0]},
    ],
)
def test_invalid_records_are_none(value: object) -> None:
    assert from_plain(value) is None
