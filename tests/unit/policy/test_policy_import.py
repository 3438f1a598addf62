from __future__ import annotations

import json

import pytest

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.importers import Imported, import_policy
from compartment_mapper.policy.model import PackagePolicy

LAVAMOAT = {
    "resources": {
        "express>debug": {
            "builtin": {"tty.isatty": True, "node:util.inspect": True},
            "globals": {"console": True, "chrome": True, "process.env": "read", "Atomics": True},
            "packages": {"express>send>ms": True},
        },
        "native-one": {"native": True, "globals": {"process.exitCode": "write"}},
        "cut": {"globals": {"fetch": False}},
    }
}


def imported(value: object) -> Imported:
    found = import_policy(json.dumps(value).encode(), file="policy.json")
    assert isinstance(found, Imported), found
    return found


def test_a_policy_of_lavamoat_is_read() -> None:
    policy = imported(LAVAMOAT).policy

    assert policy.of(CanonicalName("express>debug")) == PackagePolicy(
        globals={"console": True, "process.env": True},
        builtins={"tty.isatty": True, "util.inspect": True},
        packages={"express>send>ms": True},
    )
    assert policy.of(CanonicalName("native-one")).globals == {"process.exitCode": "write"}
    assert policy.of(CanonicalName("cut")).denies("globals", "fetch")
    assert policy.entry == PackagePolicy(globals="any", builtins="any", packages="any")
    assert policy.harmless


def test_parts_that_are_not_imported_are_noted() -> None:
    assert imported({**LAVAMOAT, "resolutions": {}}).notes == (
        "express>debug: the host has no global 'chrome'",
        "native-one: native addons cannot be confined and are not granted",
        "the file: 'resolutions' has no equivalent",
    )


def test_an_untrusted_root_has_its_own_policy() -> None:
    value = {"resources": {"app": {"globals": {"fetch": True}}}, "root": {"usePolicy": "app"}}

    assert imported(value).policy.entry.globals == {"fetch": True}


def test_a_policy_of_endo_is_read_as_it_is() -> None:
    value = {
        "entry": {"globals": ["root"], "packages": "any", "builtins": "any"},
        "resources": {"a": {"builtins": {"fs": {"attenuate": "x", "params": [1]}}}},
    }

    found = imported(value)

    assert found.policy.entry.globals == "any"
    assert found.policy.attenuators() == ["x"]
    assert found.notes == ()
    assert not found.policy.harmless


def test_invalid_policies_are_rejected() -> None:
    for text in (b"{", b'{"resources": []}', b'{"resources": {"a": 1}}', b"[]"):
        found = import_policy(text, file="policy.json")
        assert isinstance(found, Diagnostic), text
        assert found.code == "INVALID_POLICY"


@pytest.mark.parametrize("text", [b"{}", b'{"a": 1}', b'{"include": []}'])
def test_an_object_without_resources_and_entry_is_not_a_policy(text: bytes) -> None:
    found = import_policy(text, file="p.json")
    assert isinstance(found, Diagnostic)
    assert (found.code, "neither 'resources' nor 'entry'" in found.message) == (
        "INVALID_POLICY",
        True,
    )
