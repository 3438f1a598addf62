"""Arguments of programs as JSON, in questions and in the audit log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compartment_mapper.mcp.audit import AuditLog
from compartment_mapper.mcp.calls import Question
from compartment_mapper.mcp.plain import as_json, shown
from compartment_mapper.sandbox.values import UNDEFINED, JavaScriptError

LONG = "x" * 5000


def test_dates_and_undefined_are_what_json_has() -> None:
    value = {"at": datetime(2026, 1, 2, tzinfo=UTC), "list": [UNDEFINED, 1.5], "no": UNDEFINED}

    assert as_json(value, "argument") == {"at": "2026-01-02T00:00:00+00:00", "list": [None, 1.5]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [b"xyz"]}, r"argument.a\[0\] is bytes"),
        ({"a": float("nan")}, "argument.a is a value"),
        ({"a": 10**400}, "argument.a is a value"),
        ({"a": "\ud800"}, "half of a surrogate pair"),
        ({"\ud800": 1}, "half of a surrogate pair"),
        ({"a": JavaScriptError("Error", "x")}, "argument.a is a value"),
    ],
)
def test_other_values_are_refused(value: object, expected: str) -> None:
    with pytest.raises(JavaScriptError, match=expected):
        as_json(value, "argument")


@pytest.mark.parametrize(
    "value",
    [
        {"a": "\u202e"},
        {f"\u202e{index}": LONG for index in range(99)},
        ["\u202e"] * 999,
    ],
    ids=["short", "many members", "no object"],
)
def test_hidden_characters_are_escapes_in_every_form(value: object) -> None:
    text = shown(value, most=3000)

    assert "\u202e" in json.dumps(value, ensure_ascii=False)
    assert "\u202e" not in text
    assert "\\u202e" in text


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": LONG, "path": "/etc/passwd", "last": LONG},
        {"inner": {"first": LONG, "path": "/etc/passwd", "last": LONG}},
        {**{f"n{index}": LONG for index in range(30)}, "path": "/etc/passwd"},
        {"list": [LONG] * 500, "path": "/etc/passwd"},
    ],
    ids=["between", "inside", "many", "list"],
)
def test_no_argument_hides_another(arguments: dict[str, object]) -> None:
    text = shown(arguments, most=3000)

    assert '"path": "/etc/passwd"' in text
    assert len(text) < 5000


def test_characters_that_hide_others_are_escapes() -> None:
    hidden = "\u202e\u2066\u200b\u2028\x9b\x7f\xa0\U000e0041"

    text = str(Question(tool="a.b", arguments=shown({"p": hidden}, most=99), description=hidden))

    assert not set(hidden) & set(text)
    assert text.count("\\u202e") == 2
    assert text.isascii()


def test_the_audit_log_has_a_line_for_every_entry(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    log = AuditLog(file)
    for value in (b"x", float("nan"), 10**5000, {"a": datetime.now(UTC)}, LONG, {"p": LONG}):
        log({"arguments": {"x": value}})
    log.close()

    lines = file.read_text().splitlines()
    assert len(lines) == 6
    for line in lines:
        assert len(json.loads(line, parse_constant=pytest.fail)["arguments"]) > 0
