"""Pages have other globals than Node, which are found and granted if the host is a page."""

from __future__ import annotations

import pytest
from support import bundled, load, package, problems_of

from compartment_mapper.archive.compartment_map import CompartmentModule, FileModule
from compartment_mapper.authority.table import authority_of, comes_with
from compartment_mapper.bundle.application import Options
from compartment_mapper.locations import ModuleName
from compartment_mapper.scan import scan_module

PAGE = Options(conditions=frozenset({"browser"}))
DEPENDENT = {
    "main.js": "require('d')",
    "package.json": package(name="app", dependencies={"d": "1"}),
    "node_modules/d/package.json": package(name="d"),
}


def names(source: str, *, page: bool) -> list[str]:
    return [name.path for name in scan_module(source.encode(), "cjs", page=page).free_names]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("document.querySelector('p').textContent = 1", "document.querySelector"),
        ("const c = document.cookie", "document.cookie"),
        ("window.document.title = 1", "document.title"),
        ("self.open('/')", "open"),
        ("requestAnimationFrame(f)", "requestAnimationFrame"),
        ("x instanceof HTMLElement", "HTMLElement"),
        ("location.reload()", "location.reload"),
    ],
)
def test_globals_of_pages_are_seen_in_pages_only(source: str, path: str) -> None:
    assert names(source, page=True) == [path]
    assert path not in names(source, page=False)


def test_common_words_are_meant_as_globals_only_as_members_of_the_window() -> None:
    assert names("name = open + close + event", page=True) == []
    assert names("function f(document) { return document.cookie }", page=True) == []


def test_to_ask_whether_there_is_a_page_uses_nothing() -> None:
    record = scan_module(b"typeof document === 'undefined'", "cjs", page=True)

    assert [name.tested for name in record.free_names] == [True]
    assert [edit.text for edit in record.edits] == ["globalThis."]


def test_a_package_is_inferred_to_need_members_and_never_the_document() -> None:
    files = DEPENDENT | {
        "node_modules/d/index.js": "document.cookie; document.body; navigator.userAgent; Image"
    }
    options = Options(conditions=frozenset({"browser"}), infer=True)

    granted = load(files, options=options).policy.resources

    assert next(iter(granted.values())).globals == {
        "document.cookie": True,
        "navigator.userAgent": True,
    }


def test_what_leads_to_the_window_is_critical() -> None:
    for path in ("document", "document.body", "event", "Image", "location.assign", "Worker"):
        assert authority_of("globals", path).severity == "critical", path
    assert not comes_with("globals", "navigator.serviceWorker", "navigator")


def test_a_builtin_is_refused_where_the_host_is_a_page() -> None:
    files = {"main.js": "import 'node:fs'", "package.json": package(name="app", type="module")}

    (problem,) = problems_of(files, options=PAGE)

    assert problem.code == "ERR_MODULE_NOT_FOUND"
    assert problem.message == "Cannot find module 'node:fs': a page has no Node builtins"


def test_false_in_a_browser_field_is_an_empty_module() -> None:
    files = {
        "main.js": "require('fs')",
        "package.json": package(name="app", version="1.0.0", browser={"fs": False}),
    }

    found = bundled(files, options=PAGE).map.root.modules

    assert found["fs"] == CompartmentModule(
        compartment="app-v1.0.0", module=ModuleName("./package.json#as=empty")
    )
    assert isinstance(found["./package.json#as=empty"], FileModule)
