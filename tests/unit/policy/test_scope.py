"""Scopes of grants: their form, and that none widens by merging or restricting."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compartment_mapper.authority.table import Part
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.diff import diff_policies
from compartment_mapper.policy.format import package_policy_from, parse_policy, policy_text
from compartment_mapper.policy.merge import merge_policies, restrict_policy
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.policy.scope import Scope, scope_of

A = CanonicalName("a")

HOSTS = [
    *("*", "*:443", "example.org", "example.org:443", "a.example.org", "*.example.org"),
    *("*.a.example.org:443", "localhost", "10.0.0.0/8", "10.1.0.0/16:53", "10.1.2.3", "8.8.8.8"),
    *("::1", "[::1]:80", "fd00::/8", "2606:4700::/32", "[2606:4700::]/32:443"),
]
PATHS = [
    *("./**", "./data/**", "./data/*", "./data/a.txt", "./data/?.txt", "./data/**/log", "/**"),
    *("/etc/hosts", "$TMP/**", "$TMP/a-*/**", "$HOME/.config/*", "./*/a.txt"),
]
ARGS = [("**",), ("status",), ("log", "*"), ("log", "**"), ("log", "-1"), ()]
VARIABLES = ["*", "AWS_*", "AWS_KEY", "HOME", "A*"]


def _lists(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=4, unique=True)
    return chosen.map(lambda found: tuple(sorted(found)))


HOST_SCOPES = st.builds(Scope, kind=st.just("hosts"), hosts=_lists(HOSTS))
PATH_SCOPES = st.builds(
    Scope, kind=st.just("paths"), read=_lists(PATHS), write=_lists(PATHS) | st.just(())
)
PROGRAM_SCOPES = st.builds(
    Scope,
    kind=st.just("programs"),
    programs=_lists(["git", "node", "/usr/bin/env"]),
    args=st.none() | st.lists(st.sampled_from(ARGS), max_size=3, unique=True).map(tuple),
    env=_lists(VARIABLES) | st.just(()),
)
PAIRS = st.one_of(
    st.tuples(HOST_SCOPES, HOST_SCOPES),
    st.tuples(PATH_SCOPES, PATH_SCOPES),
    st.tuples(PROGRAM_SCOPES, PROGRAM_SCOPES),
)


@given(PAIRS)
def test_an_intersection_is_in_both_scopes(pair: tuple[Scope, Scope]) -> None:
    one, other = pair
    both = one.within(other)

    assert one.covers(both)
    assert other.covers(both)


@given(PAIRS)
def test_an_intersection_has_what_one_scope_has_of_the_other(pair: tuple[Scope, Scope]) -> None:
    one, other = pair

    assert one.covers(one)
    if one.covers(other):
        assert one.within(other).covers(other)


@given(HOST_SCOPES, HOST_SCOPES, HOST_SCOPES)
def test_covering_is_transitive(a: Scope, b: Scope, c: Scope) -> None:
    if a.covers(b) and b.covers(c):
        assert a.covers(c)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("*", "example.org:443"),
        ("*", "8.8.8.8"),
        ("*.example.org", "a.example.org"),
        ("*.example.org", "*.a.example.org:443"),
        ("10.0.0.0/8", "10.1.0.0/16:53"),
        ("::1", "[::1]:80"),
    ],
)
def test_hosts_that_a_pattern_covers(one: str, other: str) -> None:
    assert _hosts(one).covers(_hosts(other))
    assert not _hosts(other).covers(_hosts(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("*", "localhost"),
        ("*", "a.localhost"),
        ("*", "10.1.2.3"),
        ("*", "0.0.0.0/0"),
        ("*", "::1"),
        ("*.example.org", "example.org"),
        ("*.example.org", "badexample.org"),
        ("example.org", "example.org.evil.com"),
        ("10.0.0.0/8", "a.example.org"),
        ("127.0.0.1", "localhost"),
        ("example.org:443", "example.org"),
        ("example.org:443", "example.org:80"),
    ],
)
def test_hosts_that_a_pattern_does_not_cover(one: str, other: str) -> None:
    assert not _hosts(one).covers(_hosts(other))


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        ("./data/**", "./data", True),
        ("./data/**", "./data/a/b", True),
        ("./data/*", "./data/a/b", False),
        ("./data/*", "./data", False),
        ("./**", "/etc/hosts", False),
        ("/**", "./data", False),
        ("./**/log", "./a/**/log", True),
        ("./a/**/log", "./**/log", False),
        ("./data/a*", "./data/abc", True),
        ("./data/a*", "./data/**", False),
        ("./data/?.txt", "./data/a.txt", True),
    ],
)
def test_paths(one: str, other: str, *, covers: bool) -> None:
    scopes = [Scope(kind="paths", read=(each,)) for each in (one, other)]

    assert scopes[0].covers(scopes[1]) is covers


def _hosts(*patterns: str) -> Scope:
    return Scope(kind="hosts", hosts=patterns)


@pytest.mark.parametrize(
    ("part", "path", "value", "problem"),
    [
        ("globals", "fetch", {"hosts": ["https://a.example"]}, "is not a host"),
        ("globals", "fetch", {"hosts": ["a.example/x"]}, "is not a host"),
        ("globals", "fetch", {"hosts": ["A.example"]}, "write 'a.example'"),
        ("globals", "fetch", {"hosts": ["a.example."]}, "write 'a.example'"),
        ("globals", "fetch", {"hosts": ["bücher.example"]}, "'xn--bcher-kva.example'"),
        ("globals", "fetch", {"hosts": ["127.1"]}, "is not a host"),
        ("globals", "fetch", {"hosts": ["0x7f.1"]}, "is not a host"),
        ("globals", "fetch", {"hosts": ["127.0.0.01"]}, "not an address"),
        ("globals", "fetch", {"hosts": ["10.0.0.1/8"]}, "not an address"),
        ("globals", "fetch", {"hosts": ["::ffff:127.0.0.1"]}, "write the IPv4 address"),
        ("globals", "fetch", {"hosts": ["0:0::1"]}, "write '::1'"),
        ("globals", "fetch", {"hosts": ["a.example:0"]}, "a port is a number"),
        ("globals", "fetch", {"hosts": ["a.example:99999"]}, "a port is a number"),
        ("globals", "fetch", {"hosts": ["a*.example"]}, "is not a host"),
        ("globals", "fetch", {"hosts": "a.example"}, "must be a list of strings"),
        ("globals", "fetch", {"hosts": [], "paths": []}, "'paths' does not belong"),
        ("globals", "crypto", {"hosts": ["a.example"]}, "has no scope"),
        ("builtins", "http.createServer", {"hosts": ["a.example"]}, "Agent, get, globalAgent"),
        ("builtins", "fs", {"paths": ["data/**"]}, "must start with one of"),
        ("builtins", "fs", {"paths": ["./../x"]}, "no '.', '..'"),
        ("builtins", "fs", {"paths": ["./a//b"]}, "no '.', '..'"),
        ("builtins", "fs", {"paths": ["./a**"]}, "must be a whole name"),
        ("builtins", "fs", {"paths": ["./"]}, "write './**'"),
        ("builtins", "fs", {"paths": ["./a\\b"]}, "separate folders by '/'"),
        ("builtins", "fs", {"paths": ["./a"], "read": ["./b"]}, "stands for both"),
        ("builtins", "fs.watch", {"paths": ["./a"]}, "has no scope"),
        ("builtins", "child_process", {"programs": ["../git"]}, "must be a name on the PATH"),
        ("builtins", "child_process", {"programs": ["git"], "args": ["x"]}, "argument lists"),
        ("builtins", "child_process", {"programs": ["git"], "args": [["**", "x"]]}, "the last"),
        ("builtins", "child_process", {"programs": ["git"], "env": ["A=B"]}, "name of a variable"),
        ("builtins", "child_process.exec", {"programs": ["git"]}, "has no scope"),
    ],
)
def test_a_scope_with_a_mistake(
    part: Part, path: str, value: dict[str, object], problem: str
) -> None:
    found = scope_of(value, part, path)

    assert isinstance(found, str)
    assert problem in found


def _policy(**parts: object) -> Policy:
    text = json.dumps({"entry": {}, "resources": {"a": parts}})
    found = parse_policy(text.encode(), file="policy.json")
    assert isinstance(found, Policy), found
    return found


GRANTS = {
    "globals": {"fetch": {"grant": {"hosts": ["b.example", "a.example"]}, "why": "x.js:1"}},
    "builtins": {
        "child_process.spawn": {"programs": ["git"], "args": [["status"]], "env": ["GIT_*"]},
        "fs": {"read": ["./**"], "write": ["$TMP/**"]},
        "fs.readFile": {"paths": ["./data/**"]},
    },
}


def test_a_policy_with_scopes_is_read_back() -> None:
    policy = _policy(**GRANTS)

    text = policy_text(policy)

    assert '"fetch": { "grant": {"hosts": ["a.example", "b.example"]}, "why": "x.js:1" }' in text
    assert parse_policy(text.encode(), file="policy.json") == policy


def test_an_archive_has_scopes_apart_from_the_grants() -> None:
    own = _policy(**GRANTS).resources[A]

    stored = own.to_endo()

    assert "globals" not in stored
    assert "builtins" not in stored
    assert package_policy_from(stored, path="policy") == own


def test_a_scope_that_allows_nothing_is_a_mistake() -> None:
    text = json.dumps({"entry": {"globals": {"fetch": {"hosts": []}}}})
    found = parse_policy(text.encode(), file="policy.json")

    assert isinstance(found, Diagnostic)
    assert (found.message, found.hint) == ('entry.globals["fetch"] allows nothing', "write false")


def _restricted(one: Mapping[str, object], other: Mapping[str, object]) -> PackagePolicy:
    return restrict_policy(_policy(**one), _policy(**other), [A]).resources[A]


@pytest.mark.parametrize(
    ("one", "other", "left"),
    [
        (True, {"hosts": ["a.example"]}, {"hosts": ["a.example"]}),
        ({"hosts": ["*.example"]}, {"hosts": ["a.example:80"]}, {"hosts": ["a.example:80"]}),
        ({"hosts": ["b.example"]}, {"hosts": ["a.example"]}, False),
        ({"hosts": ["b.example"]}, False, False),
        ("write", {"hosts": ["a.example"]}, {"hosts": ["a.example"]}),
    ],
)
def test_restricting_intersects_scopes(one: object, other: object, left: object) -> None:
    found = _restricted({"globals": {"fetch": one}}, {"globals": {"fetch": other}})
    back = _restricted({"globals": {"fetch": other}}, {"globals": {"fetch": one}})

    assert found.to_dict() == back.to_dict() == {"globals": {"fetch": left}}


def test_restricting_a_builtin_by_its_member() -> None:
    found = _restricted(
        {"builtins": {"fs": {"paths": ["./**"]}}},
        {"builtins": {"fs.readFile": {"paths": ["./data/**", "/etc/hosts"]}}},
    )

    assert found.to_dict()["builtins"] == {
        "fs": "load",
        "fs.readFile": {"paths": ["./data/**"]},
    }


def test_an_override_replaces_a_scope() -> None:
    base = _policy(builtins={"fs.readFile": {"paths": ["./a"]}, "net": {"hosts": ["a.example"]}})
    override = _policy(builtins={"fs": {"read": ["./b"]}, "net": False})

    merged = merge_policies(base, override).resources[A]

    assert merged.to_dict()["builtins"] == {"fs": {"read": ["./b"]}, "net": False}


def test_a_wider_scope_is_a_difference() -> None:
    old = _policy(globals={"fetch": {"hosts": ["*.example"]}})
    narrow = _policy(globals={"fetch": {"hosts": ["a.example"]}})
    whole = _policy(globals={"fetch": True})

    assert diff_policies(narrow, narrow).authority == ()
    (wider,) = (c for c in diff_policies(narrow, old).authority if c.kind == "added")
    assert wider.grant == "hosts: *.example"
    assert diff_policies(old, narrow).authority == diff_policies(whole, narrow).authority == ()
    assert [c.kind for c in diff_policies(old, whole).authority] == ["added"]


@pytest.mark.parametrize("whole", [True, {"paths": ["./**"]}])
def test_the_loss_of_a_narrower_scope_is_a_difference(whole: object) -> None:
    old = _policy(builtins={"fs": whole, "fs.writeFile": {"paths": ["./data/**"]}})
    new = _policy(builtins={"fs": whole})

    assert [(c.kind, c.path) for c in diff_policies(old, new).authority] == [
        ("added", "fs.writeFile")
    ]
    assert [(c.kind, c.path) for c in diff_policies(new, old).authority] == [
        ("removed", "fs.writeFile")
    ]


def test_the_loss_of_an_equal_scope_is_none() -> None:
    old = _policy(builtins={"fs": {"paths": ["./**"]}, "fs.writeFile": {"paths": ["./**"]}})

    assert diff_policies(old, _policy(builtins={"fs": {"paths": ["./**"]}})).authority == ()


@pytest.mark.parametrize("path", ["fs.symlink", "http.createServer"])
def test_a_member_that_can_have_no_scope_is_not_in_that_of_its_builtin(path: str) -> None:
    scopes = {"fs": {"paths": ["./**"]}, "http": {"hosts": ["*"]}}
    found = _restricted({"builtins": scopes}, {"builtins": {path: True}})

    assert found.to_dict()["builtins"] == {path.partition(".")[0]: "load", path: False}


def test_variables_by_their_beginning() -> None:
    granted = {"process.env.AWS_*": True, "process.env.AWS_SECRET": False}
    own = _policy(globals=granted).resources[A]

    assert own.allows("globals", "process.env.AWS_REGION")
    assert not own.allows("globals", "process.env.AWS_SECRET")
    assert not own.allows("globals", "process.env.HOME")
    assert not own.allows("globals", "process.env")


def test_an_override_denies_variables_by_their_beginning() -> None:
    base = _policy(globals={"process.env.AWS_KEY": True})
    override = _policy(globals={"process.env.AWS_*": False})

    assert not merge_policies(base, override).resources[A].allows("globals", "process.env.AWS_KEY")


def test_restricting_variables_by_their_beginning() -> None:
    one = {"globals": {"process.env.AWS_*": True}}
    other = {"globals": {"process.env.AWS_KEY": True, "process.env.HOME": True}}

    assert _restricted(one, other).to_dict() == {"globals": {"process.env.AWS_KEY": True}}
    assert _restricted(other, one).to_dict() == {"globals": {"process.env.AWS_KEY": True}}


@pytest.mark.parametrize("name", ["fetch*", "process.*", "process.env.*_KEY", "process.env*"])
def test_other_patterns_are_mistakes(name: str) -> None:
    found = parse_policy(json.dumps({"entry": {"globals": {name: True}}}).encode(), file="p.json")

    assert isinstance(found, Diagnostic)
    assert "'*' is allowed only at the end of the name of a variable" in found.message
