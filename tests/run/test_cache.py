"""The cache with several processes; `--watch`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import fields
from pathlib import Path

import pytest
from command_line import FILES, write
from support import ROOT, children_of, is_running, package, until

from compartment_mapper.cache.file_dependencies import ObservedDisk
from compartment_mapper.cli.cached_build import Order
from compartment_mapper.cli.shared import Choices
from compartment_mapper.cli.watch import watched
from compartment_mapper.host.interrupts import raise_dropped_interrupts

TOOL = [sys.executable, "-m", "compartment_mapper"]


def environment(cache: Path) -> dict[str, str]:
    return {
        **os.environ,
        "COMPARTMENT_MAPPER_CACHE": str(cache),
        "PYTHONPATH": str(ROOT),
    }


def many(folder: Path, count: int, size: int) -> Path:
    """Write an application of *count* modules, each of about *size* bytes."""
    filling = "\n".join(f"exports.f{line} = () => {line};" for line in range(size // 25))
    modules = {f"m{n}.js": f"{filling}\nexports.n = {n};" for n in range(count)}
    main = "\n".join(f"require('./m{n}');" for n in range(count))
    return write(
        folder, {"package.json": package(name="app", version="1.0.0"), "main.js": main, **modules}
    )


def begin(app: Path, cache: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*TOOL, *arguments],
        cwd=app,
        env=environment(cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_several_processes_at_once_make_the_same_archive(tmp_path: Path) -> None:
    app, cache = many(tmp_path / "app", 60, 4000), tmp_path / "cache"
    for _ in range(2):
        names = [f"{n}.zip" for n in range(4)]
        begun = [begin(app, cache, "bundle", "main.js", "-o", name) for name in names]
        said = [process.communicate() for process in begun]
        assert [process.returncode for process in begun] == [0] * 4, said
        assert {err for _, err in said} == {""}
        assert len({(app / name).read_bytes() for name in names}) == 1
        (app / "m3.js").write_text("exports.changed = 1")


@pytest.mark.parametrize("jobs", ["1", "2", "5"])
def test_the_number_of_processes_changes_nothing(tmp_path: Path, jobs: str) -> None:
    app = many(tmp_path / "app", 60, 4000)
    write(app, {"m7.js": "let let", "m9.js": "require('./none')"})
    expected, found = (
        begin(app, tmp_path, "bundle", "main.js", "-o", "a.zip", "--no-cache", *more).communicate()
        for more in ((), ("--jobs", jobs))
    )
    assert found == expected
    write(app, {"m7.js": "", "m9.js": ""})
    archives = []
    for more in ((), ("--jobs", jobs)):
        process = begin(app, tmp_path, "bundle", "main.js", "-o", "a.zip", "--no-cache", *more)
        assert process.communicate()[1] == ""
        archives.append((app / "a.zip").read_bytes())
    assert archives[0] == archives[1]


def test_a_program_runs_from_the_cache(tmp_path: Path) -> None:
    app, cache = write(tmp_path / "app", FILES), tmp_path / "cache"
    (app / "node_modules/a/index.js").write_text("console.log('in a', process.argv[2])")
    outputs = []
    for argument in ("one", "two"):
        process = begin(app, cache, "run", "main.js", "--allow-all", "--timings", "--", argument)
        output, problems = process.communicate()
        outputs.append(output)
        assert ("load" in problems) == (argument == "one"), problems
    assert outputs == ["in a one\n1\n", "in a two\n1\n"]


def lines_until(process: subprocess.Popen[str], wanted: str) -> list[str]:
    """Return the lines until one has *wanted*; a process that never prints it is ended."""
    assert process.stderr is not None
    found: list[str] = []
    timer = threading.Timer(60, process.kill)
    timer.start()
    try:
        for line in process.stderr:
            found.append(line.rstrip())
            if wanted in line:
                return found
    finally:
        timer.cancel()
    raise AssertionError(found)


def test_watching_makes_it_again_after_each_change(tmp_path: Path) -> None:
    app, cache = write(tmp_path / "app", FILES), tmp_path / "cache"
    process = begin(app, cache, "bundle", "main.js", "-o", "app.zip", "--watch", "--infer")
    try:
        lines_until(process, "watching")
        first = (app / "app.zip").read_bytes()
        (app / "x.js").write_text("exports.changed = 1")
        said = lines_until(process, "watching")
        assert "changed: x.js" in said
        assert any(line.startswith("built in ") for line in said)
        second = (app / "app.zip").read_bytes()
        assert first != second
        (app / "x.js").write_text("require('./none')")
        assert any("MODULE_NOT_FOUND" in line for line in lines_until(process, "watching"))
        assert (app / "app.zip").read_bytes() == second
        (app / "none.js").write_text("")
        lines_until(process, "watching")
        assert (app / "app.zip").read_bytes() != second
        (app / "main.js").unlink()
        assert any("ENTRY_NOT_FOUND" in line for line in lines_until(process, "watching"))
        (app / "main.js").write_text("require('./x')")
        lines_until(process, "built in")
    finally:
        process.send_signal(signal.SIGINT)
        _, problems = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in problems


def test_ctrl_c_that_comes_in_a_finalizer_ends_watching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    before = signal.getsignal(signal.SIGINT)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    raise_dropped_interrupts()

    class Finalized:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)  # Python checks for signals between two steps, and drops the exception

    made = []
    calls = []

    def make(_disk: ObservedDisk) -> None:
        calls.append(1)
        made.append(Finalized())
        made.pop()

    nothing = dict.fromkeys(field.name for field in fields(Choices))
    choices = Choices(**{**nothing, "condition": (), "asset": (), "grant": (), "platform": ()})  # type: ignore[arg-type]
    watched(Order(entry=str(tmp_path / "main.js"), choices=choices), make)

    assert made == []
    assert len(calls) == 1


def test_ctrl_c_ends_workers_too(tmp_path: Path) -> None:
    app = many(tmp_path / "app", 300, 12_000)
    process = begin(app, tmp_path / "c", "bundle", "main.js", "-o", "app.zip", "--jobs", "2")
    until(lambda: len(children_of(process.pid)) >= 2)
    workers = children_of(process.pid)
    process.send_signal(signal.SIGINT)
    _, problems = process.communicate(timeout=60)
    assert (process.returncode, problems.strip()) == (1, "Aborted!")
    until(lambda: not any(map(is_running, workers)))


def test_timings_name_the_stages(tmp_path: Path) -> None:
    app = write(tmp_path / "app", FILES)
    process = begin(
        app, tmp_path, "bundle", "main.js", "-o", "a.zip", "--json", "--timings", "--no-cache"
    )
    output, problems = process.communicate()
    assert problems == ""
    timings = json.loads(output)["timings"]
    assert list(timings) == [
        "start",
        "scan",
        "load",
        "infer",
        "compile",
        "map",
        "pack",
        "report",
        "write",
    ]
    assert all(milliseconds >= 0 for milliseconds in timings.values())
