"""Undeclared packages: their grants and warnings."""

from __future__ import annotations

import pytest
from support import load, package

from compartment_mapper.bundle.application import Options
from compartment_mapper.inference.decision import PolicyFile
from compartment_mapper.locations import CanonicalName

A = CanonicalName("a")

UNDECLARED = {
    "package.json": package(name="app", dependencies={"a": "1"}),
    "main.js": "require('a'); require('b')",
    "node_modules/a/package.json": package(name="a"),
    "node_modules/a/index.js": "x;\ntry { require('b/sub') } catch {}",
    "node_modules/b/package.json": package(name="b", version="1.2.3"),
    "node_modules/b/index.js": "",
    "node_modules/b/sub.js": "",
}


def test_an_undeclared_package_is_denied_although_it_is_installed() -> None:
    application = load(UNDECLARED)

    assert application.policy.entry.packages == {"a": True, "b": True}
    assert application.policy.of(A).packages == {}
    assert application.warnings == ()
    assert [(use.package, use.part, use.path) for use in application.denied] == [
        ("a", "packages", "b")
    ]


def test_an_undeclared_package_is_inferred_with_a_warning() -> None:
    application = load(UNDECLARED, options=Options(infer=True))

    assert application.policy.entry.packages == {"a": True, "b": True}
    assert application.policy.of(A).packages == {"b": True}
    assert application.denied == []
    (warning,) = application.warnings
    assert (warning.code, warning.severity) == ("UNDECLARED_DEPENDENCY", "warning")
    assert str(warning.place) == "node_modules/a/index.js:2:15"
    assert warning.message == "package 'a' uses 'b', which it does not declare"
    assert '"dependencies": { "b": "^1.2.3" }' in warning.hint


def test_a_policy_file_decides_of_undeclared_packages() -> None:
    policy = b'{"entry": {"packages": "any"}, "resources": {"a": {}}}'

    application = load(
        UNDECLARED, options=Options(policy=PolicyFile(text=policy, name="policy.json"))
    )

    assert application.warnings == ()
    assert [(use.package, use.path) for use in application.denied] == [("a", "b")]
    assert load(UNDECLARED, options=Options(allow_all=True)).warnings == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"dependencies": {"b": "1"}},
        {"devDependencies": {"b": "1"}},
        {"optionalDependencies": {"b": "1"}},
        {"peerDependencies": {"b": "1"}},
        {"peerDependenciesMeta": {"b": {"optional": True}}},
    ],
)
def test_a_declared_package_needs_no_warning(fields: dict[str, object]) -> None:
    files = {**UNDECLARED, "node_modules/a/package.json": package(name="a", **fields)}

    application = load(files, options=Options(infer=True))

    assert application.warnings == ()
    assert load(files).policy.of(A).packages == {"b": True}


@pytest.mark.parametrize(
    "specifier",
    [
        "app",
        "app/main.js",
        "#back",
        "../../node_modules/b/sub.js",
        "c/../b/sub.js",
        "d/../b/sub.js",
    ],
)
def test_a_dependency_finds_no_way_around_in_an_undeclared_package(specifier: str) -> None:
    files = {
        **UNDECLARED,
        "main.js": "require('a')",
        "node_modules/a/package.json": package(
            name="a", imports={"#back": "app"}, dependencies={"c": "1"}
        ),
        "node_modules/c/package.json": package(name="c"),
        "node_modules/d/package.json": package(name="d"),
        "node_modules/a/index.js": f"try {{ require('{specifier}') }} catch {{}}",
    }

    application = load(files, links={"node_modules/app": "/app"})

    assert application.policy.of(A).packages == {}


def test_files_of_the_application_are_inferred_with_a_warning() -> None:
    files = {**UNDECLARED, "x.json": "1", "node_modules/a/index.js": "require('../../x.json')"}

    (warning,) = load(files, options=Options(infer=True)).warnings

    assert (warning.code, warning.severity) == ("USES_APPLICATION", "warning")
    assert str(warning.place) == "node_modules/a/index.js:1:9"
    assert "'a'" in warning.message
    assert "'../../x.json'" in warning.message
    assert load(files).policy.of(A).packages == {}


def test_what_to_declare_is_the_name_that_is_requested() -> None:
    files = {
        **UNDECLARED,
        "node_modules/a/package.json": package(name="a", imports={"#b": "b"}),
        "node_modules/a/index.js": "require('#b'); require('other')",
        "node_modules/other/package.json": package(name="b-as-it-calls-itself"),
        "node_modules/other/index.js": "",
    }

    warnings = load(files, options=Options(infer=True)).warnings

    said = sorted(warning.hint for warning in warnings)
    assert ['{ "b": "^1.2.3" }' in said[0], '{ "other": "*" }' in said[1]] == [True, True]
