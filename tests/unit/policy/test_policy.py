"""None"""

from __future__ import annotations

import json

import pytest

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.format import parse_policy
from compartment_mapper.policy.model import Attenuation, Grant, PackagePolicy, Policy


def parsed(value: object) -> Policy:
    found = parse_policy(json.dumps(value).encode(), file="policy.json")
    assert isinstance(found, Policy), found
    return found


def refused(value: object) -> Diagnostic:
    found = parse_policy(json.dumps(value).encode(), file="policy.json")
    assert isinstance(found, Diagnostic), found
    assert found.code == "INVALID_POLICY"
    return found


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ([], "the policy must be an object, got []", ""),
        ({"entries": {}}, "the policy has an unknown key 'entries'", "did you mean 'entry'?"),
        (
            {"zzz": {}},
            "the policy has an unknown key 'zzz'",
            "known keys: $schema, harmless, defaultAttenuator, entry, resources, installScripts",
        ),
        ({"entry": 5}, "entry must be an object, got 5", ""),
        ({"entry": {"gloabls": {}}}, "entry has an unknown key 'gloabls'",
         "did you mean 'globals'?"),
        ({"entry": {"globals": "all"}}, 'entry.globals must be an object, got "all"', ""),
        (
            {"entry": {"globals": {"fetch": "yes"}}},
            'entry.globals["fetch"] must be true, false, "write", a scope or an attenuation, got "yes"',
            "",
        ),
        (
            {"resources": {"a>b": {"builtins": {"fs": 1}}}},
            'resources["a>b"].builtins["fs"] must be true, false, "load", a scope or an attenuation, got 1',
            "",
        ),
        ({"resources": []}, "resources must be an object, got []", ""),
        ({"resources": {"a": None}}, 'resources["a"] must be an object, got null', ""),
        (
            {"entry": {"noGlobalFreeze": "no"}},
            'entry.noGlobalFreeze must be true or false, got "no"',
            "",
        ),
        (
            {"entry": {"builtins": {"fs": {"attenuate": 1}}}},
            'entry.builtins["fs"].attenuate must be a specifier, got 1',
            "",
        ),
        (
            {"entry": {"builtins": {"fs": {"attenuate": "a", "params": "x"}}}},
            'entry.builtins["fs"].params must be a list, got "x"',
            "",
        ),
        (
            {"entry": {"builtins": {"fs": {"attenuate": "a", "parms": []}}}},
            "entry.builtins[\"fs\"] has an unknown key 'parms'",
            "did you mean 'params'?",
        ),
        ({"defaultAttenuator": ""}, 'defaultAttenuator must be a specifier, got ""', ""),
        ({"entry": {"globals": [1]}}, "entry.globals: a list of parameters requires a defaultAttenuator", ""),
        ({"entry": {"packages": {"attenuate": "a"}}}, "entry.packages cannot be attenuated", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_the_path_of_its_key(value: object, message: str, hint: str) -> None:
    problem = refused(value)

    assert (problem.message, problem.hint) == (message, hint)
    assert str(problem.place) == "policy.json"


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(refused({"entry": {"globals": "y" * 500}}).message) < 120


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": 1,}'], ids=lambda text: str(text[:8])
)
def test_invalid_json_is_rejected(text: bytes) -> None:
    found = parse_policy(text, file="policy.json")

    assert isinstance(found, Diagnostic)
    assert found.code == "INVALID_POLICY"
    assert found.message.startswith("not JSON: ")


def test_grants_are_read() -> None:
    policy = parsed(
        {
            "entry": {"globals": "any", "builtins": {"fs": True, "os": False}, "packages": "any"},
            "resources": {"a": {"globals": {"process.env": True}, "noGlobalFreeze": True}},
        }
    )

    assert policy.entry == PackagePolicy(
        globals="any", builtins={"fs": True, "os": False}, packages="any"
    )
    assert policy.of(CanonicalName("a")) == PackagePolicy(
        globals={"process.env": True}, no_global_freeze=True
    )
    assert policy.of(CanonicalName("$root$")) is policy.entry


def test_a_package_that_is_not_named_gets_nothing() -> None:
    assert parsed({}).of(CanonicalName("a")) == PackagePolicy()


def test_names_of_object_prototype_are_names_like_others() -> None:
    names = ["__proto__", "constructor", "toString", "hasOwnProperty"]

    policy = parsed({"entry": {"globals": {"__proto__": True}}, "resources": {"__proto__": {}}})

    assert policy.entry.allows("globals", "__proto__")
    assert not any(policy.entry.allows("builtins", name) for name in names)
    assert policy.resources.keys() == {"__proto__"}


@pytest.mark.parametrize(
    ("value", "specifiers"),
    [
        ({"entry": {"builtins": {"fs": {"attenuate": "./a.js", "params": [1]}}}}, ["./a.js"]),
        ({"entry": {"globals": {"attenuate": "b"}}}, ["b"]),
        ({"entry": {"globals": [1]}, "defaultAttenuator": "d"}, ["d"]),
        ({"resources": {"a": {"globals": {"x": ["p"]}}}, "defaultAttenuator": "d"}, ["d"]),
        ({"entry": {"globals": {"x": True}}, "defaultAttenuator": "d"}, []),
    ],
)
def test_attenuators_are_known(value: object, specifiers: list[str]) -> None:
    assert parsed(value).attenuators() == specifiers


@pytest.mark.parametrize(
    ("granted", "path", "expected"),
    [
        ({"process": True}, "process", True),
        ({"process": True}, "process.env.HOME", True),
        ({"process.env": True}, "process.env.HOME", True),
        ({"process.env": True}, "process", False),
        ({"process.env": True}, "process.environment", False),
        ({"process": False}, "process", False),
        ({"process": True, "process.env": False}, "process.env", False),
        ({"process": True, "process.env": False}, "process.env.HOME", False),
        ({"process": False, "process.env": True}, "process.env.HOME", True),
        ({"process": True}, "process.kill", False),
        ({"process": True, "process.kill": True}, "process.kill", True),
        ("any", "whatever", True),
        ({}, "fetch", False),
        (Attenuation(specifier="a", params=()), "fetch", True),
        ({"fetch": Attenuation(specifier="a", params=())}, "fetch", True),
    ],
)
def test_a_grant_covers_what_its_object_holds(
    granted: dict[str, Grant], path: str, *, expected: bool
) -> None:
    assert PackagePolicy(globals=granted).allows("globals", path) is expected


@pytest.mark.parametrize(
    ("builtins", "expected"),
    [
        ({"fs.stat": True}, True),
        ({"fs.stat": False, "fs.open": True}, True),
        ({"fs": False, "fs.stat": True}, True),
        ({"fs.stat": False}, False),
        ({"fs.stat": False, "fs.promises.open": False}, False),
        ({"fs": False}, False),
        ({"fsx.stat": True, "f": True}, False),
        ({}, False),
    ],
)
def test_a_builtin_is_loaded_for_any_member_that_is_granted(
    builtins: dict[str, Grant], *, expected: bool
) -> None:
    policy = PackagePolicy(builtins=builtins)

    assert policy.allows("builtins", "fs", load=True) is expected
    assert not policy.allows("builtins", "fs")


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (
            {"entry": {"builtins": {"sf": True}}},
            "entry.builtins[\"sf\"]: there is no builtin 'sf'",
            "",
        ),
        (
            {"entry": {"builtins": {"crypt.x": True}}},
            "entry.builtins[\"crypt.x\"]: there is no builtin 'crypt'",
            "did you mean 'crypto'?",
        ),
        (
            {"entry": {"globals": {"fetchh": True}}},
            "entry.globals[\"fetchh\"]: there is no global 'fetchh'",
            "did you mean 'fetch'?",
        ),
        (
            {"entry": {"builtins": {"fs": True, "node:fs": False}}},
            "entry.builtins[\"node:fs\"]: 'fs' has two different grants",
            "",
        ),
        ({"entry": {"harden": 1}}, 'entry.harden must be true, false or "code", got 1', ""),
        ({"entry": {"version": 1}}, "entry.version must be a string, got 1", ""),
        (
            {"entry": {"globals": {"fetch": {"why": "x"}}}},
            "entry.globals[\"fetch\"] must have a 'grant'",
            "",
        ),
        (
            {"entry": {"globals": {"fetch": {"grant": True, "wy": "x"}}}},
            "entry.globals[\"fetch\"] has an unknown key 'wy'",
            "did you mean 'why'?",
        ),
        (
            {"entry": {"builtins": {"fs": "write"}}},
            'entry.builtins["fs"] must be true, false, "load", a scope or an attenuation, got "write"',
            "",
        ),
    ],
)
def test_a_name_that_no_host_has_is_a_mistake(value: object, message: str, hint: str) -> None:
    problem = refused(value)

    assert (problem.message, problem.hint) == (message, hint)


@pytest.mark.parametrize(
    "text",
    [b'{"resources": {"\\ud800": {}}}', b'{"resources": {"a": {"version": "\\udfff"}}}'],
)
def test_a_lone_surrogate_is_a_mistake(text: bytes) -> None:
    problem = parse_policy(text, file="policy.json")

    assert isinstance(problem, Diagnostic)
    assert "lone surrogate" in problem.message


def test_a_surrogate_pair_is_a_character() -> None:
    policy = parse_policy(
        b'{"resources": {"\\ud83d\\ude00": {"globals": {"fetch": true}}}}', file="f"
    )

    assert isinstance(policy, Policy)
    assert list(policy.resources) == ["\U0001f600"]


def test_a_key_that_stands_twice_is_a_mistake() -> None:
    found = parse_policy(b'{"entry": {}, "entry": {"globals": "any"}}', file="policy.json")

    assert isinstance(found, Diagnostic)
    assert found.message == "duplicate key 'entry' in an object"


@pytest.mark.parametrize("grant", ["write", {"grant": True, "why": "a.js:1"}])
def test_what_was_inferred_may_be_nearly_called_as_a_global_of_the_host(grant: object) -> None:
    assert parsed({"entry": {"globals": {"fetchh": grant}}}).entry.allows("globals", "fetchh")
