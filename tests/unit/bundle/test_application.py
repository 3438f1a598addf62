from __future__ import annotations

import pytest
from support import bundled, load, only_problem_of, package, problems_of, told

from compartment_mapper.archive.compartment_map import ErrorModule, ExitModule
from compartment_mapper.archive.reader import unpack
from compartment_mapper.bundle.application import Options
from compartment_mapper.inference.decision import PolicyFile

# --- all problems, together ---


def test_all_problems_are_reported_together_with_their_frames() -> None:
    files = {
        "main.js": "require('./gone');\nrequire('./lib/x');\nrequire('absent')",
        "lib/x.js": "\n  require('../nothing')",
    }

    problems = problems_of(files)

    assert [told(problem) for problem in problems] == [
        "error MODULE_NOT_FOUND main.js:1:9",
        "error MODULE_NOT_FOUND main.js:3:9",
        "error MODULE_NOT_FOUND lib/x.js:2:11",
    ]
    assert problems[2].place is not None
    assert problems[2].place.frame == (
        "  2 |   require('../nothing')\n    |           ^^^^^^^^^^^^"
    )


def test_a_problem_reads_as_a_place_a_code_a_message_a_frame_and_a_hint() -> None:
    problem = only_problem_of({"main.mjs": "import './x'", "x.js": ""}, entry="main.mjs")

    assert problem.text() == (
        "main.mjs:1:8: error [ERR_MODULE_NOT_FOUND]: Cannot find module './x'\n"
        "  1 | import './x'\n"
        "    |        ^^^^^\n"
        "  hint: did you mean './x.js'?"
    )


# --- requests without a target ---


def test_a_request_in_try_becomes_an_error_module_without_a_diagnostic() -> None:
    made = bundled({"main.js": "try { require('optional') } catch {}"})

    assert made.application.warnings == ()
    assert made.map.root.modules["optional"] == ErrorModule(
        deferred_error="Cannot find module 'optional'", code="MODULE_NOT_FOUND"
    )


@pytest.mark.parametrize(
    "code",
    [
        "function f() { require('gone') }",
        "if (process.env.X) require('gone')",
        "import('gone')",
        "process.env.X && require('gone')",
        "require('./lazy')",
    ],
)
def test_a_problem_that_only_some_runs_meet_is_a_warning(code: str) -> None:
    made = bundled({"main.js": code, "lazy.js": "exports.f = () => require('gone')"})

    (warning,) = made.application.warnings
    assert warning.severity == "warning"
    assert warning.code in {"MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND"}
    assert any(
        isinstance(module, ErrorModule) and "gone" in module.deferred_error
        for module in made.map.root.modules.values()
    )


def test_an_error_makes_warnings_visible_too() -> None:
    problems = problems_of({"main.js": "() => require('a'); require('b')"})

    assert sorted(problem.severity for problem in problems) == ["error", "warning"]


@pytest.mark.parametrize("key", ["optionalDependencies", "peerDependencies"])
def test_an_optional_dependency_may_be_missing(key: str) -> None:
    manifest = package(
        name="app", **{key: {"gone": "1"}}, peerDependenciesMeta={"gone": {"optional": True}}
    )

    made = bundled({"package.json": manifest, "main.js": "require('gone')"})

    assert all(problem.severity == "warning" for problem in made.application.warnings)
    assert isinstance(made.map.root.modules["gone"], ErrorModule)


def test_a_missing_dependency_says_how_to_get_it() -> None:
    declared = package(name="app", dependencies={"gone": "1"})

    undeclared = only_problem_of({"main.js": "require('gone')"})
    missing = only_problem_of({"package.json": declared, "main.js": "require('gone')"})

    assert undeclared.hint == "npm install gone"
    assert missing.hint == "package.json declares 'gone', but it is not installed: npm install"


def test_an_unexported_subpath_says_what_is_exported() -> None:
    files = {
        "main.js": "require('a/lib/x.js')",
        "node_modules/a/package.json": package(
            name="a", exports={".": "./i.js", "./loud": "./l.js"}
        ),
        "node_modules/a/lib/x.js": "",
    }

    problem = only_problem_of(files)

    assert problem.code == "ERR_PACKAGE_PATH_NOT_EXPORTED"
    assert "'.', './loud'" in problem.message + problem.hint


def test_a_dependency_must_not_name_files_of_others_by_path() -> None:
    files = {
        "main.js": "require('a')",
        "node_modules/a/index.js": "require('../b/secret.js')",
        "node_modules/b/secret.js": "",
    }

    assert only_problem_of(files).code == "ERR_CROSSES_PACKAGES"


# --- entries ---


@pytest.mark.parametrize(
    ("manifest", "main"),
    [
        ({"main": "lib/x.js"}, "lib/x.js"),
        ({"main": "./lib"}, "lib/index.js"),
        ({"main": "lib/x"}, "lib/x.js"),
        ({}, "index.js"),
        ({"main": "./gone.js"}, "index.js"),
    ],
)
def test_a_folder_is_begun_at_its_main_file(manifest: dict[str, object], main: str) -> None:
    files = {
        "package.json": package(name="app", **manifest),
        "index.js": "",
        "lib/x.js": "",
        "lib/index.js": "",
    }

    assert load(files, entry="/app/").modules.entry == f"file:///app/{main}"


def test_a_folder_without_a_main_file_is_refused() -> None:
    problem = only_problem_of({"x.js": ""}, entry="/app/")

    assert problem.code == "ENTRY_NOT_FOUND"
    assert '"main"' in problem.hint


def test_an_entry_outside_of_any_package_is_refused() -> None:
    problem = only_problem_of({"/elsewhere/main.js": ""}, entry="/elsewhere/main.js")

    assert problem.code == "ENTRY_OUTSIDE_PACKAGE"


# --- assets ---


def test_each_language_is_stored_in_its_way() -> None:
    files: dict[str, str | bytes] = {
        "main.mjs": (
            "import './c.cjs'; import j from './j.json' with { type: 'json' };"
            "import t from './t.txt' with { type: 'text' };"
            "import b from './b.bin' with { type: 'bytes' };"
        ),
        "c.cjs": "exports.a = 1",
        "j.json": b"\xef\xbb\xbf[1]",
        "t.txt": "text",
        "b.bin": b"\x00\xff",
    }

    archive = unpack(bundled(files, entry="main.mjs").content)

    stored = {path.rpartition("/")[2].partition("#")[0]: c for path, c in archive.files.items()}
    assert stored["j.json"] == b"[1]"
    assert stored["t.txt"] == b"text"
    assert stored["b.bin"] == b"\x00\xff"
    assert stored["main.mjs"].startswith(b'{"imports":')
    assert stored["c.cjs"].startswith(b'{"imports":')


@pytest.mark.parametrize(
    ("name", "manifest", "text", "parser"),
    [
        ("main.js", {}, "exports.a = 1", "pre-cjs-json"),
        ("main.js", {}, "export let a", "pre-mjs-json"),
        ("main.js", {"type": "module"}, "a", "pre-mjs-json"),
        ("main.js", {"type": "commonjs"}, "a", "pre-cjs-json"),
        ("main.mjs", {"type": "commonjs"}, "a", "pre-mjs-json"),
        ("main.cjs", {"type": "module"}, "a", "pre-cjs-json"),
    ],
)
def test_the_kind_of_a_file_is_that_of_node(
    name: str, manifest: dict[str, object], text: str, parser: str
) -> None:
    made = bundled({"package.json": package(name="app", **manifest), name: text}, entry=name)

    assert getattr(made.map.root.modules[f"./{name}"], "parser", None) == parser


def test_conditions_choose_among_exports() -> None:
    files = {
        "main.js": "require('a')",
        "node_modules/a/package.json": package(
            name="a", exports={"custom": "./custom.js", "default": "./default.js"}
        ),
        "node_modules/a/custom.js": "",
        "node_modules/a/default.js": "",
    }

    plain = bundled(files)
    custom = bundled(files, options=Options(conditions=frozenset({"custom"})))

    assert any("default.js" in path for path in plain.sizes)
    assert any("custom.js" in path for path in custom.sizes)


def test_only_what_is_reached_is_bundled() -> None:
    made = bundled({"main.js": "require('fs')", "other.js": "let a = ;"})

    assert list(made.sizes) == ["app-v1.0.0/main.js"]
    assert made.map.root.modules["fs"] == ExitModule(exit="fs")


def test_the_same_files_in_another_folder_give_the_same_bytes() -> None:
    files = {"main.js": "require('./x'); require('a')", "x.js": "", "node_modules/a/index.js": ""}
    moved = {f"/somewhere/else/{path}": text for path, text in files.items()}
    manifest = package(name="app", version="1.0.0")

    here = bundled({"package.json": manifest, **files})
    there = bundled(
        {"/somewhere/else/package.json": manifest, **moved}, entry="/somewhere/else/main.js"
    )

    assert here.content == there.content


def test_a_deep_chain_of_modules_needs_no_deep_stack() -> None:
    files = {f"m{n}.js": f"require('./m{n + 1}')" for n in range(3000)}

    assert len(bundled({**files, "m3000.js": ""}, entry="m0.js").sizes) == 3001


# --- policies ---


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (b"{", "not JSON: "),
        (b'{"entry": {"global": {}}}', "entry has an unknown key 'global'"),
    ],
)
def test_a_broken_policy_is_refused(policy: bytes, message: str) -> None:
    (problem,) = problems_of(
        {"main.js": ""}, options=Options(policy=PolicyFile(text=policy, name="p.json"))
    )

    assert problem.code == "INVALID_POLICY"
    assert problem.message.startswith(message)
    assert str(problem.place) == "p.json"
