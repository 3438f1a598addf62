"""Proposals of scopes: what literals in the code say, as valid patterns only."""

from __future__ import annotations

import pytest

from compartment_mapper.authority.scopes import ScopeKind
from compartment_mapper.inference.scope_proposals import proposed_patterns
from compartment_mapper.policy.scope import scope_of


@pytest.mark.parametrize(
    ("kind", "source", "expected"),
    [
        ("hosts", "fetch|('https://API.Acme.dev:8443/x')", ["api.acme.dev:8443"]),
        ("hosts", "const u = `wss://b.acme.dev/${x}`; new WebSocket|(u); 'http://a.acme.dev'", ["a.acme.dev", "b.acme.dev"]),
        ("hosts", "fetch|('https://example.com/'); 'http://localhost:1'; 'http://www.w3.org/2000/svg'", []),
        ("hosts", "fetch|('https://..')", []),
        ("programs", "spawn| ( 'git', a)", ["git"]),
        ("programs", "spawn|(`git ${x}`)", []),
        ("programs", "spawn|('./git')", ["git"]),
        ("programs", "spawn|(name); spawn('git')", []),
        ("programs", "spawn|('rm -rf /')", []),
        ("paths", "readFile|('/etc/hosts')", ["/etc/hosts"]),
        ("paths", "readFile|('./data/x.json')", ["./data/x.json"]),
        ("paths", "readFile|('../x')", ["./**"]),
        ("paths", "readFile|(path)", ["./**"]),
    ],
)  # fmt: skip
def test_patterns_are_proposed_from_literals(
    kind: ScopeKind, source: str, expected: list[str]
) -> None:
    before, _, after = source.partition("|")
    site = ((before + after).encode(), len(before.encode()))

    found = proposed_patterns(kind, [site])

    assert found == expected
    path = {"hosts": "fetch", "programs": "child_process.spawn", "paths": "fs.readFile"}[kind]
    assert not isinstance(
        scope_of({kind: found}, "globals" if kind == "hosts" else "builtins", path), str
    )


def test_proposals_of_several_uses_are_sorted_and_few() -> None:
    sites = [(f"spawn('p{n}')".encode(), 5) for n in range(9, 0, -1)]

    assert proposed_patterns("programs", sites) == ["p1", "p2", "p3", "p4", "p5"]
