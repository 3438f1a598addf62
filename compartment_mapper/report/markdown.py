"""The review as Markdown, for the comment of a pull request.

Names and paths are untrusted, so they are written as code, in which Markdown has no markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from compartment_mapper.report.headline import changes_text, headline
from compartment_mapper.report.model import Review, ReviewedCapability, ReviewedPackage
from compartment_mapper.report.policy_text import called, cell, code, difference_markdown

#: GitHub refuses comments above 65,536 characters.
_MOST_ROWS = 200


def markdown(review: Review) -> str:
    """Return the summary, the changes, and a table of the capabilities by severity."""
    blocks = [f"### Capabilities of {code(_title(review))}", f"{headline(review)}."]
    leaks = [_leak(own) for own in review.packages if own.leak is not None]
    blocks += ["\n".join(_first(leaks, "- … and {} more"))] if leaks else []
    if review.comparison is not None:
        blocks += [
            f"#### Changes since {code(review.comparison.against)}",
            f"{changes_text(review.comparison)}.",
            difference_markdown(review.comparison.difference, most=_MOST_ROWS),
        ]
    if review.capabilities:
        blocks += ["#### Capabilities", _folded(review)]
    if review.problems:
        problems = [f"- {problem.code}: {code(problem.message)}" for problem in review.problems]
        blocks += ["#### Warnings", "\n".join(_first(problems, "- … and {} more"))]
    return "\n\n".join(blocks) + "\n"


def _leak(package: ReviewedPackage) -> str:
    assert package.leak is not None
    reads, sends = (code(each.title) for each in package.leak)
    name = code(package.canonical_name)
    return f"- **{name} reads secrets** ({reads}) **and reaches the network** ({sends})"


def _title(review: Review) -> str:
    root = review.root
    return review.target if root is None else f"{root.name}@{root.version}".rstrip("@")


def _folded(review: Review) -> str:
    """Return the table; with a comparison it is folded, since the changes come first."""
    table = "\n".join(_table(review.capabilities))
    if review.comparison is None:
        return table
    count = len(review.capabilities)
    return f"<details><summary>All {count}</summary>\n\n{table}\n\n</details>"


def _table(capabilities: Sequence[ReviewedCapability]) -> Iterator[str]:
    yield "| severity | package | capability | | used at |"
    yield "|---|---|---|---|---|"
    rows = [_row(each) for each in capabilities]
    yield from _first(rows, "| | | … and {} more | | |")


def _first(rows: list[str], more: str) -> Iterable[str]:
    rest = len(rows) - _MOST_ROWS
    return rows if rest <= 0 else [*rows[:_MOST_ROWS], more.format(rest)]


def _row(capability: ReviewedCapability) -> str:
    status = code(capability.grant) if capability.grant else capability.status
    place = "" if capability.place is None else _place(capability)
    kind, package = capability.part.removesuffix("s"), code(called(capability.package))
    what = f"{kind} {code(capability.path)}: {cell(capability.reason)}"
    return f"| {capability.severity} | {package} | {what} | {status} | {place} |"


def _place(capability: ReviewedCapability) -> str:
    place = capability.place
    assert place is not None
    return code(f"{place.file}:{place.position.line}" if place.position else place.file)
