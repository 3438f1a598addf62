"""`policy infer` preserves manual decisions, and a policy is bound to package versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import invoke, refused, write
from support import load, package

from compartment_mapper.inference.policy_file import integrity_of

A = "node_modules/a/index.js"
READS = "const fs = require('fs');\nexports.read = (file) => fs.readFileSync(file);\n"
APP = {
    "package.json": package(name="app", version="1.0.0", dependencies={"a": "1"}),
    "main.js": "require('a');\n",
    "node_modules/a/package.json": package(name="a", version="1.0.0"),
    A: READS,
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write(tmp_path / "app", APP)


def infer(app: Path) -> dict[str, object]:
    """Return the policy file after `policy infer`."""
    result = invoke("policy", "infer", str(app / "main.js"))
    assert result.exit_code == 0, result.output
    value = json.loads((app / "compartment-policy.json").read_text())
    assert isinstance(value, dict)
    return value


def decided(app: Path, **policy: object) -> None:
    """Write manual decisions about the package ``a``."""
    value = {"harmless": True, "resources": {"a": policy}}
    (app / "compartment-policy.json").write_text(json.dumps(value))


def grants(app: Path, part: str) -> object:
    """Return the grants of ``a`` after `policy infer` ran twice, without the reasons."""
    infer(app)
    resources = infer(app)["resources"]
    assert isinstance(resources, dict)
    found = resources["a"].get(part, {})
    if not isinstance(found, dict) or "attenuate" in found:
        return found
    return {
        path: grant["grant"] if isinstance(grant, dict) and "grant" in grant else grant
        for path, grant in found.items()
    }


# --- manual decisions ---


@pytest.mark.parametrize(
    ("granted", "after"),
    [
        ({}, {"fs.readFileSync": True}),
        ({"fs": True}, {"fs": True}),
        ({"fs": True, "fs.writeFile": False}, {"fs": True, "fs.writeFile": False}),
        ({"fs.writeFile": True}, {"fs.readFileSync": True, "fs.writeFile": True}),
        ({"http": True}, {"fs.readFileSync": True, "http": True}),
        ({"vm.Script": True}, {"fs.readFileSync": True, "vm.Script": True}),
        ({"fs": False}, {"fs": False}),
        ({"fs.readFileSync": False}, {"fs.readFileSync": False}),
        ({"http": False}, {"fs.readFileSync": True, "http": False}),
        ("any", "any"),
    ],
)
def test_what_a_person_granted_or_refused_stays(app: Path, granted: object, after: object) -> None:
    decided(app, builtins=granted)

    assert grants(app, "builtins") == after


def test_a_critical_builtin_granted_by_hand_includes_its_members(app: Path) -> None:
    write(app, {A: "require('child_process').execSync('x'); require('inspector').open(1);"})
    decided(app, builtins={"child_process": True})

    assert grants(app, "builtins") == {"child_process": True, "inspector.open": False}


def test_a_critical_member_is_denied_within_a_whole_grant(app: Path) -> None:
    write(app, {A: "require('v8').promiseHooks.onInit(f);"})
    decided(app, builtins={"v8": True})

    assert grants(app, "builtins") == {"v8": True, "v8.promiseHooks": False}


def test_a_denial_covers_later_uses(app: Path) -> None:
    decided(app, builtins={"fs.writeFile": False}, globals={"fetch": False, "process.env": False})
    infer(app)
    write(app, {A: "f(require('fs')); fetch('/'); process.env.HOME; f(process.env);"})

    found = grants(app, "builtins")
    assert found == {"fs": True, "fs.readFileSync": True, "fs.writeFile": False}
    assert grants(app, "globals") == {"fetch": False, "process.env": False}


def test_a_grant_that_no_inference_would_make_outlives_its_use(app: Path) -> None:
    write(app, {A: "require('child_process').execSync('x');"})
    policy = infer(app)
    text = json.dumps(policy).replace('"grant": false', '"grant": true')
    (app / "compartment-policy.json").write_text(text)
    write(app, {A: READS})

    assert grants(app, "builtins") == {"child_process.execSync": True, "fs.readFileSync": True}


def test_what_was_inferred_goes_with_its_use(app: Path) -> None:
    assert grants(app, "builtins") == {"fs.readFileSync": True}
    write(app, {A: "fetch('/');"})

    assert grants(app, "builtins") == {}
    assert grants(app, "globals") == {"fetch": True}


def test_a_grant_of_a_person_that_is_seen_to_be_used_is_still_theirs(app: Path) -> None:
    decided(app, builtins={"fs.readFileSync": True})
    infer(app)
    write(app, {A: ""})

    assert grants(app, "builtins") == {"fs.readFileSync": True}


def test_a_grant_to_assign_is_not_made_one_to_read(app: Path) -> None:
    write(app, {A: "f(process.env.HOME);"})
    decided(app, globals={"process.env.HOME": "write"})

    assert grants(app, "globals") == {"process.env.HOME": "write"}


@pytest.mark.parametrize(("before", "after"), [(True, "write"), (False, False), ("write", "write")])
def test_what_is_assigned_is_granted_so_and_a_refusal_stays(
    app: Path, before: object, after: object
) -> None:
    write(app, {A: "process.env.HOME = '/';"})
    decided(app, globals={"process.env.HOME": before})

    assert grants(app, "globals") == {"process.env.HOME": after}


def test_to_read_is_not_to_assign_where_a_policy_is_compared(app: Path) -> None:
    write(app, {A: "process.env.HOME = '/';"})

    def decide(grant: object) -> None:
        granted = {"a": {"globals": {"process.env.HOME": grant}}}
        policy = {"entry": {"packages": {"a": True}}, "resources": granted}
        (app / "compartment-policy.json").write_text(json.dumps(policy))

    bundle = ("bundle", str(app / "main.js"), "--policy", str(app / "compartment-policy.json"))
    archive = ("-o", str(app / "a.zip"))

    decide(grant=True)
    assert "POLICY_TOO_NARROW" in refused(*bundle, *archive)

    decide(grant="write")
    result = invoke(*bundle, *archive)
    assert result.exit_code == 0, result.output


def test_a_declared_link_has_no_reason_and_goes_with_its_use(app: Path) -> None:
    write(app, {"node_modules/b/package.json": package(name="b"), "node_modules/b/index.js": ""})
    descriptor = package(name="a", version="1.0.0", dependencies={"b": "1"})
    write(app, {"node_modules/a/package.json": descriptor, A: "require('b')"})
    invoke("policy", "infer", str(app / "main.js"))
    assert grants(app, "packages") == {"a>b": True}

    write(app, {A: ""})
    invoke("policy", "infer", str(app / "main.js"))
    assert "a>b" not in (app / "compartment-policy.json").read_text()


def test_an_undeclared_link_has_its_reason(app: Path) -> None:
    write(app, {"node_modules/b/package.json": package(name="b"), "node_modules/b/index.js": ""})
    write(app, {A: "require('b')"})
    invoke("policy", "infer", str(app / "main.js"))

    text = (app / "compartment-policy.json").read_text()
    assert '"a>b": { "grant": true, "why": "node_modules/a/index.js:1" }' in text


def test_a_denied_link_stays(app: Path) -> None:
    decided(app, packages={"a>b": False})
    assert grants(app, "packages") == {"a>b": False}


def test_a_package_without_grants_has_one_line(app: Path) -> None:
    write(app, {A: ""})
    invoke("policy", "infer", str(app / "main.js"))

    lines = (app / "compartment-policy.json").read_text().splitlines()
    assert '    "packages": { "a": true }' in lines
    assert sum('"version": "1.0.0", "integrity": "sha512-' in line for line in lines) == 1


def test_settings_of_a_person_stay(app: Path) -> None:
    decided(app, noGlobalFreeze=True, options={"x": 1}, harden=True)

    assert grants(app, "noGlobalFreeze") is True
    assert grants(app, "options") == {"x": 1}
    assert grants(app, "harden") is True


def test_a_policy_that_lists_the_harmless_too_goes_on_to_do_so(app: Path) -> None:
    write(app, {A: "console.log(require('path').join('a'));"})
    (app / "compartment-policy.json").write_text("{}")

    assert "harmless" not in infer(app)
    assert grants(app, "globals") == {"console": True}
    assert grants(app, "builtins") == {"path": True}


@pytest.mark.parametrize(
    ("policy", "stays"),
    [
        ({"builtins": {"fs": True}}, True),
        ({"globals": "any"}, True),
        ({"noGlobalFreeze": True}, True),
        ({"version": "1.0.0"}, False),
        ({"builtins": {"fs": {"grant": True, "why": "x.js:1"}}}, False),
        ({"builtins": {"fs": {"grant": False, "why": "x.js:1"}}}, True),
        ({"builtins": {"vm": {"grant": False, "why": "x.js:1"}}}, False),
        ({"builtins": {"vm": {"grant": True, "why": "x.js:1"}}}, True),
    ],
)
def test_a_package_that_is_not_reached(app: Path, policy: object, stays: bool) -> None:  # noqa: FBT001 - a parameter of a table or of a cache
    value = {"harmless": True, "resources": {"gone": policy}}
    (app / "compartment-policy.json").write_text(json.dumps(value))

    resources = infer(app)["resources"]

    assert isinstance(resources, dict)
    assert ("gone" in resources) is stays


def test_a_denial_without_a_use_is_not_stale(app: Path) -> None:
    decided(app, builtins={"http": False, "net": True})
    infer(app)

    checked = invoke("policy", "check", str(app / "main.js"))

    assert checked.stdout == "1 no longer used\n- a no longer uses builtin net\n"
    assert "remove them by hand" in checked.stderr


# --- the package of a policy ---


def changed(app: Path, what: str) -> None:
    """Change the package ``a`` after its policy was written."""
    infer(app)
    if what == "version":
        write(app, {"node_modules/a/package.json": package(name="a", version="1.0.1")})
    else:
        write(app, {A: READS + "// other\n"})


CODES = {"version": "POLICY_STALE", "integrity": "POLICY_INTEGRITY"}


@pytest.mark.parametrize("what", ["version", "integrity"])
@pytest.mark.parametrize(
    ("ci", "options", "fails"),
    [
        (None, (), False),
        (None, ("--frozen",), True),
        ("true", (), True),
        ("1", (), True),
        ("woodpecker", (), True),
        ("false", (), False),
        ("0", (), False),
        ("", (), False),
        ("true", ("--no-frozen",), False),
        ("false", ("--frozen",), True),
    ],
)
def test_another_package_is_an_error_where_the_policy_is_frozen(
    app: Path,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    ci: str | None,
    options: tuple[str, ...],
    fails: bool,  # noqa: FBT001 - a parameter of a table or of a cache
) -> None:
    changed(app, what)
    if ci is not None:
        monkeypatch.setenv("CI", ci)

    done = invoke("bundle", str(app / "main.js"), "-o", str(app / "a.zip"), *options)

    assert done.exit_code == int(fails)
    assert f"{'error' if fails else 'warning'} [{CODES[what]}]" in done.stderr
    assert (app / "a.zip").exists() is not fails


def test_a_cached_unfrozen_run_is_not_trusted(app: Path) -> None:
    changed(app, "version")
    bundle = ("bundle", str(app / "main.js"), "-o", str(app / "a.zip"))

    assert invoke(*bundle, "--no-frozen").exit_code == 0
    assert "error [POLICY_STALE]" in refused(*bundle, "--frozen")


def test_a_matching_frozen_policy_is_accepted(app: Path) -> None:
    infer(app)

    done = invoke("bundle", str(app / "main.js"), "-o", str(app / "a.zip"), "--frozen")

    assert (done.exit_code, "POLICY" in done.stderr) == (0, False)


def test_the_help_has_an_example_of_ci() -> None:
    assert "if the environment variable CI is set" in " ".join(
        invoke("bundle", "--help").stdout.split()
    )


# --- integrity ---


def integrity(files: dict[str, str]) -> str | None:
    """Return the hash of the package ``a`` with *files*."""
    own = {f"node_modules/a/{path}": text for path, text in files.items()}
    application = load({**APP, **own})
    package_a = next(p for p in application.packages.packages.values() if p.name == "a")
    return integrity_of(package_a, application.modules, application.packages)


def test_the_integrity_covers_contents_names_and_count() -> None:
    first = {"index.js": "require('./b'); require('./c');", "b.js": "1;", "c.js": "2;"}
    hashes = [
        integrity(first),
        integrity({**first, "b.js": "2;", "c.js": "1;"}),  # swapped contents
        integrity({**first, "b.js": "1; "}),
        integrity({"index.js": "require('./b'); require('./d');", "b.js": "1;", "d.js": "2;"}),
        integrity({"index.js": "require('./b'); require('./b');", "b.js": "1;"}),
    ]

    assert None not in hashes
    assert len(set(hashes)) == len(hashes)
    assert integrity(first) == hashes[0]


def test_the_integrity_is_the_same_wherever_a_package_is_installed() -> None:
    def at(folder: str) -> str | None:
        files = {
            "package.json": package(name="app", version="1.0.0", dependencies={"b": "1"}),
            "main.js": "require('b');",
            "node_modules/b/package.json": package(name="b", dependencies={"a": "1"}),
            "node_modules/b/index.js": "require('a');",
            f"{folder}/package.json": package(name="a", version="1.0.0"),
            f"{folder}/index.js": "1;",
        }
        application = load(files)
        found = next(p for p in application.packages.packages.values() if p.name == "a")
        return integrity_of(found, application.modules, application.packages)

    assert at("node_modules/a") == at("node_modules/b/node_modules/a") is not None


def test_a_file_that_is_called_otherwise_is_another_package() -> None:
    """The requesting source is the same: only the name of its target differs."""
    asks = "require('./b');"

    assert integrity({"index.js": asks, "b.js": "x"}) != integrity(
        {"index.js": asks, "b/index.js": "x"}
    )
