"""Tree shaking of small applications whose packages declare no side effects."""

from __future__ import annotations

import pytest
from support import bundled, package

from compartment_mapper.archive.compartment_map import FileModule
from compartment_mapper.bundle.application import Options

LEAVES_OUT = Options(tree_shakes=True)
APP = "node_modules/p/"
E = "node_modules/e/index.js"


def kept(files: dict[str, str], *, promise: object = False, options: Options = LEAVES_OUT) -> str:
    """Return the names of the remaining modules of package ``p``, which has *files*.

    Paths of the application begin with ``/``; packages ``e`` and ``f`` may have side effects.
    """
    names = {
        name.removeprefix("/") if name.startswith("/") else f"{APP}{name}": text
        for name, text in files.items()
    }
    made = bundled(
        {
            "package.json": package(name="app", version="1.0.0", type="module"),
            f"{APP}package.json": package(
                name="p", version="1", type="module", sideEffects=promise
            ),
            "node_modules/e/package.json": package(name="e", version="1", type="module"),
            E: "console.log('e'); export const e = 1;",
            "node_modules/f/package.json": package(name="f", version="1", type="module"),
            "node_modules/f/index.js": "console.log('f');",
            **names,
        },
        options=options,
    )
    compartments = [each for name, each in made.map.compartments.items() if name == "p-v1"]
    return " ".join(
        module.location.removesuffix(".js")
        for compartment in compartments
        for _, module in sorted(compartment.modules.items())
        if isinstance(module, FileModule)
    )


AB = {"a.js": "export const a = 1", "b.js": "export const b = 1, bb = 1"}
STARS = {"index.js": "export * from './a.js'; export * from './b.js'", **AB}
NAMES = {"index.js": "export { a } from './a.js'; export { b as c } from './b.js'", **AB}
ONE = "import { a } from 'p'"
TWO = {"index.js": "export * from './x.js'; export * from './y.js'", "x.js": "export const x = 1, only = 1", "y.js": "export const x = 2, y = 1"}  # fmt: skip


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"/main.js": ONE, **STARS}, "a index", id="a-star"),
        pytest.param({"/main.js": ONE, **NAMES}, "a index", id="a-name"),
        pytest.param({"/main.js": "import { c } from 'p'", **NAMES}, "b index", id="another-name"),
        pytest.param({"/main.js": "export { a } from 'p'", **STARS}, "a index", id="exported-by-the-entry"),
        pytest.param({"/main.js": "import './x.js'", "/x.js": "export * from 'p'", **STARS}, "", id="exported-and-not-imported"),
        pytest.param({"/main.js": "import { a } from './x.js'", "/x.js": "export * from 'p'", **STARS}, "a index", id="through-the-application"),
        pytest.param({"/main.js": "import * as p from 'p'", **STARS}, "a b index", id="the-namespace"),
        pytest.param({"/main.js": "import { p } from './x.js'", "/x.js": "export * as p from 'p'", **STARS}, "a b index", id="the-namespace-exported"),
        pytest.param({"/main.js": "import('p')", **STARS}, "a b index", id="import-call"),
        pytest.param({"/main.js": "import './x.cjs'", "/x.cjs": "require('p')", **STARS}, "a b index", id="require"),
        pytest.param({"/main.js": "import 'p'", **STARS}, "index", id="evaluated-only"),
        pytest.param({"/main.js": "import {} from 'p'", **STARS}, "index", id="no-names"),
        pytest.param({"/main.js": ONE, **STARS, "index.js": f"import './b.js'; {STARS['index.js']}"}, "a b index", id="evaluated-beside-a-star"),
        pytest.param({"/main.js": ONE, **STARS, "index.js": f"{STARS['index.js']}; import './b.js'"}, "a b index", id="evaluated-after-a-star"),
        pytest.param({"/main.js": ONE, **AB, "index.js": "import { a } from './a.js'; import { b as x } from './b.js'; export { a, x as b }"}, "a index", id="imported-and-exported"),
        pytest.param({"/main.js": ONE, **AB, "index.js": "import { a } from './a.js'; import { b } from './b.js'; export { a, b }; export const c = () => b"}, "a b index", id="imported-exported-and-used"),
        pytest.param({"/main.js": ONE, **AB, "index.js": r"import { b } from './b.js'; export { b }; export const a = () => \u0062"}, "b index", id="used-with-an-escape"),
        pytest.param({"/main.js": ONE, **AB, "index.js": "import { b } from './b.js'; export { b }; export const a = () => eval('b')"}, "b index", id="used-by-eval"),
        pytest.param({"/main.js": "import d from 'p'", "index.js": "export { default } from './d.js'; export * from './a.js'", "d.js": "export default 1", **AB}, "d index", id="the-default"),
        pytest.param({"/main.js": "import { bb } from 'p'", **AB, "index.js": "export { b } from './b.js'; export * from './b.js'; export * from './a.js'"}, "b index", id="two-lines-of-one-request"),
        pytest.param({"/main.js": "import { y } from 'p'", **TWO}, "index y", id="one-of-two-stars"),
        pytest.param({"/main.js": "import('./x.js').catch(String)", "/x.js": "import { x } from 'p'", **TWO}, "index x y", id="an-ambiguous-name"),
        pytest.param({"/main.js": "import('./x.js').catch(String)", "/x.js": "import { no } from 'p'", **TWO}, "index", id="a-missing-name"),
        pytest.param({"/main.js": ONE, **STARS, "index.js": f"{STARS['index.js']}; export * from './c.cjs'", "c.cjs": ""}, "a c.cjs index", id="a-star-of-commonjs"),
        pytest.param({"/main.js": ONE, **AB, "index.js": "export { a } from './a.js'; export { default as c } from './c.cjs'", "c.cjs": ""}, "a index", id="a-name-of-commonjs"),
        pytest.param({"/main.js": ONE, **STARS, "b.js": "import 'e'; export const b = 1"}, "a b index", id="leads-to-effects"),
        pytest.param({"/main.js": ONE, **STARS, "index.js": f"{STARS['index.js']}; export * from './c.js'", "b.js": "import 'e'", "c.js": "import 'e'"}, "a b index", id="only-the-first-that-leads-to-effects"),
        pytest.param({"/main.js": "import 'e'; import { a } from 'p'", **STARS, "b.js": "import 'e'; export const b = 1"}, "a index", id="leads-to-effects-that-have-been"),
        pytest.param({"/main.js": "import { a } from 'p'; import 'e'", **STARS, "b.js": "import 'e'; export const b = 1"}, "a b index", id="leads-to-effects-that-would-come-later"),
        pytest.param({"/main.js": ONE, **STARS, "b.js": "export const b = await 1"}, "a b index", id="awaits"),
        pytest.param({"/main.js": ONE, **STARS, "b.js": "import c from './c.cjs'; export const b = c", "c.cjs": "if (globalThis.x) require('e')"}, "a b c.cjs index", id="may-lead-to-effects"),
        pytest.param({"/main.js": ONE, **STARS, "b.js": "export const b = () => import('e')"}, "a index", id="leads-to-effects-when-it-is-called"),
        pytest.param({"/main.js": "import('./x.js').catch(String)", "/x.js": ONE, **STARS, "b.js": "import { no } from './a.js'; export { no }"}, "a b index", id="can't-be-linked"),
        pytest.param({"/main.js": "import('./x.js').catch(String)", "/x.js": ONE, **STARS, "b.js": "import 'nothing'"}, "a b index", id="requests-nothing"),
        pytest.param({"/main.js": ONE, "/x.js": "", **STARS, "a.js": "import './index.js'; export const a = 1"}, "a index", id="a-cycle-of-a-barrel"),
        # b precedes a, and a precedes x, only because b is requested first.
        pytest.param({"/main.js": "import { a } from 'p'; import { x } from 'p/x.js'", "index.js": "export * from './b.js'; export * from './a.js'", "b.js": "import { x } from './x.js'; export const b = 1", "x.js": "import { a } from './a.js'; export const x = a", "a.js": "import { x } from './x.js'; export const a = () => x"}, "a b index x", id="the-order-within-a-cycle"),
        pytest.param({"/main.js": "import { a } from 'p'; import './x.js'", "/x.js": "console.log(1); import 'p/b.js'", **STARS}, "a b index", id="used-elsewhere"),
        # c is evaluated before e, since b is.
        pytest.param({"/main.js": "import { a } from 'p'; import 'e'; import 'p/c.js'", **STARS, "b.js": "import './c.js'; export const b = 1", "c.js": ""}, "a b c index", id="before-effects"),
    ],
)  # fmt: skip
def test_the_remaining_modules(files: dict[str, str], expected: str) -> None:
    assert kept(files) == expected


@pytest.mark.parametrize(
    ("promise", "expected"),
    [
        (False, "a index"),
        ([], "a index"),
        (["./a.js", "*.css"], "a index"),
        (["b.js"], "a b index"),
        (["./b.js"], "a b index"),
        (["**/b.js"], "a b index"),
        (["[ab].js"], "a b index"),
        (["{b,c}.js"], "a b index"),
        (["?.js"], "a b index"),
        (["!a.js"], "a b index"),
        (["@(c).js"], "a b index"),
        (["["], "a b index"),
        (["lib/*.js"], "a index"),
        ([1], "a b index"),
        ("c.js", "a b index"),
        (True, "a b index"),
        (None, "a b index"),
    ],
)
def test_what_a_package_promises(promise: object, expected: str) -> None:
    assert kept({"/main.js": ONE, **STARS}, promise=promise) == expected


def test_the_nearest_package_json_promises() -> None:
    files = {
        "/main.js": "import { a } from 'p/esm/index.js'",
        **{f"esm/{name}": text for name, text in STARS.items()},
    }

    assert kept(files) == "esm/a esm/index"
    assert kept({**files, "esm/package.json": '{"type": "module"}'}) == "esm/a esm/b esm/index"


def test_nothing_is_removed_without_tree_shaking() -> None:
    assert kept({"/main.js": ONE, **STARS}, options=Options()) == "a b index"


def test_a_package_without_remaining_modules_uses_nothing() -> None:
    files = {
        "package.json": package(name="app", version="1.0.0", type="module"),
        "main.js": "import { a } from 'p'",
        "node_modules/p/package.json": package(name="p", type="module", sideEffects=False, dependencies={"q": "1"}),
        "node_modules/p/index.js": "export * from './a.js'; export { q } from 'q'",
        "node_modules/p/a.js": "export const a = 1",
        "node_modules/q/package.json": package(name="q", type="module", sideEffects=False),
        "node_modules/q/index.js": "export const q = () => fetch('/')",
    }  # fmt: skip

    assert [use.package for use in bundled(files).application.denied] == ["p>q"]

    application = bundled(files, options=LEAVES_OUT).application
    assert application.denied == []
    assert [each.name for each in application.packages.packages.values()] == ["app", "p"]
    assert application.unused == 1


def test_link_errors_are_reported_in_removable_modules_too() -> None:
    with pytest.raises(Exception, match="MISSING_EXPORT"):
        kept({"/main.js": ONE, **STARS, "b.js": "export { no } from './a.js'"})
