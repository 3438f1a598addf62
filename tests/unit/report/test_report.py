from __future__ import annotations

import pytest
from support import assert_golden

from compartment_mapper.authority.table import Part
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import CanonicalName, Location
from compartment_mapper.report.summary import PackageSummary, Step
from compartment_mapper.report.text import (
    chain_text,
    denied_summary,
    denied_text,
    dot,
    mermaid,
    packages_text,
)
from compartment_mapper.text import Span, size_text


def summary(canonical_name: str, **fields: object) -> PackageSummary:
    defaults: dict[str, object] = {
        "name": canonical_name,
        "version": "1.0.0",
        "compartment": f"{canonical_name}-v1.0.0",
        "modules": 1,
        "size": 2000,
        "dependencies": (),
        "dependents": (),
        "globals": (),
        "builtins": (),
    }
    return PackageSummary(
        canonical_name=CanonicalName(canonical_name),
        **{**defaults, **fields},  # type: ignore[arg-type]
    )


PACKAGES = [
    summary("$root$", name="app", dependencies=("a", "@s/b"), globals=("fetch",), builtins=("fs",)),
    summary("@s/b", version="", dependents=("$root$",), modules=3, size=5_000_000),
    summary("a", name="real", dependents=("$root$",), dependencies=("a>c",)),
    summary("a>c", name="c", dependents=("a",), globals=('odd"name', "back\\slash")),
]


def test_each_package_has_a_block() -> None:
    assert_golden("report/packages.txt", packages_text(PACKAGES))


def test_graphviz_gets_a_graph() -> None:
    assert_golden("report/packages.dot", dot(PACKAGES))


def test_mermaid_gets_a_graph() -> None:
    assert_golden("report/packages.mmd", mermaid(PACKAGES))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1 << 20, "1.0 MiB"),
        (1 << 30, "1024.0 MiB"),
    ],
)
def test_sizes_are_read_by_people(size: int, expected: str) -> None:
    assert size_text(size) == expected


def test_a_chain_has_one_request_per_line() -> None:
    steps = [
        Step(
            package=CanonicalName("$root$"),
            module=Location("file:///app/main.js"),
            line=3,
            specifier="./x",
        ),
        Step(
            package=CanonicalName("$root$"),
            module=Location("file:///app/x.js"),
            line=1,
            specifier="a",
        ),
    ]

    text = chain_text(steps, "a", lambda location: location.rpartition("/")[2])

    assert text == "main.js:3  requests './x'\n  x.js:1  requests 'a'\n    a"
    assert chain_text([], "app", str) == "app is the application itself"


def use(package: str, part: Part, path: str, *, write: bool = False) -> CapabilityUse:
    return CapabilityUse(
        package=CanonicalName(package),
        part=part,
        path=path,
        module=Location("file:///app/x.js"),
        span=Span(0, 1),
        write=write,
    )


def test_denied_uses_are_listed_with_their_grants() -> None:
    uses = [
        use("$root$", "globals", "fetch"),
        use("a>b", "builtins", "fs"),
        use("a>b", "globals", "process.env.HOME"),
    ]

    text = denied_text(uses, lambda _use: "x.js:1")

    assert text == (
        "denied 3 capabilities to 2 packages (grant with `policy infer`, or one by one with --grant "
        "PACKAGE:CAPABILITY):\n"
        "  $root$\n"
        "    high     global fetch  x.js:1\n"
        '      entry.globals["fetch"] = true\n'
        "  a>b\n"
        "    high     builtin fs  x.js:1\n"
        '      resources["a>b"].builtins["fs"] = true\n'
        "    medium   global process.env.HOME  x.js:1\n"
        '      resources["a>b"].globals["process.env.HOME"] = true'
    )


def test_nothing_denied_prints_nothing() -> None:
    assert denied_text([], lambda _use: "") == ""
    assert denied_summary([]) == ""


def test_denied_uses_are_summarized_in_one_line() -> None:
    one = denied_summary([use("a", "globals", "fetch")])
    more = denied_summary([use("a", "globals", "fetch"), use("b", "builtins", "fs")])

    assert one.startswith("denied 1 capability to 1 package: ")
    assert more.startswith("denied 2 capabilities to 2 packages: ")
