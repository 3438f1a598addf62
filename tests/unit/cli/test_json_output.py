"""Each command's --json output is valid by the schema that the package ships for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import jsonschema
import pytest
from command_line import invoke, write
from support import package

from compartment_mapper.cli import main
from compartment_mapper.cli.schemas.output import SCHEMA_VERSION
from compartment_mapper.cli.schemas.reading import output_names, output_schema

APP = {
    "package.json": package(
        name="app", version="1.0.0", dependencies={"a": "1", "b": "1", "c": "1"}
    ),
    "main.js": "require('a');\nrequire('b');\nrequire(process.env.X);\nfetch('/');\n",
    "other.js": "",
    "page.js": "require('c');\n",
    "node_modules/c/package.json": package(name="c", version="1.0.0"),
    "node_modules/c/index.js": "ethereum.request();\nfetch(document.cookie);\n",
    "node_modules/a/package.json": package(
        name="a", version="1.0.0", scripts={"postinstall": "echo", "install": "node x.js"}
    ),
    "node_modules/a/index.js": "fetch(process.env.TOKEN);\neval(x);\nrequire('fs').readFileSync;\n",
    "node_modules/b/package.json": package(name="b", version="2.0.0"),
    "node_modules/b/index.js": "require('child_process').execSync('x');\n",
}
NEXT = {
    "node_modules/a/package.json": package(
        name="a", version="1.0.1", scripts={"postinstall": "echo 2", "preinstall": "echo"}
    ),
    "node_modules/a/index.js": "eval(x); eval(y);\nrequire('fs').writeFileSync;\nfetch;\n",
    "node_modules/b/index.js": "",
}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path / "app", APP))
    return tmp_path / "app"


def closed(schema: object) -> object:
    """Return *schema* without tolerance for keys that it does not list."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if "required" in schema else inner


def check(name: str, output: str) -> dict[str, object]:
    """Return the parsed output, which the schema of *name* describes to the last key."""
    value: dict[str, object] = json.loads(output)
    schema = closed(output_schema(name))
    assert isinstance(schema, dict)
    validator = jsonschema.Draft202012Validator(schema)
    problems = [error for found in validator.iter_errors(value) for error in leaves(found)]
    assert problems == []
    assert value["schemaVersion"] == SCHEMA_VERSION
    return value


def leaves(error: jsonschema.ValidationError) -> Iterator[str]:
    for inner in error.context or ():
        yield from leaves(inner)
    if not error.context:
        yield f"{error.json_path}: {error.message}"


COMMANDS = [
    ("bundle", ("bundle", "main.js", "-o", "x.zip")),
    ("bundle", ("bundle", "main.js", "-o", "x.zip", "--infer", "--timings")),
    ("bundle", ("bundle", "page.js", "-o", "x.js", "--format", "script", "-C", "browser", "--infer")),
    ("bundle", ("bundle", "main.js", "-o", "x.zip", "--source-map", "file")),
    ("inspect", ("inspect", "main.js")),
    ("inspect", ("inspect", "main.js", "--why", "a")),
    ("inspect", ("inspect", "app.zip")),
    ("verify", ("verify", "app.zip")),
    ("verify", ("verify", "app.zip", "--policy", "empty.json")),
    ("policy-infer", ("policy", "infer", "main.js")),
    ("policy-infer", ("policy", "infer", "page.js", "-C", "browser")),
    ("policy-check", ("policy", "check", "main.js", "--policy", "old.json")),
    ("policy-check", ("policy", "check", "main.js", "--policy", "old.json", "--all-signs")),
    ("policy-diff", ("policy", "diff", "old.json", "main.js")),
    ("policy-diff", ("policy", "diff", "empty.json", "old.json")),
    ("policy-explain", ("policy", "explain", "a", "--entry", "main.js")),
    ("policy-capabilities", ("policy", "capabilities")),
    ("install-scripts-list", ("install-scripts", "list")),
    ("install-scripts-list", ("install-scripts", "list", "--policy", "old.json")),
    ("install-scripts-run", ("install-scripts", "run", "--policy", "old.json")),
    ("cache-info", ("cache", "info")),
    ("report", ("report", "main.js", "-o", "x.html", "--infer")),
    ("report", ("report", "app.zip", "-o", "x.sarif", "--format", "sarif")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "arguments"),
    COMMANDS,
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_output_is_valid_by_its_schema(app: Path, name: str, arguments: tuple[str, ...]) -> None:
    (app / "empty.json").write_text('{"entry": {}, "resources": {}}')
    assert invoke("bundle", "main.js", "other.js", "-o", "app.zip", "--infer").exit_code == 0
    assert invoke("policy", "infer", "main.js", "-o", "old.json").exit_code == 0
    write(app, NEXT)

    value = check(name, invoke(*arguments, "--json").stdout)
    assert set(value) != {"schemaVersion", "problems"}, value


def test_the_fixture_has_each_kind_of_entry(app: Path) -> None:
    """A list that is always empty would say nothing about the schema of its items."""
    assert invoke("policy", "infer", "main.js", "-o", "old.json").exit_code == 0
    infer = check("policy-infer", invoke("policy", "infer", "main.js", "--json").stdout)
    assert infer["granted"]
    assert infer["findings"]
    write(app, NEXT)
    arguments = ("policy", "check", "main.js", "--policy", "old.json", "--json")
    found = check("policy-check", invoke(*arguments).stdout)
    assert found["findings"]
    assert found["signs"]
    assert found["installScripts"]
    diff = check("policy-diff", invoke("policy", "diff", "old.json", "main.js", "--json").stdout)
    assert diff["capabilities"]
    assert diff["packages"]


@pytest.mark.parametrize(
    "code", ["1", "({a: [1n, new Date(0)]})", "console.log('x'); throw Error('y')", "throw 1", "("]
)
def test_output_of_eval_is_valid(code: str) -> None:
    check("eval", invoke("eval", "-e", code, "--json").stdout)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("bundle", ("bundle", "missing.js", "-o", "x.zip")),
        ("inspect", ("inspect", "missing.js")),
        ("verify", ("verify", "missing.zip")),
        ("policy-infer", ("policy", "infer", "missing.js")),
        ("policy-check", ("policy", "check", "main.js")),
        ("policy-diff", ("policy", "diff", "missing.zip", "main.js")),
        ("policy-explain", ("policy", "explain", "missing", "--entry", "main.js")),
        ("install-scripts-list", ("install-scripts", "list", "missing")),
        ("install-scripts-run", ("install-scripts", "run")),
    ],
)
@pytest.mark.usefixtures("app")
def test_problems_are_valid_by_the_same_schema(name: str, arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments, "--json")

    assert result.exit_code == 1
    value = check(name, result.stdout)
    assert value["problems"]


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield each command that has ``--json``."""
    context = click.Context(group)
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from commands(command, (*path, name))
    elif any("--json" in parameter.opts for parameter in group.params):
        yield path


def test_every_command_with_json_has_a_schema_and_is_tested() -> None:
    found = {"-".join(path) for path in commands(main)}
    tested = {name for name, _ in COMMANDS} | {"eval", "run", "init"}

    assert found - set(output_names()) == set()
    assert set(output_names()) - found - {"run"} == set()
    assert found - tested == set()


@pytest.mark.parametrize("name", output_names())
def test_a_schema_is_complete_in_itself(name: str) -> None:
    words = name.split("-", 1) if name.startswith(("policy-", "cache-")) else [name]
    schema = json.loads(invoke("schema", *words).stdout)

    jsonschema.Draft202012Validator.check_schema(schema)
    assert "common.schema.json" not in json.dumps(schema)
    assert schema == output_schema(name)


def test_schemas_are_listed_and_unknown_ones_are_refused() -> None:
    listed = invoke("schema").stdout
    assert "policy-infer          the output of `policy infer --json`" in listed
    assert "configuration" in listed
    assert json.loads(invoke("schema", "configuration").stdout)["title"]
    assert json.loads(invoke("schema", "policy").stdout)["title"]
    result = invoke("schema", "polcy", "infer")
    assert (result.exit_code, "did you mean 'policy-infer'?" in result.stderr) == (2, True)
