"""Small real applications, bundled and run by the tasks of the benchmark."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks import growth
from benchmarks.applications import APPLICATIONS, Application, changing, copy
from benchmarks.growth import Generated
from benchmarks.ours import NODE, find_ours
from benchmarks.places import Work
from benchmarks.plan import Bench, application_tasks, growth_tasks
from benchmarks.rounds import Limits, run_rounds

Write = Callable[[Path, int], None]

LIMITS = Limits(rounds=1, slow=60, killed=60)


def bench(folder: Path, *, peers: bool = False) -> Bench:
    work = Work(folder / "work")
    work.clear()
    return Bench(ours=find_ours(), work=work, peers=peers)


def small_application(folder: Path, name: str = "s") -> Application:
    source = folder / name
    dependency = source / "node_modules" / "dep"
    dependency.mkdir(parents=True)
    (source / "package.json").write_text('{ "name": "app", "dependencies": { "dep": "1" } }')
    (source / "index.js").write_text("console.log(require('dep'));\n")
    (dependency / "package.json").write_text('{ "name": "dep", "version": "1.0.0" }')
    (dependency / "index.js").write_text("module.exports = 'from dep';\n")
    return Application(name=name, source=source)


def test_an_application_is_bundled_and_run_in_every_way(tmp_path: Path) -> None:
    tasks = application_tasks(small_application(tmp_path), "from dep\n", bench(tmp_path))

    results = run_rounds(list(tasks), LIMITS, say=lambda _line: None)

    assert {key.group for key in results} == set("cold warm changed compressed memory run".split())
    for key, series in results.items():
        assert (series.failure, series.flaw, len(series.samples)) == (None, None, 1), key


def test_wrong_output_of_ours_is_seen(tmp_path: Path) -> None:
    tasks = application_tasks(small_application(tmp_path), "something else\n", bench(tmp_path))

    results = run_rounds(list(tasks), LIMITS, say=lambda _line: None)

    wrong = "prints 'from dep\\n', not what plain Node prints"
    for key, series in results.items():
        said = series.failure if key.group == "run" else series.flaw
        assert said == wrong or key.group == "memory" or key.tool == "node -e 0", key


@pytest.mark.parametrize(
    ("unit", "count", "write"),
    [
        pytest.param("modules", 30, growth.write_modules, id="modules"),
        pytest.param("modules", 1, growth.write_modules, id="one-module"),
        pytest.param("packages", 12, growth.write_packages, id="packages"),
        pytest.param("packages", 1, growth.write_packages, id="one-package"),
    ],
)
def test_what_is_generated_is_reached_whole(
    unit: str, count: int, write: Write, tmp_path: Path
) -> None:
    generated = Generated(unit=unit, count=count, write=write)
    setting = bench(tmp_path)

    results = run_rounds(list(growth_tasks(generated, setting)), LIMITS, say=lambda _line: None)

    assert [series.flaw or series.failure for series in results.values()] == [None, None]
    entry = setting.work.application(f"{count}-{unit}") / "index.js"
    plain = subprocess.run([NODE, str(entry)], capture_output=True, text=True, check=True)
    assert plain.stdout == generated.prints


def test_a_changed_entry_is_new_every_time_and_means_the_same(tmp_path: Path) -> None:
    application = small_application(tmp_path)
    copied = tmp_path / "copy"
    copy(application.source, copied)
    change = changing(copied / "index.js")
    texts = set()

    for number in range(3):
        change(number)
        texts.add((copied / "index.js").read_text())

    assert len(texts) == 3
    assert (application.source / "index.js").read_text() not in texts
    plain = subprocess.run([NODE, str(copied)], capture_output=True, text=True, check=True)
    assert plain.stdout == "from dep\n"


def test_an_application_without_its_packages_is_not_measured(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()

    with pytest.raises(FileNotFoundError, match=r"python3 scripts/bench\.py installs it"):
        copy(tmp_path / "app", tmp_path / "copy")


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda application: application.name)
def test_lockfiles_pin_every_package_and_name_no_address(application: Application) -> None:
    lock = json.loads((application.source / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-"), name
