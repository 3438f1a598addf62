"""``init``: what it writes, what it keeps, and what it asks."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import yaml
from command_line import invoke, refused, write
from support import package
from terminal import Terminal

from compartment_mapper.cli.init.package_scripts import with_scripts

APP = {
    "package.json": '{\n  "name": "app",\n  "version": "1.0.0",\n  "main": "src/start.js",\n'
    '  "dependencies": {"a": "1"},\n  "scripts": {\n    "test": "node --test"\n  }\n}\n',
    "package-lock.json": "{}",
    "src/start.js": "require('a');\n",
    "node_modules/a/package.json": package(
        name="a", version="2.0.0", scripts={"install": "node x"}
    ),
    "node_modules/a/index.js": "\nfetch('/');\n",
}
WORKFLOW = ".github/workflows/compartment-mapper.yml"
ALL = ["compartment-mapper.toml", "compartment-policy.json", "package.json", WORKFLOW]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path / "app", APP))
    return tmp_path / "app"


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_writes_the_files_of_a_project(app: Path) -> None:
    result = invoke("init", "--yes")

    assert result.exit_code == 0, result.output
    configuration = tomllib.loads((app / "compartment-mapper.toml").read_text())
    assert configuration == {"entry": "src/start.js", "output": "app.zip"}
    policy = json.loads((app / "compartment-policy.json").read_text())
    assert policy["resources"]["a"]["globals"]["fetch"]["grant"] is True
    assert policy["installScripts"]["a"]["run"] is False
    assert (app / "package.json").read_text() == APP["package.json"].replace(
        '"node --test"\n',
        '"node --test",\n    "bundle": "compartment-mapper bundle",\n'
        '    "policy:infer": "compartment-mapper policy infer",\n'
        '    "policy:check": "compartment-mapper policy check"\n',
    )
    said = result.stdout.splitlines()
    assert said[0] == "written compartment-mapper.toml: entry src/start.js, output app.zip"
    assert said[1].startswith("written compartment-policy.json: 1 package, 1 capability granted")
    assert said[2] == "changed package.json: scripts bundle, policy:infer, policy:check"
    assert "decide about 1 capability" in result.stdout


def test_the_next_steps_work(app: Path) -> None:
    assert invoke("init", "--yes").exit_code == 0

    assert invoke("policy", "check").exit_code == 0
    assert invoke("bundle").exit_code == 0
    assert invoke("verify").exit_code == 0
    assert (app / "app.zip").is_file()


def test_a_second_run_changes_nothing(app: Path) -> None:
    assert invoke("init", "--yes").exit_code == 0
    before = snapshot(app)

    result = invoke("init", "--yes")

    assert result.exit_code == 0
    assert snapshot(app) == before
    assert [line.split()[0] for line in result.stdout.splitlines()[:4]] == ["kept"] * 4


def test_what_exists_is_kept_unless_forced(app: Path) -> None:
    own = {
        "compartment-mapper.toml": 'output = "own.zip"\nentry = "src"\n',
        WORKFLOW: "name: own\n",
        "src/index.js": "",
    }
    write(app, own)
    value = json.loads(APP["package.json"])
    value["scripts"]["bundle"] = "rollup"
    (app / "package.json").write_text(json.dumps(value))

    said = invoke("init", "--yes").stdout
    assert "scripts policy:infer, policy:check, kept its own bundle" in said
    assert json.loads((app / "package.json").read_text())["scripts"]["bundle"] == "rollup"
    assert {name: (app / name).read_text() for name in own} == own

    policy = json.loads((app / "compartment-policy.json").read_text())
    policy["resources"]["z"] = {"globals": {"fetch": False}}
    (app / "compartment-policy.json").write_text(json.dumps(policy))
    assert invoke("init", "--yes", "--force", "--entry", "src/start.js").exit_code == 0
    scripts = json.loads((app / "package.json").read_text())["scripts"]
    assert scripts["bundle"] == "compartment-mapper bundle"
    assert "start.js" in (app / "compartment-mapper.toml").read_text()
    assert "policy" in (app / WORKFLOW).read_text()
    after = json.loads((app / "compartment-policy.json").read_text())
    assert after["resources"]["z"] == {"globals": {"fetch": False}}  # a decision
    assert "a" in after["resources"]


def test_output_as_json(app: Path) -> None:
    found = json.loads(invoke("init", "--yes", "--json", "--ci", "none").stdout)

    assert [file["file"] for file in found["files"]] == ALL[:3]
    assert found["openDecisions"] == 1
    assert found["next"][0] == "compartment-mapper policy review"
    assert not (app / ".github").exists()


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        ("package-lock.json", "npm ci --ignore-scripts"),
        ("pnpm-lock.yaml", "pnpm install --frozen-lockfile --ignore-scripts"),
        ("yarn.lock", "yarn install --frozen-lockfile --ignore-scripts"),
        ("", "npm install --ignore-scripts"),
    ],
)
def test_the_workflow_installs_without_scripts(app: Path, lock: str, command: str) -> None:
    (app / "package-lock.json").unlink()
    if lock:
        (app / lock).write_text("")
    assert invoke("init", "--yes").exit_code == 0
    workflow = yaml.safe_load((app / WORKFLOW).read_text())

    steps = workflow["jobs"]["policy"]["steps"]
    assert command in [step.get("run") for step in steps]
    assert workflow["permissions"] == {"contents": "read"}
    assert steps[-1]["uses"].startswith("compartment-mapper/compartment-mapper/action@v")


@pytest.mark.parametrize(
    ("files", "arguments", "code"),
    [
        ({"package.json": "{"}, (), "INVALID_PACKAGE_JSON"),
        ({"package.json": "[]"}, (), "INVALID_PACKAGE_JSON"),
        ({"package.json": '{"scripts": 1, "main": "src/start.js"}'}, (), "INVALID_PACKAGE_JSON"),
        ({"package.json": b'{"name": "\xff"}'}, (), "INVALID_PACKAGE_JSON"),
        ({"package.json": '{"main": "gone.js"}'}, (), "ENTRY_NOT_FOUND"),
        ({}, ("--entry", "gone.js"), "ENTRY_NOT_FOUND"),
        ({"../outside.js": ""}, ("--entry", "../outside.js"), "INVALID_CONFIGURATION"),
        ({}, ("-o", "../app.zip"), "INVALID_CONFIGURATION"),
        ({}, ("-o", "/app.zip"), "INVALID_CONFIGURATION"),
        ({}, ("--entry", "node_modules/a/index.js"), "ENTRIES_OF_TWO_PACKAGES"),
        ({}, ("missing",), "ENTRY_OUTSIDE_PACKAGE"),
        ({"src/start.js": "("}, (), "SYNTAX_ERROR"),
        ({"compartment-mapper.toml": "x = 1"}, (), "INVALID_CONFIGURATION"),
        ({"compartment-policy.json": "{"}, (), "INVALID_POLICY"),
    ],
)
def test_nothing_is_written_if_anything_is_wrong(
    app: Path, files: dict[str, str | bytes], arguments: tuple[str, ...], code: str
) -> None:
    write(app, files)
    before = snapshot(app)

    assert f"[{code}]" in refused("init", "--yes", *arguments)
    assert snapshot(app) == before


@pytest.mark.parametrize("kind", ["file", "link", "dangling-link", "folder"])
def test_nothing_is_written_if_a_place_is_taken(kind: str, app: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    match kind:
        case "file":
            (app / ".github").write_text("")
        case "link":
            outside.mkdir()
            (app / ".github").symlink_to(outside)
        case "dangling-link":
            (app / ".github").symlink_to(outside)
        case _:
            (app / "compartment-mapper.toml").mkdir()
    before = snapshot(app)

    assert "[CANNOT_WRITE]" in refused("init", "--yes")

    assert snapshot(app) == before
    assert not list(outside.glob("*"))


def test_it_asks_in_a_terminal(app: Path) -> None:
    with Terminal(["init"], cwd=app) as terminal:
        terminal.until("entry [src/start.js]: ")
        terminal.type("")
        terminal.until("output [app.zip]: ")
        terminal.type("dist.zip")
        terminal.until("CI file (github, none) [github]: ")
        terminal.type("none")
        status, text = terminal.end()

    assert (status, "continue with" in text) == (0, True), text
    assert 'output = "dist.zip"' in (app / "compartment-mapper.toml").read_text()
    assert not (app / WORKFLOW).exists()


@pytest.mark.usefixtures("app")
def test_without_a_terminal_it_needs_yes() -> None:
    assert "add --yes" in refused("init")
    assert not Path("compartment-mapper.toml").exists()


# --- scripts in package.json ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", '{\n  "scripts": {\n    "x": "y"\n  }\n}'),
        ('{"a": 1}', '{"a": 1, "scripts": {"x": "y"}}'),
        ('{ "a": 1 }\n', '{ "a": 1, "scripts": {"x": "y"} }\n'),
        ('{\n\t"a": 1\n}\n', '{\n\t"a": 1,\n\t"scripts": {\n\t\t"x": "y"\n\t}\n}\n'),
        ('{\r\n    "a": 1\r\n}', '{\r\n    "a": 1,\r\n    "scripts": {\r\n        "x": "y"\r\n    }\r\n}'),
        ('{"scripts": {}}', '{"scripts": {\n  "x": "y"\n}}'),
        ('{"scripts": {"a": "}"}}', '{"scripts": {"a": "}", "x": "y"}}'),
        ('{"x": {"scripts": {}}, "scripts": {"a": "b"}}', '{"x": {"scripts": {}}, "scripts": {"a": "b", "x": "y"}}'),
        ('{"scripts": {"x": "own"}}', '{"scripts": {"x": "own"}}'),
        ('\ufeff{"a": [1, {"b": "\\""}]}', '\ufeff{"a": [1, {"b": "\\""}], "scripts": {"x": "y"}}'),
        ('{\n  "scripts": {\n    "a": "b"\n  },\n  "files": [ "x" ]\n}', '{\n  "scripts": {\n    "a": "b",\n    "x": "y"\n  },\n  "files": [ "x" ]\n}'),
    ],
)  # fmt: skip
def test_scripts_are_added_and_the_rest_stays(text: str, expected: str) -> None:
    found = with_scripts(text, {"x": "y"}, replaces=False)
    assert found == expected
    value = json.loads(found.removeprefix("\ufeff"))
    assert "x" in value["scripts"]


def test_scripts_are_replaced_on_demand() -> None:
    text = '{"scripts": {"x": "own", "z": "z"}}'
    assert with_scripts(text, {"x": "y"}, replaces=True) == '{"scripts": {"x": "y", "z": "z"}}'
