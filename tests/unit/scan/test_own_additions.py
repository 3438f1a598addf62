from __future__ import annotations

import pytest

from compartment_mapper.compile.edits import apply_edits
from compartment_mapper.scan import scan_module


def rewritten(text: str) -> str:
    source = text.encode()
    return apply_edits(source, scan_module(source, "mjs").edits)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Map.prototype.each = f; x.each(1); x.each; x.each();",
            '$h_add(Map.prototype,"each",f); $h_call(x,"each",1); $h_get(x,"each"); $h_call(x,"each");',
            id="called-and-read",
        ),
        pytest.param(
            "Map.prototype.each = f; x?.each(); x.y?.z.each(); delete x.each; x.each = 1; y[each]; z.each;",
            '$h_add(Map.prototype,"each",f); x?.each(); x.y?.z.each(); delete x.each; x.each = 1; y[each]; $h_get(z,"each");',
            id="not-looked-for",
        ),
        pytest.param(
            "Object.defineProperty(Map.prototype, 'each', d); x.each;",
            "$h_define(Map.prototype, 'each', d); $h_get(x,\"each\");",
            id="defined",
        ),
        pytest.param(
            "if (!Map.prototype.each) Map.prototype.each = f; x.each;",
            'if (!$h_get(Map.prototype,"each")) $h_add(Map.prototype,"each",f); $h_get(x,"each");',
            id="tested",
        ),
        pytest.param(
            "if (!Map.prototype.each) Map.prototype.each = f;", None, id="only-for-others"
        ),
        pytest.param("Object[key] = 1;", None, id="only-assigned"),
        pytest.param(
            "Object[key] = 1; Object[key]; Object['a']; Object.keys;",
            "$h_add(Object,key,1); $h_get(Object,key); Object['a']; Object.keys;",
            id="computed",
        ),
        pytest.param("Object[key]; Object.keys[key] = 1;", None, id="only-read"),
        pytest.param("function Map() {} Map.prototype.each = f; x.each();", None, id="own-class"),
        pytest.param("a.Map.prototype.each = f; x.each();", None, id="member"),
        pytest.param("Map.prototype.forEach = f; x.forEach();", None, id="of-the-language"),
        pytest.param("Map.prototype.each == f; x.each();", None, id="compared"),
        pytest.param("'Map.prototype.each = f'; x.each();", None, id="in-a-string"),
        pytest.param("const c = x.constructor; c[t];", None, id="constructor-that-is-read"),
    ],
)
def test_members_that_a_source_adds_are_looked_for(text: str, expected: str | None) -> None:
    assert rewritten(text) == (text if expected is None else expected)
