from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from command_line import FILES, invoke, refused, write

#: The interpreter with our package and its dependencies takes about 60 MiB.
_MOST_MEMORY = 256 << 20


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    app = write(tmp_path / "app", FILES)
    made = tmp_path / "app.zip"
    assert invoke("bundle", str(app / "main.js"), "-o", str(made), "--infer").exit_code == 0
    return made


def test_a_good_archive_is_good(archive: Path) -> None:
    result = invoke("verify", str(archive))

    assert result.exit_code == 0
    assert "2 packages" in result.stdout
    assert "all hashes match" in result.stdout
    assert "policy: 1 capability granted (1 high)" in result.stdout


def test_it_must_be_the_one_that_was_meant(archive: Path) -> None:
    sha512 = json.loads(invoke("verify", str(archive), "--json").stdout)["sha512"]

    assert invoke("verify", str(archive), "--sha512", sha512.upper()).exit_code == 0
    said = refused("verify", str(archive), "--sha512", "0" * 128)
    assert f"has the sha512 {sha512}, not 000" in said


def test_it_must_be_within_the_policy(archive: Path, tmp_path: Path) -> None:
    restrict = tmp_path / "narrow.json"
    restrict.write_text('{"harmless": true, "entry": {"packages": "any"}}')
    wide = tmp_path / "wide.json"
    wide.write_text(
        '{"entry": {"packages": "any"}, "resources": {"a": {"globals": {"fetch": true}}}}'
    )

    outside = invoke("verify", str(archive), "--policy", str(restrict))
    as_json = invoke("verify", str(archive), "--policy", str(restrict), "--json")

    assert invoke("verify", str(archive), "--policy", str(wide)).exit_code == 0
    assert outside.exit_code == 1
    assert "+ high     global fetch" in outside.stderr
    assert as_json.exit_code == 1
    value = json.loads(as_json.stdout)
    assert (value["withinPolicy"], value["excess"][0]["capability"]) == (False, "fetch")


def test_a_member_that_the_policy_refuses_must_not_come_with_its_object(tmp_path: Path) -> None:
    app = write(
        tmp_path / "other",
        {"package.json": '{"name": "app"}', "main.js": "f(require('fs'));\n"},
    )
    made, policy = tmp_path / "other.zip", tmp_path / "p.json"
    assert invoke("bundle", str(app / "main.js"), "-o", str(made)).exit_code == 0
    policy.write_text('{"entry": {"builtins": {"fs": true, "fs.writeFile": false}}}')

    found = invoke("verify", str(made), "--policy", str(policy))

    assert found.exit_code == 1
    assert "+ high     builtin fs.writeFile" in found.stderr


def test_a_missing_archive_is_reported(tmp_path: Path) -> None:
    assert "cannot read" in refused("verify", str(tmp_path / "none.zip"))
    assert "cannot read" in refused("verify", str(tmp_path))


def rezipped(
    archive: Path, change: dict[str, bytes], compression: int = zipfile.ZIP_STORED
) -> Path:
    """Return the archive with files replaced or added."""
    made = archive.with_name("changed.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(made, "w", compression) as new:
        for name in [*old.namelist(), *(name for name in change if name not in old.namelist())]:
            new.writestr(name, change.get(name, b"") if name in change else old.read(name))
    return made


def bomb(archive: Path) -> Path:
    return rezipped(archive, {"x": b"\0" * (200 << 20)}, compression=zipfile.ZIP_DEFLATED)


def map_of_many_values(archive: Path) -> Path:
    return rezipped(archive, {"compartment-map.json": b"[" + b"[]," * 4_000_000 + b"[]]"})


def map_of_great_depth(archive: Path) -> Path:
    return rezipped(archive, {"compartment-map.json": b"[" * 400_000 + b"]" * 400_000})


def map_of_wide_letters(archive: Path) -> Path:
    text = ("\U0001f600" + "a" * 15_000_000).encode()
    return rezipped(archive, {"compartment-map.json": b'{"a": "' + text + b'"}'})


def many_entries(archive: Path) -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for number in range(60_000):
            made.writestr(zipfile.ZipInfo(f"{number}"), b"")
    archive.write_bytes(buffer.getvalue())
    return archive


def a_large_file(archive: Path) -> Path:
    return rezipped(archive, {"x": bytes(range(256)) * (1 << 20)})


_MEASURE = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "compartment_mapper", "verify", sys.argv[1]],
                      capture_output=True, text=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(done.returncode, done.stderr)
"""


@pytest.mark.parametrize(
    "make",
    [
        bomb,
        map_of_many_values,
        map_of_great_depth,
        map_of_wide_letters,
        many_entries,
        a_large_file,
    ],
    ids=lambda make: make.__name__,
)
def test_a_bomb_ends_with_an_error_in_little_memory(make: object, archive: Path) -> None:
    assert callable(make)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(make(archive))],
        capture_output=True,
        text=True,
        check=True,
    )

    peak, _, said = done.stdout.partition("\n")
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(peak) * unit < _MOST_MEMORY
    assert said.startswith("1 error [INVALID_ARCHIVE]"), said


def flipped(archive: Path, offset: int) -> Path:
    content = bytearray(archive.read_bytes())
    content[offset] ^= 1
    made = archive.with_name("flipped.zip")
    made.write_bytes(bytes(content))
    return made


def test_no_bit_can_be_changed(archive: Path) -> None:
    size = archive.stat().st_size
    good = archive.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        directory = opened.start_dir
    unread = {  # version, time, attributes: ignored by all readers
        index
        for start in range(len(good) - 4)
        if good[start : start + 4] in {b"PK\x03\x04", b"PK\x01\x02"}
        for index in range(start + 4, start + 46)
    }

    for offset in [*range(0, size, 97), *range(directory, size)]:
        if offset in unread:
            continue
        assert "error [INVALID_ARCHIVE]: " in refused("verify", str(flipped(archive, offset))), (
            offset
        )


def test_what_stands_around_an_archive_is_refused(archive: Path) -> None:
    good = archive.read_bytes()
    made = archive.with_name("around.zip")
    for content in (b"#!/bin/sh\n" + good, good + b"\n", good[:-1], good[: len(good) // 2], b""):
        made.write_bytes(content)
        assert "INVALID_ARCHIVE" in refused("verify", str(made))


def test_a_gap_between_files_is_refused(archive: Path) -> None:
    good = archive.read_bytes()
    with zipfile.ZipFile(archive) as opened:
        second = sorted(entry.header_offset for entry in opened.infolist())[1]
        start = opened.start_dir
    directory = bytearray(good[start:])
    made = archive.with_name("gap.zip")
    made.write_bytes(good[:second] + b"gap!" + good[second:start] + bytes(directory))

    assert "INVALID_ARCHIVE" in refused("verify", str(made))
