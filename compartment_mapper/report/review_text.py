"""Render signs and changed install scripts as text, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compartment_mapper.policy.review import InstallScriptChange, ReviewChanges, SignChange

_KINDS = {"added": "+", "removed": "-", "changed": "~"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The changes to report."""

    changes: ReviewChanges
    #: The visible signs.
    signs: tuple[SignChange, ...]
    #: Where the signs are, ``file:line``, by package and sign.
    places: Mapping[tuple[str, str], tuple[str, ...]]

    def to_dict(self) -> dict[str, object]:
        """Return the ``--json`` output."""
        return {
            "signs": [
                {
                    "package": change.package,
                    "sign": change.sign,
                    "before": change.before,
                    "after": change.after,
                    "entryPoints": list(change.entry_points),
                    "places": list(self._places_of(change)),
                }
                for change in self.signs
            ],
            "installScripts": [change.to_dict() for change in self.changes.scripts],
        }

    def text(self) -> str:
        """Return the changes as text; empty if there are none."""
        return "\n".join((*self._script_lines(), *self._sign_lines()))

    def _script_lines(self) -> Iterator[str]:
        if self.changes.scripts:
            yield "install scripts:"
        for change in self.changes.scripts:
            yield f"  {_script_text(change)}"

    def _sign_lines(self) -> Iterator[str]:
        if self.signs:
            yield "signs, which are no verdicts:"
        for change in self.signs:
            places = ", ".join(self._places_of(change))
            yield f"  ? {change.package} {change.text}  {places}".rstrip()

    def markdown(self) -> str:
        """Return the changes as Markdown tables; empty if there are none."""
        lines: list[str] = []
        if self.changes.scripts:
            lines += ["| | package | install script | command |", "|---|---|---|---|"]
            lines += [
                f"| **{change.kind}** | {_code(change.package)} | {change.event} "
                f"| {_code(change.command)} |"
                for change in self.changes.scripts
            ]
        if self.signs:
            lines += ["", "| package | sign | at |", "|---|---|---|"][not lines :]
            lines += [
                f"| {_code(change.package)} | {_cell(change.text)} "
                f"| {_cell(', '.join(self._places_of(change)))} |"
                for change in self.signs
            ]
        return "\n".join(lines)

    def _places_of(self, change: SignChange) -> tuple[str, ...]:
        return self.places.get((change.package, change.sign), ())


def _script_text(change: InstallScriptChange) -> str:
    return f"{_KINDS[change.kind]} {change.package} {change.event}: {change.command}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{_cell(text).replace('`', '')}`"
