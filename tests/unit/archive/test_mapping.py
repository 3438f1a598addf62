from __future__ import annotations

from collections.abc import Mapping

import pytest
from support import bundled, package

from compartment_mapper.archive.mapping import arithmetic_key
from compartment_mapper.bundle.application import Options
from compartment_mapper.locations import ModuleName

FILE = "a file"


def compartments_of(files: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Return the target of each key in each compartment; files are `FILE`, with resolutions."""
    found = bundled(files, options=Options(infer=True)).map.to_dict()["compartments"]
    assert isinstance(found, dict)
    return {
        name: {key: _brief(module) for key, module in compartment["modules"].items()}
        for name, compartment in found.items()
    }


def _brief(module: dict[str, object]) -> object:
    if "parser" in module:
        return module.get("resolutions", FILE)
    if "compartment" in module:
        return f"{module['compartment']} {module['module']}"
    return module


def root_of(files: Mapping[str, str]) -> dict[str, object]:
    return compartments_of(files)["app-v1.0.0"]


def test_a_specifier_that_is_a_key_needs_no_link() -> None:
    assert root_of({"main.js": "require('./lib/x.js')", "lib/x.js": "require('../main.js')"}) == {
        "./lib/x.js": FILE,
        "./main.js": FILE,
    }


def test_what_path_arithmetic_does_not_find_gets_a_link() -> None:
    assert root_of(
        {"main.js": "require('./x'); require('./lib')", "x.js": "", "lib/index.js": ""}
    ) == {
        "./lib": "app-v1.0.0 ./lib/index.js",
        "./lib/index.js": FILE,
        "./main.js": FILE,
        "./x": "app-v1.0.0 ./x.js",
        "./x.js": FILE,
    }


def test_a_dependency_is_linked_under_its_specifier() -> None:
    files = {
        "main.js": "require('a'); require('a/x')",
        "node_modules/a/package.json": package(name="a", version="2.0.0"),
        "node_modules/a/index.js": "",
        "node_modules/a/x.js": "",
    }

    assert compartments_of(files) == {
        "a-v2.0.0": {"./index.js": FILE, "./x.js": FILE},
        "app-v1.0.0": {
            "./main.js": FILE,
            "a": "a-v2.0.0 ./index.js",
            "a/x": "a-v2.0.0 ./x.js",
        },
    }


def test_builtins_are_exits_with_and_without_their_prefix() -> None:
    assert root_of({"main.js": "require('fs'); require('node:fs'); require('node:test')"}) == {
        "./main.js": FILE,
        "fs": {"exit": "fs"},
        "node:fs": {"exit": "fs"},
        "node:test": {"exit": "test"},
    }


def test_a_failure_that_is_expected_is_an_error_module() -> None:
    files = {"main.js": "try { require('gone') } catch {} try { require('./gone') } catch {}"}

    assert root_of(files) == {
        "./gone": {"deferredError": "Cannot find module './gone'", "code": "MODULE_NOT_FOUND"},
        "./main.js": FILE,
        "gone": {"deferredError": "Cannot find module 'gone'", "code": "MODULE_NOT_FOUND"},
    }


DUAL = {
    "node_modules/dual/package.json": package(
        name="dual", exports={"import": "./m.mjs", "require": "./c.cjs"}
    ),
    "node_modules/dual/m.mjs": "",
    "node_modules/dual/c.cjs": "",
}


def test_import_and_require_of_one_specifier_may_lead_to_two_files() -> None:
    files = {"main.js": "require('dual'); import('dual')", **DUAL}

    assert root_of(files) == {
        "./main.js": {"require": {"dual": "require:dual"}},
        "dual": "dual-v ./m.mjs",
        "require:dual": "dual-v ./c.cjs",
    }


def test_a_require_alone_has_the_plain_key() -> None:
    assert root_of({"main.js": "require('dual')", **DUAL}) == {
        "./main.js": FILE,
        "dual": "dual-v ./c.cjs",
    }


def test_the_two_kinds_may_be_in_two_modules() -> None:
    files = {"main.js": "require('./m.mjs'); require('dual')", "m.mjs": "import 'dual'", **DUAL}

    assert root_of(files) == {
        "./m.mjs": FILE,
        "./main.js": {"require": {"dual": "require:dual"}},
        "dual": "dual-v ./m.mjs",
        "require:dual": "dual-v ./c.cjs",
    }


def test_one_specifier_may_mean_different_packages_in_different_folders() -> None:
    files = {
        "main.js": "require('./sub/x'); require('a')",
        "sub/x.js": "require('a')",
        "node_modules/a/index.js": "",
        "sub/node_modules/a/index.js": "",
    }

    found = root_of(files)

    targets = {key: value for key, value in found.items() if key not in {"./sub/x", "./main.js"}}
    assert sorted(map(str, targets.values())) == [
        "a-v ./index.js",
        "a-v-n1 ./index.js",
        "{'require': {'a': 'require:a'}}",
    ]


def test_a_file_whose_name_conflicts_with_a_link_has_its_key() -> None:
    """``require('./lib')`` finds ./lib.js although ./lib is the key of another file."""
    files = {"main.js": "require('./lib'); require('./lib/')", "lib.js": "", "lib/index.js": ""}

    assert root_of(files) == {
        "./lib": "app-v1.0.0 ./lib.js",
        "./lib.js": FILE,
        "./lib/index.js": FILE,
        "./main.js": {"require": {"./lib/": "./lib/index.js"}},
    }


def test_the_same_module_under_several_specifiers_is_one_file() -> None:
    files = {"main.js": "require('./x'); require('./x.js'); require('././x'); require('./a/../x')",
             "x.js": ""}  # fmt: skip

    assert root_of(files) == {
        "./main.js": FILE,
        "./x": "app-v1.0.0 ./x.js",
        "./x.js": FILE,
    }


def test_packages_of_one_name_and_version_are_counted() -> None:
    files = {
        "main.js": "require('a'); require('b')",
        "node_modules/a/package.json": package(name="a", version="1.0.0"),
        "node_modules/a/index.js": "",
        "node_modules/b/package.json": package(name="b", version="1.0.0"),
        "node_modules/b/index.js": "require('a')",
        "node_modules/b/node_modules/a/package.json": package(name="a", version="1.0.0"),
        "node_modules/b/node_modules/a/index.js": "",
    }

    assert list(compartments_of(files)) == ["a-v1.0.0", "a-v1.0.0-n1", "app-v1.0.0", "b-v1.0.0"]


def test_a_file_as_data_and_as_code_is_two_modules() -> None:
    files = {
        "main.mjs": "import './x.js'; import t from './x.js' with { type: 'text' }",
        "x.js": "1",
    }

    found = bundled(files, entry="main.mjs").map.root.modules

    parsers = sorted(str(getattr(module, "parser", "")) for module in found.values())
    assert parsers.count("text") == 1
    assert parsers.count("pre-cjs-json") == 1


@pytest.mark.parametrize(
    ("specifier", "referrer", "expected"),
    [
        ("./b.js", "./a.js", "./b.js"),
        ("../b.js", "./lib/a.js", "./b.js"),
        ("..", "./lib/a.js", "."),
        (".", "./a.js", "."),
        ("./", "./a.js", "."),
        ("./b/", "./a.js", "./b"),
        ("./b//c", "./a.js", "./b/c"),
        ("../b.js", "./a.js", None),
        ("../../b.js", "./lib/a.js", None),
        ("dep", "./a.js", "dep"),
        ("dep/x", "./a.js", "dep/x"),
        ("@s/dep", "./a.js", "@s/dep"),
        ("#x", "./a.js", "#x"),
        ("node:fs", "./a.js", "node:fs"),
        ("/x.js", "./a.js", None),
    ],
)
def test_keys_are_found_by_path_arithmetic(
    specifier: str, referrer: str, expected: str | None
) -> None:
    assert arithmetic_key(specifier, ModuleName(referrer)) == expected
