"""The questions of ``policy review``: what they show, and the answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import click

from compartment_mapper.authority.scopes import ScopeKind, scope_kind
from compartment_mapper.authority.table import Severity
from compartment_mapper.bundle.application import Application
from compartment_mapper.cli.building import place_of
from compartment_mapper.cli.policy.override_file import Decided, OverrideFile
from compartment_mapper.cli.shared import show
from compartment_mapper.graph.module_ids import display_name
from compartment_mapper.host.wall import wall_for
from compartment_mapper.inference.open_decisions import OpenDecision
from compartment_mapper.inference.scope_proposals import proposed_patterns
from compartment_mapper.policy.model import PackagePolicy
from compartment_mapper.policy.scope import Scope, scope_of
from compartment_mapper.report.summary import why
from compartment_mapper.text import printable

Answer = Literal["grant", "deny", "limit", "skip", "quit"]

_COLORS: Mapping[Severity, str] = {"critical": "red", "high": "red", "medium": "yellow"}
_MOST_PLACES = 4
_KEYS: Mapping[str, str] = {
    "y": "grant it to this package",
    "n": "deny it: a use throws, and nobody asks again",
    "l": "limit the grant to certain {kind}",
    "a": "always harmless here: grant it to all {count} packages that use it",
    "s": "skip: decide later",
    "q": "quit: the answers so far are saved",
    "?": "explain the answers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One decision to make."""

    decision: OpenDecision
    #: All open decisions about the same capability, this one included.
    same: tuple[OpenDecision, ...]
    #: ``3/12``.
    place: str

    @property
    def kind(self) -> ScopeKind | None:
        """The kind of scope that a grant can have."""
        kind = scope_kind(*self.decision.capability)
        return None if kind == "modules" else kind

    @property
    def keys(self) -> list[str]:
        """The possible answers."""
        omitted = {"l"} if self.kind is None else set()
        if len(self.same) == 1 or self.decision.use.severity == "critical":
            omitted.add("a")
        return [key for key in _KEYS if key not in omitted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review on a terminal."""

    application: Application
    file: OverrideFile

    def ask(self, question: Question) -> tuple[Answer, tuple[OpenDecision, ...]]:
        """Ask, write the decision, and return the answer with the decisions that it settles."""
        self._show(question)
        while True:
            settled = self._settled(self._answer(question), question)
            if settled is not None:
                return settled

    def _settled(
        self, key: str, question: Question
    ) -> tuple[Answer, tuple[OpenDecision, ...]] | None:
        """Return what an answer settles; None to ask again."""
        one = (question.decision,)
        match key:
            case "y":
                return self._decided("grant", one)
            case "n":
                return self._decided("deny", one)
            case "a":
                return self._decided("grant", question.same)
            case "l":
                scope = self._scope(question)
                return self._decided("limit", one, scope) if scope is not None else None
            case "s":
                return "skip", one
            case "q":
                return "quit", ()
            case _:
                _explain(question)
                return None

    def _answer(self, question: Question) -> str:
        keys = "/".join(question.keys)
        text = f"grant it? [{keys}] "
        try:
            answer = (
                input(text if os.environ.get("NO_COLOR") else click.style(text, bold=True))
                .strip()
                .lower()
            )
        except EOFError:
            click.echo()
            return "q"
        first = {"yes": "y", "no": "n", "quit": "q", "skip": "s", "always": "a", "limit": "l"}
        key = first.get(answer, answer)
        return key if key in question.keys else "?"

    def _decided(
        self,
        answer: Answer,
        decisions: tuple[OpenDecision, ...],
        scope: object = None,
    ) -> tuple[Answer, tuple[OpenDecision, ...]]:
        def grant(one: OpenDecision) -> object:
            if answer == "deny":
                return False
            inferred = one.scope.to_json() if one.scope else None
            return scope or inferred or one.use.grant

        self.file.decide(
            *(
                Decided(
                    package=one.use.package,
                    part=one.use.part,
                    path=one.use.path,
                    grant=grant(one),
                    place=place_of(self.application, one.use),
                )
                for one in decisions
            )
        )
        return answer, decisions

    def _scope(self, question: Question) -> dict[str, object] | None:
        """Ask for the patterns of a scope; None for none."""
        kind = question.kind
        assert kind is not None
        inferred = question.decision.scope
        proposed = " ".join(_patterns_of(inferred) if inferred else self._proposed(question, kind))
        shown = f" [{proposed}]" if proposed else ""
        try:
            answer = input(printable(f"{kind}, separated by blanks{shown}: ")).strip() or proposed
        except EOFError:
            return None
        if not answer:
            return None
        if inferred and answer == proposed:
            return inferred.to_json()
        value: dict[str, object] = {_key_of(kind, inferred): sorted(set(answer.split()))}
        scope = scope_of(value, *question.decision.capability)
        if isinstance(scope, str):
            show(f"{scope}")
            return None
        return scope.to_json()

    def _proposed(self, question: Question, kind: ScopeKind) -> list[str]:
        modules = self.application.modules.modules
        sites = [(modules[use.module].source, use.span.end) for use in question.decision.uses]
        return proposed_patterns(kind, sites)

    def _show(self, question: Question) -> None:
        use, application = question.decision.use, self.application
        severity = use.severity
        color = None if os.environ.get("NO_COLOR") else _COLORS.get(severity)
        click.echo()
        level = click.style(severity, fg=color, bold=True) if color else severity
        what = f"{use.part.removesuffix('s')} {use.path}"
        click.echo(f"[{question.place}] {level}  {printable(f'{use.package}  {what}')}")
        show(f"  {use.authority.reason}")
        if question.decision.scope is not None:
            show(f"  y grants it for {question.decision.scope.text}")
        if use.uncertain:
            show("  the code may use more of it than the scanner sees")
        chain = why(use.package, application.modules, application.packages) or []
        if chain:
            names = (name.rpartition(">")[2] for name in [*(s.package for s in chain), use.package])
            start = f"{display_name(chain[0].module, application.root)}:{chain[0].line}"
            show(f"  reached from {' > '.join([start, *[*dict.fromkeys(names)][1:]])}")
        own = PackagePolicy().with_grants(use.part, {use.path: use.grant})
        problem = wall_for([own], mentions=False).problem
        if problem:
            show(f"  if granted, there is no second wall: {problem}")
        place = application.scanned.place_of(use.module, use.span)
        show(f"{place}\n{place.frame}")
        others = dict.fromkeys(place_of(application, each) for each in question.decision.uses[1:])
        others.pop(place_of(application, use), None)
        if others:
            more = [*others][:_MOST_PLACES]
            rest = len(others) - len(more)
            show(f"  also {', '.join(more)}" + (f" and {rest} more places" if rest else ""))


def _patterns_of(scope: Scope) -> tuple[str, ...]:
    return scope.hosts or scope.programs or scope.read or scope.write


def _key_of(kind: ScopeKind, inferred: Scope | None) -> str:
    """Return the key for patterns: what is only read, or only written, stays so."""
    if inferred is None or inferred.read == inferred.write:
        return kind
    return "read" if inferred.read else "write"


def _explain(question: Question) -> None:
    for key in question.keys:
        text = _KEYS[key].format(kind=question.kind, count=len(question.same))
        show(f"  {key}  {text}")
