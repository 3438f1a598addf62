from __future__ import annotations

import pytest
from ses_rejections import CENSORS

from compartment_mapper.compile import apply_edits
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.scan import scan_module


def record_of(text: str, language: Language = "cjs") -> ModuleRecord:
    return scan_module(text.encode(), language)


def rewritten(text: str) -> str:
    """Return *text* rewritten, in a statement: comments between statements are dropped."""
    block = f"{{\n{text}\n}}"
    return apply_edits(block.encode(), record_of(block).edits)[2:-2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("// <!--", "// <!==", id="open-in-line-comment"),
        pytest.param("/* <!-- */", "/* <!== */", id="open-in-block-comment"),
        pytest.param("// -->", "// --)", id="close-in-line-comment"),
        pytest.param("/* a --> b */", "/* a --) b */", id="close-in-block-comment"),
        pytest.param("/* a -->*/", "/* a --)*/", id="close-before-the-end-of-a-comment"),
        pytest.param("// ---->", "// ----)", id="close-with-more-dashes"),
        pytest.param("// <!-->", "// <!==)", id="open-and-close-overlap"),
        pytest.param("'<!--'", "'<!-\\x2d'", id="open-in-single-quotes"),
        pytest.param('"-->"', '"--\\x3e"', id="close-in-double-quotes"),
        pytest.param("`<!-- -->`", "`<!-\\x2d --\\x3e`", id="both-in-a-template"),
        pytest.param("`<!--${a}-->`", "`<!-\\x2d${a}--\\x3e`", id="around-a-substitution"),
        pytest.param("`${'<!--'}`", "`${'<!-\\x2d'}`", id="in-a-substitution"),
        pytest.param("/<!--/", "/<!-\\x2d/", id="open-in-a-regexp"),
        pytest.param("/-->/g", "/--\\x3e/g", id="close-in-a-regexp"),
        pytest.param("/[--->]/", "/[---\\x3e]/", id="close-in-a-character-class"),
        pytest.param("a-->0", "a-- >0", id="decrement-and-greater"),
        pytest.param("a-->b-->c", "a-- >b-- >c", id="two-of-them"),
    ],
)
def test_html_comments_are_rewritten_by_token(text: str, expected: str) -> None:
    assert rewritten(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("// import(x)", "// IMPORT(x)", id="line-comment"),
        pytest.param("/* {@link import('x')} */", "/* {@link IMPORT('x')} */", id="block-comment"),
        pytest.param("// import /* x", "// IMPORT /* x", id="before-a-comment-sign"),
        pytest.param("'import(x)'", "'i\\x6dport(x)'", id="single-quotes"),
        pytest.param('"import (x)"', '"i\\x6dport (x)"', id="double-quotes"),
        pytest.param("'import\\n('", "'import\\n('", id="an-escape-is-no-space"),
        pytest.param("`import\n(x)`", "`i\\x6dport\n(x)`", id="template"),
        pytest.param("'\\import(x)'", "'\\i\\x6dport(x)'", id="behind-a-backslash"),
        pytest.param("/import(x)/", "/i\\x6dport(x)/", id="regexp"),
        pytest.param("x.import(y)", "x.\\u0069mport(y)", id="property"),
        pytest.param("({ import(y) {} })", "({ \\u0069mport(y) {} })", id="method"),
        pytest.param("class A { #import() {} }", "class A { #\\u0069mport() {} }", id="private"),
        pytest.param("reimport(x); importx(y)", "reimport(x); importx(y)", id="part-of-a-word"),
        pytest.param("'import'", "'import'", id="the-word-alone"),
        pytest.param("import('x')", "$h_import('x')", id="the-real-one"),
    ],
)
def test_import_is_rewritten_by_token(text: str, expected: str) -> None:
    assert rewritten(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("// eval(x)", "// EVAL(x)", id="comment"),
        pytest.param("'eval(x)'", "'e\\x76al(x)'", id="string"),
        pytest.param("`eval (x)`", "`e\\x76al (x)`", id="template"),
        pytest.param("/eval(x)/", "/e\\x76al(x)/", id="regexp"),
        pytest.param("eval(...y)", "eval/**/(...y)", id="call-that-is-not-direct"),
        pytest.param("x.eval(y)", "x.\\u0065val(y)", id="property"),
        pytest.param("({ eval(y) {} })", "({ \\u0065val(y) {} })", id="method"),
        pytest.param("medieval(x)", "medieval(x)", id="part-of-a-word"),
        pytest.param("(0, eval)(x)", "(0, eval)(x)", id="indirect"),
    ],
)
def test_eval_is_rewritten_by_token(text: str, expected: str) -> None:
    assert rewritten(text) == expected


@pytest.mark.parametrize(
    ("text", "expected", "prologue"),
    [
        ("tag`import(`", "tag($h_t0)", 1),
        ("tag`<!--${a}-->`", "tag($h_t0,(a))", 1),
        ("tag`eval(\n${a}\n`", "tag($h_t0\n,(a)\n)", 1),
        ("tag`${a}`", "tag`${a}`", 0),
        ("tag`${'<!--'}`", "tag`${'<!-\\x2d'}`", 0),
        ("a`<!--`; b`-->`", "a($h_t0); b($h_t1)", 2),
        ("tag`<!--${a, b}`", "tag($h_t0,(a, b))", 1),
    ],
)
def test_a_tagged_template_becomes_a_call_with_its_template_object(
    text: str, expected: str, prologue: int
) -> None:
    assert rewritten(text) == expected
    assert len(record_of(text).prologue) == prologue


@pytest.mark.parametrize("space", ["", " ", "\t", "\n", "\u00a0", "\u2028", "\ufeff", "\u3000"])
@pytest.mark.parametrize("word", ["import", "eval"])
def test_every_space_of_javascript_counts_before_the_parenthesis(word: str, space: str) -> None:
    text = rewritten(f"/* {word}{space}( */ `{word}{space}(`")

    assert [name for name, censor in CENSORS.items() if censor.search(text)] == []


def test_a_sloppy_html_comment_is_a_line_comment() -> None:
    """Annex B.1.1: Node accepts them in CommonJS."""
    assert rewritten("a()\n<!-- x\nb()\n--> y") == "a()\n//-- x\nb()\n//> y"


@pytest.mark.parametrize("text", ["import('x'", "tag`import(", "f(eval('1'"])
def test_what_is_in_no_token_is_left_to_the_engine(text: str) -> None:
    record = record_of(text)

    assert record.parse_uncertainty is not None


def test_source_without_rejected_words_is_unchanged() -> None:
    text = "const a = 1 < 2 && !b - -c; // import eval <! -- > \n"

    assert rewritten(text) == text
