"""Imports of WebAssembly modules: instances, as in Node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from command_line import write
from hypothesis import given
from hypothesis import strategies as st
from process import mapper
from support import NODE

from compartment_mapper.sources.wasm import module_of_wasm

HEAD = b"\0asm\x01\0\0\0"


def section(kind: int, *body: int) -> bytes:
    return bytes([kind, len(body), *body])


def text(value: str) -> list[int]:
    return [len(value), *value.encode()]


#: Calls `twice` of ./imports.js; exports a constant, a memory and a function with a space in its name.
WASM = (
    HEAD
    + section(1, 1, 0x60, 1, 0x7F, 1, 0x7F)
    + section(2, 1, *text("./imports.js"), *text("twice"), 0, 0)
    + section(3, 1, 0)
    + section(5, 1, 0, 1)
    + section(6, 1, 0x7F, 0, 0x41, 42, 0x0B)
    + section(7, 3, *text("answer"), 3, 0, *text("memory"), 2, 0, *text("a b"), 0, 1)
    + section(10, 1, 6, 0, 0x20, 0, 0x10, 0, 0x0B)
)
FILES: dict[str, str | bytes] = {
    "package.json": '{"name": "app", "version": "1.0.0", "type": "module"}',
    "a.wasm": WASM,
    "bad.wasm": HEAD + b"\x03",
    "imports.js": "export const twice = (x) => { console.log('called', x); return 2 * x; };\n",
    "main.js": (
        "import * as whole from './a.wasm';\n"
        "import { answer, 'a b' as call, memory } from './a.wasm';\n"
        "console.log(Object.keys(whole), answer, call(4));\n"
        "console.log(memory instanceof WebAssembly.Memory, memory.buffer.byteLength);\n"
        "console.log((await import('./a.wasm')) === whole);\n"
        "try { await import('./bad.wasm'); } catch (error) { console.log(error.name); }\n"
    ),
}


def test_instances_are_those_of_node(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    expected = subprocess.run(
        [NODE, "--no-warnings", "main.js"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    mapper("bundle", "main.js", "-o", "app.zip", cwd=tmp_path, check=True)
    (tmp_path / "a.wasm").unlink()
    found = mapper("run", "app.zip", cwd=tmp_path)

    assert found.stdout == expected.stdout, found.stderr
    assert "called 4" in found.stdout


def test_a_dependency_needs_a_grant_to_instantiate(tmp_path: Path) -> None:
    """The module is code of its package: WebAssembly is the capability that it uses."""
    dependency = {f"node_modules/dep/{name}": content for name, content in FILES.items()}
    dependency["node_modules/dep/package.json"] = (
        '{"name": "dep", "version": "1.0.0", "type": "module", "exports": "./main.js"}'
    )
    package = '{"name": "app", "version": "1.0.0", "dependencies": {"dep": "1"}}'
    write(tmp_path, {**dependency, "package.json": package, "main.mjs": "import 'dep';\n"})

    denied = mapper("run", "main.mjs", cwd=tmp_path)
    granted = mapper("run", "--grant", "dep:WebAssembly", "main.mjs", cwd=tmp_path)

    assert denied.returncode == 1
    assert "WebAssembly" in denied.stderr
    assert "called 4" in granted.stdout


@pytest.mark.parametrize("cut", range(0, len(WASM), 7))
def test_a_truncated_file_is_left_to_the_engine(cut: int) -> None:
    assert b"new WebAssembly.Module($bytes" in module_of_wasm(WASM[:cut], "a.wasm")


@given(st.binary(max_size=200))
def test_no_bytes_are_too_wrong(content: bytes) -> None:
    assert module_of_wasm(HEAD + content, "a.wasm").startswith(b"import $bytes from")
