"""`verify`, `inspect` and `run` reject and accept the same archives."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from bad_archives import BAD, MAP, renamed
from command_line import invoke
from process import mapper
from zip_writer import Files, good, good_packed


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of an archive, the map first."""
    project = tmp_path_factory.mktemp("good")
    (project / "package.json").write_text('{"name": "app", "type": "module"}')
    (project / "main.js").write_text("import './other.js';\nconsole.log('evaluated');\n")
    (project / "other.js").write_text("console.log('evaluated too');\n")
    mapper("bundle", project / "main.js", "-o", project / "app.zip", check=True)
    with zipfile.ZipFile(project / "app.zip") as archive:
        found = [(name, archive.read(name)) for name in archive.namelist()]
    assert found[0][0] == MAP
    return found


def code_of(said: str) -> list[str]:
    return re.findall(r"error \[(\w+)\]", said)


@pytest.mark.parametrize("kind", BAD)
def test_each_reader_refuses_it(kind: str, files: Files, tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    archive.write_bytes(BAD[kind](files))

    verified = invoke("verify", str(archive))
    inspected = invoke("inspect", str(archive))
    ran = mapper("run", archive)

    for done in (verified, inspected):
        assert (done.exit_code, code_of(done.stderr)) == (1, ["INVALID_ARCHIVE"]), done.output
        assert done.stdout == ""
    assert (ran.returncode, code_of(ran.stderr), ran.stdout) == (1, ["INVALID_ARCHIVE"], "")
    assert "    at " not in ran.stderr


@pytest.mark.parametrize("make", [good, good_packed])
def test_the_good_archive_is_taken_by_all(make: object, files: Files, tmp_path: Path) -> None:
    assert callable(make)
    archive = tmp_path / "app.zip"
    archive.write_bytes(make(files))

    assert invoke("verify", str(archive)).exit_code == 0
    assert invoke("inspect", str(archive)).exit_code == 0
    assert mapper("run", archive).stdout == "evaluated too\nevaluated\n"


@pytest.mark.parametrize(("key", "name"), [("name", "@scope/other"), ("label", "a>@b/c.d")])
def test_other_names_of_packages_are_taken(
    key: str, name: str, files: Files, tmp_path: Path
) -> None:
    change = renamed(key, name)
    archive = tmp_path / "app.zip"
    archive.write_bytes(good([(file, change(t) if file == MAP else t) for file, t in files]))

    assert invoke("verify", str(archive)).exit_code == 0
    assert mapper("run", archive).stdout == "evaluated too\nevaluated\n"
