"""Explain a package: the import chain from the entry, and every use of a capability."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from compartment_mapper.errors.diagnostic import Place
from compartment_mapper.graph.package_graph import PackageGraph
from compartment_mapper.inference.risks import Leak
from compartment_mapper.inference.use import CapabilityUse
from compartment_mapper.locations import ROOT_NAME, CanonicalName, Location
from compartment_mapper.report.summary import Step
from compartment_mapper.report.text import counts_text, leak_text

#: The number of uses to show for each capability; the rest is counted.
_SHOWN_USES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The capabilities that a package uses, and its import chain."""

    package: CanonicalName
    #: The chain from the entry; empty for the application.
    chain: Sequence[Step]
    uses: Sequence[tuple[CapabilityUse, Place]]
    #: Whether its uses together can leak secrets: one leak or none.
    leaks: Sequence[Leak] = ()

    def to_dict(
        self, file_of: Callable[[Location], str], place_of: Callable[[CapabilityUse], str]
    ) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "package": self.package,
            "chain": [
                {
                    "package": step.package,
                    "file": file_of(step.module),
                    "line": step.line,
                    "specifier": step.specifier,
                }
                for step in self.chain
            ],
            "uses": [_use_to_dict(use, place) for use, place in self.uses],
            "findings": [leak.to_dict(place_of) for leak in self.leaks],
        }


def _use_to_dict(use: CapabilityUse, place: Place) -> dict[str, object]:
    return {
        "part": use.part,
        "capability": use.path,
        "severity": use.severity,
        "reason": use.authority.reason,
        "write": use.write,
        "uncertain": use.uncertain,
        "file": place.file,
        "line": place.position.line if place.position else None,
        "column": place.position.column if place.position else None,
    }


def canonical_name_of(name: str, packages: PackageGraph) -> CanonicalName | None:
    """Return the package for *name*: a canonical name, or a package name (nearest first)."""
    found = list(packages.packages.values())
    exact = [package.canonical_name for package in found if package.canonical_name == name]
    called = [package.canonical_name for package in found if package.name == name]
    return min(exact or called, key=lambda known: (known.count(">"), known), default=None)


def uses_concerning(
    uses: Iterable[CapabilityUse], package: CanonicalName, authority: str | None
) -> list[CapabilityUse]:
    """Return the uses of *authority* or its members by *package*, or of all capabilities."""
    return [
        use for use in uses if use.package == package and not use.load and _concerns(use, authority)
    ]


def _concerns(use: CapabilityUse, authority: str | None) -> bool:
    if authority is None:
        return not use.harmless
    bare = authority.removeprefix("node:")
    return use.path == bare or use.path.startswith(f"{bare}.")


def explanation_text(
    explanation: Explanation, chain: str, place_of: Callable[[CapabilityUse], str]
) -> str:
    """Return the chain, then each capability with the code that uses it."""
    blocks = [chain, *(leak_text(leak, place_of) for leak in explanation.leaks)]
    by_path: dict[tuple[str, str], list[tuple[CapabilityUse, Place]]] = {}
    for use, place in explanation.uses:
        by_path.setdefault((use.part, use.path), []).append((use, place))
    if len(explanation.uses) > 1:
        blocks.append(_summary(len(explanation.uses), by_path))
    for (part, path), found in sorted(by_path.items()):
        use = found[0][0]
        sure = " - the code may use more of it than the scanner sees" if use.uncertain else ""
        title = f"{part.removesuffix('s')} {path}  {use.severity}: {use.authority.reason}{sure}"
        frames = [f"{place}\n{place.frame}" for _, place in found[:_SHOWN_USES]]
        if len(found) > _SHOWN_USES:
            frames.append(f"… and {len(found) - _SHOWN_USES} more")
        blocks.append("\n".join([title, *frames]))
    if not explanation.uses:
        own = "the application" if explanation.package == ROOT_NAME else explanation.package
        blocks.append(f"{own} uses no capabilities")
    return "\n\n".join(blocks)


def _summary(
    uses: int, by_path: Mapping[tuple[str, str], Sequence[tuple[CapabilityUse, Place]]]
) -> str:
    """Return the number of uses, and of the capabilities by severity."""
    counts = Counter(found[0][0].severity for found in by_path.values())
    return f"{uses} uses: {counts_text(counts, 'used')}"
