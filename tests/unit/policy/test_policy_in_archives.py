"""Policies as an archive carries them, and policy files that are read back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.format import package_policy_from, parse_policy, policy_text
from compartment_mapper.policy.model import Attenuation, PackagePolicy, Policy

_NAMES = st.text(max_size=8)


_PARAMS = st.lists(st.integers() | st.text(max_size=4) | st.booleans(), max_size=3).map(tuple)


_ATTENUATIONS = st.builds(Attenuation, specifier=st.text(min_size=1, max_size=6), params=_PARAMS)


_GRANTS = st.dictionaries(
    _NAMES.filter(lambda name: name != "attenuate" and not name.startswith("node:")),
    st.booleans() | _ATTENUATIONS,
    max_size=4,
)


PACKAGE_POLICIES = st.builds(
    PackagePolicy,
    globals=st.just("any") | _GRANTS | _ATTENUATIONS,
    builtins=st.just("any") | _GRANTS,
    packages=st.just("any")
    | st.dictionaries(_NAMES.filter(lambda n: n != "attenuate"), st.booleans()),
    no_global_freeze=st.booleans(),
    options=st.none() | st.dictionaries(st.text(max_size=3), st.integers(), min_size=1),
    harden=st.none() | st.booleans() | st.just("code"),
    version=st.none() | st.text(max_size=6),
    integrity=st.none() | st.text(max_size=6),
)


@given(PACKAGE_POLICIES)
def test_what_is_written_in_an_archive_is_read_back(policy: PackagePolicy) -> None:
    written = json.loads(json.dumps(policy.to_endo()))

    expected = replace(policy, version=None, integrity=None)
    assert package_policy_from(written, path="policy") == expected


@pytest.mark.parametrize("name", ["write", "load"])
def test_an_attenuator_may_be_called_like_a_grant(name: str) -> None:
    attenuation = Attenuation(specifier=name, params=())
    policy = PackagePolicy(globals=attenuation, builtins={"fs": attenuation})

    assert package_policy_from(policy.to_endo(), path="policy") == policy


def test_empty_parts_are_not_written() -> None:
    assert PackagePolicy().to_dict() == {}
    assert PackagePolicy(globals={"b": True, "a": True}).to_dict() == {
        "globals": {"a": True, "b": True}
    }


def test_a_wrong_package_policy_is_a_sentence() -> None:
    problem = package_policy_from({"globals": 5}, path='compartments["a"].policy')

    assert problem == 'compartments["a"].policy.globals must be an object, got 5'


@given(PACKAGE_POLICIES)
def test_what_an_archive_carries_is_read_back(policy: PackagePolicy) -> None:
    policy = replace(policy, options=None)
    written = json.loads(json.dumps(policy.to_endo()))
    lost = replace(policy, version=None, integrity=None)

    assert package_policy_from(written, path="policy") == lost


_PATHS = st.sampled_from(
    ["fetch", "process", "process.env", "process.env.A", "process.kill", "crypto.subtle"]
)


_BUILTIN_PATHS = st.sampled_from(["fs", "fs.stat", "fs.promises.stat", "os", "os.cpus", "vm"])


FILE_POLICIES = st.builds(
    PackagePolicy,
    globals=st.dictionaries(_PATHS, st.sampled_from([True, False, "write"])),
    builtins=st.dictionaries(_BUILTIN_PATHS, st.sampled_from([True, False, "load"])),
    packages=st.dictionaries(_NAMES.filter(lambda n: n != "attenuate"), st.booleans()),
    harden=st.none() | st.booleans() | st.just("code"),
    version=st.none() | st.text(max_size=6),
    reasons=st.just({}) | st.just({("globals", "fetch"): "a.js:1"}),
)


@given(FILE_POLICIES, st.dictionaries(st.text(max_size=4).map(CanonicalName), FILE_POLICIES))
def test_a_policy_file_is_read_back(
    entry: PackagePolicy, resources: dict[CanonicalName, PackagePolicy]
) -> None:
    policy = Policy(entry=entry, resources=resources, harmless=True)
    text = policy_text(policy)

    assert parse_policy(text.encode(), file="policy.json") == policy
    read = parse_policy(text.encode(), file="policy.json")
    assert isinstance(read, Policy)
    assert policy_text(read) == text


def test_a_policy_file_has_one_grant_a_line() -> None:
    a = PackagePolicy(
        version="1.0.0",
        globals={"fetch": True, "process.exitCode": "write"},
        builtins={"fs.stat": True},
        reasons={("globals", "fetch"): "a.js:3"},
    )
    policy = Policy(entry=PackagePolicy(), resources={CanonicalName("a"): a}, harmless=True)

    assert policy_text(policy).splitlines() == [
        "{",
        '  "harmless": true,',
        '  "entry": {},',
        '  "resources": {',
        '    "a": {',
        '      "version": "1.0.0",',
        '      "globals": {',
        '        "fetch": { "grant": true, "why": "a.js:3" },',
        '        "process.exitCode": "write"',
        "      },",
        '      "builtins": {',
        '        "fs.stat": true',
        "      }",
        "    }",
        "  }",
        "}",
    ]


def test_our_own_words_stand_in_the_options_of_an_archive() -> None:
    own = PackagePolicy(
        globals={"a": "write", "b": True, "c": "write"},
        builtins={"fs": "load", "os": True, "net": "load"},
        packages={"p": True},
        options={"x": 1},
        harden="code",
        version="1",
        integrity="i",
    )

    assert own.to_endo() == {
        "globals": {"a": True, "b": True, "c": True},
        "builtins": {"os": True},
        "packages": {"p": True},
        "options": {"x": 1, "harden": "code", "writes": ["a", "c"], "loads": ["fs", "net"]},
    }
    assert own.options == {"x": 1}
    assert PackagePolicy(builtins={"fs": "load"}).to_endo() == {"options": {"loads": ["fs"]}}
    assert PackagePolicy(harden=False).to_endo() == {"options": {"harden": False}}
    assert PackagePolicy(builtins="any", globals="any").to_endo() == {
        "builtins": "any",
        "globals": "any",
    }
    assert PackagePolicy(options=5).to_endo() == {"options": 5}
    assert package_policy_from(own.to_endo(), path="policy") == replace(
        own, version=None, integrity=None
    )


def test_each_field_is_written() -> None:
    own = PackagePolicy(
        globals={"b": True, "a": Attenuation(specifier="x", params=(1,))},
        no_global_freeze=True,
        options={"x": 1},
        harden=False,
        version="1",
        integrity="i",
    )

    assert own.to_dict() == {
        "version": "1",
        "integrity": "i",
        "harden": False,
        "globals": {"a": {"attenuate": "x", "params": [1]}, "b": True},
        "noGlobalFreeze": True,
        "options": {"x": 1},
    }
    assert PackagePolicy(globals="any").decision("globals", "fetch") == ("any", True)
