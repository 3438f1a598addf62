from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from compartment_mapper.authority.table import Part
from compartment_mapper.locations import ROOT_NAME, CanonicalName
from compartment_mapper.policy.merge import merge_policies, restrict_policy
from compartment_mapper.policy.model import Attenuation, Grant, PackagePolicy, Policy

A = CanonicalName("a")

_GLOBALS = ["fetch", "process", "process.env", "process.env.A", "process.kill", "console"]
_BUILTINS = ["fs", "fs.stat", "fs.promises", "fs.promises.stat", "os.cpus", "vm", "path"]
_NAMES = ["b", "b>c", "b.d"]


def _packages(*, wholes: bool) -> st.SearchStrategy[PackagePolicy]:
    def part(names: list[str], grants: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
        mapping = st.dictionaries(st.sampled_from(names), grants, max_size=4)
        return mapping | st.just("any") if wholes else mapping

    attenuated = st.just(Attenuation(specifier="x", params=())) if wholes else st.nothing()
    return st.builds(
        PackagePolicy,
        globals=part(_GLOBALS, st.sampled_from([True, False, "write"]) | attenuated),
        builtins=part(_BUILTINS, st.sampled_from([True, False, "load"]) | attenuated),
        packages=part(_NAMES, st.booleans()),
        harden=st.none() | st.booleans(),
    )


def _policies(*, wholes: bool) -> st.SearchStrategy[Policy]:
    packages = _packages(wholes=wholes)
    return st.builds(
        Policy,
        entry=packages,
        resources=st.dictionaries(st.sampled_from([A, CanonicalName("b")]), packages),
        harmless=st.booleans(),
    )


LISTED = _policies(wholes=False)
ANY = _policies(wholes=True)
QUESTIONS: list[tuple[Part, str]] = [
    *(("globals", name) for name in [*_GLOBALS, "process.env.B", "process.argv"]),
    *(("builtins", name) for name in [*_BUILTINS, "fs.open", "os"]),
    *(("packages", name) for name in [*_NAMES, "c"]),
]


@given(LISTED, LISTED, LISTED)
def test_merging_is_associative(a: Policy, b: Policy, c: Policy) -> None:
    left = merge_policies(merge_policies(a, b), c)
    right = merge_policies(a, merge_policies(b, c))

    assert decisions(left) == decisions(right)


def decisions(policy: Policy) -> list[tuple[bool, bool, bool]]:
    """Return the decisions of a policy about all paths."""
    return [
        (
            policy.of(name).allows(part, path),
            policy.of(name).allows(part, path, write=True),
            policy.of(name).denies(part, path),
        )
        for name in (ROOT_NAME, A, CanonicalName("b"))
        for part, path in QUESTIONS
    ]


@given(LISTED)
def test_merging_nothing_changes_nothing(policy: Policy) -> None:
    nothing = Policy(entry=PackagePolicy(), resources={})

    assert decisions(merge_policies(policy, nothing)) == decisions(policy)
    assert decisions(merge_policies(nothing, policy)) == decisions(policy)


@given(LISTED, LISTED)
def test_an_override_decides_what_it_names(base: Policy, override: Policy) -> None:
    merged = merge_policies(base, override)

    for path, grant in dict(override.entry.globals).items():  # type: ignore[arg-type] # listed
        assert dict(merged.entry.globals)[path] == grant  # type: ignore[arg-type]


def test_a_denial_removes_the_members() -> None:
    base = Policy(entry=PackagePolicy(globals={"process.env": True, "fetch": True}), resources={})
    override = Policy(entry=PackagePolicy(globals={"process": False}), resources={})

    merged = merge_policies(base, override)

    assert merged.entry.globals == {"fetch": True, "process": False}


@given(ANY, ANY)
def test_restricting_never_adds(policy: Policy, within: Policy) -> None:
    restricted = restrict_policy(policy, within, [A, CanonicalName("b")])

    for name in (ROOT_NAME, A, CanonicalName("b")):
        for part, path in QUESTIONS:
            for write in (False, True):
                if restricted.of(name).allows(part, path, write=write):
                    assert policy.of(name).allows(part, path, write=write), (name, part, path)


@given(ANY, ANY)
def test_restricting_stays_within_the_limit(policy: Policy, within: Policy) -> None:
    assume(not within.harmless)
    restricted = restrict_policy(policy, within, [A, CanonicalName("b")])

    for name in (ROOT_NAME, A, CanonicalName("b")):
        for part, path in QUESTIONS:
            for write in (False, True):
                if restricted.of(name).allows(part, path, write=write):
                    assert within.of(name).allows(part, path, write=write), (name, part, path)


@given(ANY)
def test_a_policy_restricted_by_itself_is_unchanged(policy: Policy) -> None:
    names = sorted(policy.resources)

    assert decisions(restrict_policy(policy, policy, names)) == decisions(policy)


def test_what_is_harmless_stays_within_a_file_that_says_so() -> None:
    granted: dict[str, Grant] = {"console": True, "fetch": True, "URL": "write"}
    policy = Policy(entry=PackagePolicy(globals=granted), resources={})
    within = Policy(entry=PackagePolicy(), resources={}, harmless=True)

    assert restrict_policy(policy, within, []).entry.globals == {"console": True, "URL": True}


def test_to_make_a_global_is_more_than_to_have_it() -> None:
    makes: dict[str, Grant] = {"fetch": "write", "Reflect.decorate": "write"}
    policy = Policy(entry=PackagePolicy(globals=makes), resources={})
    within = Policy(entry=PackagePolicy(globals=dict.fromkeys(makes, True)), resources={})

    assert restrict_policy(policy, within, []).entry.globals == dict.fromkeys(makes, True)
