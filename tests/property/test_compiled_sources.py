"""For any source, compiled lines keep their numbers, and SES rejects nothing."""

from __future__ import annotations

import json

from conformance.functor_rows import REJECTED, ROWS
from hypothesis import given, settings
from hypothesis import strategies as st
from ses_rejections import CENSORS

from compartment_mapper.compile import compile_cjs, compile_esm
from compartment_mapper.records.languages import Language
from compartment_mapper.scan import scan_module

_SNIPPETS = [
    *(text for text in ROWS.values() if not text.startswith("#!") and "\u2028" not in text),
    "const o = {\n  a: 1,\n  b() {\n    return this.a\n  }\n}",
    "import {\n  a,\n  f\n}\nfrom\n'dep'",
    "export {\n  // first\n  a,\n  b as c\n} from 'dep'",
    "export default\n  /* over\n  lines */\n  function () {\n}",
    "export\n  const\n  z = 1",
    "// a comment\n/* and\nanother */",
    "`a\n${`b\n${1}`}\nc`",
    "tag`import(\n${1}\n<!--`",
    "label: for (;;) {\n  break label\n}",
    "",
]
_TEXTS = st.lists(st.sampled_from(_SNIPPETS), max_size=6).map("\n".join)

_CJS_SNIPPETS = [
    *(text for text in REJECTED.values() if "export" not in text),
    "exports.a = 1",
    "module.exports = {\n  a,\n  ...require('./x')\n}",
    "/* <!-- import( */ const s = '-->'",
    "while (a --> 0)\n  b()",
    "const x = tag`eval(\n`",
    "typeof fetch === 'function' && fetch('/')",
    "import('./x').then(\n  eval_)",
    "var process = require('process')\nprocess.exit",
    "function f() {\n  return import(\n    './y'\n  )\n}",
]
_CJS_TEXTS = st.lists(st.sampled_from(_CJS_SNIPPETS), max_size=6).map("\n".join)


@given(_TEXTS)
@settings(max_examples=150)
def test_a_functor_has_the_lines_of_its_module(text: str) -> None:
    source = text.encode()

    stored = json.loads(compile_esm(scan_module(source, "mjs"), source, in_cycle=False))

    # The program ends with a line of its own, and a newline.
    assert stored["__syncModuleProgram__"].count("\n") == text.count("\n") + 2


@given(_TEXTS)
@settings(max_examples=50)
def test_a_functor_of_a_cycle_has_the_lines_of_its_module(text: str) -> None:
    source = text.encode()
    record = scan_module(source, "mjs", in_cycle=True)

    stored = json.loads(compile_esm(record, source, in_cycle=True))

    assert stored["__syncModuleProgram__"].count("\n") == text.count("\n") + 2


@given(_CJS_TEXTS)
@settings(max_examples=100)
def test_a_wrapper_has_the_lines_of_its_module_and_ses_accepts_it(text: str) -> None:
    source = text.encode()

    stored = json.loads(compile_cjs(scan_module(source, "cjs"), source, exports=()))

    assert stored["source"].count("\n") == text.count("\n") + 2
    assert [name for name, censor in CENSORS.items() if censor.search(stored["source"])] == []


@given(st.text(max_size=200))
@settings(max_examples=150)
def test_any_source_can_be_scanned_and_compiled(text: str) -> None:
    source = text.encode("utf-8", "replace")

    record = scan_module(source, None)

    if record.language == "mjs":
        assert compile_esm(record, source, in_cycle=False)
    else:
        assert compile_cjs(record, source, exports=())


_TOKENS = [
    *"{}()[]`'\"/*\n<!->=;,.",
    *(
        " a ",
        " fetch ",
        "typeof ",
        "let ",
        "const ",
        "var ",
        "function ",
        "class ",
        "async ",
        "await ",
    ),
    *(
        "import ",
        "export ",
        "default ",
        "from 'x'",
        "{ a as b }",
        "export { a }",
        "import(",
        "import.meta",
        "x`",
    ),
    *(
        "require('x')",
        "exports.a = ",
        "module.exports = {",
        "eval(",
        "<!--",
        "-->",
        "${",
        "=>",
        "++",
    ),
    *("for (", " of ", " in ", "try {", "catch (a) {", "process.env", "...", "\\u0061", "0", "?."),
]


@given(st.lists(st.sampled_from(_TOKENS), max_size=40), st.sampled_from(["mjs", "cjs", None]))
@settings(max_examples=500)
def test_broken_sources_can_be_scanned_and_compiled(
    tokens: list[str], language: Language | None
) -> None:
    """The engine rejects them later; scanning must not fail."""
    source = "".join(tokens).encode()

    record = scan_module(source, language, in_cycle=True)

    if record.language == "mjs":
        assert compile_esm(record, source, in_cycle=True)
    else:
        assert compile_cjs(record, source, exports=())
