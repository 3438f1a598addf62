"""A dependency gets the application's own files only if a policy allows it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import package

SAID = "of-the-app"

#: Ways for a dependency to load a file: its file, its source, and whether the source names it.
WAYS = {
    "require": ("index.js", "module.exports = require('../../config.json').secret;"),
    "require-computed": (
        "index.js",
        "const up = '../..'; module.exports = require(up + '/config.json').secret;",
    ),
    "require-resolve": ("index.js", "module.exports = require(require.resolve('../../x')).secret;"),
    "createRequire": (
        "index.js",
        (
            "const { createRequire } = require('module');\n"
            "try { require('../../config.json'); } catch {}\n"
            "module.exports = createRequire(__filename)('../../config.json').secret;"
        ),
    ),
    "createRequire-elsewhere": (
        "index.js",
        (
            "const { createRequire } = require('module');\n"
            "try { require('../../config.json'); } catch {}\n"
            "module.exports = createRequire(__filename + '/../../../x.js')('./config.json').secret;"
        ),
    ),
    "import": (
        "index.mjs",
        (
            "import config from '../../config.json' with { type: 'json' };\n"
            "export default config.secret;"
        ),
    ),
    "import-module": ("index.mjs", "import { secret } from '../../x.js';\nexport default secret;"),
    "import()": (
        "index.mjs",
        "const { default: x } = await import('../../x.js');\nexport default x.secret;",
    ),
    "import.meta.resolve": (
        "index.mjs",
        (
            "const place = import.meta.resolve('../../x.js');\n"
            "await import('../../x.js').catch(() => {});\n"
            "const { default: x } = await import(place);\nexport default x.secret;"
        ),
    ),
    "imports": ("index.js", "module.exports = require('#conf').secret;"),
    "link": ("index.js", "module.exports = require('./linked.json').secret;"),
    "file-url": (
        "index.mjs",
        "import x from 'file://APP/x.js';\nexport default x.secret;",
    ),
    "absolute": ("index.js", "module.exports = require('APP/config.json').secret;"),
    "own-name": ("index.js", "module.exports = require('app/x.js').secret;"),
}

#: No archive contains such a file.
_NOWHERE = {"file-url", "require-computed", "createRequire-elsewhere"}


def made(folder: Path, way: str, *, workspace: bool = False) -> Path:
    """Write an application whose dependency loads its configuration in one *way*."""
    name, text = WAYS[way]
    own = "packages/a" if workspace else "node_modules/a"
    app = folder / "app"
    declared = {"app": "1"} if way == "own-name" else {}
    write(
        app,
        {
            "package.json": package(name="app", dependencies={"a": "1"}),
            "main.mjs": "try { const { default: said } = await import('a'); console.log(said); }\n"
            "catch (error) { console.log(error.message); }\n",
            "config.json": json.dumps({"secret": SAID}),
            "x.js": "exports.secret = require('./config.json').secret;\n",
            f"{own}/package.json": package(
                name="a",
                exports=f"./{name}",
                imports={"#conf": "./linked.json"},
                dependencies=declared,
            ),
            f"{own}/{name}": text.replace("APP", str(app)),
        },
    )
    (app / own / "linked.json").symlink_to("../../config.json")
    if workspace:
        (app / "node_modules").mkdir()
        (app / "node_modules" / "a").symlink_to("../packages/a")
    if way == "own-name":
        (app / "node_modules" / "app").symlink_to("..")
    return app / "main.mjs"


@pytest.mark.parametrize("way", WAYS)
def test_without_a_policy_it_is_denied(way: str, tmp_path: Path) -> None:
    done = mapper("run", made(tmp_path, way))

    assert SAID not in done.stdout
    assert "$root$" in done.stdout + done.stderr or "Cannot find" in done.stdout


@pytest.mark.parametrize("way", [way for way in WAYS if way not in _NOWHERE])
def test_a_policy_that_links_it_to_the_application_lets_it(way: str, tmp_path: Path) -> None:
    entry = made(tmp_path, way)
    policy = {
        "harmless": True,
        "entry": {"packages": "any", "harden": False},
        "resources": {"a": {"packages": {"$root$": True}}},
    }
    (entry.parent / "compartment-policy.json").write_text(json.dumps(policy))

    assert mapper("run", entry).stdout == f"{SAID}\n"


@pytest.mark.parametrize("way", ["require", "import()", "link", "absolute"])
def test_a_workspace_package_follows_the_same_rules(way: str, tmp_path: Path) -> None:
    entry = made(tmp_path, way, workspace=True)

    assert SAID not in mapper("run", entry).stdout
    inferred = mapper("run", "--infer", entry)
    assert inferred.stdout == f"{SAID}\n"
    assert "USES_APPLICATION" in inferred.stderr


def test_infer_grants_it_and_says_so(tmp_path: Path) -> None:
    done = mapper("run", "--infer", made(tmp_path, "require"))

    assert done.stdout == f"{SAID}\n"
    assert (
        "node_modules/a/index.js:1:26: warning [USES_APPLICATION]: "
        "package 'a' loads a file of the application: '../../config.json'" in done.stderr
    )


def test_a_policy_without_the_grant_is_too_strict(tmp_path: Path) -> None:
    entry = made(tmp_path, "require")
    policy = {"harmless": True, "entry": {"packages": "any"}, "resources": {"a": {}}}
    (entry.parent / "compartment-policy.json").write_text(json.dumps(policy))

    done = mapper("bundle", entry, "-o", tmp_path / "a.zip")

    assert done.returncode == 1
    assert "node_modules/a/index.js:1:26: error [POLICY_TOO_NARROW]" in done.stderr
    assert 'resources["a"].packages["$root$"] = true' in done.stderr


def test_bundle_lists_it_as_denied(tmp_path: Path) -> None:
    done = mapper("bundle", made(tmp_path, "require"), "-o", tmp_path / "a.zip")

    assert done.returncode == 0
    assert "high     package $root$  node_modules/a/index.js:1" in done.stderr


def test_an_archive_without_any_policy_does_not_allow_it_either(tmp_path: Path) -> None:
    archive, bare = tmp_path / "a.zip", tmp_path / "bare.zip"
    mapper("bundle", made(tmp_path, "require"), "-o", archive, "--allow-all", check=True)
    assert mapper("run", archive).stdout == f"{SAID}\n"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(bare, "w") as new:
        for entry in old.infolist():
            text = old.read(entry)
            if entry.filename == "compartment-map.json":
                found = json.loads(text)
                for compartment in found["compartments"].values():
                    compartment.pop("policy", None)
                text = json.dumps(found).encode()
            new.writestr(entry.filename, text)

    done = mapper("run", bare)

    assert SAID not in done.stdout
    assert "$root$" in done.stdout
