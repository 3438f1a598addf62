from __future__ import annotations

from collections.abc import Mapping

import pytest
from support import bundled, load, package

from compartment_mapper.bundle.application import Application, Options
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.inference.decision import PolicyFile
from compartment_mapper.report.summary import PackageSummary, Step, summaries_of, why

FILES = {
    "package.json": package(name="app", version="1.0.0", dependencies={"a": "1", "b": "1"}),
    "main.js": "require('a')\nrequire('./lib/x')\n",
    "lib/x.js": "\n\nrequire('b')\n",
    "node_modules/a/package.json": package(name="a", version="2.0.0", dependencies={"c": "1"}),
    "node_modules/a/index.js": "require('./deep')",
    "node_modules/a/deep.js": "fetch(require('fs'))\nrequire('c')",
    "node_modules/b/package.json": package(name="b", version="3.0.0-rc.1-n1"),
    "node_modules/b/index.js": "require('c'); console.log(1)",
    "node_modules/c/package.json": package(name="c"),
    "node_modules/c/index.js": "",
}


def chain(name: str, files: Mapping[str, str] = FILES) -> list[str] | None:
    application = load(files)
    found = why(name, application.modules, application.packages)
    return None if found is None else [_shown(step, application) for step in found]


def _shown(step: Step, application: Application) -> str:
    file = display_name(step.module, application.root)
    return f"{step.package} {file}:{step.line} {step.specifier}"


def test_the_shortest_chain_of_requests_is_found() -> None:
    assert chain("b") == ["$root$ main.js:2 ./lib/x", "$root$ lib/x.js:3 b"]
    assert chain("a>c") == [
        "$root$ main.js:1 a",
        "a node_modules/a/index.js:1 ./deep",
        "a node_modules/a/deep.js:2 c",
    ]


def test_the_name_of_a_package_json_will_do() -> None:
    assert chain("c") == chain("a>c")


def test_files_that_a_package_reads_are_no_goal_of_a_chain() -> None:
    reading = "require('node:fs').readFileSync(require('node:path').join(__dirname, 'a.txt'));"
    files = {
        "main.js": "require('reader');",
        "node_modules/reader/package.json": package(name="reader", main="z.js"),
        "node_modules/reader/z.js": reading,
        "node_modules/reader/a.txt": "text",
    }
    assert chain("reader", files) == ["$root$ main.js:1 reader"]


def test_the_application_itself_needs_no_chain() -> None:
    assert chain("$root$") == []
    assert chain("app") == []


@pytest.mark.parametrize("name", ["d", "", "A", "a>b"])
def test_what_is_not_reached_has_no_chain(name: str) -> None:
    assert chain(name) is None


def test_a_cycle_does_not_extend_the_chain_forever() -> None:
    files = {**FILES, "node_modules/c/index.js": "require('a'); require('b')"}

    assert chain("a>c", files) == chain("a>c")


def summaries(options: Options | None = None) -> dict[str, PackageSummary]:
    made = bundled(FILES, options=options)
    return {s.canonical_name: s for s in summaries_of(made.map, made.sizes)}


def test_each_package_is_summed_up_the_application_first() -> None:
    found = summaries(Options(infer=True))

    assert list(found) == ["$root$", "a", "a>c", "b"]
    assert found["a"].to_dict() == {
        "canonicalName": "a",
        "name": "a",
        "version": "2.0.0",
        "compartment": "a-v2.0.0",
        "modules": 2,
        "bytes": found["a"].size,
        "dependencies": ["a>c"],
        "dependents": ["$root$"],
        "globals": ["fetch"],
        "builtins": ["fs"],
        "harden": "code",
    }
    assert found["a>c"].dependents == ("a", "b")


def test_denied_uses_are_not_shown_as_granted() -> None:
    found = summaries()

    assert (found["a"].globals, found["a"].builtins) == ((), ())
    assert found["b"].globals == ("console",)


def test_a_package_without_a_version_has_none() -> None:
    assert summaries()["a>c"].version == ""


def test_the_sizes_are_those_of_the_stored_files() -> None:
    made = bundled(FILES)

    found = summaries_of(made.map, made.sizes)

    assert sum(summary.size for summary in found) == sum(made.sizes.values())
    assert all(summary.size > 0 for summary in found)


def test_any_and_refused_grants_are_shown_as_they_are() -> None:
    anything = '"globals": "any", "builtins": "any", "packages": "any"'
    policy = f"""{{
        "entry": {{"globals": "any", "builtins": {{"fs": true, "os": false}}, "packages": "any"}},
        "resources": {{"a": {{{anything}}}, "a>c": {{{anything}}}, "b": {{{anything}}}}}
    }}"""

    found = summaries(Options(policy=PolicyFile(text=policy.encode(), name="p")))

    assert found["$root$"].globals == ("any",)
    assert found["$root$"].builtins == ("fs",)
