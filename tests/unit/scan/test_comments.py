from __future__ import annotations

import pytest

from compartment_mapper.compile import apply_edits
from compartment_mapper.scan import scan_module


def stored(text: str) -> str:
    return apply_edits(text.encode(), scan_module(text.encode(), "cjs").edits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("// a\nf(); // b\n", "\nf(); \n", id="to-the-end-of-the-line"),
        pytest.param("/* a\n b */\nf()", "\n\nf()", id="lines-are-kept"),
        pytest.param("/* a\r\n b */  \r\nf()", "\r\n  \r\nf()", id="with-their-ends"),
        pytest.param("/* a\u2028 b */\nf()", "\u2028\nf()", id="of-any-kind"),
        pytest.param("f()\n/* the last */", "f()\n", id="at-the-end"),
        pytest.param("/* eval(x) import(y) --> */\nf()", "\nf()", id="with-what-SES-censors"),
    ],
)
def test_a_comment_between_statements_is_not_stored(text: str, expected: str) -> None:
    assert stored(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("/* a */ f()", id="columns-of-what-follows"),
        pytest.param("/* a\n */ f()", id="columns-after-its-last-line"),
        pytest.param("function f() { /* seen by f.toString() */ }", id="in-a-function"),
        pytest.param("class A { /* seen by A.toString() */ }", id="in-a-class"),
        pytest.param("x = /* a */ 1\n", id="in-an-expression"),
        pytest.param("/*! a */\n", id="bang"),
        pytest.param("//! a\n", id="line-bang"),
        pytest.param("/** @license MIT */\n", id="license"),
        pytest.param("/* Copyright 2020 somebody */\n", id="copyright"),
        pytest.param("// (c) somebody\n", id="sign"),
        pytest.param("/** @preserve a */\n", id="preserve"),
        pytest.param("`\n// a\n`", id="in-a-template"),
    ],
)
def test_other_comments_are_stored(text: str) -> None:
    assert stored(text) == text


def test_no_comment_is_removed_from_source_that_does_not_parse() -> None:
    text = "// a\nlet = = 3 // b\n"

    assert stored(text) == text
