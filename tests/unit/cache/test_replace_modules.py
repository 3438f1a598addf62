"""New sources in an archive that is otherwise unchanged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cached import assert_same_as_new, bundled
from command_line import write
from support import package

# Replaced sources in an otherwise unchanged archive


def stages_after(change: Callable[[], object], *more: str) -> str:
    """Return the stages of a bundle after *change*; a cached result must equal a new one."""
    bundled(*more)
    change()
    result, archive = bundled("--timings", *more)
    timings = [line for line in result.stderr.splitlines() if line.startswith("timings")]
    new, expected = bundled("--no-cache", *more)
    said = [line for line in result.stderr.splitlines() if not line.startswith("timings")]
    assert (result.stdout, said) == (new.stdout, new.stderr.splitlines())
    assert archive == expected
    assert assert_same_as_new("--json", *more).exit_code == new.exit_code
    return " ".join(timings)


HARMLESS_CHANGES = {
    "a comment": "// new\nrequire('./x');\nrequire('a');\nconsole.log(1);\n",
    "other values": "require('./x');\nrequire('a');\nconsole.log(12345, 'é');\n",
    "an edit": "require('./x');\nrequire('a');\nconsole.log(1, '<!--', 07);\n",
    "a mark": "\ufeffrequire('./x');\nrequire('a');\nconsole.log(1);\n",
}


@pytest.mark.parametrize("change", HARMLESS_CHANGES)
@pytest.mark.parametrize("more", [(), ("--compress",), ("--infer",)])
def test_a_source_with_the_same_interface_is_replaced(
    app: Path, folder: Path, change: str, more: tuple[str, ...]
) -> None:
    main = app / "main.js"
    timings = stages_after(lambda: main.write_text(HARMLESS_CHANGES[change]), *more)
    assert "replace" in timings
    assert "load" not in timings


@pytest.mark.parametrize(
    "text",
    [
        "require('./x'); require('a'); console.log(1); require('fs');",
        "require('./x'); require('a'); console.log(1); exports.more = 1;",
        "require('./x'); require('a'); console.log(1); fetch('/');",
        "require('./x'); require('a');",
        "require('./x'); require('a'); console.log(1); with (a) {}",
        "require('./x'); require('a'); console.log(1); let let;",
        "import './x.js'; import 'a'; console.log(1);",
        "require('./x'); require('a'); console.log(1); Array = 1;",
        "require('./x'); require('a'); console.log(1); eval('1');",
        "(function f() { require('./x'); })(); require('a'); console.log(1);",
        "",
        "require('./x'); require('a'); console.log(1); '(f,t,s,...a)=>f(...a)'",
    ],
)
def test_a_source_with_another_interface_is_rebuilt(app: Path, folder: Path, text: str) -> None:
    stages_after(lambda: (app / "main.js").write_text(text))
    assert_same_as_new("--infer")
    assert_same_as_new("--json")


def test_modules_of_cycles_and_of_equal_sources_are_replaced_or_rebuilt(
    app: Path, folder: Path
) -> None:
    write(
        app,
        {
            "package.json": package(name="app", version="1.0.0", type="module"),
            "main.js": "import { b } from './b.js'; import './c.js'; import './d.js'; export let a = b;",
            "b.js": "import { a } from './main.js'; export const b = () => a;",
            "c.js": "export const same = 1;",
            "d.js": "export const same = 1;",
        },
    )
    in_cycle = "import { a } from './main.js'; /* new */ export const b = () => a;"
    assert "replace" in stages_after(lambda: (app / "b.js").write_text(in_cycle))
    other = "export const same = 2;"
    assert "load" in stages_after(lambda: (app / "c.js").write_text(other))
    assert "load" not in stages_after(lambda: (app / "d.js").write_text("export const same = 3;"))


def test_positions_in_a_changed_source_are_updated(app: Path, folder: Path) -> None:
    write(app, {"main.js": "function f() { require('./none') }"})
    moved = "\n\n\nfunction f() { require('./none') }"
    assert "load" in stages_after(lambda: (app / "main.js").write_text(moved))


def test_sources_of_dependencies_are_rebuilt(app: Path, folder: Path) -> None:
    text = "\n\n\nfetch('/');\n"
    assert "load" in stages_after(lambda: write(app, {"node_modules/a/index.js": text}))
