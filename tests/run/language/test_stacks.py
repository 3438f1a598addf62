"""Stack traces in Node, as a table: each kind of source, in the application or a dependency."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from process import mapper
from stack_rows import PLACES, ROWS, Row, application, expected_frames, mapped_places
from support import NODE, ROOT

_PLACE = re.compile(r"compartment:///[^\s()]+:\d+:\d+")


def _made(tmp_path: Path, name: str, where: str, form: str, source_map: str) -> Path:
    main, options = application(tmp_path / "app", name, where)
    output = tmp_path / ("app.zip" if form == "archive" else "app.js")
    asked = ("--format", form, "--source-map", source_map, *options)
    mapper("bundle", main, "-o", output, *asked, check=True)
    return output


def _run(output: Path) -> str:
    """Return the output of a program that throws."""
    if output.suffix == ".zip":
        return mapper("run", output).stderr
    return subprocess.run([NODE, output], capture_output=True, text=True, check=False).stderr


def assert_names_the_source(shown: str, name: str, where: str) -> None:
    frames = expected_frames(name, where)
    assert _PLACE.findall(shown) == frames
    file, line, column = frames[0].rsplit(":", 2)
    mark = " " * (int(column) - 1)
    assert shown.startswith(f"{file}:{line}\n{ROWS[name].line}\n{mark}^\n\nRangeError: é3\n")


@pytest.mark.parametrize("form", ["archive", "script"])
@pytest.mark.parametrize(("name", "where"), PLACES)
def test_traces_name_the_source(tmp_path: Path, name: str, where: str, form: str) -> None:
    output = _made(tmp_path, name, where, form, "inline")

    assert_names_the_source(_run(output), name, where)


@pytest.mark.parametrize("form", ["archive", "script"])
@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("esm", "application"),
        ("compiled", "dependency"),
        ("typescript-minified-by-us", "application"),
        ("shipped-minified-and-minified-by-us", "dependency"),
    ],
)
def test_maps_may_be_in_a_file_beside(tmp_path: Path, name: str, where: str, form: str) -> None:
    output = _made(tmp_path, name, where, form, "file")
    beside = output.with_name(f"{output.name}.map")

    assert b'"sourceMap":' not in output.read_bytes()
    assert_names_the_source(_run(output), name, where)

    maps = beside.read_text()
    for wrong in ("", "{", maps.replace('"sha512":"', '"sha512":"0'), '{"files": 1}'):
        beside.write_text(wrong)
        assert "RangeError: é3" in _run(output)
        assert "src/dig.ts" not in _run(output)


def test_a_source_map_file_is_cached_with_its_archive(tmp_path: Path) -> None:
    output = _made(tmp_path, "compiled", "dependency", "archive", "file")
    beside = tmp_path / "app.zip.map"
    first = beside.read_bytes()
    beside.unlink()

    done = mapper(
        *("bundle", tmp_path / "app" / "main.mjs", "-o", output, "--source-map", "file", "--json"),
        check=True,
    )

    assert json.loads(done.stdout)["sourceMap"] == str(beside)
    assert beside.read_bytes() == first


@pytest.mark.parametrize("name", ["compiled", "shipped-minified"])
def test_an_application_that_is_run_may_have_maps(tmp_path: Path, name: str) -> None:
    main, _ = application(tmp_path / "app", name, "dependency")

    shown = mapper("run", main, "--source-map", "inline").stderr

    assert_names_the_source(shown, name, "dependency")
    assert "lib/dig." in mapper("run", main).stderr
    assert mapper("run", main, "--source-map", "none").stderr == mapper("run", main).stderr


def test_minified_source_without_maps_has_its_own_positions(tmp_path: Path) -> None:
    output = _made(tmp_path, "esm-minified-by-us", "dependency", "archive", "none")

    frames = _PLACE.findall(_run(output))

    assert [frame.rpartition(":")[0] for frame in frames] == [
        "compartment:///dep/lib/dig.mjs:1",
        "compartment:///dep/lib/dig.mjs:1",
        "compartment:///$root$/main.mjs:1",
    ]


#: Queries a Node that waits for its debugger for its scripts and their source maps.
_ATTACH = """
import { spawn } from 'node:child_process';
const child = spawn(process.execPath, ['--inspect-wait=0', ...process.argv.slice(1)]);
let said = '';
const url = await new Promise((resolve) => child.stderr.on('data', (chunk) => {
  said += chunk;
  const found = /ws:\\/\\/\\S+/.exec(said);
  if (found) resolve(found[0]);
}));
const socket = new WebSocket(url);
let last = 0;
const answers = new Map();
const scripts = [];
const ended = new Promise((resolve) => child.on('exit', resolve));
const ask = (method, params = {}) => new Promise((resolve) => {
  answers.set(++last, resolve);
  socket.send(JSON.stringify({ id: last, method, params }));
});
await new Promise((resolve) => socket.addEventListener('open', resolve));
const texts = [];
socket.addEventListener('message', ({ data }) => {
  const { id, method, params, result } = JSON.parse(data);
  answers.get(id)?.(result);
  if (method === 'Debugger.scriptParsed' && params.url.startsWith('compartment:')) {
    const { url, sourceMapURL, scriptId } = params;
    texts.push(ask('Debugger.getScriptSource', { scriptId }).then(({ scriptSource }) =>
      scripts.push({ url, sourceMapURL, text: scriptSource })));
  }
  if (method === 'Runtime.executionContextDestroyed') Promise.all(texts).then(() => socket.close());
});
await ask('Runtime.enable');
await ask('Debugger.enable');
await ask('Runtime.runIfWaitingForDebugger');
await ended;
console.log(JSON.stringify(scripts));
"""


def _debugged(*command: str | Path) -> list[dict[str, str]]:
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", _ATTACH, *command],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def _assert_leads_to_the_source(scripts: list[dict[str, str]], row: Row, package: str) -> None:
    assert mapped_places(scripts, "RangeError", f"compartment:///{package}/{row.written_as}") == {
        (row.place[0], row.place[1] + len("new "), row.source)
    }


@pytest.mark.parametrize("source_map", ["inline", "file"])
def test_debuggers_of_archives_are_led_to_the_sources(tmp_path: Path, source_map: str) -> None:
    output = _made(tmp_path, "compiled", "dependency", "archive", source_map)
    mapper("run", output)  # the code cache exists, and has no source maps

    scripts = _debugged(ROOT / "compartment_mapper" / "_runtime" / "main.cjs", output)

    _assert_leads_to_the_source(scripts, ROWS["compiled"], "dep")


def test_without_maps_sources_reference_none(tmp_path: Path) -> None:
    output = _made(tmp_path, "compiled", "dependency", "script", "none")

    scripts = _debugged(output)

    assert scripts
    assert not any(script["sourceMapURL"] for script in scripts)


@pytest.mark.parametrize("source_map", ["inline", "file"])
@pytest.mark.parametrize(("name", "where"), PLACES)
def test_debuggers_are_led_to_the_sources(
    tmp_path: Path, name: str, where: str, source_map: str
) -> None:
    output = _made(tmp_path, name, where, "script", source_map)

    scripts = _debugged(output)

    _assert_leads_to_the_source(scripts, ROWS[name], "$root$" if where == "application" else "dep")
