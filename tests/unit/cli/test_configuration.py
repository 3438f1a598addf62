"""The configuration of a project: where it is found, what it may say, and that flags win."""

from __future__ import annotations

import json
import tomllib
import zipfile
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from command_line import invoke, refused, write
from support import package

from compartment_mapper.cli.configuration.finding import configuration_for
from compartment_mapper.cli.configuration.model import KEYS, NEVER
from compartment_mapper.cli.configuration.reading import configuration_of
from compartment_mapper.errors.diagnostic import InputError

APP = {
    "package.json": package(name="app", version="1.0.0", dependencies={"a": "1"}),
    "src/main.js": "require('a');\n",
    "src/other.js": "",
    "compartment-mapper.toml": 'entry = "src/main.js"\noutput = "out.zip"\n',
    "node_modules/a/package.json": package(name="a", version="2.0.0"),
    "node_modules/a/index.js": "\nfetch('/');\n",
}
SCHEMA = json.loads(
    files("compartment_mapper.cli.configuration")
    .joinpath("compartment-mapper.schema.json")
    .read_text()
)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path / "app", APP))
    return tmp_path / "app"


def configure(app: Path, text: str) -> None:
    (app / "compartment-mapper.toml").write_text(text)


# --- found by commands ---


def test_bundle_needs_no_arguments(app: Path) -> None:
    result = invoke("bundle")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("out.zip: 2 packages, 2 modules")
    assert zipfile.is_zipfile(app / "out.zip")


@pytest.mark.parametrize(
    "arguments",
    [
        ("bundle", "--json"),
        ("inspect",),
        ("inspect", "--why", "a"),
        ("policy", "infer"),
        ("policy", "check"),
        ("policy", "explain", "a"),
        ("policy", "diff", "compartment-policy.json"),
        ("verify",),
    ],
    ids=" ".join,
)
def test_every_command_finds_the_entry(
    app: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert invoke("policy", "infer").exit_code == 0
    assert invoke("bundle").exit_code == 0
    monkeypatch.chdir(app / "src")  # found from a folder below, too
    path = "../compartment-policy.json"
    given = [path if name == "compartment-policy.json" else name for name in arguments]

    result = invoke(*given)

    assert result.exit_code == 0, result.output


def test_without_a_configuration_the_package_is_the_entry(app: Path) -> None:
    (app / "compartment-mapper.toml").unlink()
    (app / "index.js").write_text("")

    assert invoke("bundle", "-o", "app.zip").stdout.startswith("app.zip: 1 package, 1 module")


@pytest.mark.parametrize(
    "arguments", [("bundle", "-o", "app.zip"), ("inspect",), ("policy", "check")]
)
def test_without_a_package_the_entry_is_required(
    app: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(app.parent)
    result = invoke(*arguments)

    assert result.exit_code == 2
    assert "Missing argument '" in result.stderr
    assert "compartment-mapper init" in result.stderr


def test_flags_win(app: Path) -> None:
    configure(app, 'entry = "src/main.js"\noutput = "out.zip"\ncompress = true\ninfer = true\n')
    found = json.loads(invoke("bundle", "src/other.js", "-o", "b.zip", "--json").stdout)

    assert (found["archive"], found["packages"]) == ("b.zip", 1)
    assert not (app / "out.zip").exists()


def test_a_flag_replaces_what_it_cannot_be_combined_with(app: Path) -> None:
    assert invoke("policy", "infer", "-o", "p.json").exit_code == 0
    configure(app, 'entry = "src/main.js"\noutput = "out.zip"\npolicy = "p.json"\n')
    assert invoke("bundle").exit_code == 0
    assert invoke("bundle", "--infer").exit_code == 0
    assert invoke("bundle", "--allow-all").exit_code == 0

    configure(app, 'entry = "src/main.js"\noutput = "out.zip"\ninfer = true\n')
    assert invoke("bundle", "--policy", "p.json").exit_code == 0

    configure(app, 'output = "o.js"\nentry = "src/main.js"\nformat = "script"\nglobal-name = "x"\n')
    assert invoke("bundle", "--format", "module", "-o", "m.js").exit_code == 0


def test_values_reach_the_options(app: Path) -> None:
    configure(
        app,
        'entry = ["src/main.js", "src/other.js"]\noutput = "o.zip"\nassets = ["src/*.txt"]\n'
        'grants = ["a:fetch"]\nconditions = ["x"]\n',
    )
    write(app, {"src/a.txt": "text"})
    found = json.loads(invoke("bundle", "--json").stdout)

    assert (found["packages"], found["denied"]) == (2, [])
    assert json.loads(invoke("inspect", "o.zip", "--json").stdout)["entries"] == [
        "src/main.js",
        "src/other.js",
    ]
    with zipfile.ZipFile("o.zip") as archive:
        assert "app-v1.0.0/src/a.txt#as=bytes" in archive.namelist()


def test_policy_infer_writes_to_the_configured_file(app: Path) -> None:
    configure(app, 'entry = "src/main.js"\npolicy = "policies/own.json"\n')
    (app / "policies").mkdir()

    assert invoke("policy", "infer").exit_code == 0
    assert (app / "policies" / "own.json").is_file()
    assert not (app / "compartment-policy.json").exists()
    assert invoke("policy", "check").stdout.startswith("policies/own.json fits")


def test_the_configuration_is_that_of_the_named_entry(app: Path, tmp_path: Path) -> None:
    files = {"package.json": package(name="b"), "main.js": ""}
    write(tmp_path / "b", files)
    configure(app, "wrong = 1\n")

    assert invoke("bundle", str(tmp_path / "b" / "main.js"), "-o", "b.zip").exit_code == 0
    assert "unknown key" in refused("bundle", "src/other.js", "-o", "b.zip")


def test_an_archive_has_no_configuration(app: Path) -> None:
    assert invoke("bundle").exit_code == 0
    configure(app, "wrong = 1\n")

    assert invoke("inspect", "out.zip").exit_code == 0
    assert invoke("verify", "out.zip").exit_code == 0


def test_a_key_of_package_json_is_the_same(app: Path) -> None:
    (app / "compartment-mapper.toml").unlink()
    value = {"entry": "src/main.js", "output": "p.zip"}
    (app / "package.json").write_text(package(name="app", **{"compartment-mapper": value}))

    assert invoke("bundle").stdout.startswith("p.zip: ")


@pytest.mark.usefixtures("app")
def test_two_configurations_are_an_error() -> None:
    Path("package.json").write_text(package(name="app", **{"compartment-mapper": {}}))

    assert "a project has one configuration" in refused("bundle")


@pytest.mark.usefixtures("app")
def test_help_needs_no_valid_configuration() -> None:
    Path("compartment-mapper.toml").write_text("wrong")

    assert invoke("bundle", "--help").exit_code == 0


# --- what it may say ---


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("entry = ", "not TOML: "),
        ("outptu = 'a'", "unknown key 'outptu'\n  hint: did you mean 'output'?"),
        ("wrong = 1", "unknown key 'wrong'\n  hint: known keys: entry, output"),
        ("node = './x'", "'node' cannot be configured: it names a program to run"),
        ("allow-all = true", "'allow-all' cannot be configured"),
        ("entry = 1", "entry must be a path, got 1"),
        ("entry = []", "entry must be a path, got []"),
        ("entry = ['a', 2]", "entry must be a path, got 2"),
        ("output = '/etc/x'", "output must be a path inside the folder of the file"),
        ("output = '../x.zip'", "output must be a path inside the folder of the file"),
        ("output = 'out/../../x.zip'", "output must be a path inside"),
        ("output = 'link/x.zip'", "output must be a path inside"),
        ("policy = 'link/p.json'", "policy must be a path inside"),
        ("format = 'zip'", 'format must be one of "archive", "script", "module", got "zip"'),
        ("format = []", "format must be one of"),
        ("conditions = 'browser'", 'conditions must be a list of strings, got "browser"'),
        ("conditions = [1]", "conditions must be a list of strings"),
        ("infer = 1", "infer must be true or false, got 1"),
        ("global-name = 2000-01-01", "global-name must be a string"),
        ("infer = true\npolicy = 'p'", "infer cannot be combined with policy"),
        ("compress = true\nformat = 'script'", 'compress needs format = "archive"'),
        ("global-name = 'x'", 'global-name needs format = "script"'),
    ],
)
def test_a_wrong_value_is_an_error_with_its_key(
    app: Path, tmp_path: Path, text: str, problem: str
) -> None:
    (app / "link").symlink_to(tmp_path)
    configure(app, text)
    found = refused("bundle")

    assert found.startswith("compartment-mapper.toml: error [INVALID_CONFIGURATION]: ")
    assert problem in found


def test_all_problems_are_reported_at_once(app: Path) -> None:
    configure(app, "a = 1\nb = 2\nformat = 3\n")

    found = json.loads(invoke("bundle", "--json").stdout)
    assert [problem["message"][:12] for problem in found["problems"]] == [
        "unknown key ",
        "unknown key ",
        "format must ",
    ]


@pytest.mark.parametrize("value", ["text", 1, [], None, True])
def test_a_key_of_package_json_must_be_an_object(app: Path, value: object) -> None:
    (app / "compartment-mapper.toml").unlink()
    (app / "package.json").write_text(package(name="app", **{"compartment-mapper": value}))
    if value is None:
        assert configuration_for(str(app)) is None
    else:
        assert "it must be an object" in refused("bundle")


def test_paths_are_relative_to_the_file(app: Path) -> None:
    found = configuration_for(str(app / "src" / "main.js"))

    assert found is not None
    assert found.entry == (str(app / "src/main.js"),)
    assert found.output == str(app / "out.zip")


# --- the schema ---


def test_the_schema_has_the_keys() -> None:
    properties = dict(SCHEMA["properties"])
    assert properties.pop("$schema")
    assert set(properties) == set(KEYS)
    assert not set(KEYS) & set(NEVER)
    for name, key in KEYS.items():
        assert tuple(properties[name].get("enum", ())) == key.words


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        (APP["compartment-mapper.toml"], True),
        ('entry = ["a", "b"]\nconditions = []\nfrozen = false\n', True),
        ("entry = 1", False),
        ("entry = []", False),
        ("outptu = 'x'", False),
        ("format = 'zip'", False),
        ("conditions = 'browser'", False),
        ("infer = 1", False),
    ],
)
def test_the_schema_accepts_what_the_reader_accepts(text: str, *, is_valid: bool) -> None:
    values = tomllib.loads(text)

    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(values) == is_valid
    try:
        configuration_of(values, folder="/", file="f")
    except InputError:
        assert not is_valid
    else:
        assert is_valid
