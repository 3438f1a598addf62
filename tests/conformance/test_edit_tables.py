"""The runtime maps stored sources back: each line and column is the original one."""

from __future__ import annotations

import json
import re

import pytest
from conformance.cjs_rows import ROWS as CJS_ROWS
from conformance.functor_rows import REJECTED, ROWS
from support import RUNTIME, ask_node

from compartment_mapper.compile import compile_cjs, compile_esm
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan import scan_module
from compartment_mapper.text import LINE_END

#: For each source its original lines, and for each queried (line, column) the original column.
_SCRIPT = """
const { readEdits, columnBefore, lineBefore } = require('./src/stacks/edit-table.js');
const found = JSON.parse(require('node:fs').readFileSync(0, 'utf8')).map(({ text, edits, places }) => {
  const table = readEdits(edits);
  const lines = text.split(/\\r\\n|[\\n\\r\\u2028\\u2029]/);
  return {
    lines: lines.map((line, index) => lineBefore(table.get(index) ?? [], line)),
    columns: places.map(([line, column]) => columnBefore(table.get(line) ?? [], column)),
  };
});
console.log(JSON.stringify(found));
"""

_REAL = [
    "@babel/template/lib/parse.js",
    "@babel/traverse/lib/path/context.js",
    "@endo/compartment-mapper/src/link.js",
    "@endo/compartment-mapper/src/import-hook.js",
    "ses/src/compartment.js",
]


def _texts() -> dict[str, tuple[bytes, Language]]:
    found: dict[str, tuple[bytes, Language]] = {}
    for name, text in {**ROWS, **REJECTED}.items():
        found[f"esm-{name}"] = (text.encode(), "mjs")
    for name in _REAL:
        source = (RUNTIME / "node_modules" / name).read_bytes()
        found[name] = (source, "mjs" if b"\nexport " in source else "cjs")
    found["astral"] = ("/* é */ export const a = '😀', b = '😀'; export let c = 1;".encode(), "mjs")
    found["line-separator"] = (b"'\xe2\x80\xa8'; export let a = 1; a = 2;", "mjs")
    found["carriage-returns"] = (b"import a from\r\n'x'; export let b = a;\r\nb = 2;", "mjs")
    for name, row in CJS_ROWS.items():
        found[f"cjs-{name}"] = (str(row).encode(), "cjs")
    return found


TEXTS = _texts()


def _program(source: bytes, language: Language) -> tuple[str, list[str], tuple[Edit, ...]]:
    record = scan_module(source, language)
    if language == "mjs":
        stored = json.loads(compile_esm(record, source, in_cycle=False))
        return stored["__syncModuleProgram__"], stored["edits"], record.edits
    stored = json.loads(compile_cjs(record, source, exports=()))
    return stored["source"], stored["edits"], record.edits


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _place(text: str) -> tuple[int, int]:
    """Return 0-based line and column of the end of *text*."""
    *ended, last = LINE_END.split(text)
    return len(ended), _units(last)


def _kept_places(
    source: bytes, program: str, edits: tuple[Edit, ...]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return pairs of positions, stored and original, of words that no edit touches."""
    pairs = []
    position, at = 0, None
    for edit in [*edits, Edit(len(source), len(source), "")]:
        chunk = source[position : edit.start].decode("utf-8", "replace")
        written = source[:position].decode("utf-8", "replace")
        before = _head(program, source, edits) if at is None else at
        pairs += [
            (_place(before + chunk[: word.start()]), _place(written + chunk[: word.start()]))
            for word in re.finditer(r"[\w$]+", chunk)
        ]
        at = before + chunk + edit.text
        position = edit.end
    return pairs


def _head(program: str, source: bytes, edits: tuple[Edit, ...]) -> str:
    from compartment_mapper.compile import apply_edits  # noqa: PLC0415 - used by this function only

    return program[: program.rindex(apply_edits(source, edits))]


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[dict[str, object], list[int]]]:
    question, expected = [], []
    for source, language in TEXTS.values():
        program, edits, record_edits = _program(source, language)
        pairs = _kept_places(source, program, record_edits)
        assert all(stored[0] == written[0] for stored, written in pairs)
        question.append({"text": program, "edits": edits, "places": [pair[0] for pair in pairs]})
        expected.append([written[1] for _, written in pairs])
    found = ask_node(_SCRIPT, question)
    assert isinstance(found, list)
    return dict(zip(TEXTS, zip(found, expected, strict=True), strict=True))


@pytest.mark.parametrize("name", TEXTS)
def test_columns_of_what_was_not_edited_are_those_of_the_source(
    answers: dict[str, tuple[dict[str, object], list[int]]], name: str
) -> None:
    answer, expected = answers[name]

    assert answer["columns"] == expected


@pytest.mark.parametrize("name", TEXTS)
def test_lines_read_as_they_were_written_but_for_comments(
    answers: dict[str, tuple[dict[str, object], list[int]]], name: str
) -> None:
    source, _ = TEXTS[name]
    written = LINE_END.split(source.decode("utf-8", "replace"))

    lines = answers[name][0]["lines"]
    assert isinstance(lines, list)
    for line, found in zip(written, lines, strict=False):
        if found.strip(" \t;"):
            assert _is_all_but_a_comment(found, line), name


def _is_all_but_a_comment(found: str, line: str) -> bool:
    if not line.startswith(found.rstrip(" \t;")):
        return False
    rest = line[len(found.rstrip(" \t;")) :].strip(" \t;")
    return rest == "" or rest.startswith(("//", "/*"))
