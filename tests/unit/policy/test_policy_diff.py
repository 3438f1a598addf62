from __future__ import annotations

from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.diff import diff_policies
from compartment_mapper.policy.model import Attenuation, Grant, PackagePolicy, Policy
from compartment_mapper.report.policy_text import (
    difference_markdown,
    difference_text,
    policy_summary_text,
)

A = CanonicalName("a")


def policy(**parts: dict[str, Grant]) -> Policy:
    """Return a policy of the package ``a``."""
    a = PackagePolicy(
        globals=parts.get("globals", {}),
        builtins=parts.get("builtins", {}),
        packages=parts.get("packages", {}),
        reasons={("globals", "fetch"): "a.js:3", ("builtins", "vm"): "a.js:1"},
    )
    return Policy(entry=PackagePolicy(), resources={A: a})


def changes(old: Policy, new: Policy) -> list[tuple[str, str, str]]:
    return [(c.kind, c.path, c.severity) for c in diff_policies(old, new).authority]


def test_the_worst_comes_first() -> None:
    new = policy(
        globals={"fetch": True, "process.argv": True, "process.kill": True},
        packages={"b": True},
    )

    assert changes(policy(), new) == [
        ("added", "process.kill", "critical"),
        ("added", "fetch", "high"),
        ("added", "process.argv", "low"),
        ("added", "b", "low"),
    ]


def test_what_is_gone_is_removed() -> None:
    assert changes(policy(globals={"fetch": True}), policy()) == [("removed", "fetch", "high")]


def test_harmless_grants_are_not_a_difference() -> None:
    assert changes(policy(), policy(globals={"console": True}, builtins={"fs": "load"})) == []


def test_a_member_of_what_was_granted_whole_is_nothing_new() -> None:
    old, new = policy(builtins={"fs": True}), policy(builtins={"fs.stat": True})

    assert changes(old, new) == [("removed", "fs", "high")]


def test_to_make_a_global_is_more_than_to_have_it() -> None:
    old = policy(globals={"thing": True, "URL": True})
    new = policy(globals={"thing": "write", "URL": "write"})

    assert changes(old, new) == [("added", "URL", "high"), ("added", "thing", "high")]
    assert policy_summary_text(new) == "2 capabilities granted (2 high)"


def test_to_assign_is_more_than_to_read() -> None:
    old = policy(globals={"process.exitCode": True})
    new = policy(globals={"process.exitCode": "write"})

    assert changes(old, new) == [("added", "process.exitCode", "low")]
    assert changes(new, old) == [("removed", "process.exitCode", "low")]


def test_denied_uses_are_reported_once() -> None:
    refusing = policy(builtins={"vm": False})

    assert changes(policy(), refusing) == [("wanted", "vm", "critical")]
    assert changes(refusing, refusing) == []
    assert changes(refusing, policy(builtins={"vm": True})) == [("added", "vm", "critical")]


def test_everything_is_critical() -> None:
    everything = Policy(entry=PackagePolicy(), resources={A: PackagePolicy(globals="any")})

    assert changes(policy(), everything) == [("added", "any", "critical")]


def test_packages_come_go_and_change() -> None:
    old = Policy(
        entry=PackagePolicy(),
        resources={
            A: PackagePolicy(version="1.0.0"),
            CanonicalName("gone"): PackagePolicy(version="2.0.0"),
            CanonicalName("same"): PackagePolicy(version="3.0.0", integrity="sha512-x"),
        },
    )
    new = Policy(
        entry=PackagePolicy(),
        resources={
            A: PackagePolicy(version="1.1.0"),
            CanonicalName("new"): PackagePolicy(version="0.1.0"),
            CanonicalName("same"): PackagePolicy(version="3.0.0", integrity="sha512-y"),
        },
    )

    found = diff_policies(old, new).packages

    assert [(c.kind, c.package, c.before, c.after) for c in found] == [
        ("changed", "a", "1.0.0", "1.1.0"),
        ("removed", "gone", "2.0.0", ""),
        ("added", "new", "", "0.1.0"),
        ("changed", "same", "3.0.0 sha512-x", "3.0.0 sha512-y"),
    ]


def test_the_text_has_the_capability_the_place_and_the_severity() -> None:
    new = policy(
        globals={"fetch": True, "process.exitCode": "write"},
        builtins={"vm": False, "fs": Attenuation(specifier="x", params=())},
    )

    assert difference_text(diff_policies(policy(), new)).splitlines() == [
        "3 capabilities added (2 high, 1 low), 1 capability used but denied (1 critical)",
        "a",
        "  ! critical builtin vm - denied  a.js:1",
        "  + high     builtin fs (attenuated)",
        "  + high     global fetch  a.js:3",
        "  + low      global process.exitCode (write)",
    ]
    assert difference_text(diff_policies(new, new)) == "no difference in capabilities"


def test_a_table_can_be_pasted_into_a_pull_request() -> None:
    found = diff_policies(policy(), policy(globals={"fetch": True}))

    assert difference_markdown(found).splitlines() == [
        "| | severity | package | capability | used at |",
        "|---|---|---|---|---|",
        "| **added** | high | `a` | global `fetch`: reaches the network | a.js:3 |",
    ]


def test_hostile_names_do_not_break_a_table() -> None:
    name = CanonicalName("a|b`c\n| x")
    new = Policy(entry=PackagePolicy(), resources={name: PackagePolicy(version="1|2")})

    lines = difference_markdown(diff_policies(Policy(entry=PackagePolicy(), resources={}), new))

    assert lines.splitlines()[-1] == "| added | `a\\|bc \\| x` |  | 1\\|2 |"


def test_the_summary_of_a_policy_counts_capabilities() -> None:
    found = policy(
        globals={"fetch": True, "process.argv": True, "process.kill": False},
        builtins={"fs.stat": True},
    )

    assert policy_summary_text(found) == "3 capabilities granted (2 high, 1 low), 1 denied"
    assert policy_summary_text(policy()) == "0 capabilities granted"


def test_a_member_that_was_refused_comes_back_with_its_object() -> None:
    old = policy(builtins={"fs": True, "fs.writeFile": False})
    new = policy(builtins={"fs": True})

    assert changes(old, new) == [("added", "fs.writeFile", "high")]
    assert changes(new, old) == [("removed", "fs.writeFile", "high")]


def test_to_have_all_of_it_is_more_than_what_a_function_makes_of_it() -> None:
    restrict = policy(builtins={"fs": Attenuation(specifier="x", params=())})
    other = policy(builtins={"fs": Attenuation(specifier="x", params=(1,))})
    wide = policy(builtins={"fs": True})

    assert changes(restrict, wide) == [("added", "fs", "high")]
    assert changes(restrict, other) == [("added", "fs", "high"), ("removed", "fs", "high")]
    assert changes(restrict, restrict) == []
    assert changes(wide, restrict) == [("removed", "fs", "high")]
