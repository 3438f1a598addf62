from __future__ import annotations

import pytest

from compartment_mapper.resolve.package_exports import (
    BareTarget,
    PackageTarget,
    Target,
    exports_resolve,
    imports_resolve,
    pattern_order,
)
from compartment_mapper.resolve.resolution import ResolutionFailure

CONDITIONS = frozenset({"node", "import"})

NOT_EXPORTED = "ERR_PACKAGE_PATH_NOT_EXPORTED"
BAD_TARGET = "ERR_INVALID_PACKAGE_TARGET"
BAD_CONFIG = "ERR_INVALID_PACKAGE_CONFIG"
BAD_SPECIFIER = "ERR_INVALID_MODULE_SPECIFIER"
NOT_DEFINED = "ERR_PACKAGE_IMPORT_NOT_DEFINED"


def brief(target: Target) -> str:
    match target:
        case PackageTarget(reference=reference):
            return reference
        case BareTarget(specifier=specifier):
            return specifier
        case ResolutionFailure(code=code):
            return code


@pytest.mark.parametrize(
    ("exports", "subpath", "expected"),
    [
        pytest.param("./a.js", ".", "./a.js", id="string-is-the-main-export"),
        pytest.param("./a.js", "./a.js", NOT_EXPORTED, id="string-encapsulates-the-rest"),
        pytest.param({}, ".", NOT_EXPORTED, id="empty-object-exports-nothing"),
        pytest.param([], ".", NOT_EXPORTED, id="empty-array-exports-nothing"),
        pytest.param("", ".", BAD_TARGET, id="empty-string-is-no-target"),
        pytest.param({".": "./a.js", "import": "./b.js"}, ".", BAD_CONFIG, id="mixed-keys"),
        pytest.param({"import": "./m.js", "default": "./d.js"}, ".", "./m.js", id="conditions"),
        pytest.param({"default": "./d.js", "import": "./m.js"}, ".", "./d.js", id="first-wins"),
        pytest.param({"require": "./r.js"}, ".", NOT_EXPORTED, id="no-condition-holds"),
        pytest.param(
            {"node": {"require": "./r.js"}, "default": "./d.js"}, ".", "./d.js", id="falls-through"
        ),
        pytest.param(
            {"node": {"import": None}, "default": "./d.js"}, ".", NOT_EXPORTED, id="null-does-not"
        ),
        pytest.param({"0": "./a.js"}, ".", BAD_CONFIG, id="numeric-key"),
        pytest.param({"01": "./a.js", "node": "./b.js"}, ".", "./b.js", id="not-quite-numeric"),
        pytest.param({"node": {"1": "./a.js"}}, ".", BAD_CONFIG, id="nested-numeric-key"),
        pytest.param({"toString": "./a.js"}, ".", NOT_EXPORTED, id="unknown-condition"),
        pytest.param(["bad", "./a.js"], ".", "./a.js", id="array-skips-invalid"),
        pytest.param([None, "./a.js"], ".", "./a.js", id="array-skips-null"),
        pytest.param([{"require": "./r"}, "./a.js"], ".", "./a.js", id="array-skips-undefined"),
        pytest.param(["./no.js", "./a.js"], ".", "./no.js", id="array-does-not-look-at-files"),
        pytest.param(["bad", None], ".", NOT_EXPORTED, id="array-ends-with-null"),
        pytest.param([None, "bad"], ".", BAD_TARGET, id="array-ends-with-invalid"),
        pytest.param([["bad"], ["./a.js"]], ".", "./a.js", id="array-in-array"),
        pytest.param([{"node": ["bad"]}, "./a.js"], ".", "./a.js", id="invalid-deep-in-array"),
        pytest.param([{"1": "./a"}, "./a.js"], ".", BAD_CONFIG, id="array-keeps-bad-config"),
        pytest.param({".": {"node": ["bad"]}}, ".", BAD_TARGET, id="array-of-one-invalid"),
        pytest.param({".": 5}, ".", BAD_TARGET, id="number"),
        pytest.param({".": True}, ".", BAD_TARGET, id="boolean"),
        pytest.param({"./*": "./l/*.js"}, "./a/b", "./l/a/b.js", id="star-spans-slashes"),
        pytest.param({"./*": "./*/*.js"}, "./a", "./a/a.js", id="several-stars"),
        pytest.param({"./*": "./l/*", "./x/*": None}, "./x/y", NOT_EXPORTED, id="null-excludes"),
        pytest.param({"./*": "./a/*", "./x": "./x.js"}, "./x", "./x.js", id="exact-before-star"),
        pytest.param({"./x/*": "./b/*", "./*": "./a/*"}, "./x/y", "./b/y", id="longer-base-wins"),
        pytest.param({"./*": "./a/*", "./*.js": "./b/*"}, "./y.js", "./b/y", id="longer-key-wins"),
        pytest.param({"./*.js": "./b/*"}, "./.js", NOT_EXPORTED, id="star-is-not-empty"),
        pytest.param({"./*/*": "./b/*"}, "./a/b", NOT_EXPORTED, id="two-stars-never-match"),
        pytest.param({"./*": "./b/*"}, "./*", "./b/*", id="literal-star"),
        pytest.param({"./d/": "./d/"}, "./d/x", NOT_EXPORTED, id="folders-are-no-longer-mapped"),
        pytest.param({"./d/": "./d/"}, "./d/", NOT_EXPORTED, id="nor-named"),
        pytest.param({"./*": "./*"}, "./../x", BAD_SPECIFIER, id="star-with-dots"),
        pytest.param({"./*": "./*"}, "./%2E%2e/x", BAD_SPECIFIER, id="star-with-encoded-dots"),
        pytest.param({"./*": "./*"}, "./.\t./x", BAD_SPECIFIER, id="star-with-hidden-dots"),
        pytest.param({"./*": "./*"}, "./a\\..\\x", BAD_SPECIFIER, id="star-with-backslashes"),
        pytest.param({"./*": "./*"}, "./Node_modules/x", BAD_SPECIFIER, id="star-node-modules"),
        pytest.param({"./*": "./*"}, "./a..b", "./a..b", id="dots-within-a-segment"),
        pytest.param({"./*": "./*"}, "./a//b", "./a//b", id="empty-segments-as-node"),
        pytest.param({".": "../x.js"}, ".", BAD_TARGET, id="target-above"),
        pytest.param({".": "./../x.js"}, ".", BAD_TARGET, id="target-dots"),
        pytest.param({".": "./a/%2e%2E/x.js"}, ".", BAD_TARGET, id="target-encoded-dots"),
        pytest.param({".": "./a/./x.js"}, ".", BAD_TARGET, id="target-dot"),
        pytest.param({".": "./a\\..\\x.js"}, ".", BAD_TARGET, id="target-backslashes"),
        pytest.param({".": "./node%5fmodules/x.js"}, ".", BAD_TARGET, id="target-node-modules"),
        pytest.param({".": "./my_node_modules/x.js"}, ".", "./my_node_modules/x.js", id="alike"),
        pytest.param({".": "/x.js"}, ".", BAD_TARGET, id="target-absolute"),
        pytest.param({".": "file:///x.js"}, ".", BAD_TARGET, id="target-url"),
        pytest.param({".": "d"}, ".", BAD_TARGET, id="target-bare"),
    ],
)
def test_exports(exports: object, subpath: str, expected: str) -> None:
    assert brief(exports_resolve(exports, subpath, CONDITIONS)) == expected


@pytest.mark.parametrize(
    ("imports", "name", "expected"),
    [
        pytest.param({"#a": "./a.js"}, "#a", "./a.js", id="file"),
        pytest.param({"#a": "dep/x"}, "#a", "dep/x", id="package"),
        pytest.param({"#a": "fs"}, "#a", "fs", id="builtin"),
        pytest.param({"#a": "node:fs"}, "#a", BAD_TARGET, id="url-is-no-target"),
        pytest.param({"#a": "file:///x"}, "#a", BAD_TARGET, id="file-url-is-no-target"),
        pytest.param({"#a": "../x.js"}, "#a", BAD_TARGET, id="above"),
        pytest.param({"#a": "/x.js"}, "#a", BAD_TARGET, id="absolute"),
        pytest.param({"#a": None}, "#a", NOT_DEFINED, id="null"),
        pytest.param({"#a": "./a.js"}, "#b", NOT_DEFINED, id="absent"),
        pytest.param({"#a": {"node": "a", "default": "b"}}, "#a", "a", id="condition"),
        pytest.param({"#a/*": "dep/*.js"}, "#a/b/c", "dep/b/c.js", id="pattern-to-a-package"),
        pytest.param({"#a/*": "./a/*"}, "#a/../b", BAD_SPECIFIER, id="pattern-with-dots"),
        pytest.param({"#a/": "./a/"}, "#a/b", NOT_DEFINED, id="no-folders"),
    ],
)
def test_imports(imports: dict[str, object], name: str, expected: str) -> None:
    assert brief(imports_resolve(imports, name, CONDITIONS)) == expected


@pytest.mark.parametrize(
    ("exports", "subpath", "message", "hint"),
    [
        pytest.param(
            {".": "./i.js", "./loud": "./l.js", "./no": None},
            "./x",
            "Package subpath './x' is not defined by \"exports\" in d/package.json",
            "the package exports '.', './loud'",
            id="what-it-exports",
        ),
        pytest.param(
            {"require": "./i.js"},
            ".",
            'No "exports" main defined in d/package.json',
            "no target matches the conditions 'import', 'node'",
            id="which-conditions",
        ),
        pytest.param({}, "./x", None, "the package exports nothing", id="nothing"),
    ],
)
def test_a_failure_says_what_there_is(
    exports: object, subpath: str, message: str | None, hint: str
) -> None:
    failure = exports_resolve(exports, subpath, CONDITIONS, file="d/package.json")

    assert isinstance(failure, ResolutionFailure)
    assert message is None or failure.message == message
    assert failure.hint == hint


def test_the_most_specific_pattern_comes_first() -> None:
    patterns = ["./*", "./a/*", "./a/*.js", "./a/*/index.js", "./a/b*"]

    assert sorted(patterns, key=pattern_order) == [
        "./a/b*",
        "./a/*/index.js",
        "./a/*.js",
        "./a/*",
        "./*",
    ]


def test_targets_may_nest_deeper_than_pythons_stack() -> None:
    target: object = "./a.js"
    for _ in range(100_000):
        target = [{"node": target}]

    assert brief(exports_resolve({".": target}, ".", CONDITIONS)) == "./a.js"
    while isinstance(target, list):  # iterative, because nested lists exceed the recursion limit
        target = target[0].pop("node")
