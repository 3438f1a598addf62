"""``policy review`` in a real terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import invoke, refused, write
from support import package
from terminal import Terminal

OVERRIDE = "compartment-policy-override.json"
APP = {
    "package.json": package(name="app", version="1.0.0", dependencies={"a": "1", "b": "1"}),
    "main.js": "require('a');\nrequire('b');\n",
    "node_modules/a/package.json": package(name="a", version="1.0.0"),
    "node_modules/a/index.js": "fetch('https://api.acme.dev/v1');\n\nfetch(x);\nprocess.env.TOKEN;\n",
    "node_modules/b/package.json": package(name="b", version="2.0.0"),
    "node_modules/b/index.js": "require('child_process').spawn('git', []);\nfetch('/');\n"
    "require('fs').readFileSync(path);\n",
}  # fmt: skip
PROMPT = "grant it? ["


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path / "app", APP))
    assert invoke("policy", "infer", "main.js").exit_code == 0
    return tmp_path / "app"


def override(app: Path) -> dict[str, dict[str, dict[str, object]]]:
    value = json.loads((app / OVERRIDE).read_text())["resources"]
    assert isinstance(value, dict)
    return value


def test_the_most_severe_comes_first_with_its_code(app: Path) -> None:
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        first = terminal.until(PROMPT)
        terminal.type("s")
        second = terminal.until(PROMPT)

    assert "[1/5] critical  b  builtin child_process.spawn\n  starts programs" in first
    assert "reached from main.js:2 > b" in first
    assert "node_modules/b/index.js:1:1\n  1 | require('child_process').spawn('git', [])" in first
    assert "[2/5] high  a  global fetch\n  reaches the network\n" in second
    assert "also node_modules/a/index.js:3\n" in second


def test_each_answer_is_written_at_once(app: Path) -> None:
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        terminal.until(PROMPT)
        terminal.type("n")
        terminal.until("[2/5]")
        assert override(app) == {"b": {"builtins": {"child_process.spawn": False}}}
        terminal.until(PROMPT)
        terminal.type("y")
        terminal.until("[3/5]")
        assert override(app)["a"] == {"globals": {"fetch": True}}
        terminal.until(PROMPT)
        terminal.type("q")
        status, text = terminal.end()

    assert status == 0
    assert "1 granted, 1 denied, 3 left" in text
    assert f"the decisions are in {OVERRIDE}" in text


def test_a_review_continues_where_it_stopped(app: Path) -> None:
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        terminal.until(PROMPT)
        terminal.type("n")
        terminal.until(PROMPT)
        terminal.press(b"\x04")
        assert terminal.end()[0] == 0
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        assert "[1/4] high  a  global fetch" in terminal.until(PROMPT)
        for _ in range(3):
            terminal.type("yes")
            terminal.until(PROMPT)
        terminal.type("no")
        assert "3 granted, 1 denied, none left" in terminal.end()[1]
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        status, text = terminal.end()
        assert status == 0
        assert text.endswith("every capability of severity medium or higher is decided\n")


def test_always_harmless_grants_it_to_all_packages(app: Path) -> None:
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        assert "/a/" not in terminal.until("] ").rpartition(PROMPT)[2]
        terminal.until(PROMPT)
        terminal.type("s")
        terminal.until("[2/5]")
        terminal.until(PROMPT)
        assert "/a/" in terminal.until("] ")
        terminal.type("a")
        assert "[3/5] high  b  builtin fs.readFileSync" in terminal.until(PROMPT)
        terminal.type("q")
        assert "2 granted, 1 skipped, 2 left" in terminal.end()[1]

    assert override(app) == {"a": {"globals": {"fetch": True}}, "b": {"globals": {"fetch": True}}}


def test_a_limit_is_proposed_from_the_code(app: Path) -> None:
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        terminal.until(PROMPT)
        terminal.type("l")
        assert "programs, separated by blanks [git]: " in terminal.until(": ")
        terminal.type("")
        terminal.until(PROMPT)
        terminal.type("l")
        assert "[api.acme.dev]: " in terminal.until(": ")
        terminal.type("api.acme.dev http://wrong")
        assert "http://wrong" in terminal.until(PROMPT)  # what is wrong, and the question again
        terminal.type("l")
        terminal.until("]: ")
        terminal.type("*.acme.dev:8443 api.acme.dev")
        terminal.until(PROMPT)
        terminal.type("q")
        assert "2 limited, 3 left" in terminal.end()[1]

    assert override(app) == {
        "b": {"builtins": {"child_process.spawn": {"programs": ["git"]}}},
        "a": {"globals": {"fetch": {"hosts": ["*.acme.dev:8443", "api.acme.dev"]}}},
    }
    assert invoke("bundle", "main.js", "-o", "app.zip").exit_code == 0


def test_a_grant_that_inference_limited_stays_limited(app: Path) -> None:
    (app / "node_modules/a/index.js").write_text("fetch('https://api.acme.dev/v1');\n")
    (app / "compartment-policy.json").unlink()
    assert invoke("policy", "infer", "main.js").exit_code == 0
    for answers, expected in (
        (["y"], ["api.acme.dev"]),
        (["l", ""], ["api.acme.dev"]),
        (["l", "*.acme.dev"], ["*.acme.dev"]),
    ):
        with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
            terminal.until(PROMPT)
            terminal.type("s")
            terminal.until("  y grants it for hosts: api.acme.dev\n")
            terminal.until(PROMPT)
            terminal.type(answers[0])
            for answer in answers[1:]:
                terminal.until("blanks [api.acme.dev]: ")
                terminal.type(answer)
            terminal.until(PROMPT)
            terminal.type("q")
            terminal.end()
        assert override(app)["a"] == {"globals": {"fetch": {"hosts": expected}}}
        (app / OVERRIDE).unlink()


def test_a_grant_of_an_object_answers_for_its_members(app: Path) -> None:
    (app / "node_modules/a/index.js").write_text("send(document);\ndocument.body;\n")
    (app / "node_modules/b/index.js").write_text("")
    browser = ("main.js", "-C", "browser")
    assert invoke("policy", "infer", *browser).exit_code == 0
    with Terminal(["policy", "review", *browser], cwd=app) as terminal:
        assert "[1/2] critical  a  global document\n" in terminal.until(PROMPT)
        terminal.type("y")
        assert "2 granted, none left" in terminal.until("commit it")

    assert override(app) == {"a": {"globals": {"document": True}}}


def test_a_denial_of_an_object_leaves_its_members_open(app: Path) -> None:
    (app / "node_modules/a/index.js").write_text("send(document);\ndocument.body;\n")
    (app / "node_modules/b/index.js").write_text("")
    browser = ("main.js", "-C", "browser")
    assert invoke("policy", "infer", *browser).exit_code == 0
    with Terminal(["policy", "review", *browser], cwd=app) as terminal:
        terminal.until(PROMPT)
        terminal.type("n")
        assert "[2/2] critical  a  global document.body\n" in terminal.until(PROMPT)


def test_an_unknown_answer_explains_the_known_ones(app: Path) -> None:
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        terminal.until(PROMPT)
        for answer in ("", "x", "a", "?"):  # a critical capability is never always harmless
            terminal.type(answer)
            text = terminal.until(PROMPT)
            assert "  l  limit the grant to certain programs\n" in text
            assert "always harmless" not in text
    assert not (app / OVERRIDE).exists()


def test_what_the_override_file_has_stays(app: Path) -> None:
    existing = {
        "$schema": "./policy.schema.json",
        "resources": {"z": {"globals": {"fetch": False}}, "a": {"globals": {"fetch": False}}},
        "installScripts": {"a": {"run": True}},
    }
    (app / OVERRIDE).write_text(json.dumps(existing))
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        terminal.until("[1/4] critical")
        terminal.until(PROMPT)
        terminal.type("n")
        terminal.until(PROMPT)
        terminal.type("q")
        terminal.end()

    value = json.loads((app / OVERRIDE).read_text())
    assert list(value) == ["$schema", "resources", "installScripts"]
    assert value["resources"].pop("b") == {"builtins": {"child_process.spawn": False}}
    assert value == existing


def test_decisions_in_the_policy_file_are_decisions(app: Path) -> None:
    path = app / "compartment-policy.json"
    value = json.loads(path.read_text())
    value["resources"]["a"]["globals"]["fetch"] = False
    value["resources"]["b"]["builtins"]["child_process.spawn"] = True
    path.write_text(json.dumps(value))
    with Terminal(["policy", "review", "main.js", "--min-severity", "high"], cwd=app) as terminal:
        assert "[1/2] high  b  builtin fs.readFileSync" in terminal.until(PROMPT)


def test_answers_become_the_policy_of_the_bundle(app: Path) -> None:
    with Terminal(["policy", "review", "main.js", "--min-severity", "high"], cwd=app) as terminal:
        for _ in range(4):
            terminal.until(PROMPT)
            terminal.type("n")
        assert terminal.end()[0] == 0
    assert invoke("policy", "infer", "main.js").exit_code == 0  # changes no decision
    assert invoke("bundle", "main.js", "-o", "app.zip").exit_code == 0
    found = json.loads(invoke("inspect", "app.zip", "--json").stdout)

    assert [p["globals"] for p in found["packages"] if p["name"] in {"a", "b"}] == [
        ["process.env.TOKEN"],
        [],
    ]


def test_what_a_grant_costs_is_shown_before_the_question(app: Path) -> None:
    files = {
        "node_modules/b/index.js": "require('c');\n",
        "node_modules/b/package.json": package(name="b", version="2.0.0", dependencies={"c": "1"}),
        "node_modules/c/package.json": package(name="c", version="1.0.0"),
        "node_modules/c/index.js": "require('./other');\n",
        "node_modules/c/other.js": "process.binding('fs');\n",
    }
    write(app, files)
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        text = terminal.until(PROMPT)

    assert "critical  b>c  global process.binding" in text
    assert "  reached from main.js:2 > b > c\n" in text
    assert "  if granted, there is no second wall: " in text


def test_what_a_package_gets_without_a_grant_is_no_question(app: Path) -> None:
    source = "const channel = require('diagnostics_channel').channel('x');\n"
    write(app, {"node_modules/a/index.js": source, "node_modules/b/index.js": source})
    (app / "compartment-policy.json").unlink()
    assert invoke("policy", "infer", "main.js").exit_code == 0
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        status, text = terminal.end()

    assert (status, "every capability" in text) == (0, True), text


def test_code_cannot_move_the_cursor(app: Path) -> None:
    (app / "node_modules/b/index.js").write_text(
        "require('child_process').exec('\x1b[2J\x1b[H');\n"
    )
    with Terminal(["policy", "review", "main.js"], cwd=app, color=True) as terminal:
        text = terminal.until(PROMPT)

    assert "\x1b[31m" in text  # the severity
    assert "\x1b[2J" not in text
    assert "\x1b[H" not in text


@pytest.mark.usefixtures("app")
def test_without_a_terminal_it_is_an_error() -> None:
    assert "NOT_INTERACTIVE" in refused("policy", "review", "main.js")
    assert not Path(OVERRIDE).exists()


def test_without_a_policy_it_is_an_error(app: Path) -> None:
    (app / "compartment-policy.json").unlink()
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        status, text = terminal.end()
    assert (status, "POLICY_NOT_FOUND" in text) == (1, True)


def test_an_invalid_override_file_is_left_alone(app: Path) -> None:
    (app / OVERRIDE).write_text("{")
    with Terminal(["policy", "review", "main.js"], cwd=app) as terminal:
        status, text = terminal.end()
    assert (status, "INVALID_POLICY" in text) == (1, True)
    assert (app / OVERRIDE).read_text() == "{"
