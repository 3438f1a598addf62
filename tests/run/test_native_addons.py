"""Native addons: machine code is packed and loaded only by name and hash."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import ROOT

PACKAGES = ROOT / "tests" / "packages" / "node_modules"
#: The label of the package with the addon for this platform.
ADDON = re.compile(r"--grant '(@napi-rs/nice[^']*):native'")
LINE = re.compile(r'resources\["([^"]+)"\]\.native\["([^"]+)"\] = "([^"]+)"')


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return an application with a real addon, which changes priorities of processes."""
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    versions = json.loads((PACKAGES / "@napi-rs" / "nice" / "package.json").read_text())
    dependencies = {"@napi-rs/nice": versions["version"]}
    return write(
        tmp_path,
        {
            "package.json": json.dumps(
                {"name": "app", "version": "1.0.0", "dependencies": dependencies}
            ),
            "main.js": "const { getCurrentProcessPriority } = require('@napi-rs/nice');\n"
            "console.log(typeof getCurrentProcessPriority());\n",
        },
    )


def warned(app: Path) -> tuple[str, str, str]:
    """Return the label, the path and the hash that the warning of a bundle names."""
    done = mapper("bundle", "--infer", "main.js", "-o", "app.zip", cwd=app, check=True)
    assert "NATIVE_ADDON" in done.stderr
    assert ADDON.search(done.stderr), done.stderr
    found = LINE.search(done.stderr)
    assert found, done.stderr
    return found[1], found[2], found[3]


def test_without_a_grant_it_is_not_packed(app: Path) -> None:
    warned(app)

    names = zipfile.ZipFile(app / "app.zip").namelist()
    assert not [name for name in names if name.endswith(".node")]
    assert mapper("run", "app.zip", cwd=app).returncode == 1


def test_a_grant_packs_and_loads_it(app: Path) -> None:
    label, path, _ = warned(app)

    bundled = mapper(
        "bundle", "--infer", "--grant", f"{label}:native", "main.js", "-o", "app.zip", cwd=app
    )
    (app / "node_modules").unlink()
    found = mapper("run", "app.zip", cwd=app)

    assert "NATIVE_ADDON" not in bundled.stderr
    assert found.stdout == "number\n", found.stderr
    assert "machine code" in found.stderr  # the second wall is down
    assert any(name.endswith(path) for name in zipfile.ZipFile(app / "app.zip").namelist())


def policy(app: Path, integrity: str | None = None) -> Path:
    """Return a policy file that lists the addon, with this hash."""
    label, path, found = warned(app)
    mapper("policy", "infer", "main.js", cwd=app, check=True)
    file = app / "compartment-policy.json"
    value = json.loads(file.read_text())
    value["resources"].setdefault(label, {})["native"] = {path: integrity or found}
    file.write_text(json.dumps(value))
    return file


def test_a_policy_lists_it_with_its_hash(app: Path) -> None:
    policy(app)

    assert mapper("run", "main.js", cwd=app).stdout == "number\n"
    mapper("policy", "infer", "main.js", cwd=app, check=True)  # keeps the decision
    assert mapper("run", "main.js", cwd=app).stdout == "number\n"


def test_another_hash_loads_nothing(app: Path) -> None:
    policy(app, "sha512-" + "A" * 86 + "==")

    done = mapper("run", "main.js", cwd=app)

    assert done.returncode == 1
    assert "NATIVE_ADDON" in done.stderr


def test_a_malformed_hash_is_an_error(app: Path) -> None:
    policy(app, "sha256-AAAA")

    done = mapper("run", "main.js", cwd=app)

    assert "INVALID_POLICY" in done.stderr


def test_a_policy_of_the_run_takes_it_away(app: Path) -> None:
    file = policy(app)
    mapper("bundle", "main.js", "-o", "app.zip", cwd=app, check=True)
    value = json.loads(file.read_text())
    for resource in value["resources"].values():
        resource.pop("native", None)
    (app / "less.json").write_text(json.dumps(value))

    bare = ("run", "app.zip", "--no-second-wall", "--policy")  # not the permission model denies it
    same = mapper(*bare, file.name, cwd=app)
    done = mapper(*bare, "less.json", cwd=app)

    assert same.stdout == "number\n", same.stderr
    assert done.returncode == 1
    assert "number" not in done.stdout


def test_reviews_see_it(app: Path) -> None:
    file = policy(app)
    mapper("bundle", "main.js", "-o", "app.zip", cwd=app, check=True)
    value = json.loads(file.read_text())
    for resource in value["resources"].values():
        resource.pop("native", None)
    (app / "less.json").write_text(json.dumps(value))

    compared = mapper("policy", "diff", "less.json", file.name, cwd=app)
    verified = mapper("verify", "app.zip", "--policy", "less.json", cwd=app)

    assert mapper("verify", "app.zip", "--policy", file.name, cwd=app).returncode == 0
    for done in (compared, verified):
        assert done.returncode == 1
        assert re.search(r"critical global process\.dlopen \(.*\.node\)", done.stdout + done.stderr)


def test_readers_agree_about_a_malformed_hash(app: Path) -> None:
    policy(app)
    mapper("bundle", "main.js", "-o", "app.zip", cwd=app, check=True)
    changed = app / "changed.zip"
    with zipfile.ZipFile(app / "app.zip") as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "compartment-map.json":
                content = re.sub(rb"sha512-[^\"]+", b"sha512-AAAA", content)
            new.writestr(zipfile.ZipInfo(name), content)

    for command in ("verify", "run"):
        done = mapper(command, changed, cwd=app)
        assert done.returncode == 1
        assert "INVALID_ARCHIVE" in done.stderr, command


def test_no_other_package_loads_it(app: Path) -> None:
    label, path, _ = warned(app)
    name = label.rpartition(">")[2]
    thief = (
        "for (const place of PLACES) try { require(place); console.log('loaded', place); }\n"
        "catch (error) { console.log(error.code); }\n"
    )
    (app / "node_modules").unlink()
    for entry in ("@napi-rs/nice", name):
        link = app / "node_modules" / entry
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(PACKAGES / entry)
    version = json.loads((PACKAGES / name / "package.json").read_text())["version"]
    places = [f"/{name.replace('/', '-')}-v{version}/{path}", f"/{name}-v{version}/{path}"]
    places += [f"{name}/{path}", name, f"../{name}/{path}"]
    package = json.loads((app / "package.json").read_text())
    package["dependencies"]["thief"] = "1"
    write(
        app,
        {
            "package.json": json.dumps(package),
            "node_modules/thief/package.json": '{"name": "thief", "version": "1.0.0"}',
            "node_modules/thief/index.js": thief.replace("PLACES", json.dumps(places)),
            "main.js": "require('@napi-rs/nice'); require('thief');\n",
        },
    )

    done = mapper("run", "--infer", "--grant", f"{label}:native", "main.js", cwd=app)

    assert done.stdout.count("\n") == len(places), done.stderr
    assert "loaded" not in done.stdout


def test_an_unknown_package_is_an_error(app: Path) -> None:
    done = mapper("run", "--grant", "@napi-rs/nicer:native", "main.js", cwd=app)

    assert "UNKNOWN_PACKAGE" in done.stderr
    assert "did you mean '@napi-rs/nice'" in done.stderr


def nested(folder: Path) -> Path:
    """Return an application whose dependency has an addon in a dependency of its own."""
    inner = "node_modules/outer/node_modules/inner"
    description = '{"name": "app", "version": "1.0.0", "dependencies": {"outer": "1"}}'
    return write(
        folder,
        {
            "package.json": description,
            "main.js": "require('outer');\n",
            "node_modules/outer/package.json": description.replace('"app"', '"outer"').replace(
                '{"outer"', '{"inner"'
            ),
            "node_modules/outer/index.js": "require('inner');\n",
            f"{inner}/package.json": '{"name": "inner", "version": "1.0.0"}',
            f"{inner}/index.js": "exports.load = require('./load');\nrequire('./always.node');\n",
            f"{inner}/load.js": "module.exports = (name) => require(name);\n",
            f"{inner}/always.node": "no machine code",
            f"{inner}/prebuilds/linux-arm64/other.node": "for another platform",
        },
    )


def test_the_printed_grant_of_a_nested_package_works(tmp_path: Path) -> None:
    app = nested(tmp_path)

    refused = mapper("bundle", "--infer", "main.js", "-o", "app.zip", cwd=app)

    assert refused.returncode == 1
    assert "ERR_DLOPEN_FAILED" in refused.stderr
    grant = re.search(r"--grant '([^']+)'", refused.stderr)
    line = LINE.search(refused.stderr)
    assert grant, refused.stderr
    assert line, refused.stderr
    assert (grant[1], line[1]) == ("outer>inner:native", "outer>inner")
    mapper(
        "bundle", "--infer", "--grant", grant[1], "main.js", "-o", "app.zip", cwd=app, check=True
    )
    resources = {
        "outer": {"packages": {line[1]: True}},
        line[1]: {"native": {line[2]: line[3]}},
    }
    policy = {"harmless": True, "entry": {"packages": {"outer": True}}, "resources": resources}
    (app / "compartment-policy.json").write_text(json.dumps(policy))
    mapper("bundle", "main.js", "-o", "app.zip", cwd=app, check=True)


def test_the_configuration_names_platforms(tmp_path: Path) -> None:
    app = nested(tmp_path)
    grant = 'grants = ["outer>inner:native"]\n'
    configuration = app / "compartment-mapper.toml"
    configuration.write_text(f'{grant}platforms = ["linux-arm64"]\n')
    command = ("bundle", "--infer", "main.js", "-o", "app.zip")

    mapper(*command, cwd=app, check=True)
    assert "prebuilds/linux-arm64/other.node" in "\n".join(
        zipfile.ZipFile(app / "app.zip").namelist()
    )
    mapper(*command, "--platform", "darwin-x64", cwd=app, check=True)
    assert "other.node" not in "\n".join(zipfile.ZipFile(app / "app.zip").namelist())
