"""Links between packages: declared dependencies, and no bypasses."""

from __future__ import annotations

import pytest

from compartment_mapper.graph.module_graph import Edge, FileTarget, Module, ModuleGraph
from compartment_mapper.graph.package_graph import Package, PackageGraph
from compartment_mapper.inference.uses import every_use
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location, Specifier
from compartment_mapper.records.module_record import ModuleRecord, ModuleRequest
from compartment_mapper.text import Span

ROOT = Location("file:///app/")
A, B, C = (Location(f"file:///app/node_modules/{name}/") for name in "abc")


def link_of(specifier: str, target: Location, *declared: str, source: Location = A) -> str:
    """Return the link from a module of *source*, which declares some names, to *target*.

    The graph is built by hand: no resolver has to accept such a specifier.
    """
    names = {ROOT: ("app", ROOT_NAME), A: ("a", "a"), B: ("b", "b"), C: ("c", "c")}
    packages = {
        root: Package(
            root=root,
            name=name,
            version="1",
            canonical_name=CanonicalName(canonical),
            declared=frozenset(declared) if root == source else frozenset(),
        )
        for root, (name, canonical) in names.items()
    }
    files = {root: Location(f"{root}index.js") for root in names}
    request = ModuleRequest(
        specifier=Specifier(specifier), kind="require", span=Span(0, 1), reach="always"
    )
    edge = Edge(request=request, target=FileTarget(location=files[target]))
    modules = {
        location: Module(
            location=location,
            source=b"x",
            record=ModuleRecord(language="cjs"),
            edges=(edge,) if root == source else (),
        )
        for root, location in files.items()
    }
    graph = PackageGraph(
        packages=packages,
        owners={location: root for root, location in files.items()},
        dependencies={},
    )
    found = ModuleGraph(entry=files[ROOT], others=(), modules=modules)
    (use,) = every_use(found, graph)
    return use.link


@pytest.mark.parametrize(
    ("specifier", "declared", "link"),
    [
        ("b", ("b",), "declared"),
        ("b/sub.js", ("b",), "declared"),
        ("b", (), "installed"),
        ("b", ("c",), "installed"),
        ("alias", ("alias",), "declared"),
        ("alias/sub.js", ("b",), "installed"),
        ("#b", ("b",), "declared"),
        ("#b", (), "installed"),
        ("c/../b/index.js", ("c",), "refused"),
        ("c/../b/index.js", ("b", "c"), "refused"),
        ("c/x/../../b/index.js", ("c",), "refused"),
        ("b/../b/index.js", ("b",), "declared"),
        ("b/x/../index.js", ("b",), "declared"),
        ("b/..x/index.js", ("b",), "declared"),
        ("../../node_modules/b/index.js", ("b",), "refused"),
        ("/app/node_modules/b/index.js", ("b",), "refused"),
        ("file:///app/node_modules/b/index.js", ("b",), "refused"),
    ],
)
def test_a_package_comes_by_another(specifier: str, declared: tuple[str, ...], link: str) -> None:
    assert link_of(specifier, B, *declared) == link


@pytest.mark.parametrize(
    ("specifier", "declared", "link"),
    [
        ("../../config.json", (), "application"),
        ("/app/config.json", (), "application"),
        ("file:///app/config.json", (), "application"),
        ("./linked.json", (), "application"),
        ("app/config.json", ("app",), "application"),
        ("app/config.json", (), "refused"),
        ("#config", (), "refused"),
        ("#config", ("app",), "application"),
        ("b/../../config.json", ("b",), "refused"),
    ],
)
def test_a_package_comes_by_the_application(
    specifier: str, declared: tuple[str, ...], link: str
) -> None:
    assert link_of(specifier, ROOT, *declared) == link


@pytest.mark.parametrize("specifier", ["a", "./node_modules/a/index.js", "b/../a/index.js"])
def test_the_application_may_use_any_package(specifier: str) -> None:
    assert link_of(specifier, A, source=ROOT) == "declared"
