from __future__ import annotations

import json
from typing import assert_never

import pytest

from compartment_mapper.locations import Location, Specifier, location_of_path, path_of
from compartment_mapper.powers import FileKind, MemoryFiles
from compartment_mapper.records.module_record import RequestKind
from compartment_mapper.resolve.resolver import (
    BuiltinResolution,
    EmptyResolution,
    FileResolution,
    ResolutionFailure,
    ResolverContext,
    resolve,
    resolver_context,
)

APP = Location("file:///app/")


def world_with(
    files: dict[str, str], *, links: dict[str, str] | None = None, browser: bool = False
) -> ResolverContext:
    return resolver_context(
        conditions=frozenset({"browser"} if browser else ()),
        powers=MemoryFiles({path: text.encode() for path, text in files.items()}, links=links),
    )


def answer(
    specifier: str,
    context: ResolverContext,
    *,
    kind: RequestKind = "require",
    referrer: str = "/app/main.js",
) -> str:
    found = resolve(
        Specifier(specifier), referrer=location_of_path(referrer), kind=kind, context=context
    )
    match found:
        case FileResolution(location=location):
            return path_of(location)
        case BuiltinResolution(name=name):
            return f"node:{name}"
        case EmptyResolution():
            return "empty"
        case ResolutionFailure(code=code):
            return code
        case _:
            assert_never(found)


def failure(
    specifier: str,
    context: ResolverContext,
    *,
    kind: RequestKind = "import",
    referrer: str = "/app/main.js",
) -> ResolutionFailure:
    found = resolve(
        Specifier(specifier), referrer=location_of_path(referrer), kind=kind, context=context
    )
    assert isinstance(found, ResolutionFailure), found
    return found


# --- hints ---


HINTED = world_with(
    {
        "/app/package.json": '{"name": "app", "dependencies": {"lodash": "4", "absent": "1"}}',
        "/app/x.js": "",
        "/app/y.mjs": "",
        "/app/lib/index.js": "",
        "/app/node_modules/d/package.json": "{}",
        "/app/node_modules/d/x.js": "",
        "/app/node_modules/broken/package.json": "{,}",
    }
)


@pytest.mark.parametrize(
    ("kind", "specifier", "message", "hint"),
    [
        ("import", "./x", "Cannot find module './x'", "did you mean './x.js'?"),
        (
            "import",
            "./lib",
            "Directory import './lib' is not supported resolving ES modules",
            "did you mean './lib/index.js'?",
        ),
        ("import", "./lib/", None, "did you mean './lib/index.js'?"),
        ("import", "d/x", "Cannot find module 'd/x'", "did you mean 'd/x.js'?"),
        ("require", "./y", "Cannot find module './y'", "did you mean './y.mjs'?"),
        ("require", "./nothing", "Cannot find module './nothing'", ""),
        ("import", "lodahs", "Cannot find package 'lodahs'", "did you mean 'lodash'?"),
        ("import", "@s/d/x", "Cannot find package '@s/d'", "npm install @s/d"),
        (
            "require",
            "absent/x",
            "Cannot find module 'absent/x'",
            "package.json declares 'absent', but it is not installed: npm install",
        ),
        ("import", "d/z", None, "package 'd' is installed, but does not contain that file"),
        ("require", "sqlite", None, "did you mean 'node:sqlite'?"),
        (
            "import",
            "d",
            "Cannot find package 'd'",
            "it is installed, but its main file 'index.js' does not exist",
        ),
        (
            "import",
            "broken",
            "Invalid package config broken/package.json.",
            (
                "node_modules/broken/package.json:1:2: not JSON: "
                "Expecting property name enclosed in double quotes"
            ),
        ),
        ("import", "node:nope", "No such built-in module: node:nope", ""),
        ("import", "#x", None, 'package.json has no "imports"'),
    ],
)
def test_a_failure_says_what_would_work(
    kind: RequestKind, specifier: str, message: str | None, hint: str
) -> None:
    found = failure(specifier, HINTED, kind=kind)

    assert message is None or found.message == message
    assert found.hint == hint


def test_a_main_that_is_missing_is_named() -> None:
    context = world_with({"/app/node_modules/d/package.json": '{"main": "./dist/x.js"}'})

    assert (
        failure("d", context, kind="require").hint
        == "\"main\" is './dist/x.js', which does not exist"
    )


# --- stricter than Node ---


VAULT = {
    "/app/package.json": "{}",
    "/app/node_modules/vault/package.json": "{}",
    "/app/node_modules/vault/index.js": "",
    "/app/node_modules/vault/secret.js": "",
}


@pytest.mark.parametrize("kind", ["import", "require"])
def test_a_main_may_not_leave_its_package(kind: RequestKind) -> None:
    context = world_with(
        {**VAULT, "/app/node_modules/evil/package.json": '{"main": "../vault/secret.js"}'}
    )

    assert answer("evil", context, kind=kind) == "ERR_INVALID_PACKAGE_TARGET"


@pytest.mark.parametrize("kind", ["import", "require"])
@pytest.mark.parametrize("specifier", ["evil", "evil/x", "evil/link/secret.js"])
def test_a_link_may_not_lead_out_of_its_package(kind: RequestKind, specifier: str) -> None:
    exports = {".": "./link/secret.js", "./*": "./link/secret.js", "./link/*": "./link/*"}
    context = world_with(
        {**VAULT, "/app/node_modules/evil/package.json": json.dumps({"exports": exports})},
        links={"/app/node_modules/evil/link": "/app/node_modules/vault"},
    )

    assert answer(specifier, context, kind=kind) == "ERR_INVALID_PACKAGE_TARGET"


@pytest.mark.parametrize("kind", ["import", "require"])
@pytest.mark.parametrize(
    "specifier", ["evil/../vault", "evil/../vault/secret.js", "@s/../vault", "@s/evil/../../vault"]
)
def test_a_bare_specifier_may_not_leave_the_package_that_it_names(
    kind: RequestKind, specifier: str
) -> None:
    context = world_with(
        {
            **VAULT,
            "/app/node_modules/evil/package.json": "{}",
            "/app/node_modules/@s/evil/package.json": "{}",
        }
    )

    assert answer(specifier, context, kind=kind).startswith("ERR_")


def test_a_subdirectory_may_have_its_main_elsewhere_in_the_package() -> None:
    context = world_with(
        {
            "/app/node_modules/d/sub/package.json": '{"main": "../dist/sub.js"}',
            "/app/node_modules/d/dist/sub.js": "",
        }
    )

    assert answer("d/sub", context) == "/app/node_modules/d/dist/sub.js"


def test_a_package_may_be_a_link() -> None:
    context = world_with(
        {
            "/app/node_modules/e/index.js": "",
            "/store/d/package.json": '{"exports": "./i.js"}',
            "/store/d/i.js": "",
        },
        links={"/app/node_modules/d": "/store/d"},
    )

    assert answer("d", context) == "/store/d/i.js"


@pytest.mark.parametrize("specifier", ["./native", "./native.node", "d"])
def test_native_code_is_refused(specifier: str) -> None:
    context = world_with(
        {
            "/app/native.node": "",
            "/app/node_modules/d/package.json": '{"main": "./d.node"}',
            "/app/node_modules/d/d.node": "",
        }
    )

    assert answer(specifier, context) == "ERR_DLOPEN_FAILED"


def test_a_condition_for_native_code_does_not_hold() -> None:
    exports = {"node-addons": "./x.node", "default": "./x.js"}
    context = world_with(
        {
            "/app/node_modules/d/package.json": json.dumps({"exports": exports}),
            "/app/node_modules/d/x.node": "",
            "/app/node_modules/d/x.js": "",
        }
    )

    assert answer("d", context) == "/app/node_modules/d/x.js"


@pytest.mark.parametrize(
    ("specifier", "code"),
    [
        ("data:text/javascript,export default 1", "ERR_UNSUPPORTED_ESM_URL_SCHEME"),
        ("http://example.org/x.js", "ERR_UNSUPPORTED_ESM_URL_SCHEME"),
        ("NODE:fs", "ERR_UNKNOWN_BUILTIN_MODULE"),
        ("./%zz", "ERR_INVALID_MODULE_SPECIFIER"),
        ("./..%2fvault", "ERR_INVALID_MODULE_SPECIFIER"),
        ("", "ERR_INVALID_MODULE_SPECIFIER"),
        ("file://host/x.js", "ERR_INVALID_FILE_URL_HOST"),
    ],
)
def test_an_import_of_a_non_file_fails(specifier: str, code: str) -> None:
    assert answer(specifier, HINTED, kind="import") == code


def test_require_of_nothing_fails() -> None:
    assert answer("", HINTED) == "ERR_INVALID_ARG_VALUE"


def test_an_imports_field_can_not_map_a_require_to_a_builtin() -> None:
    context = world_with({"/app/package.json": '{"imports": {"#fs": "fs"}}'})

    assert answer("#fs", context) == "ERR_INVALID_URL_SCHEME"
    assert answer("#fs", context, kind="import") == "node:fs"


@pytest.mark.parametrize("kind", ["import", "require"])
@pytest.mark.parametrize("prefix", ["", "./", "#", "d/", "@s/", "node:", "../"])
def test_a_huge_specifier_fails_with_a_short_message(kind: RequestKind, prefix: str) -> None:
    found = failure(prefix + "x" * 1_000_000, HINTED, kind=kind)

    assert len(found.message + found.hint) < 600


def test_a_loop_of_links_is_nothing() -> None:
    context = world_with(VAULT, links={"/app/a.js": "/app/b.js", "/app/b.js": "/app/a.js"})

    assert answer("./a.js", context) == "MODULE_NOT_FOUND"
    assert answer("./a.js", context, kind="import") == "ERR_MODULE_NOT_FOUND"


# --- the browser field ---


BROWSER = {
    "/app/package.json": '{"browser": {"fs": false, "./a.js": "./b.js", "d": "e", "f": "./b"}}',
    "/app/a.js": "",
    "/app/b.js": "",
    "/app/node_modules/buffer/index.js": "",
    "/app/node_modules/util/index.js": "",
    "/app/node_modules/both/package.json": '{"exports": {"node": "./node.js", "browser": "./page.js"}}',
    "/app/node_modules/both/node.js": "",
    "/app/node_modules/both/page.js": "",
    "/app/node_modules/e/package.json": '{"main": "./m.js", "browser": "./w.js"}',
    "/app/node_modules/e/m.js": "",
    "/app/node_modules/e/w.js": "",
    "/app/node_modules/o/package.json": '{"browser": {"./index": false, "./x.js": "../e/m.js"}}',
    "/app/node_modules/o/index.js": "",
    "/app/node_modules/o/x.js": "",
}


@pytest.mark.parametrize(
    ("specifier", "in_browser", "in_node"),
    [
        ("./a.js", "/app/b.js", "/app/a.js"),
        ("./b.js", "/app/b.js", "/app/b.js"),
        ("fs", "empty", "node:fs"),
        ("node:fs", "empty", "node:fs"),
        ("path", "ERR_MODULE_NOT_FOUND", "node:path"),
        ("buffer", "/app/node_modules/buffer/index.js", "node:buffer"),
        ("util/types", "ERR_MODULE_NOT_FOUND", "node:util/types"),
        ("both", "/app/node_modules/both/page.js", "/app/node_modules/both/node.js"),
        ("d", "/app/node_modules/e/w.js", "ERR_MODULE_NOT_FOUND"),
        ("f", "/app/b.js", "ERR_MODULE_NOT_FOUND"),
        ("e", "/app/node_modules/e/w.js", "/app/node_modules/e/m.js"),
        ("o", "empty", "/app/node_modules/o/index.js"),
        ("o/x.js", "ERR_INVALID_PACKAGE_TARGET", "/app/node_modules/o/x.js"),
    ],
)
def test_the_browser_field_counts_with_the_condition_only(
    specifier: str, in_browser: str, in_node: str
) -> None:
    assert answer(specifier, world_with(BROWSER, browser=True), kind="import") == in_browser
    assert answer(specifier, world_with(BROWSER), kind="import") == in_node


def test_a_missing_builtin_in_a_page_names_the_usual_package() -> None:
    context = world_with(BROWSER, browser=True)
    found = [
        resolve(
            Specifier(name), referrer=Location("file:///app/a.js"), kind="require", context=context
        )
        for name in ("path", "events", "child_process")
    ]

    assert [failure.hint for failure in found if isinstance(failure, ResolutionFailure)] == [
        "npm install path@npm:path-browserify, which replaces it",
        "npm install events, which replaces it",
        'in package.json, "browser": {"child_process": false} makes it an empty module',
    ]


# --- the resolver context ---


class Counted(MemoryFiles):
    """Counts its calls."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(files)
        self.asked: list[Location] = []

    def maybe_read(self, location: Location) -> bytes | None:
        self.asked.append(location)
        return super().maybe_read(location)

    def kind(self, location: Location) -> FileKind | None:
        self.asked.append(location)
        return super().kind(location)

    def canonical(self, location: Location) -> Location:
        self.asked.append(location)
        return super().canonical(location)


def test_the_resolver_context_queries_each_location_once() -> None:
    powers = Counted({"/app/node_modules/d/index.js": b"", "/app/package.json": b"{}"})
    context = resolver_context(conditions=frozenset(), powers=powers)
    answer("d", context)
    asked = len(powers.asked)

    assert answer("d", context) == "/app/node_modules/d/index.js"
    assert len(powers.asked) == asked
