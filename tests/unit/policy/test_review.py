"""What changed besides capabilities, between two policies."""

from __future__ import annotations

import json

import pytest

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.policy.format import parse_policy, policy_text
from compartment_mapper.policy.merge import merge_policies
from compartment_mapper.policy.model import Policy
from compartment_mapper.policy.review import SIGNS, review_changes
from compartment_mapper.records.codec import _SIGNS as SCANNED


def parsed(value: object) -> Policy:
    found = parse_policy(json.dumps(value).encode(), file="policy.json")
    assert isinstance(found, Policy), found
    return found


STATE = {
    "harmless": True,
    "entry": {},
    "resources": {
        "a": {"version": "1.0.0", "entryPoints": ["index"], "signs": {"eval": 2, "minified": 1}},
        "old": {"version": "1.0.0"},
    },
    "installScripts": {
        "a": {
            "version": "1.0.0",
            "scripts": {"install": {"command": "node x.js", "integrity": "sha512-x"}},
            "run": True,
        }
    },
}


def with_package(name: str, **fields: object) -> dict[str, object]:
    return {**STATE, "resources": {**STATE["resources"], name: fields}}  # type: ignore[dict-item]


def test_every_sign_has_words() -> None:
    assert {str(name) for name in SCANNED} | {"unlisted-file", "entry-points"} == {*SIGNS}


def test_a_policy_file_records_signs_and_install_scripts() -> None:
    policy = parsed(STATE)
    text = policy_text(policy)

    assert parse_policy(text.encode(), file="p") == policy
    assert '"entryPoints": ["index"]' in text
    assert '"signs": {"eval": 2, "minified": 1}' in text
    assert '        "install": { "command": "node x.js", "integrity": "sha512-x" }\n' in text


@pytest.mark.parametrize(
    ("fields", "signs"),
    [
        ({"entryPoints": ["index"], "signs": {"eval": 2, "minified": 1}}, []),
        ({"entryPoints": ["index"], "signs": {"eval": 1}}, []),
        ({"entryPoints": ["index"], "signs": {"eval": 3}}, ["eval"]),
        ({"entryPoints": ["index"], "signs": {"minified": 9}}, []),
        ({"entryPoints": ["index"], "signs": {"obfuscated": 1}}, ["obfuscated"]),
        ({"entryPoints": ["cli", "index"]}, ["entry-points"]),
        ({"entryPoints": []}, []),
        ({}, []),
    ],
)
def test_a_sign_in_more_places_is_a_change(fields: dict[str, object], signs: list[str]) -> None:
    found = review_changes(parsed(STATE), parsed(with_package("a", **fields)))

    assert [change.sign for change in found.signs] == signs
    assert found.failing == ()


def test_all_signs_of_a_new_package_are_changes() -> None:
    new = with_package("b", entryPoints=["index"], signs={"eval": 1})

    found = review_changes(parsed(STATE), parsed(new))

    assert [(change.package, change.text) for change in found.signs] == [
        ("b", "evaluates text as code")
    ]


def test_a_policy_without_records_is_not_compared() -> None:
    old = parsed({"resources": {"a": {"version": "1.0.0"}, "old": {}}})

    assert review_changes(old, parsed(STATE)).signs == ()
    assert review_changes(old, parsed(STATE)).scripts == ()
    new = with_package("old", entryPoints=["index"], signs={"eval": 1})
    assert review_changes(parsed(STATE), parsed(new)).signs == ()


def test_entry_points_are_shown_on_demand() -> None:
    new = with_package("a", entryPoints=["cli", "index"], signs={"eval": 3})
    found = review_changes(parsed(STATE), parsed(new))

    assert [change.sign for change in found.visible(every=False)] == ["eval"]
    assert [change.text for change in found.visible(every=True)] == [
        "evaluates text as code (3 places, 2 before)",
        "has new entry points: cli",
    ]


def scripts(**events: str) -> dict[str, object]:
    own = {
        event: {"command": value, "integrity": f"sha512-{value}"} for event, value in events.items()
    }
    return {"installScripts": {"a": {"scripts": own}}}


@pytest.mark.parametrize(
    ("old", "new", "changes", "failing"),
    [
        (scripts(), scripts(install="x"), [("added", "install", "x")], 1),
        (scripts(install="x"), scripts(install="y"), [("changed", "install", "y")], 1),
        (scripts(install="x"), scripts(), [("removed", "install", "x")], 0),
        (scripts(install="x"), {"installScripts": {}}, [("removed", "install", "x")], 0),
        ({"installScripts": {}}, scripts(install="x"), [("added", "install", "x")], 1),
        (scripts(install="x"), scripts(install="x"), [], 0),
        ({}, scripts(install="x"), [], 0),
    ],
)
def test_new_and_changed_install_scripts_fail(
    old: object, new: object, changes: list[tuple[str, str, str]], failing: int
) -> None:
    found = review_changes(parsed(old), parsed(new))

    assert [(change.kind, change.event, change.command) for change in found.scripts] == changes
    assert len(found.failing) == failing


def test_an_override_decides_about_recorded_scripts() -> None:
    override = parsed({"installScripts": {"a": {"run": False}, "b": {"run": True}}})

    merged = merge_policies(parsed(STATE), override)

    assert merged.install_scripts is not None
    a = parsed(STATE).install_scripts
    assert a is not None
    for name, own in merged.install_scripts.items():
        assert own.run is (name == "b")
        assert own.scripts == (a[name].scripts if name == "a" else {})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"installScripts": []}, "installScripts must be an object, got []"),
        (
            {"installScripts": {"a": {"run": "yes"}}},
            'installScripts["a"].run must be true or false, got "yes"',
        ),
        (
            {"installScripts": {"a": {"scripts": {"install": {"command": "x"}}}}},
            "installScripts[\"a\"].scripts.install must have a 'command' and an 'integrity'",
        ),
        (
            {"installScripts": {"a": {"scripts": {"test": {}}}}},
            "installScripts[\"a\"].scripts has an unknown key 'test'",
        ),
        (
            {"resources": {"a": {"signs": {"eval": -1}}}},
            'resources["a"].signs["eval"] must be a number, got -1',
        ),
        (
            {"resources": {"a": {"signs": {"eval": True}}}},
            'resources["a"].signs["eval"] must be a number, got true',
        ),
        (
            {"resources": {"a": {"entryPoints": "index"}}},
            'resources["a"].entryPoints must be a list of files, got "index"',
        ),
    ],
)
def test_a_mistake_in_the_record_is_named(value: object, message: str) -> None:
    found = parse_policy(json.dumps(value).encode(), file="policy.json")

    assert isinstance(found, Diagnostic)
    assert found.message == message
