"""Traces in Node, as a table: each kind of source, thrown in the application or in a dependency."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from process import mapper
from stack_rows import PLACES, ROWS, application, expected_frames
from support import NODE

_PLACE = re.compile(r"compartment:///[^\s()]+:\d+:\d+")


@pytest.mark.parametrize("form", ["archive", "script"])
@pytest.mark.parametrize(("name", "where"), PLACES)
def test_traces_name_the_source(tmp_path: Path, name: str, where: str, form: str) -> None:
    main, options = application(tmp_path / "app", name, where)
    output = tmp_path / ("app.zip" if form == "archive" else "app.js")
    mapper("bundle", main, "-o", output, "--format", form, *options, check=True)

    if form == "archive":
        shown = mapper("run", output).stderr
    else:
        done = subprocess.run([NODE, output], capture_output=True, text=True, check=False)
        shown = done.stderr

    frames = expected_frames(name, where)
    assert _PLACE.findall(shown) == frames
    file, line, column = frames[0].rsplit(":", 2)
    mark = " " * (int(column) - 1)
    assert shown.startswith(f"{file}:{line}\n{ROWS[name].line}\n{mark}^\n\nRangeError: é3\n")
