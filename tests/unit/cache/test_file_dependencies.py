"""The disk, observed: which files a build depends on."""

from __future__ import annotations

import os
from pathlib import Path

from command_line import write

from compartment_mapper.cache.file_dependencies import ObservedDisk, differences
from compartment_mapper.host.disk import Disk
from compartment_mapper.locations import location_of_path

# File system observations


def test_an_observed_disk_says_what_the_disk_says(tmp_path: Path) -> None:
    write(tmp_path, {"a/b/c.js": "1", "a/d.js": "2", "e/f.js": "3"})
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "a" / "up").symlink_to("../e/f.js")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    paths = ["", "a", "a/", "a/b", "a/b/c.js", "a/b/c.js/", "a/b/c.js/x", "a/none", "none/x/y"]
    paths += ["link", "link/", "link/b/c.js", "link/none", "a/up", "a/up/", "loop", "loop/x"]
    paths += ["gone", "gone/x", "pipe", "a/../e/f.js", "a/./d.js", "a//d.js", "link/../e/f.js"]
    root = os.path.realpath(tmp_path)
    observed, disk = ObservedDisk(Disk()), Disk()
    for path in paths:
        location = location_of_path(f"{root}/{path}")
        assert observed.kind(location) == disk.kind(location), path
        assert observed.canonical(location) == disk.canonical(location), path
        assert observed.names_in(location) == disk.names_in(location), path
        if path != "pipe":
            assert observed.maybe_read(location) == disk.maybe_read(location), path
    found = differences(observed.observations(), disk)
    assert (found.files, found.is_elsewhere) == ((), False)


def test_a_path_of_very_many_folders_is_harmless(tmp_path: Path) -> None:
    disk = ObservedDisk(Disk())

    assert disk.kind(location_of_path(f"{tmp_path}{'/a' * 100_000}")) is None
