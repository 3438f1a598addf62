"""``arguments`` outside of any function is that of Node's module wrapper, or undeclared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import NODE

from compartment_mapper.scan import scan_module

COMMON_JS = """
const given = [...arguments];
console.log(given.length, given[0] === exports, given[1] === require, given[2] === module);
console.log(5 in arguments, 6 in arguments, (() => arguments.length)(), eval('arguments.length'));
import('node:fs');
console.log((function () { return arguments.length })(1, 2));
"""
MODULE = """
try { console.log(arguments) } catch (error) { console.log(error.name, error.message) }
console.log(typeof arguments, (() => typeof arguments)());
try { console.log({ arguments }) } catch (error) { console.log(error.message) }
console.log(function () { return arguments.length }(1, 2), { m() { return arguments[0] } }.m(7));
"""


@pytest.mark.parametrize(("name", "text"), [("a.cjs", COMMON_JS), ("a.mjs", MODULE)])
def test_a_file_is_given_the_arguments_that_node_gives(
    name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / "package.json").write_text('{"name": "app"}')
    (tmp_path / name).write_text(text)

    def output(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    ours = output(sys.executable, "-m", "compartment_mapper", "run", name)
    assert ours == output(NODE, name)


def test_a_source_without_them_is_unchanged() -> None:
    record = scan_module(b"exports.f = function () { return arguments.length }", language="cjs")
    assert record.prologue == ()
