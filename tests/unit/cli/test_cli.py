from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from command_line import FILES, invoke, refused, write
from support import package

from compartment_mapper.cli.shared import TREE_SHAKING_OPTION

# --- bundle ---


def test_bundle_prints_a_summary_and_denied_uses(app: Path) -> None:
    result = invoke("bundle", "main.js", "-o", "app.zip")

    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.startswith("app.zip: 2 packages, 3 modules, ")
    assert second.startswith("sha512 ")
    assert len(second.removeprefix("sha512 ")) == 128
    assert "global fetch  node_modules/a/index.js:2" in result.stderr
    assert 'resources["a"].globals["fetch"] = true' in result.stderr
    assert zipfile.is_zipfile(app / "app.zip")


@pytest.mark.usefixtures("app")
def test_bundle_of_a_folder_begins_at_its_main_file() -> None:
    Path("index.js").write_text("")

    assert invoke("bundle", ".", "-o", "app.zip").stdout.startswith("app.zip: 1 package, 1 module,")


@pytest.mark.usefixtures("app")
def test_bundle_prints_statistics_as_json() -> None:
    result = invoke("bundle", "main.js", "-o", "app.zip", "--json")

    found = json.loads(result.stdout)
    assert found["archive"] == "app.zip"
    assert (found["packages"], found["modules"], found["problems"]) == (2, 3, [])
    assert found["bytes"] == Path("app.zip").stat().st_size
    assert [(w["package"], w["capability"], w["place"]) for w in found["denied"]] == [
        ("a", "fetch", "node_modules/a/index.js:2")
    ]
    assert set(found["compartments"]) == {"app-v1.0.0", "a-v2.0.0"}


@pytest.mark.parametrize(
    ("flags", "unused"),
    [
        ((), 0),
        (("-C", "browser"), 1),
        (("-C", "browser", "--no-tree-shaking"), 0),
        (("--tree-shaking",), 1),
    ],
)
def test_unused_modules_are_removed_and_counted(
    app: Path, flags: tuple[str, ...], unused: int
) -> None:
    (app / "package.json").write_text('{"name": "app", "type": "module", "sideEffects": false}')
    (app / "main.js").write_text("import { a } from './all.js'; a")
    (app / "all.js").write_text("export * from './a.js'; export * from './b.js'")
    (app / "a.js").write_text("export const a = 1")
    (app / "b.js").write_text("export const b = () => fetch('/')")

    found = json.loads(invoke("bundle", "main.js", "-o", "app.zip", "--json", *flags).stdout)
    assert (found["modules"], found["unused"]) == (4 - unused, unused)
    said = invoke("bundle", "main.js", "-o", "app.zip", *flags).stdout
    assert ("3 modules (1 unused removed)" in said) == bool(unused)
    powers = invoke("policy", "infer", "main.js", *flags, "-o", "-").stdout
    assert ("fetch" in powers) != bool(unused)


@pytest.mark.usefixtures("app")
def test_infer_denies_nothing() -> None:
    said = invoke("bundle", "main.js", "-o", "app.zip", "--infer").stderr

    assert said == (
        "--infer grants 1 capability of severity high or critical to 1 package:\n"
        "  a\n    high     global fetch  node_modules/a/index.js:2\n"
    )


@pytest.mark.usefixtures("app")
def test_compressing_makes_a_smaller_archive_of_the_same_hash() -> None:
    stored = invoke("bundle", "main.js", "-o", "a.zip")
    compressed = invoke("bundle", "main.js", "-o", "b.zip", "--compress")

    assert stored.stdout.splitlines()[1] == compressed.stdout.splitlines()[1]
    assert Path("b.zip").stat().st_size < Path("a.zip").stat().st_size


def test_the_bytes_depend_on_the_files_alone(tmp_path: Path) -> None:
    first = write(tmp_path / "one", FILES)
    second = write(tmp_path / "two" / "deeper", dict(reversed(list(FILES.items()))))
    (second / "unrelated.js").write_text("let a = ;")
    for path in sorted(second.rglob("*")):
        os.utime(path, (0, 0))

    for folder in (first, second):
        invoke("bundle", str(folder / "main.js"), "-o", str(folder / "app.zip"))

    assert (first / "app.zip").read_bytes() == (second / "app.zip").read_bytes()


# --- bad input ---


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("bundle", "gone.js", "-o", "app.zip"), "ENTRY_NOT_FOUND"),
        (("bundle", "", "-o", "app.zip"), "ENTRY_NOT_FOUND"),
        (("bundle", "/", "-o", "app.zip"), "ENTRY_OUTSIDE_PACKAGE"),
        (("bundle", "main.js", "-o", "node_modules"), "CANNOT_WRITE"),
        (("bundle", "main.js", "-o", "gone/app.zip"), "CANNOT_WRITE"),
        (("bundle", "main.js", "-o", "main.js/app.zip"), "CANNOT_WRITE"),
        (("bundle", "main.js", "-o", "app.zip", "--policy", "gone.json"), "CANNOT_READ"),
        (("bundle", "main.js", "-o", "app.zip", "--policy", "main.js"), "INVALID_POLICY"),
        (("bundle", "main.js", "-o", "app.zip", "--node", "/gone"), "NODE_NOT_FOUND"),
        (("bundle", "main.js", "-o", "app.zip", "--node", "/bin/true"), "NODE_NOT_FOUND"),
        (("inspect", "gone.zip"), "CANNOT_READ"),
        (("inspect", "gone.js"), "ENTRY_NOT_FOUND"),
        (("inspect", "main.js", "--why", "gone"), "UNKNOWN_PACKAGE"),
    ],
)
def test_bad_input_has_a_code_and_writes_nothing(arguments: tuple[str, ...], code: str) -> None:
    before = sorted(Path().iterdir())

    assert f"error [{code}]: " in refused(*arguments)
    assert sorted(Path().iterdir()) == before


def test_all_problems_are_reported_and_nothing_is_written(app: Path) -> None:
    write(app, {"main.js": "require('./gone');\nrequire('absent');\n() => require('late')"})

    text = refused("bundle", "main.js", "-o", "app.zip")

    assert text.count("error [MODULE_NOT_FOUND]") == 2
    assert text.count("warning [MODULE_NOT_FOUND]") == 1
    assert "  1 | require('./gone');\n    |         ^^^^^^^^\n" in text
    assert not (app / "app.zip").exists()


def test_an_old_archive_survives_a_failure(app: Path) -> None:
    invoke("bundle", "main.js", "-o", "app.zip")
    before = (app / "app.zip").read_bytes()
    write(app, {"main.js": "let a = ;"})

    refused("bundle", "main.js", "-o", "app.zip")

    assert (app / "app.zip").read_bytes() == before


def test_problems_are_json_with_the_json_option(app: Path) -> None:
    write(app, {"main.js": "\n  require('./gone')"})

    result = invoke("bundle", "main.js", "-o", "app.zip", "--json")

    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["code"], problem["file"], problem["line"], problem["column"]) == (
        "MODULE_NOT_FOUND",
        "main.js",
        2,
        11,
    )


def test_an_entry_outside_of_any_package_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"main.js": ""})

    text = refused("bundle", str(tmp_path / "main.js"), "-o", str(tmp_path / "app.zip"))

    assert "ENTRY_OUTSIDE_PACKAGE" in text
    assert "hint: create one beside it" in text


# --- inspect ---


@pytest.mark.usefixtures("app")
def test_inspect_shows_the_same_of_an_archive_and_of_its_sources() -> None:
    invoke("bundle", "main.js", "-o", "app.zip")

    for option in ((), ("--json",), ("--dot",), ("--mermaid",)):
        archive = invoke("inspect", "app.zip", *option)
        sources = invoke("inspect", "main.js", *option)
        assert archive.exit_code == 0
        assert archive.stdout == sources.stdout


@pytest.mark.usefixtures("app")
def test_inspect_prints_packages_for_people_and_for_programs() -> None:
    text = invoke("inspect", "main.js").stdout
    found = json.loads(invoke("inspect", "main.js", "--json").stdout)

    assert text.startswith("2 packages, 3 modules, ")
    assert "a@2.0.0  1 module, " in text
    assert [p["canonicalName"] for p in found["packages"]] == ["$root$", "a"]
    assert invoke("inspect", "main.js", "--dot").stdout.startswith("digraph packages {")
    assert invoke("inspect", "main.js", "--mermaid").stdout.startswith("graph LR")


@pytest.mark.usefixtures("app")
def test_why_prints_the_chain_with_its_lines() -> None:
    text = invoke("inspect", "main.js", "--why", "a").stdout
    found = json.loads(invoke("inspect", "main.js", "--why", "a", "--json").stdout)

    assert text == "main.js:2  requests 'a'\n  a\n"
    assert found == {
        "schemaVersion": 1,
        "package": "a",
        "chain": [{"package": "$root$", "file": "main.js", "line": 2, "specifier": "a"}],
    }


def test_why_of_a_name_that_is_nearly_right_says_so(app: Path) -> None:
    write(app, {"main.js": "require('left-pad')", "node_modules/left-pad/index.js": ""})

    assert "did you mean 'left-pad'?" in refused("inspect", "main.js", "--why", "leftpad")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("length", [0, 3, 30, 500, -1])
def test_a_truncated_archive_is_refused(length: int) -> None:
    invoke("bundle", "main.js", "-o", "app.zip")
    content = Path("app.zip").read_bytes()
    Path("app.zip").write_bytes(content[:length])

    assert "error [INVALID_ARCHIVE]: " in refused("inspect", "app.zip")


def test_an_archive_is_known_by_its_bytes_too(app: Path) -> None:
    invoke("bundle", "main.js", "-o", "archive")

    assert (app / "archive").exists()
    assert invoke("inspect", "archive").stdout.startswith("2 packages, ")


# --- usage ---


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("bundel", "main.js"), "no such command 'bundel'; did you mean 'bundle'?"),
        (("xyz",), "no such command 'xyz'"),
        (("bundle",), "Missing option '-o'"),
        (("bundle", "main.js"), "Missing option '-o' / '--output'"),
        (("bundle", "main.js", "-o", "x", "--inferr"), "--infer"),
        (("bundle", "main.js", "-o", "x", "--infer", "--allow-all"), "choose one of"),
        (("bundle", "main.js", "-o", "x", "--infer", "--policy", "p"), "choose one of"),
        (("inspect", "app.zip", "--why", "a"), "--why reads the sources"),
    ],
)
def test_wrong_usage_has_status_2(arguments: tuple[str, ...], message: str) -> None:
    result = invoke(*arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path("x").exists()


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("bundle", "-h"), ("inspect", "-h")])
def test_help_says_how(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments)

    assert result.exit_code == 0
    assert "compartment-mapper bundle" in result.output or "Example: " in result.output


# --- the process ---


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}


def process(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "compartment_mapper", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )


def test_the_process_has_the_streams_and_the_status_of_the_command(app: Path) -> None:
    made = process("bundle", "main.js", "-o", "app.zip", cwd=app)
    refusal = process("bundle", "gone.js", "-o", "app.zip", cwd=app)
    misuse = process("bundle", cwd=app)

    assert (made.returncode, refusal.returncode, misuse.returncode) == (0, 1, 2)
    assert made.stdout.startswith("app.zip: ")
    assert refusal.stderr.startswith("error [ENTRY_NOT_FOUND]: ")
    assert refusal.stdout + misuse.stdout == ""


def test_output_to_no_terminal_has_no_colours_and_no_progress(app: Path) -> None:
    write(app, {"main.js": "require('./gone')"})

    assert "\x1b" not in process("bundle", "main.js", "-o", "app.zip", cwd=app).stderr


@pytest.mark.parametrize(("no_colour", "expected"), [("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_they_are_not_wanted(
    app: Path, no_colour: str, *, expected: bool
) -> None:
    write(app, {"main.js": "require('./gone')"})
    ours, theirs = pty.openpty()

    with subprocess.Popen(
        [sys.executable, "-m", "compartment_mapper", "bundle", "main.js", "-o", "app.zip"],
        cwd=app,
        stderr=theirs,
        env={**environment(), "NO_COLOR": no_colour},
    ) as started:
        assert started.wait() == 1
    text = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)

    assert "MODULE_NOT_FOUND" in text
    assert ("\x1b[31m" in text) is expected


@pytest.mark.parametrize(
    ("options", "is_on"),
    [
        (("--leave-out-unused",), True),
        (("--keep-unused",), False),
        (("--leave-out-unused", "--no-tree-shaking"), False),
        (("--no-tree-shaking", "--leave-out-unused"), True),
        (("--tree-shaking", "--keep-unused"), False),
        (("--keep-unused", "--leave-out-unused"), True),
        (("--leave-out-unused", "--keep-unused"), False),
    ],
    ids=str,
)
def test_the_last_of_new_and_former_options_counts(options: tuple[str, ...], is_on: object) -> None:
    given: list[object] = []

    @click.command
    @TREE_SHAKING_OPTION
    def command(*, tree_shaking: bool | None) -> None:
        given.append(tree_shaking)

    result = CliRunner().invoke(command, options)

    assert given == [is_on]
    assert result.stdout == ""
    former = [name for name in options if "unused" in name]
    assert [line.split()[1] for line in result.stderr.splitlines()] == former


def test_former_names_are_not_in_the_help() -> None:
    text = invoke("bundle", "--help").stdout
    assert "--tree-shaking / --no-tree-shaking" in text
    assert "unused" not in text


def test_an_unknown_command_can_not_steer_the_terminal() -> None:
    refused = invoke("policy", "\x1b[31mX")
    assert refused.exit_code == 2
    assert "\x1b" not in refused.stderr


@pytest.mark.parametrize("stream", ["0", "1", "2"])
@pytest.mark.parametrize("command", ["report main.js -o r.html", "policy infer main.js", "init"])
def test_a_closed_stream_is_no_problem(stream: str, command: str, tmp_path: Path) -> None:
    write(tmp_path, {"package.json": package(name="app"), "main.js": "1;\n"})
    tool = f"{sys.executable} -m compartment_mapper"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{tool} {command} {stream}<&-"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    asks = command == "init"
    assert done.returncode == int(asks), done.stderr
    assert "Traceback" not in done.stderr
    assert asks == ("[NOT_INTERACTIVE]" in done.stderr) or stream == "2"
