"""The review: capabilities with their status, import chains, filters and changes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from reviews import FILES, INFERRED, reviewed, reviewed_archive
from support import bundled, load, package

from compartment_mapper.archive.reader import unpack
from compartment_mapper.bundle.application import Options
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.inference.decision import PolicyFile, parsed_policy
from compartment_mapper.locations import CanonicalName
from compartment_mapper.report.collect import compared, review_of_archive
from compartment_mapper.report.data import review_to_dict
from compartment_mapper.report.headline import changes_text, headline
from compartment_mapper.report.model import Review, ReviewedPackage, restricted
from compartment_mapper.report.summary import why


def policy(text: str) -> PolicyFile:
    return PolicyFile(text=text.encode(), name="p.json")


def own(review: Review, name: str) -> ReviewedPackage:
    (found,) = (each for each in review.packages if each.canonical_name == name)
    return found


def capabilities(review: Review) -> list[str]:
    return [
        f"{each.package} {each.status} {each.severity} {each.title} {each.place}"
        for each in review.capabilities
    ]


def test_uses_are_joined_with_the_policy_most_severe_first() -> None:
    assert capabilities(reviewed()) == [
        "@s/b denied critical global process.binding node_modules/@s/b/index.js:1:1",
        "a granted high builtin fs.readFileSync node_modules/a/index.js:2:7",
        "a granted high global fetch node_modules/a/index.js:2:1",
        "a>c granted medium global process.stdout.write node_modules/c/index.js:1:1",
        "$root$ granted medium global process.env.HOME main.js:3:13",
    ]


def test_without_a_policy_uses_of_dependencies_are_denied() -> None:
    found = capabilities(reviewed(options=Options(enforces=False)))

    assert [line.split()[1] for line in found] == ["denied"] * 4 + ["granted"]


def test_grants_that_no_code_uses_are_shown() -> None:
    given = policy(
        '{"entry": {"globals": {"console": true, "process.env": true}, "packages": "any"}, '
        '"resources": {"a": {"builtins": {"fs": true, "os": {"grant": true, "why": "x/y.js:7"}, '
        '"net": false}, "globals": "any", "packages": {"a>c": true}}, "gone": {"globals": {"fetch": true}}}}'
    )
    found = reviewed(options=Options(policy=given, enforces=False))

    by_title = {each.title: each for each in own(found, "a").capabilities}
    assert {title: (c.status, c.used, c.severity) for title, c in by_title.items()} == {
        "global any": ("granted", True, "critical"),
        "builtin fs": ("granted", True, "high"),
        "builtin fs.readFileSync": ("granted", True, "high"),
        "builtin net": ("denied", False, "high"),
        "global fetch": ("granted", True, "high"),
        "builtin os": ("granted", False, "low"),
    }
    assert str(by_title["builtin os"].place) == "x/y.js:7:1"
    assert "gone" not in {package.canonical_name for package in found.packages}


def test_an_archive_shows_its_policy() -> None:
    found = reviewed_archive()

    assert capabilities(found) == [
        "a granted high builtin fs.readFileSync None",
        "a granted high global fetch None",
        "a>c granted medium global process.stdout.write None",
        "$root$ granted medium global process.env.HOME None",
    ]
    assert [each.used for each in found.capabilities] == [None] * 4
    assert found.entries == ("main.js",)


def test_a_function_that_attenuates_a_grant_is_no_package() -> None:
    given = policy(
        '{"entry": {"packages": "any"}, "resources": {"a": {"packages": "any", "globals": '
        '{"fetch": {"attenuate": "@s/b", "params": ["x"]}}, "builtins": {"fs": true}}}}'
    )
    for make in (reviewed, reviewed_archive):
        found = make(options=Options(policy=given, enforces=False))

        (only,) = (each for each in own(found, "a").capabilities if each.part == "globals")
        assert (only.title, only.status, only.grant) == ("global fetch", "granted", "attenuated")
        names = [each.canonical_name for each in found.packages]
        assert names == ["$root$", "@s/b", "a", "a>c"]


def test_an_archive_may_name_its_entry_as_it_likes() -> None:
    archive = unpack(bundled(FILES, options=INFERRED).content)
    entry = archive.map.entry_compartment
    renamed = {
        name: replace(each, label=CanonicalName("app-v1.0.0")) if name == entry else each
        for name, each in archive.map.compartments.items()
    }
    other = replace(archive, map=replace(archive.map, compartments=renamed))

    found = review_of_archive(other, target="endo.zip", tool_version="1")

    assert [each.title for each in own(found, "app-v1.0.0").capabilities] == [
        "global process.env.HOME"
    ]


def test_chains_are_those_of_why() -> None:
    application = load(FILES)
    found = reviewed()

    for each in found.packages:
        steps = why(each.canonical_name, application.modules, application.packages) or []
        assert [(s.package, s.specifier, s.file, s.line) for s in each.chain] == [
            (s.package, s.specifier, display_name(s.module, application.root), s.line)
            for s in steps
        ]
    assert [step.file for step in own(found, "@s/b").chain] == ["main.js", "lib/x.js"]


def test_chains_of_an_archive_are_links_between_packages() -> None:
    steps = own(reviewed_archive(), "a>c").chain

    assert [(step.package, step.specifier, step.file) for step in steps] == [
        ("$root$", "@s/b", ""),
        ("@s/b", "c", ""),
    ]


def test_a_chain_of_thousands_is_found_without_recursion() -> None:
    files = {f"m{n}.js": f"require('./m{n + 1}')" for n in range(2000)}
    last = {
        "m2000.js": "require('a')",
        "node_modules/a/index.js": "",
        "node_modules/a/package.json": package(name="a"),
    }

    found = reviewed({"main.js": "require('./m0')", **files, **last})

    assert len(own(found, "a").chain) == 2002


def test_who_can_leak_secrets_is_found_from_both_inputs() -> None:
    for found in (reviewed(), reviewed_archive()):
        leak = own(found, "a").leak
        assert leak is not None
        assert [each.title for each in leak] == ["builtin fs.readFileSync", "global fetch"]
        assert [each.canonical_name for each in found.packages if each.leak] == ["a"]


def test_filters_keep_packages_and_severities() -> None:
    found = restricted(reviewed(), minimum="high", names=["c", "a"])

    assert [each.canonical_name for each in found.packages] == ["a", "a>c"]
    assert [each.severity for each in found.capabilities] == ["high", "high"]


def test_an_unknown_package_is_reported() -> None:
    with pytest.raises(InputError) as caught:
        restricted(reviewed(), minimum="low", names=["aa"])

    (problem,) = caught.value.problems
    assert (problem.code, problem.hint) == ("UNKNOWN_PACKAGE", "did you mean 'a'?")


def test_changes_since_another_archive_have_versions_and_places() -> None:
    before = dict(FILES)
    before["node_modules/a/index.js"] = "require('c');\n"
    before["node_modules/a/package.json"] = package(
        name="a", version="1.9.0", dependencies={"c": "1"}
    )
    old = reviewed_archive(before)

    found = compared(reviewed(), old.policy, against="old.zip", size=old.size).comparison

    assert found is not None
    assert [(c.kind, c.package, c.path, c.place) for c in found.difference.authority] == [
        ("wanted", "@s/b", "process.binding", "node_modules/@s/b/index.js:1"),
        ("added", "a", "fs.readFileSync", "node_modules/a/index.js:2"),
        ("added", "a", "fetch", "node_modules/a/index.js:2"),
    ]
    assert [(c.package, c.before, c.after) for c in found.difference.packages] == [
        ("a", "1.9.0", "2.0.0")
    ]
    assert changes_text(found).startswith(
        "2 capabilities added (2 high), 1 capability used but denied (1 critical), "
        "1 package changed, before "
    )


def test_an_application_does_not_differ_from_its_own_archive() -> None:
    files = {name: text for name, text in FILES.items() if "@s/b" not in name}
    files["lib/x.js"] = ""
    archive = reviewed_archive(files)

    found = compared(reviewed(files), archive.policy, against="app.zip", size=archive.size)

    assert found.comparison is not None
    assert changes_text(found.comparison).startswith("no difference in capabilities, before ")


def test_filters_apply_to_changes() -> None:
    nothing = parsed_policy(policy('{"entry": {}, "resources": {"gone": {"version": "1.0.0"}}}'))
    whole = compared(reviewed(), nothing, against="p.json", size=None)

    high = restricted(whole, minimum="high", names=[]).comparison
    one = restricted(whole, minimum="low", names=["a>c"]).comparison

    assert high is not None
    assert one is not None
    assert {c.severity for c in high.difference.authority} == {"critical", "high"}
    assert ("gone", "removed") in {(c.package, c.kind) for c in high.difference.packages}
    assert {c.package for c in one.difference.authority} == {"a>c"}


def test_the_headline_counts() -> None:
    found = reviewed()
    text = headline(found)

    assert text.startswith("4 packages, 5 modules, ")
    assert text.endswith(
        "4 capabilities granted (2 high, 2 medium); 1 capability denied (1 critical); "
        "1 package reads secrets and can reach the network"
    )


def test_the_json_form_has_every_package() -> None:
    found = json.loads(json.dumps(review_to_dict(reviewed())))

    assert found["version"] == 1
    assert found["summary"]["denied"] == {"critical": 1}
    assert [each["canonicalName"] for each in found["packages"]] == ["$root$", "@s/b", "a", "a>c"]
    first = found["packages"][2]["capabilities"][0]
    assert first["place"]["frame"].startswith("  2 | fetch(fs.readFileSync('x'));")


def test_problems_of_the_build_are_kept() -> None:
    found = reviewed({"main.js": "if (x) require('nothing');\nvar x;\n"}, options=INFERRED)

    assert [problem.code for problem in found.problems] == ["MODULE_NOT_FOUND"]


def test_a_scope_is_shown_with_its_grant() -> None:
    given = policy(
        '{"entry": {"packages": "any"}, "resources": {"a": {"packages": "any", "globals": '
        '{"fetch": {"hosts": ["api.example.com"]}}, "builtins": {"fs": true}}}}'
    )
    for make in (reviewed, reviewed_archive):
        found = make(options=Options(policy=given, enforces=False))

        (only,) = (each for each in own(found, "a").capabilities if each.part == "globals")
        assert (only.title, only.status) == ("global fetch", "granted")
        assert "api.example.com" in only.grant
