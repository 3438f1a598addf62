"""The commands of the peers, which are not installed for these tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.aims import Linear
from benchmarks.applications import Application
from benchmarks.ours import find_ours
from benchmarks.peers import BUNDLERS, Bundler, mend_endo_zip, versions
from benchmarks.places import HERE, Work
from benchmarks.plan import Bench, application_tasks
from benchmarks.series import Key
from benchmarks.targets import TARGETS

WRITER = """
  ensureCanSeek(required) {
    const fields = getPrivateFields(this);
    let capacity = fields.capacity;
    while (capacity < required) {
      capacity *= 2;
    }
"""


def endo_zip(modules: Path, text: str) -> Path:
    path = modules / "@endo" / "zip" / "src" / "buffer-writer.js"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_endos_zip_is_mended_once(tmp_path: Path) -> None:
    path = endo_zip(tmp_path, WRITER)

    mend_endo_zip(tmp_path)
    mended = path.read_text()
    mend_endo_zip(tmp_path)

    assert path.read_text() == mended
    added = set(mended.splitlines()) - set(WRITER.splitlines())
    assert added == {"    if (capacity >= required) return;"}


def test_another_version_of_endo_is_not_modified(tmp_path: Path) -> None:
    path = endo_zip(tmp_path, "ensureCanSeek() {}\n")

    with pytest.raises(ValueError, match="ensureCanSeek is not as expected"):
        mend_endo_zip(tmp_path)

    assert path.read_text() == "ensureCanSeek() {}\n"


def test_versions_are_those_that_are_installed(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    (modules / "ses").mkdir(parents=True)
    (modules / "ses" / "package.json").write_text('{ "version": "2.3.0" }')
    (tmp_path / "package.json").write_text('{ "dependencies": { "ses": "^2" } }')

    assert versions(modules) == {"ses": "2.3.0"}


def test_versions_of_peers_are_pinned() -> None:
    wanted = json.loads((HERE / "peers" / "package.json").read_text())["dependencies"]
    lock = json.loads((HERE / "peers" / "package-lock.json").read_text())["packages"]

    assert wanted == {name: lock[f"node_modules/{name}"]["version"] for name in wanted}
    assert not [name for name, entry in lock.items() if "resolved" in entry]


@pytest.mark.parametrize("name", ["esbuild", "rollup"])
def test_the_lockfile_knows_every_platform(name: str) -> None:
    """If one is missing, npm ci rejects the whole lockfile."""
    lock = json.loads((HERE / "peers" / "package-lock.json").read_text())["packages"]
    platforms = {
        f"node_modules/{other}"
        for other in lock[f"node_modules/{name}"]["optionalDependencies"]
        if other.startswith(f"@{name}/")
    }

    assert len(platforms) > 10
    assert platforms <= lock.keys()


@pytest.mark.parametrize("bundler", BUNDLERS, ids=lambda bundler: bundler.name)
def test_bundlers_receive_the_list_of_missing_packages(bundler: Bundler, tmp_path: Path) -> None:
    application = Application(name="a", source=tmp_path, absent=("jiti",))
    product = tmp_path / f"out{bundler.suffix}"

    command = bundler.command(application, tmp_path, product)

    assert command.folder == tmp_path
    assert str(product) in " ".join(command.arguments)
    told = any("jiti" in argument for argument in command.arguments)
    assert told == (bundler.name in {"rollup", "webpack", "esbuild"})


def test_every_target_is_about_something_that_is_measured(tmp_path: Path) -> None:
    work = Work(tmp_path / "work")
    setting = Bench(ours=find_ours(), work=work, peers=True)
    source = tmp_path / "source"
    (source / "node_modules").mkdir(parents=True)
    (source / "index.js").touch()
    planned: set[Key] = set()
    for name in ("s", "m", "l", "p", "xl"):
        tasks = application_tasks(Application(name=name, source=source), "", setting)
        planned.update(task.key for task in tasks)

    aims = [aim for target in TARGETS for aim in target.aims if not isinstance(aim, Linear)]
    wanted = {aim.ours for aim in aims} | {
        rival for aim in aims if isinstance(rival := getattr(aim, "rival", None), Key)
    }

    assert wanted <= planned
