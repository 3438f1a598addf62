"""Signs and install scripts on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import invoke, refused, write
from support import package

APP = {
    "package.json": package(
        name="app", version="1.0.0", main="main.js", dependencies={"a": "1", "tool": "1"}
    ),
    "main.js": "require('a');\n",
    "node_modules/a/package.json": package(name="a", version="1.0.0", files=["index.js"]),
    "node_modules/a/index.js": "exports.f = 1;\n",
    "node_modules/tool/package.json": package(
        name="tool", version="1.0.0", scripts={"postinstall": "node setup.js"}
    ),
    "node_modules/tool/setup.js": "1;\n",
}
ATTACK = {
    "node_modules/a/package.json": package(
        name="a", version="1.0.1", files=["index.js"], bin="cli.js"
    ),
    "node_modules/a/index.js": "exports.f = 1;\nrequire('./x');\nf('chi' + 'ld');\n",
    "node_modules/a/x.js": "exports.f = 2;\n",
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = write(tmp_path / "app", APP)
    assert invoke("policy", "infer", str(folder)).exit_code == 0
    return folder


def checked(app: Path, *options: str) -> dict[str, list[dict[str, object]]]:
    result = invoke("policy", "check", str(app), "--json", *options)
    value = json.loads(result.stdout)
    assert isinstance(value, dict)
    return value


def test_infer_records_all_install_scripts_and_allows_none(app: Path) -> None:
    policy = json.loads((app / "compartment-policy.json").read_text())

    assert policy["resources"]["a"]["entryPoints"] == ["index"]
    tool = policy["installScripts"]["tool"]
    assert (tool["version"], tool["run"]) == ("1.0.0", False)
    assert tool["scripts"]["postinstall"]["command"] == "node setup.js"
    result = invoke("policy", "infer", str(app))
    assert "1 package has install scripts, 0 allowed to run" in result.stderr


def test_a_state_that_did_not_change_has_no_findings(app: Path) -> None:
    nothing = {"schemaVersion": 1, "findings": [], "signs": [], "installScripts": []}
    assert checked(app, "--all-signs") == nothing


def test_check_lists_signs_with_their_places(app: Path) -> None:
    write(app, ATTACK)

    found = checked(app)["signs"]

    assert [(sign["sign"], sign["places"]) for sign in found] == [
        ("assembled-name", ["node_modules/a/index.js:3"]),
        ("unlisted-file", ["node_modules/a/x.js:1"]),
    ]
    assert "entry-points" in {sign["sign"] for sign in checked(app, "--all-signs")["signs"]}


def test_signs_do_not_change_the_exit_status(app: Path) -> None:
    """The package has no version and no hash in the policy, so that only signs differ."""
    path = app / "compartment-policy.json"
    policy = json.loads(path.read_text())
    del policy["resources"]["a"]["version"], policy["resources"]["a"]["integrity"]
    path.write_text(json.dumps(policy))
    write(app, ATTACK)

    result = invoke("policy", "check", str(app))

    assert result.exit_code == 0
    assert "? a puts names together from literals  node_modules/a/index.js:3" in result.stdout


def test_bundle_warns_of_signs_and_diff_lists_them(app: Path, tmp_path: Path) -> None:
    write(app, ATTACK)

    bundled = invoke("bundle", str(app), "-o", str(tmp_path / "a.zip"), "--no-frozen")
    compared = invoke("policy", "diff", str(app / "compartment-policy.json"), str(app))
    table = invoke("policy", "diff", str(app / "compartment-policy.json"), str(app), "--markdown")

    assert bundled.exit_code == 0
    assert (
        "node_modules/a/index.js:3:3: warning [NEW_SIGN]: package 'a' puts names together from "
        "literals" in bundled.stderr
    )
    assert "? a puts names together from literals  node_modules/a/index.js:3" in compared.stdout
    assert "| `a` | puts names together from literals | node_modules/a/index.js:3 |" in table.stdout


def test_infer_accepts_the_signs(app: Path) -> None:
    write(app, ATTACK)
    assert checked(app)["signs"]

    invoke("policy", "infer", str(app))

    assert checked(app, "--all-signs")["signs"] == []
    policy = json.loads((app / "compartment-policy.json").read_text())
    assert policy["resources"]["a"]["signs"] == {"assembled-name": 1, "unlisted-file": 1}


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        pytest.param({"node_modules/tool/setup.js": "2;\n"}, "changed", id="named-file"),
        pytest.param(
            {
                "node_modules/tool/package.json": package(
                    name="tool", version="1.0.0", scripts={"postinstall": "node other.js"}
                )
            },
            "changed",
            id="command",
        ),
        pytest.param({"node_modules/a/binding.gyp": "{}"}, "added", id="added"),
    ],
)
def test_new_and_changed_install_scripts_fail(app: Path, files: dict[str, str], kind: str) -> None:
    write(app, files)

    checked_text = invoke("policy", "check", str(app))
    compared = invoke("policy", "diff", str(app / "compartment-policy.json"), str(app))

    assert (checked_text.exit_code, compared.exit_code) == (1, 1)
    assert [change["kind"] for change in checked(app)["installScripts"]] == [kind]


def test_bundle_checks_the_scripts_of_reached_packages(app: Path, tmp_path: Path) -> None:
    write(app, {"node_modules/a/binding.gyp": "{}", "node_modules/tool/setup.js": "2;\n"})
    arguments = ("bundle", str(app), "-o", str(tmp_path / "a.zip"))

    warned = invoke(*arguments, "--no-frozen")
    failed = refused(*arguments, "--frozen")

    assert warned.exit_code == 0
    assert "install script of 'a' was added: install: node-gyp rebuild" in warned.stderr
    assert "tool" not in warned.stderr
    assert "error [INSTALL_SCRIPT_CHANGED]" in failed


def test_a_changed_script_loses_its_permission(app: Path) -> None:
    path = app / "compartment-policy.json"
    path.write_text(path.read_text().replace('"run": false', '"run": true'))
    assert "1 allowed to run" in invoke("policy", "infer", str(app)).stderr
    write(app, {"node_modules/tool/setup.js": "2;\n"})

    result = invoke("policy", "infer", str(app))

    assert "tool: its install script changed, so it is no longer allowed to run" in result.stderr
    assert json.loads(path.read_text())["installScripts"]["tool"]["run"] is False


def test_decisions_of_allow_scripts_are_read(tmp_path: Path) -> None:
    lavamoat = {"allowScripts": {"tool": True, "a": False}}
    described = package(
        name="app", main="main.js", dependencies={"a": "1", "tool": "1"}, lavamoat=lavamoat
    )
    folder = write(tmp_path / "app", {**APP, "package.json": described})

    invoke("policy", "infer", str(folder))

    policy = json.loads((folder / "compartment-policy.json").read_text())
    assert policy["installScripts"]["tool"]["run"] is True


def test_list_shows_each_state(app: Path) -> None:
    path = app / "compartment-policy.json"
    write(app, {"node_modules/a/binding.gyp": "{}"})

    def states() -> dict[str, str]:
        value = json.loads(invoke("install-scripts", "list", str(app), "--json").stdout)
        return {row["package"]: row["state"] for row in value["packages"]}

    assert states() == {"a": "not reviewed", "tool": "denied"}
    path.write_text(path.read_text().replace('"run": false', '"run": true'))
    assert states() == {"a": "not reviewed", "tool": "allowed"}
    write(app, {"node_modules/tool/setup.js": "2;\n"})
    assert states() == {"a": "not reviewed", "tool": "changed"}
    text = invoke("install-scripts", "list", str(app)).stdout
    assert text.splitlines()[-1] == "2 packages have install scripts, 0 allowed to run"


def test_bad_folders_are_reported(tmp_path: Path) -> None:
    file = write(tmp_path, {"x.js": "1"}) / "x.js"

    assert "[ENTRY_NOT_FOUND]" in refused("install-scripts", "list", str(file))
    assert "[ENTRY_OUTSIDE_PACKAGE]" in refused("install-scripts", "list", str(tmp_path))


A_FILES = {
    "package.json": package(name="a", version="1.0.0", dependencies={"b": "1"}),
    "index.js": "require('b');\nfetch('/');\n",
}
B_FILES = {
    "package.json": package(name="b", version="2.0.0", scripts={"install": "node i.js"}),
    "index.js": "require('fs').statSync('x');\neval(x);\n",
    "i.js": "1",
}
STORE = "node_modules/.pnpm"
#: The folders of `a` and `b`, and links, as npm, a nested install and pnpm lay them out.
LAYOUTS = {
    "flat": ({"a": "node_modules/a", "b": "node_modules/b"}, {}),
    "nested": ({"a": "node_modules/a", "b": "node_modules/a/node_modules/b"}, {}),
    "linked": (
        {"a": f"{STORE}/a@1.0.0/node_modules/a", "b": f"{STORE}/b@2.0.0/node_modules/b"},
        {
            "node_modules/a": ".pnpm/a@1.0.0/node_modules/a",
            f"{STORE}/a@1.0.0/node_modules/b": "../../b@2.0.0/node_modules/b",
        },
    ),
}  # fmt: skip


def policy_in_layout(folder: Path, layout: str) -> bytes:
    folders, links = LAYOUTS[layout]
    files = {
        "package.json": package(name="app", main="main.js", dependencies={"a": "1"}),
        "main.js": "require('a');\n",
        **{f"{folders['a']}/{name}": text for name, text in A_FILES.items()},
        **{f"{folders['b']}/{name}": text for name, text in B_FILES.items()},
    }
    write(folder, files)
    for link, target in links.items():
        (folder / link).symlink_to(target)
    assert invoke("policy", "infer", str(folder)).exit_code == 0
    return (folder / "compartment-policy.json").read_bytes()


@pytest.mark.parametrize("layout", ["nested", "linked"])
def test_the_policy_is_the_same_in_all_layouts(tmp_path: Path, layout: str) -> None:
    expected = policy_in_layout(tmp_path / "flat", "flat")

    assert b'"a>b"' in expected
    assert b'"why": "node_modules/b/index.js:1"' in expected
    assert policy_in_layout(tmp_path / layout, layout) == expected
