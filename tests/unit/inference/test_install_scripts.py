"""Lifecycle scripts of all installed packages: names, commands, hashes and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import refused, write
from support import memory, package

from compartment_mapper.graph.installed import installed_packages
from compartment_mapper.host.disk import Disk, location_on_disk
from compartment_mapper.inference.install_scripts import (
    allowed_by_lavamoat,
    decided_scripts,
    install_scripts_of,
)
from compartment_mapper.locations import CanonicalName, Location
from compartment_mapper.policy.model import InstallScript, InstallScripts
from compartment_mapper.resolve.resolver import resolver_context

ROOT = Location("file:///app/")


def scripts_in(
    files: Mapping[str, str], *, links: Mapping[str, str] | None = None
) -> dict[CanonicalName, InstallScripts]:
    context = resolver_context(conditions=frozenset(), powers=memory(files, links=links))
    return install_scripts_of(installed_packages(ROOT, context=context), context.powers)


def of_one(files: Mapping[str, str], **fields: object) -> dict[str, InstallScript]:
    """Return the scripts of the package ``a`` with *files* and *fields* in its package.json."""
    declared = str(fields.pop("declared", "^1.0.0"))
    found = scripts_in(
        {
            "package.json": package(name="app", dependencies={"a": declared}),
            "node_modules/a/package.json": package(name="a", version="1.0.0", **fields),
            **{f"node_modules/a/{path}": content for path, content in files.items()},
        }
    )
    return {event: script for own in found.values() for event, script in own.scripts.items()}


def commands(files: Mapping[str, str], **fields: object) -> dict[str, str]:
    return {event: script.command for event, script in of_one(files, **fields).items()}


def test_lifecycle_scripts_are_found_and_others_are_not() -> None:
    scripts = {"preinstall": "a", "install": "b", "postinstall": "c", "test": "d", "prepare": "e"}

    assert commands({}, scripts=scripts) == {"preinstall": "a", "install": "b", "postinstall": "c"}


@pytest.mark.parametrize(
    "declared",
    ["github:u/r", "u/r", "git+https://h.example/r.git", "git@github.com:u/r.git", "u/r#v1"],
)
def test_prepare_counts_for_a_dependency_from_git(declared: str) -> None:
    assert commands({}, scripts={"prepare": "e"}, declared=declared) == {"prepare": "e"}
    for other in ("npm:u@1", "file:../u", "1.0.0", "workspace:*", "https://h.example/r.tgz"):
        assert commands({}, scripts={"prepare": "e"}, declared=other) == {}


def test_a_binding_gyp_is_built_as_npm_does() -> None:
    files = {"binding.gyp": "{}"}

    assert commands(files) == {"install": "node-gyp rebuild"}
    assert commands(files, gypfile=False) == {}
    assert commands(files, scripts={"install": "x"}) == {"install": "x"}
    assert commands(files, scripts={"preinstall": "x"}) == {"preinstall": "x"}
    assert commands(files, scripts={"postinstall": "x"}) == {
        "install": "node-gyp rebuild",
        "postinstall": "x",
    }
    assert commands({}) == {}


BUILD = {
    "binding.gyp": '{"sources": ["<!(node payload.js)", "src/a.cc"]}',
    "payload.js": "1",
    "src/a.cc": "1",
    "README.md": "1",
}
SCRIPT = {
    "install.js": "require('./lib/download')",
    "lib/download.js": "path.join(__dirname, 'url.json')",
    "lib/url.json": "1",
    "index.js": "1",
    "bin/tool": "1",
    "build/Release/a.js": "1",
}


@pytest.mark.parametrize(
    ("files", "command", "path", "matters"),
    [
        pytest.param(SCRIPT, "node install.js", "install.js", True, id="named"),
        pytest.param(SCRIPT, "node install", "install.js", True, id="named-without-extension"),
        pytest.param(SCRIPT, "node ./install", "lib/download.js", True, id="required-by-it"),
        pytest.param(SCRIPT, "node install.js || exit 0", "lib/url.json", True, id="read-by-that"),
        pytest.param(SCRIPT, "node -e \"require('./install')\"", "install.js", True, id="in-code"),
        pytest.param(SCRIPT, "node install.js", "index.js", False, id="another-file"),
        pytest.param(SCRIPT, "node install.js build", "build/Release/a.js", False, id="built"),
        pytest.param(SCRIPT, "npm run go", "install.js", True, id="script-by-name"),
        pytest.param(BUILD, "node-gyp rebuild", "binding.gyp", True, id="binding.gyp"),
        pytest.param(BUILD, "node-gyp rebuild", "payload.js", True, id="command-of-binding.gyp"),
        pytest.param(BUILD, "node-gyp rebuild", "src/a.cc", True, id="compiled-source"),
        pytest.param(BUILD, "node-gyp rebuild", "README.md", False, id="not-compiled"),
    ],
)
def test_hash_covers_the_files_that_a_script_may_run(
    files: dict[str, str], command: str, path: str, *, matters: bool
) -> None:
    scripts = {"install": command, "go": "node install.js"}
    before = of_one(files, scripts=scripts)["install"]
    after = of_one({**files, path: "changed"}, scripts=scripts)["install"]

    assert before.integrity.startswith("sha512-")
    assert (before.integrity != after.integrity) is matters


def test_hash_covers_the_command_and_the_scripts_that_it_runs() -> None:
    plain = of_one({}, scripts={"install": "npm run go", "go": "x"})["install"]
    other = of_one({}, scripts={"install": "npm run go", "go": "y"})["install"]
    hooked = of_one({}, scripts={"install": "npm run go", "go": "x", "prego": "y"})["install"]

    assert len({plain.integrity, other.integrity, hooked.integrity}) == 3


APP = package(name="app", dependencies={"a": "1"}, devDependencies={"t": "1"})
A = package(name="a", version="1.0.0", dependencies={"b": "1"})
B = package(name="b", version="2.0.0", scripts={"postinstall": "node x.js"})
T = package(name="t", version="3.0.0", scripts={"install": "make"})


def test_names_are_the_same_in_all_layouts() -> None:
    flat = {
        "package.json": APP,
        "node_modules/a/package.json": A,
        "node_modules/b/package.json": B,
        "node_modules/b/x.js": "1",
        "node_modules/t/package.json": T,
    }
    nested = {
        "package.json": APP,
        "node_modules/a/package.json": A,
        "node_modules/a/node_modules/b/package.json": B,
        "node_modules/a/node_modules/b/x.js": "1",
        "node_modules/t/package.json": T,
    }
    store = "node_modules/.pnpm"
    linked = {
        "package.json": APP,
        f"{store}/a@1.0.0/node_modules/a/package.json": A,
        f"{store}/b@2.0.0/node_modules/b/package.json": B,
        f"{store}/b@2.0.0/node_modules/b/x.js": "1",
        f"{store}/t@3.0.0/node_modules/t/package.json": T,
    }
    links = {
        "node_modules/a": f"{store}/a@1.0.0/node_modules/a",
        "node_modules/t": f"{store}/t@3.0.0/node_modules/t",
        f"{store}/a@1.0.0/node_modules/b": f"{store}/b@2.0.0/node_modules/b",
    }

    found = scripts_in(flat)

    assert {name: sorted(own.scripts) for name, own in found.items()} == {
        "a>b": ["postinstall"],
        "t": ["install"],
    }
    assert scripts_in(nested) == found
    assert scripts_in(linked, links=links) == found


def test_packages_that_nothing_declares_are_found() -> None:
    found = scripts_in(
        {
            "package.json": package(name="app"),
            "node_modules/left/package.json": T,
            "node_modules/@s/left/package.json": T,
            "node_modules/.hidden/package.json": T,
            "node_modules/file.js": "1",
        }
    )

    assert sorted(found) == ["external:@s/left", "external:left"]


def test_dependencies_of_a_workspace_are_found_and_the_workspace_is_not(tmp_path: Path) -> None:
    workspace = package(name="w", scripts={"postinstall": "x"}, dependencies={"t": "1"})
    files = {
        "package.json": package(name="app", workspaces=["w"]),
        "w/package.json": workspace,
        "node_modules/t/package.json": T,
    }
    write(tmp_path, files)
    (tmp_path / "node_modules" / "w").symlink_to("../w")
    context = resolver_context(conditions=frozenset(), powers=Disk())
    root = location_on_disk(str(tmp_path))

    found = install_scripts_of(installed_packages(root, context=context), context.powers)

    assert sorted(found) == ["w>t"]


@pytest.mark.parametrize(
    "text", [None, b"", b"{", b"[]", b'{"lavamoat": 1}', b'{"lavamoat": {"allowScripts": []}}']
)
def test_without_allow_scripts_there_are_no_decisions_of_lavamoat(text: bytes | None) -> None:
    assert allowed_by_lavamoat(text) == {}


NAME = CanonicalName("a")


def own(integrity: str = "x", *, run: bool | None = None) -> InstallScripts:
    script = InstallScript(command="c", integrity=integrity)
    return InstallScripts(version="1", scripts={"install": script}, run=run)


@pytest.mark.parametrize(
    ("known", "lavamoat", "runs"),
    [
        pytest.param(None, None, False, id="nothing-is-allowed-by-default"),
        pytest.param(None, True, True, id="allowed-by-lavamoat"),
        pytest.param(own(run=True), None, True, id="allowed-before"),
        pytest.param(own(run=False), True, False, id="the-policy-decides"),
        pytest.param(own("y", run=True), None, False, id="changed"),
        pytest.param(own("y", run=True), True, False, id="changed-and-allowed-by-lavamoat"),
        pytest.param(own(run=None), True, True, id="no-decision"),
    ],
)
def test_decisions_are_kept_for_scripts_that_did_not_change(
    known: InstallScripts | None,
    lavamoat: bool | None,  # noqa: FBT001 - a column of the table
    *,
    runs: bool,
) -> None:
    before = {} if known is None else {NAME: known}
    allowed = {} if lavamoat is None else {NAME: lavamoat}

    assert decided_scripts({NAME: own()}, before, allowed) == {NAME: own(run=runs)}


def test_permission_stays_for_a_package_that_is_not_installed_here() -> None:
    known = {NAME: own(run=True), CanonicalName("b"): own(run=False)}

    assert decided_scripts({}, known, {}) == {NAME: own(run=True)}


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param(b'"description": "\xff"', id="not-utf-8"),
        pytest.param(b'"x": ' + b"[" * 20_000 + b"]" * 20_000, id="deep"),
        pytest.param(b'"name": 5', id="name-is-a-number"),
    ],
)
@pytest.mark.parametrize("command", [("policy", "infer"), ("install-scripts", "list")])
def test_a_package_json_that_only_npm_reads_hides_no_script(
    hidden: bytes, command: tuple[str, str], tmp_path: Path
) -> None:
    folder = write(
        tmp_path / "app",
        {
            "package.json": package(name="app", main="main.js"),
            "main.js": "",
            "node_modules/a/package.json": "",
        },
    )
    content = b'{"version": "1.0.0", %s, "scripts": {"postinstall": "node x.js"}}' % hidden
    (folder / "node_modules/a/package.json").write_bytes(content)

    assert "[INVALID_PACKAGE_JSON]" in refused(*command, str(folder))
    assert not (folder / "compartment-policy.json").exists()


def test_a_lone_surrogate_hides_no_script() -> None:
    found = of_one({}, scripts={"postinstall": "node x.js # \ud800"})

    assert found["postinstall"].command == "node x.js # \ufffd"
