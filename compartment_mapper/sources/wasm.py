"""WebAssembly modules as ES modules: the JavaScript that instantiates a ``.wasm`` file.

https://webassembly.github.io/esm-integration/js-api/ (instance phase),
https://webassembly.github.io/spec/core/binary/modules.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = b"\0asm\x01\0\0\0"
_IMPORTS, _EXPORTS = 2, 7
_MOST_NAMES = 100_000
#: Imports that the engine provides: ``builtins`` and ``importedStringConstants``.
_OF_ENGINE = "wasm:"
_OPTIONS = (
    'const $options = { builtins: ["js-string"], '
    'importedStringConstants: "wasm:js/string-constants" };'
)


class _InvalidWasmError(Exception):
    """The file is truncated or has another form; the engine reports it when it is loaded."""


@dataclass(slots=True)
class _Reader:
    data: bytes
    at: int = 0

    def take(self, count: int) -> bytes:
        found = self.data[self.at : self.at + count]
        if len(found) < count:
            raise _InvalidWasmError
        self.at += count
        return found

    def number(self) -> int:
        """Return an unsigned integer in LEB128."""
        result = shift = 0
        while True:
            byte = self.take(1)[0]
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:  # noqa: PLR2004 - the bit that continues
                return result
            if shift > 63:  # noqa: PLR2004 - no field is longer
                raise _InvalidWasmError

    def name(self) -> str:
        try:
            return self.take(self.number()).decode()
        except UnicodeDecodeError as problem:
            raise _InvalidWasmError from problem

    def limits(self) -> None:
        flags = self.number()
        for _ in range(2 if flags & 1 else 1):
            self.number()

    def value_type(self) -> None:
        code = self.take(1)[0]
        if code in {0x63, 0x64}:  # a reference to a type with an index
            self.number()

    def skip_description(self) -> None:
        """Skip the description of an import."""
        match self.take(1)[0]:
            case 0:
                self.number()
            case 1:
                self.value_type()
                self.limits()
            case 2:
                self.limits()
            case 3:
                self.value_type()
                self.take(1)
            case 4:
                self.take(1)
                self.number()
            case _:
                raise _InvalidWasmError


def module_of_wasm(source: bytes, name: str) -> bytes:
    r"""Return an ES module that instantiates the WebAssembly module *source* in the file *name*.

    >>> empty = b"\0asm\x01\0\0\0"
    >>> module_of_wasm(empty, "a.wasm").splitlines()[0]
    b'import $bytes from "./a.wasm" with { type: "bytes" };'
    """
    try:
        imports, exports = _names(source)
    except _InvalidWasmError:
        imports, exports = [], []
    modules = [each for each in dict.fromkeys(imports) if not each.startswith(_OF_ENGINE)]
    lines = [f'import $bytes from {json.dumps(f"./{name}")} with {{ type: "bytes" }};']
    lines += [f"import * as $i{n} from {json.dumps(each)};" for n, each in enumerate(modules)]
    given = ", ".join(f"[{json.dumps(each)}]: $i{n}" for n, each in enumerate(modules))
    lines += [
        _OPTIONS,
        "const $module = new WebAssembly.Module($bytes, $options);",
        f"const $exports = new WebAssembly.Instance($module, {{ {given} }}).exports;",
        "const $value = (each) => (each instanceof WebAssembly.Global ? each.value : each);",
    ]
    lines += [f"const $e{n} = $value($exports[{json.dumps(e)}]);" for n, e in enumerate(exports)]
    listed = ", ".join(f"$e{n} as {json.dumps(each)}" for n, each in enumerate(exports))
    return "\n".join([*lines, f"export {{ {listed} }};", ""]).encode()


def _names(source: bytes) -> tuple[list[str], list[str]]:
    """Return the modules of all imports, and the names of all exports."""
    if not source.startswith(_MAGIC):
        raise _InvalidWasmError
    reader = _Reader(source, len(_MAGIC))
    imports: list[str] = []
    exports: list[str] = []
    while reader.at < len(source):
        kind = reader.take(1)[0]
        section = _Reader(reader.take(reader.number()))
        if kind == _IMPORTS:
            imports += _imports(section)
        elif kind == _EXPORTS:
            exports += _exports(section)
    return imports, exports


def _imports(section: _Reader) -> Iterator[str]:
    for _ in range(min(section.number(), _MOST_NAMES)):
        yield section.name()
        section.name()
        section.skip_description()


def _exports(section: _Reader) -> Iterator[str]:
    for _ in range(min(section.number(), _MOST_NAMES)):
        yield section.name()
        section.take(1)
        section.number()
