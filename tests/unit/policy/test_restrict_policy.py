"""Restricting a grant by another policy: case by case."""

from __future__ import annotations

import pytest

from compartment_mapper.authority.table import Part
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.merge import merge_policies, restrict_policy
from compartment_mapper.policy.model import Attenuation, Grant, Grants, PackagePolicy, Policy

A = CanonicalName("a")
ONE = Attenuation(specifier="one", params=(1,))
TWO = Attenuation(specifier="two", params=())


def restricted(part: Part, grants: Grants, limits: Grants, *, harmless: bool = False) -> Grants:
    """Return the remaining grants of *grants* restricted by *limits*, for a package."""
    policy = Policy(entry=PackagePolicy(), resources={A: PackagePolicy().with_grants(part, grants)})
    within = Policy(
        entry=PackagePolicy(),
        resources={A: PackagePolicy().with_grants(part, limits)},
        harmless=harmless,
    )
    return restrict_policy(policy, within, [A]).of(A).grants_of(part)


@pytest.mark.parametrize(
    ("grants", "limits", "left"),
    [
        # Writing requires more than reading.
        ({"process.exitCode": "write"}, {"process.exitCode": True}, {"process.exitCode": True}),
        ({"process.exitCode": True}, {"process.exitCode": "write"}, {"process.exitCode": True}),
        (
            {"process.exitCode": "write"},
            {"process.exitCode": "write"},
            {"process.exitCode": "write"},
        ),
        ({"process.exitCode": "write"}, "any", {"process.exitCode": "write"}),
        ({"process.exitCode": "write"}, {"process": True}, {"process.exitCode": "write"}),
        ("any", {"process.exitCode": "write"}, {"process.exitCode": "write"}),
        ("any", "any", "any"),
        ("any", {}, {}),
        ({}, "any", {}),
        # A denial by either policy applies, and separate members stay separate.
        ({"fetch": True}, {"fetch": False}, {"fetch": False}),
        ({"fetch": False}, {"fetch": True}, {"fetch": False}),
        ({"fetch": True}, {}, {}),
        ({"process.env": True}, {"process.env.A": True}, {"process.env.A": True}),
        ({"process.env.A": True}, {"process.env": True}, {"process.env.A": True}),
        (
            {"process.env": True, "process.env.B": False},
            {"process.env": True},
            {"process.env": True, "process.env.B": False},
        ),
        (
            {"process.env": True},
            {"process.env": True, "process.env.B": False},
            {"process.env": True, "process.env.B": False},
        ),
        # A critical member never comes with its object.
        ({"process": True}, {"process.kill": True}, {}),
        ({"process.kill": True}, {"process": True}, {}),
        ({"process.kill": True}, {"process.kill": True}, {"process.kill": True}),
        # Two functions cannot be compared.
        ({"fetch": ONE}, {"fetch": ONE}, {"fetch": ONE}),
        ({"fetch": ONE}, {"fetch": TWO}, {}),
        ({"fetch": ONE}, {"fetch": True}, {"fetch": ONE}),
        ({"fetch": True}, {"fetch": ONE}, {"fetch": ONE}),
        ({"fetch": ONE}, "any", {"fetch": ONE}),
        (ONE, ONE, ONE),
        (ONE, TWO, {}),
        (ONE, "any", ONE),
        ("any", ONE, {}),
        (ONE, {"fetch": True}, {}),
        ({"fetch": True}, ONE, {}),
        # A removed grant does not come back with the object that includes it.
        (
            {"process.env": True, "process.env.B": ONE},
            {"process.env": True, "process.env.B": TWO},
            {"process.env": True, "process.env.B": False},
        ),
        (
            {"process.env.A": True, "process.env.B": ONE},
            {"process.env.A": True, "process.env.B": TWO},
            {"process.env.A": True},
        ),
    ],
)
def test_globals(grants: Grants, limits: Grants, left: Grants) -> None:
    assert restricted("globals", grants, limits) == left


@pytest.mark.parametrize(
    ("grants", "limits", "left"),
    [
        ({"fs": True}, {"fs": "load"}, {"fs": "load"}),
        ({"fs": "load"}, {"fs": True}, {"fs": "load"}),
        ({"fs": "load"}, {"fs": False}, {"fs": False}),
        ({"fs": True}, {"fs.stat": True}, {"fs": "load", "fs.stat": True}),
        ({"fs": True}, {"fs.stat": False}, {"fs.stat": False}),
        ({"fs.stat": True}, {"fs.open": True}, {}),
        ({"fs": True, "os": True}, {"os": True}, {"os": True}),
    ],
)
def test_builtins(grants: Grants, limits: Grants, left: Grants) -> None:
    found = restricted("builtins", grants, limits)

    policy = PackagePolicy(builtins=found)
    expected = PackagePolicy(builtins=left)
    for path in ("fs", "fs.stat", "fs.open", "os", "os.cpus"):
        for load in (False, True):
            assert policy.allows("builtins", path, load=load) == expected.allows(
                "builtins", path, load=load
            ), (path, load, found)


def test_a_builtin_that_is_only_requested_is_written_as_load() -> None:
    assert restricted("builtins", {"fs": True}, {"fs.stat": True}) == {
        "fs": "load",
        "fs.stat": True,
    }
    assert restricted("globals", {"process.env": True}, {"process.env.A": True}) == {
        "process.env.A": True
    }


@pytest.mark.parametrize(
    ("grants", "limits", "left"),
    [
        ({"b": True}, {"b": True}, {"b": True}),
        ({"b": True}, {"c": True}, {}),
        ({"b": True}, {"b": False}, {"b": False}),
        ({"b.c": True}, {"b": True}, {}),  # a name with a dot is not a member
        ("any", {"b": True}, {"b": True}),
    ],
)
def test_packages(grants: Grants, limits: Grants, left: Grants) -> None:
    assert restricted("packages", grants, limits) == left


def test_the_harmless_part_of_what_was_granted_stays() -> None:
    grants: Grants = {"console": True, "fetch": True, "URL": False}
    assert restricted("globals", grants, {}, harmless=True) == {"console": True, "URL": False}
    refused = restricted("globals", grants, {"console": False}, harmless=True)
    assert refused == {"console": False, "URL": False}
    assert restricted("globals", {}, {"console": True}, harmless=True) == {}
    assert restricted("builtins", {"fs.stat": True}, {}, harmless=True) == {"fs": "load"}
    assert restricted("packages", {"b": True}, {}, harmless=True) == {}
    deep: Grants = {"fs.promises.stat": True, "fs": True}
    assert restricted("builtins", deep, {"fs": True}, harmless=True) == {
        "fs": True,
        "fs.promises.stat": True,
    }
    assert restricted("builtins", {"fs.promises.stat": True}, {}, harmless=True) == {"fs": "load"}


def test_the_harmless_part_of_everything_stays() -> None:
    left = restricted("globals", "any", {"fetch": True, "URL": False}, harmless=True)
    assert isinstance(left, dict)
    assert (left["console"], left["fetch"], left["URL"]) == (True, True, False)
    assert "process.env" not in left
    builtins = restricted("builtins", "any", {}, harmless=True)
    assert isinstance(builtins, dict)
    assert (builtins["path"], builtins.get("fs")) == (True, None)
    assert restricted("packages", "any", {}, harmless=True) == {}


@pytest.mark.parametrize(
    ("own", "other", "left"),
    [
        (True, None, True),
        (None, True, True),
        (False, True, True),
        ("code", True, True),
        ("code", False, "code"),
        (False, "code", "code"),
        (None, None, None),
        (None, "code", "code"),
    ],
)
def test_what_is_frozen_stays_frozen(own: object, other: object, left: object) -> None:
    policy = Policy(entry=PackagePolicy(harden=own), resources={})  # type: ignore[arg-type]
    within = Policy(entry=PackagePolicy(harden=other), resources={})  # type: ignore[arg-type]

    assert restrict_policy(policy, within, []).entry.harden == left


def test_a_restricted_policy_has_no_version() -> None:
    entry = PackagePolicy(
        version="1",
        integrity="x",
        reasons={("globals", "fetch"): "a:1"},
        options={"x": 1},
        no_global_freeze=True,
    )
    left = restrict_policy(Policy(entry=entry, resources={}), Policy(entry=entry, resources={}), [])

    assert (left.entry.version, left.entry.integrity, left.entry.reasons) == (None, None, {})
    assert (left.entry.options, left.entry.no_global_freeze) == ({"x": 1}, True)
    assert left.harmless is False


def test_packages_without_a_policy_get_nothing() -> None:
    everything = PackagePolicy(globals="any", builtins="any", packages="any")
    policy = Policy(entry=everything, resources={A: everything})
    within = Policy(entry=everything, resources={})

    assert restrict_policy(policy, within, [A]).of(A) == PackagePolicy()


def test_each_field_of_an_override_holds_instead() -> None:
    base = PackagePolicy(
        globals={"fetch": True},
        builtins={"fs": True},
        packages={"b": True},
        options={"x": 1},
        harden="code",
        version="1",
        integrity="one",
        reasons={("globals", "fetch"): "a:1"},
    )
    other = PackagePolicy(
        globals="any",
        builtins={"fs": False, "os": True},
        packages={"b.c": False},
        no_global_freeze=True,
        options={"y": 2},
        harden=True,
        version="2",
        integrity="two",
        reasons={("builtins", "os"): "b:2"},
    )

    def merged(first: PackagePolicy, second: PackagePolicy) -> PackagePolicy:
        whole = merge_policies(
            Policy(entry=PackagePolicy(), resources={A: first}, harmless=True),
            Policy(entry=PackagePolicy(), resources={A: second}),
        )
        assert whole.harmless
        return whole.of(A)

    assert merged(base, other) == PackagePolicy(
        globals="any",
        builtins={"fs": False, "os": True},
        packages={"b": True, "b.c": False},
        no_global_freeze=True,
        options={"y": 2},
        harden=True,
        version="2",
        integrity="two",
    )
    assert merged(base, other).reasons == {
        ("globals", "fetch"): "a:1",
        ("builtins", "os"): "b:2",
    }
    assert merged(base, PackagePolicy()) == base
    assert merged(PackagePolicy(), base) == base
    assert merged(other, PackagePolicy()).no_global_freeze
    assert merged(PackagePolicy(globals="any"), PackagePolicy()).globals == "any"
    assert merged(PackagePolicy(globals="any"), base).globals == {"fetch": True}
    assert merged(PackagePolicy(globals=ONE), PackagePolicy()).globals == ONE
    # A dot in the name of a package does not denote a member, unlike in globals and builtins.
    dotted: dict[str, Grant] = {"b.c": True}
    for part in ("globals", "builtins", "packages"):
        first = PackagePolicy().with_grants(part, dotted)
        second = PackagePolicy().with_grants(part, {"b": False})
        kept = {**dotted, "b": False} if part == "packages" else {"b": False}
        assert merged(first, second).grants_of(part) == kept


# --- decisions of a policy ---


@pytest.mark.parametrize(
    ("builtins", "loads"),
    [
        ({}, False),
        ({"fs": True}, True),
        ({"fs": "load"}, True),
        ({"fs": False}, False),
        ({"fs.stat": True}, True),
        ({"fs.stat": ONE}, True),
        ({"fs.stat": False}, False),
        ({"fs.stat": False, "fs.open": False}, False),
        ({"fs.stat": False, "fs.open": True}, True),
        ({"fs": False, "fs.stat": False}, False),
        ({"fs": False, "fs.stat": True}, True),
        ({"fsx.stat": True}, False),
        ({"fs/promises.stat": True}, False),
        ("any", True),
    ],
)
def test_a_builtin_may_be_requested_where_something_of_it_is_granted(
    builtins: Grants, *, loads: bool
) -> None:
    policy = PackagePolicy(builtins=builtins)

    assert policy.allows("builtins", "fs", load=True) is loads


@pytest.mark.parametrize(
    ("path", "may_assign"),
    [
        ({"process.exitCode": "write"}, True),
        ({"process.exitCode": True}, False),
        ({"process": True}, True),
        ({"process.exitCode": False, "process": True}, False),
        ({}, False),
        ("any", True),
    ],
)
def test_what_may_be_assigned(path: Grants, *, may_assign: bool) -> None:
    policy = PackagePolicy(globals=path)

    assert policy.allows("globals", "process.exitCode", write=True) is may_assign


def test_a_builtin_that_is_loaded_only_gives_nothing() -> None:
    policy = PackagePolicy(builtins={"fs": "load"})

    assert not policy.allows("builtins", "fs")
    assert not policy.allows("builtins", "fs.stat")
    assert not policy.denies("builtins", "fs.stat")
    assert policy.decision("builtins", "fs.stat") is None
    assert policy.decision("builtins", "fs") == ("fs", "load")
