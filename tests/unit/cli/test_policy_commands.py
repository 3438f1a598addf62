from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from command_line import invoke, refused, write
from support import package

APP = {
    "package.json": package(
        name="app", version="1.0.0", main="main.js", dependencies={"a": "1", "b": "1"}
    ),
    "main.js": "require('a');\nrequire('b');\nfetch('/');\n",
    "node_modules/a/package.json": package(name="a", version="1.0.0"),
    "node_modules/a/index.js": "const fs = require('fs');\nexports.f = () => fs.statSync(name);\n",
    "node_modules/b/package.json": package(name="b", version="2.0.0"),
    "node_modules/b/index.js": "console.log(require('child_process').execSync('x'));\n",
}
NEXT_A = {
    "node_modules/a/package.json": package(name="a", version="1.0.1"),
    "node_modules/a/index.js": "const fs = require('fs');\nfs.statSync('x');\n\nfetch('/');\n"
    "fs.readFileSync(name);\n",
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write(tmp_path / "app", APP)


def inferred(app: Path) -> dict[str, dict[str, dict[str, object]]]:
    result = invoke("policy", "infer", str(app / "main.js"))
    assert result.exit_code == 0, result.output
    value = json.loads((app / "compartment-policy.json").read_text())
    assert isinstance(value, dict)
    return value


def test_infer_writes_what_is_seen_beside_the_package_json(app: Path) -> None:
    policy = inferred(app)

    assert policy["entry"]["globals"] == {"fetch": {"grant": True, "why": "main.js:3"}}
    a = policy["resources"]["a"]
    assert a["version"] == "1.0.0"
    assert str(a["integrity"]).startswith("sha512-")
    assert a["builtins"] == {"fs.statSync": {"grant": True, "why": "node_modules/a/index.js:2"}}
    assert policy["resources"]["b"]["builtins"] == {
        "child_process.execSync": {"grant": False, "why": "node_modules/b/index.js:1"}
    }


def test_infer_says_how_much_it_grants(app: Path) -> None:
    result = invoke("policy", "infer", str(app), "-o", str(app / "p.json"))

    assert result.stdout.endswith("p.json: 2 packages, 2 capabilities granted (2 high), 1 denied\n")


def test_infer_can_print_instead(app: Path) -> None:
    result = invoke("policy", "infer", str(app / "main.js"), "-o", "-")

    assert json.loads(result.stdout)["harmless"] is True
    assert not (app / "compartment-policy.json").exists()


def test_a_policy_that_was_inferred_fits_and_is_found_by_itself(app: Path, tmp_path: Path) -> None:
    inferred(app)

    checked = invoke("policy", "check", str(app / "main.js"))
    bundled = invoke("bundle", str(app / "main.js"), "-o", str(tmp_path / "a.zip"))

    assert (checked.exit_code, bundled.exit_code) == (0, 0)
    assert "fits: 2 capabilities granted (2 high), 1 denied" in checked.stdout
    assert "denied" not in bundled.output
    shown = json.loads(invoke("inspect", str(tmp_path / "a.zip"), "--json").stdout)
    powers = {found["name"]: found["builtins"] for found in shown["packages"]}
    assert powers["a"] == ["fs.statSync"]


def test_a_new_version_with_more_uses_is_detected(app: Path, tmp_path: Path) -> None:
    inferred(app)
    old = (app / "compartment-policy.json").read_text()
    write(app, NEXT_A)

    said = refused("bundle", str(app / "main.js"), "-o", str(tmp_path / "a.zip"))
    diff = invoke("policy", "diff", str(app / "compartment-policy.json"), str(app / "main.js"))
    checked = invoke("policy", "check", str(app / "main.js"))

    assert "node_modules/a/index.js:4:1: error [POLICY_TOO_NARROW]: package 'a' uses " in said
    assert "global 'fetch' (high: reaches the network)" in said
    assert "node_modules/a/index.js:5:1: error [POLICY_TOO_NARROW]" in said
    assert 'resources["a"].globals["fetch"] = true' in said
    assert "the policy covers 'a' 1.0.0, but 1.0.1 is installed" in said
    assert not (tmp_path / "a.zip").exists()
    assert diff.exit_code == 1
    assert diff.stdout.splitlines() == [
        "2 capabilities added (2 high), 1 package changed",
        "~ package a 1.0.0 -> 1.0.1",
        "",
        "a",
        "  + high     builtin fs.readFileSync  node_modules/a/index.js:5",
        "  + high     global fetch  node_modules/a/index.js:4",
    ]
    assert checked.exit_code == 1
    assert checked.stdout.splitlines() == [
        "2 not covered, 1 of another version",
        "! a uses builtin fs.readFileSync (high), not covered  node_modules/a/index.js:5",
        "! a uses global fetch (high), not covered  node_modules/a/index.js:4",
        "~ a is 1.0.1, the policy covers 1.0.0",
    ]
    assert (app / "compartment-policy.json").read_text() == old


def test_other_files_of_the_same_version_are_caught(app: Path, tmp_path: Path) -> None:
    inferred(app)
    write(app, {"node_modules/b/index.js": APP["node_modules/b/index.js"] + "// more\n"})

    bundle = ("bundle", str(app / "main.js"), "-o", str(tmp_path / "a.zip"))
    warned = invoke(*bundle)
    said = refused(*bundle, "--frozen")

    assert (warned.exit_code, said.count("[POLICY_INTEGRITY]")) == (0, 1)
    assert "warning [POLICY_INTEGRITY]: the files of 'b' 2.0.0 differ" in warned.stderr
    assert "error [POLICY_INTEGRITY]: the files of 'b' 2.0.0 differ" in said


def test_infer_preserves_manual_decisions(app: Path) -> None:
    policy = inferred(app)
    policy["resources"]["a"]["builtins"] = {"fs": {"attenuate": "b", "params": []}}
    policy["resources"]["b"]["builtins"] = {"child_process.execSync": True}
    policy["entry"]["globals"] = {"fetch": False}
    policy["resources"]["gone"] = {"version": "1.0.0"}
    (app / "compartment-policy.json").write_text(json.dumps(policy))

    again = inferred(app)

    assert again["resources"]["a"]["builtins"] == {"fs": {"attenuate": "b", "params": []}}
    assert again["resources"]["b"]["builtins"] == {
        "child_process.execSync": {"grant": True, "why": "node_modules/b/index.js:1"}
    }
    assert again["entry"]["globals"] == {"fetch": {"grant": False, "why": "main.js:3"}}
    assert "gone" not in again["resources"]


def test_overrides_hold_instead(app: Path, tmp_path: Path) -> None:
    inferred(app)
    override = {"resources": {"b": {"builtins": {"child_process": True, "fs": False}}}}
    (app / "compartment-policy-override.json").write_text(json.dumps(override))
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"resources": {"a": {"builtins": {"fs": False}}}}))
    entry, archive = str(app / "main.js"), str(tmp_path / "a.zip")

    def builtins_of_b(*options: str) -> object:
        assert invoke("bundle", entry, "-o", archive, *options).exit_code == 0
        shown = json.loads(invoke("inspect", archive, "--json").stdout)
        return {found["name"]: found["builtins"] for found in shown["packages"]}

    assert builtins_of_b() == {"app": [], "a": ["fs.statSync"], "b": ["child_process"]}
    assert builtins_of_b("--policy-override", str(other)) == {"app": [], "a": [], "b": []}


def test_unused_grants_are_stale(app: Path) -> None:
    inferred(app)
    write(app, {"main.js": "require('a');\nrequire('b');\n"})

    checked = invoke("policy", "check", str(app / "main.js"), "--json")

    assert checked.exit_code == 1
    (finding,) = json.loads(checked.stdout)["findings"]
    assert (finding["kind"], finding["package"], finding["capability"]) == (
        "unused",
        "$root$",
        "fetch",
    )


def test_check_needs_a_policy(app: Path) -> None:
    assert "POLICY_NOT_FOUND" in refused("policy", "check", str(app / "main.js"))


def test_a_package_that_is_nearly_named_is_a_mistake(app: Path, tmp_path: Path) -> None:
    write(app, {"node_modules/lodash/package.json": package(name="lodash", version="1.0.0")})
    write(app, {"node_modules/lodash/index.js": "", "main.js": "require('lodash');\n"})
    policy = tmp_path / "p.json"
    policy.write_text('{"entry": {"packages": "any"}, "resources": {"lodahs": {}, "zzz": {}}}')

    said = refused(
        "bundle", str(app / "main.js"), "-o", str(tmp_path / "a.zip"), "--policy", str(policy)
    )

    assert "error [POLICY_UNKNOWN_PACKAGE]: the policy has an entry for 'lodahs'" in said
    assert "did you mean 'lodash'?" in said
    assert "warning [POLICY_UNKNOWN_PACKAGE]: the policy has an entry for 'zzz'" in said


def test_policies_archives_and_entries_can_be_compared(app: Path, tmp_path: Path) -> None:
    archive = str(tmp_path / "a.zip")
    assert invoke("bundle", str(app / "main.js"), "-o", archive, "--infer").exit_code == 0
    inferred(app)

    with_file = invoke("policy", "diff", archive, str(app / "compartment-policy.json"), "--json")
    same = invoke("policy", "diff", archive, archive)

    assert [c["kind"] for c in json.loads(with_file.stdout)["capabilities"]] == ["wanted"]
    assert (same.exit_code, same.stdout) == (0, "no difference in capabilities\n")


def test_explain_shows_the_chain_and_the_code(app: Path) -> None:
    result = invoke("policy", "explain", "a", "fs", "--entry", str(app / "main.js"))

    assert result.exit_code == 0, result.output
    assert "main.js:1  requests 'a'" in result.stdout
    assert "builtin fs.statSync  high: reads and writes any file" in result.stdout
    assert "node_modules/a/index.js:2:" in result.stdout
    assert "fs.statSync(name)" in result.stdout


def test_explain_knows_what_it_does_not_know(app: Path) -> None:
    entry = ("--entry", str(app / "main.js"))

    assert "package 'aa' is not part of the application" in refused(
        "policy", "explain", "aa", *entry
    )
    said = refused("policy", "explain", "a", "fetch", *entry)
    assert "'a' does not use 'fetch'" in said
    assert "fs.statSync" in said


def test_explain_speaks_json(app: Path) -> None:
    result = invoke("policy", "explain", "b", "--entry", str(app), "--json")

    value = json.loads(result.stdout)
    assert [step["specifier"] for step in value["chain"]] == ["b"]
    (use,) = value["uses"]
    assert (use["capability"], use["severity"], use["line"]) == (
        "child_process.execSync",
        "critical",
        1,
    )


def test_a_policy_of_lavamoat_becomes_ours(tmp_path: Path) -> None:
    theirs = tmp_path / "policy.json"
    theirs.write_text(json.dumps({"resources": {"a": {"builtin": {"fs.statSync": True}}}}))

    result = invoke("policy", "import", str(theirs), "-o", str(tmp_path / "ours.json"))

    assert result.exit_code == 0
    ours = json.loads((tmp_path / "ours.json").read_text())
    assert ours["resources"]["a"] == {"builtins": {"fs.statSync": True}}


def test_what_is_written_follows_the_schema(app: Path) -> None:
    schema = json.loads(invoke("policy", "schema").stdout)

    jsonschema.validate(inferred(app), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"entry": {"gloabls": {}}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"entry": {"builtins": {"fs": "write"}}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"entry": {"globals": {"fetch": {"why": "x"}}}}, schema)


@pytest.mark.parametrize(
    "command", ["infer", "check", "diff", "explain", "import", "schema", "capabilities"]
)
def test_each_command_has_an_example(command: str) -> None:
    assert "Example: compartment-mapper policy" in invoke("policy", command, "--help").stdout


def test_a_capability_can_be_granted_by_name(app: Path, tmp_path: Path) -> None:
    archive = str(tmp_path / "a.zip")
    entry = str(app / "main.js")

    def granted(*options: str) -> list[str]:
        assert invoke("bundle", entry, "-o", archive, *options).exit_code == 0
        shown = json.loads(invoke("inspect", archive, "--json").stdout)
        return next(found["builtins"] for found in shown["packages"] if found["name"] == "b")

    assert granted("--infer") == []
    assert granted("--infer", "--grant", "b:child_process") == ["child_process"]
    assert granted("--grant", "b:node:fs.stat", "--grant", "b:vm") == ["fs.stat", "vm"]
    inferred(app)
    assert granted("--grant", "b:child_process.execSync") == ["child_process.execSync"]
    assert "did you mean 'child_process'?" in refused(
        "bundle", entry, "-o", archive, "--grant", "b:child_proces"
    )
    assert "package 'c' is not part of the application" in refused(
        "bundle", entry, "-o", archive, "--grant", "c:fs"
    )
    assert "INVALID_GRANT" in refused("bundle", entry, "-o", archive, "--grant", "fs")


def test_the_capabilities_are_documented() -> None:
    printed = invoke("policy", "capabilities", "--markdown").stdout
    documented = (Path(__file__).parents[3] / "docs" / "authority.md").read_text()

    assert printed in documented


def test_capabilities_can_be_listed_by_severity() -> None:
    text = invoke("policy", "capabilities", "--severity", "critical").stdout
    rows = json.loads(invoke("policy", "capabilities", "--severity", "harmless", "--json").stdout)[
        "capabilities"
    ]

    assert "critical builtin child_process  starts programs" in text.splitlines()
    assert {row["severity"] for row in rows} == {"harmless"}
    assert any(row["path"] == "console" for row in rows)


def test_a_member_that_is_nearly_named_is_a_mistake(app: Path, tmp_path: Path) -> None:
    policy = inferred(app)
    policy["resources"]["a"]["globals"] = {"process.enw.HOME": True, "process.quux": True}
    (app / "compartment-policy.json").write_text(json.dumps(policy))

    said = refused("bundle", str(app / "main.js"), "-o", str(tmp_path / "a.zip"))

    assert "globals[\"process.enw.HOME\"]: process has no 'enw'" in said
    assert "did you mean 'env'?" in said
    assert "quux" not in said


def test_a_used_member_is_not_a_typo(app: Path, tmp_path: Path) -> None:
    write(app, {"node_modules/a/index.js": "if (process.enw.HOME) process.typ;\n"})
    inferred(app)

    made = invoke("bundle", str(app / "main.js"), "-o", str(tmp_path / "a.zip"))
    assert (made.exit_code, "did you mean" in made.stderr) == (0, False)


def test_monkey_patched_packages_need_a_decision(app: Path, tmp_path: Path) -> None:
    entry, archive = str(app / "main.js"), str(tmp_path / "a.zip")
    inferred(app)
    patching = "const a = require('a');\na.f = () => 1;\n" + APP["node_modules/b/index.js"]
    write(
        app,
        {
            "node_modules/b/package.json": package(
                name="b", version="2.1.0", dependencies={"a": "1"}
            ),
            "node_modules/b/index.js": patching,
        },
    )

    said = refused("bundle", entry, "-o", archive)
    checked = invoke("policy", "check", entry).stdout

    assert "! b modifies the exports of a, not covered  node_modules/b/index.js:1" in checked
    assert "node_modules/b/index.js:1:19: error [POLICY_TOO_NARROW]: package 'b' uses " in said
    assert "package 'b' modifies the exports of 'a'" in said
    assert 'resources["a"].harden = false' in said
    assert inferred(app)["resources"]["a"]["harden"] is False
    assert invoke("bundle", entry, "-o", archive).exit_code == 0


def test_the_nearest_command_is_named() -> None:
    result = invoke("policy", "infre")

    assert result.exit_code == 2
    assert "did you mean 'infer'?" in result.stderr


@pytest.mark.parametrize("name", ["package.json", "data.json", "audit.json"])
def test_infer_overwrites_no_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    files = {
        "package.json": "{}",
        "main.js": "require('./data.json');\n",
        "data.json": "{}",
        "audit.json": "{}",
    }
    monkeypatch.chdir(write(tmp_path, files))

    error = refused("policy", "infer", "main.js", "--audit", "audit.json", "-o", name)

    assert f"[CANNOT_WRITE]: cannot write '{name}'" in error
    assert Path(name).read_text() == "{}"
