"""Configurations of servers, and rules for their tools."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.mcp.access import LimitError, Rule, Usage, rule_for, rules_of
from compartment_mapper.mcp.catalogue import name_in_code
from compartment_mapper.mcp.config import Address, Command, ServerConfig, read_config
from compartment_mapper.mcp.results import Redaction, size_of


def configs(**servers: object) -> tuple[ServerConfig, ...]:
    return read_config(json.dumps({"mcpServers": servers}).encode(), "mcp.json")


def test_processes_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t")
    files, tickets = configs(
        files={"command": "npx", "args": ["a", "${env:TOKEN}"], "env": {"A": "${NONE:-b}"}},
        tickets={
            "type": "http",
            "url": "https://example.com/mcp",
            "headers": {"Authorization": "Bearer ${TOKEN}"},
            "timeout": 2,
        },
        off={"command": "x", "disabled": True},
    )

    assert files.transport == Command(command="npx", args=("a", "t"), env={"A": "b"})
    headers = {"Authorization": "Bearer t"}
    assert tickets.transport == Address(url="https://example.com/mcp", headers=headers)
    assert tickets.timeout == 2


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ([], "must be an object"),
        ({}, "needs 'command' or 'url', and not both"),
        ({"command": "a", "url": "https://b"}, "needs 'command' or 'url', and not both"),
        ({"command": "a", "arg": []}, "unknown key 'arg'"),
        ({"command": ["a"]}, "command must be a string"),
        ({"command": "a\0b"}, "command must be a string without NUL"),
        ({"command": "a", "args": "b"}, "args must be a list of strings"),
        ({"command": "a", "args": [1]}, "args[0] must be a string"),
        ({"command": "a", "env": {"A": 1}}, 'env["A"] must be a string'),
        (
            {"command": "a", "env": {"A": "${NOT_SET_ANYWHERE}"}},
            "NOT_SET_ANYWHERE, which is not set",
        ),
        ({"command": "a", "timeout": 0}, "timeout must be a number of seconds"),
        ({"command": "a", "timeout": True}, "timeout must be a number of seconds"),
        ({"url": "ftp://a"}, "url must begin with https://"),
        ({"url": "https://a", "type": "sse"}, "has the transport 'sse'"),
        ({"command": "a", "tools": []}, "tools must be an object"),
        ({"command": "a", "tools": {"x": "maybe"}}, "must be one of allow, ask, deny, not 'maybe'"),
        ({"command": "a", "tools": {"x": 1}}, "must be one of allow, ask, deny, or an object"),
        ({"command": "a", "tools": {"x": {"call": 1}}}, "unknown key 'call'"),
        ({"command": "a", "tools": {"x": {"calls": -1}}}, "calls must be a whole number"),
        ({"command": "a", "tools": {"x": {"calls": True}}}, "calls must be a whole number"),
        ({"command": "a", "tools": {"x": {"seconds": 0}}}, "seconds must be a number above 0"),
    ],
)
def test_what_is_wrong_is_named(server: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        configs(one=server)

    (problem,) = caught.value.problems
    assert problem.code == "INVALID_CONFIGURATION"
    assert problem.message.startswith('mcpServers["one"]')
    assert message in problem.message


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"mcpServers": {}}', b"[" * 100000])
def test_files_that_are_no_configuration(content: bytes) -> None:
    with pytest.raises(InputError, match=r"is not JSON|has no servers"):
        read_config(content, "mcp.json")


def test_the_last_matching_rule_decides_part_by_part() -> None:
    rules = rules_of(
        {"*": {"access": "deny", "calls": 5}, "read_*": "allow", "read_all": {"bytes": 9}}, where=""
    )

    assert rule_for("write", rules, is_read_only=True).access == "deny"
    found = rule_for("read_all", rules, is_read_only=False)
    assert (found.access, found.calls, found.bytes) == ("allow", 5, 9)
    odd = rules_of({"a[b]?": "deny", "*\n": "deny"}, where="")
    assert rule_for("a[b]?", odd, is_read_only=True).access == "deny"
    assert rule_for("ab1", odd, is_read_only=True).access == "allow"
    assert rule_for("x\n", odd, is_read_only=True).access == "deny"
    assert rule_for("other", (), is_read_only=True).access == "allow"
    assert rule_for("other", (), is_read_only=False).access == "ask"


def test_limits_hold_for_all_calls_of_a_run() -> None:
    usage, rule = Usage(), Rule(pattern="a", calls=2, bytes=100)
    usage.begin("a", rule, 10)
    usage.receive("a", rule, 10)
    usage.begin("a", rule, 10)
    with pytest.raises(LimitError, match="exchange 100 bytes"):
        usage.receive("a", rule, 90)
    with pytest.raises(LimitError, match="called 2 times"):
        usage.begin("a", rule, 0)
    usage.begin("b", rule, 0)  # each tool has its own


def test_time_passes_while_calls_run_and_after_failures() -> None:
    usage, rule = Usage(), Rule(pattern="a", seconds=0.05)
    with usage.timed("a"), usage.timed("a"), contextlib.suppress(ValueError):
        time.sleep(0.03)
        left = usage.left("a", rule)
        assert left is not None
        assert 0 <= left < 0.03
        raise ValueError
    with usage.timed("a"):
        time.sleep(0.03)

    assert usage.left("a", rule) == 0
    with pytest.raises(LimitError, match="may take"):
        usage.begin("a", rule, 0)


def test_nothing_can_be_sent_without_being_counted() -> None:
    assert size_of([[]] * 100) >= 100
    assert size_of({"n": 10**300}) >= 300


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("plain", [], "plain"),
        ("my-server", ["my_server"], "my_server_2"),
        ("then", [], "_then"),
        ("constructor", [], "_constructor"),
        ("__proto__", [], "proto"),
        ("", [], "tool"),
        ("日本", [], "tool"),
        ("1st", [], "_1st"),
    ],
)
def test_names_in_code_are_identifiers(name: str, taken: list[str], expected: str) -> None:
    assert name_in_code(name, taken) == expected


def test_secrets_are_replaced_everywhere() -> None:
    redaction = Redaction([{"KEY": "secret-value"}, {"Authorization": "Bearer other-secret"}])
    found = redaction.value(
        {
            "secret-value": ["a secret-value", b"x other-secret", 5],
            "n": {"k": "Bearer other-secret"},
        }
    )

    assert "secret" not in repr(found).replace("[KEY]", "").lower().replace("authorization", "")
    assert Redaction([{"SHORT": "1"}]).value("1") == "1"
