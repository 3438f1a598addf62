from __future__ import annotations

import pytest

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import Location, location_of_path, path_of
from compartment_mapper.powers import MemoryFiles
from compartment_mapper.resolve.resolver import (
    ResolverContext,
    crosses_packages,
    find_package,
    package_scope,
    resolver_context,
)

APP = Location("file:///app/")


def world_with(files: dict[str, str], *, links: dict[str, str] | None = None) -> ResolverContext:
    memory = MemoryFiles({path: text.encode() for path, text in files.items()}, links=links)
    return resolver_context(conditions=frozenset(), powers=memory)


SCOPES = {
    "/package.json": '{"name": "outer"}',
    "/app/package.json": '{"name": "app"}',
    "/app/esm/package.json": '{"type": "module"}',
    "/app/node_modules/none/x.js": "",
    "/app/node_modules/d/package.json": '{"name": "d"}',
    "/app/bad/package.json": "{",
}


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("/app/lib/x.js", "/app/"),
        ("/app/lib/", "/app/"),
        ("/app/esm/x.js", "/app/esm/"),
        ("/other/x.js", "/"),
        ("/app/node_modules/d/lib/x.js", "/app/node_modules/d/"),
        ("/app/node_modules/none/x.js", None),
        ("/app/node_modules/x.js", None),
    ],
)
def test_the_scope_is_the_nearest_package_json(path: str, directory: str | None) -> None:
    scope = package_scope(location_of_path(path), context=world_with(SCOPES))

    assert not isinstance(scope, Diagnostic)
    assert (scope and path_of(scope[0])) == directory


def test_the_scope_of_a_broken_package_json_is_its_diagnostic() -> None:
    scope = package_scope(location_of_path("/app/bad/x.js"), context=world_with(SCOPES))

    assert isinstance(scope, Diagnostic)
    assert scope.code == "INVALID_PACKAGE_JSON"


def test_a_package_is_found_at_its_real_directory() -> None:
    context = world_with(
        {"/store/d/package.json": "{}", "/app/x.js": ""},
        links={"/app/node_modules/d": "/store/d"},
    )

    referrer = location_of_path("/app/lib/x.js")
    assert find_package("d", referrer=referrer, context=context) == "file:///store/d/"
    assert find_package("e", referrer=referrer, context=context) is None


@pytest.mark.parametrize("name", ["", ".", "..", "../vault", "vault/../vault", "@s/..", "/vault"])
def test_a_name_with_dot_segments_is_not_a_package(name: str) -> None:
    referrer = location_of_path("/app/x.js")

    assert (
        find_package(
            name, referrer=referrer, context=world_with({"/app/node_modules/vault/index.js": ""})
        )
        is None
    )


@pytest.mark.parametrize(
    ("package", "target", "expected"),
    [
        pytest.param("node_modules/d/", "node_modules/d/x.js", False, id="its-own-file"),
        pytest.param("node_modules/d/", "node_modules/vault/x.js", True, id="a-sibling"),
        pytest.param("node_modules/d/", "node_modules/d/node_modules/v/x.js", True, id="nested"),
        pytest.param("node_modules/d/", "node_modules/d2/x.js", True, id="a-longer-name"),
        pytest.param("node_modules/d/", "secret.js", False, id="the-application"),
        pytest.param("node_modules/d/", "../secret.js", True, id="outside"),
        pytest.param("", "../shared/x.js", False, id="the-application-may-leave-itself"),
        pytest.param("", "node_modules/d/x.js", False, id="and-name-files-of-packages"),
    ],
)
def test_a_path_crosses_packages(package: str, target: str, *, expected: bool) -> None:
    directory = Location(APP + package)
    location = location_of_path("/app/" + target if not target.startswith("../") else target[2:])

    assert crosses_packages(location, package=directory, application=APP) is expected
