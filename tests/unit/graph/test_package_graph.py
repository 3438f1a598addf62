from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from support import load, location, package

from compartment_mapper.bundle.application import Application
from compartment_mapper.graph.package_graph import Package


def names_of(
    files: Mapping[str, str], *, entry: str = "main.js", links: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the folder of each package by its canonical name."""
    packages = load(files, entry=entry, links=links).packages.packages
    return {
        package.canonical_name: root.removeprefix("file:///app/").removeprefix("node_modules/")
        for root, package in packages.items()
    }


def dependency(
    folder: str, name: str, code: str = "", *, uses: Sequence[str] = (), version: str = "1.0.0"
) -> dict[str, str]:
    """Return the two files of a package in node_modules that declares its dependencies."""
    return {
        f"node_modules/{folder}/package.json": package(name=name, version=version, **needs(*uses)),
        f"node_modules/{folder}/index.js": code,
    }


def needs(*names: str) -> dict[str, dict[str, str]]:
    return {"dependencies": dict.fromkeys(names, "1")}


def app(code: str, *names: str) -> dict[str, str]:
    return {"package.json": package(name="app", **needs(*names)), "main.js": code}


def test_an_application_without_dependencies_is_one_package() -> None:
    assert names_of({"main.js": "require('./lib/x')", "lib/x.js": ""}) == {"$root$": ""}


def test_a_dependency_is_called_by_the_name_it_is_declared_by() -> None:
    files = app("require('a')", "a") | dependency("a", "a")

    assert names_of(files) == {"$root$": "", "a": "a/"}


def test_a_dependency_of_a_dependency_is_called_by_its_path() -> None:
    files = (
        app("require('a')", "a")
        | dependency("a", "a", "require('b')", uses=["b"])
        | dependency("b", "b", "require('c')", uses=["c"])
        | dependency("c", "c")
    )

    assert names_of(files) == {"$root$": "", "a": "a/", "a>b": "b/", "a>b>c": "c/"}


def test_the_shortest_path_wins() -> None:
    files = (
        app("require('a')", "a", "b")
        | dependency("a", "a", "require('b')", uses=["b"])
        | dependency("b", "b")
    )

    assert names_of(files) == {"$root$": "", "a": "a/", "b": "b/"}


@pytest.mark.parametrize(
    ("parents", "expected"),
    [(("aa", "b"), "b>c"), (("b", "a"), "a>c"), (("zz", "yyy"), "zz>c")],
)
def test_of_equal_paths_the_shorter_string_and_then_the_first_wins(
    parents: tuple[str, str], expected: str
) -> None:
    files = app("".join(f"require('{name}');" for name in parents), *parents) | dependency("c", "c")
    for name in parents:
        files |= dependency(name, name, "require('c')", uses=["c"])

    assert expected in names_of(files)


def test_a_path_may_lead_through_a_package_that_is_not_reached() -> None:
    """As in Endo and LavaMoat: names in policies stay the same when a require is added."""
    files = (
        app("require('a/x')", "a", "m")
        | dependency("a", "a", uses=["b"])
        | {"node_modules/a/x.js": "require('b/y')"}
        | dependency("m", "m", uses=["b"])
        | dependency("b", "b")
        | {"node_modules/b/y.js": ""}
    )

    assert set(names_of(files)) == {"$root$", "a", "a>b"}


def test_a_hoisted_package_may_be_used_undeclared() -> None:
    files = app("require('a')", "a") | dependency("a", "a", "require('b')") | dependency("b", "b")

    assert names_of(files) == {"$root$": "", "a": "a/", "a>b": "b/"}


def test_an_alias_is_the_name_regardless_of_its_package_json() -> None:
    files = app("require('alias')", "alias") | dependency("alias", "real", version="2.0.0")

    application = load(files)

    (_, found) = application.packages.packages.values()
    assert (found.canonical_name, found.name, found.version) == ("alias", "real", "2.0.0")


def test_two_versions_of_a_package_are_two_packages() -> None:
    files = (
        app("require('a'); require('b')", "a", "b")
        | dependency("a", "a", "require('b')", uses=["b"])
        | dependency("a/node_modules/b", "b", version="1.0.0")
        | dependency("b", "b", version="2.0.0")
    )

    assert names_of(files) == {"$root$": "", "a": "a/", "a>b": "a/node_modules/b/", "b": "b/"}


def test_scoped_packages_have_two_segments() -> None:
    files = (
        app("require('@s/a'); require('@s/a/lib/x')", "@s/a")
        | dependency("@s/a", "@s/a", "require('@t/b/c')", uses=["@t/b"])
        | {"node_modules/@s/a/lib/x.js": ""}
        | dependency("@t/b", "@t/b")
        | {"node_modules/@t/b/c.js": ""}
    )

    assert names_of(files) == {"$root$": "", "@s/a": "@s/a/", "@s/a>@t/b": "@t/b/"}


def test_development_dependencies_count_for_the_application_only() -> None:
    files = {
        "package.json": package(name="app", devDependencies={"a": "1"}),
        "main.js": "require('a')",
        **dependency("a", "a", "require('b')"),
        **dependency("b", "b"),
    }

    assert set(names_of(files)) == {"$root$", "a", "a>b"}


def test_a_workspace_is_a_package_by_its_real_folder() -> None:
    files = {
        "package.json": package(name="root", workspaces=["packages/*"]),
        "packages/app/package.json": package(name="app", **needs("lib")),
        "packages/app/main.js": "require('lib')",
        "packages/lib/package.json": package(name="lib"),
        "packages/lib/index.js": "",
        "node_modules/.package-lock.json": "{}",
    }

    names = names_of(
        files, entry="packages/app/main.js", links={"node_modules/lib": "packages/lib"}
    )

    assert names == {"$root$": "packages/app/", "lib": "packages/lib/"}


def test_a_store_of_links_gives_the_same_names() -> None:
    store = "node_modules/.pnpm"
    files = {
        **app("require('a')", "a"),
        f"{store}/a@1/node_modules/a/package.json": package(name="a", **needs("b")),
        f"{store}/a@1/node_modules/a/index.js": "require('b')",
        f"{store}/b@1/node_modules/b/package.json": package(name="b"),
        f"{store}/b@1/node_modules/b/index.js": "",
    }
    links = {
        "node_modules/a": f"{store}/a@1/node_modules/a",
        f"{store}/a@1/node_modules/b": f"{store}/b@1/node_modules/b",
    }

    assert set(names_of(files, links=links)) == {"$root$", "a", "a>b"}


def test_a_nested_package_json_without_a_name_makes_no_package() -> None:
    files = (
        app("require('a')", "a")
        | dependency("a", "a", "require('./esm/x')")
        | {"node_modules/a/esm/package.json": package(type="commonjs")}
        | {"node_modules/a/esm/x.js": "", "sub/package.json": "{}", "sub/y.js": ""}
    )

    assert names_of(files) == {"$root$": "", "a": "a/"}
    files["main.js"] += "; require('./sub/y')"
    assert names_of(files) == {"$root$": "", "a": "a/"}


def test_a_folder_outside_of_the_application_is_external() -> None:
    files = {
        **app("require('../lib/x')"),
        "/lib/package.json": package(name="lib"),
        "/lib/x.js": "",
    }

    assert set(names_of(files)) == {"$root$", "external:../lib"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "a", "version": "1.2.3-beta+x"}, ("a", "1.2.3-beta+x")),
        ({"name": "A_b.c~d"}, ("A_b.c~d", "")),
        ({"name": "../../x"}, ("dep", "")),
        ({"name": "a b"}, ("dep", "")),
        ({"name": ""}, ("dep", "")),
        ({}, ("dep", "")),
        ({"name": "a", "version": "../1"}, ("a", "")),
        ({"name": "a", "version": 5}, ("a", "")),
        ({"name": "a", "version": "1" * 257}, ("a", "")),
        ({"name": "a" * 215}, ("dep", "")),
    ],
)
def test_an_invalid_name_is_replaced_by_that_of_the_folder(
    fields: dict[str, object], expected: tuple[str, str]
) -> None:
    files = {
        **app("require('dep')", "dep"),
        "node_modules/dep/package.json": package(**fields),
        "node_modules/dep/index.js": "",
    }

    (_, found) = load(files).packages.packages.values()

    assert (found.name, found.version) == expected


def _package(application: Application, name: str) -> Package:
    packages = application.packages.packages.values()
    return next(package for package in packages if package.canonical_name == name)


def test_requests_between_packages_are_known() -> None:
    files = (
        app("require('a'); require('b')", "a", "b")
        | dependency("a", "a", "require('b')", uses=["b"])
        | dependency("b", "b", "require('a')", uses=["a"])
    )

    application = load(files)

    graph = application.packages
    assert graph.dependencies_of(_package(application, "$root$")) == ["a", "b"]
    assert graph.dependents_of(_package(application, "b")) == ["$root$", "a"]
    assert graph.dependents_of(_package(application, "$root$")) == []
    assert graph.owner_of(location("node_modules/a/index.js")).canonical_name == "a"


def test_the_application_stands_first_and_the_others_by_name() -> None:
    files = app("require('b'); require('@s/a'); require('A')", "b", "@s/a", "A")
    for name in ("b", "@s/a", "A"):
        files |= dependency(name, name)

    assert list(names_of(files)) == ["$root$", "@s/a", "A", "b"]
