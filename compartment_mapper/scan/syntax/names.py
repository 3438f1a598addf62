"""Find occurrences of names, with their roles and declaring scopes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.roles import Role, pattern_top, role_in
from compartment_mapper.scan.syntax.scopes import declaring_scopes, scope_of
from compartment_mapper.scan.syntax.tree import Step, Syntax
from compartment_mapper.scan.syntax.words import candidate_offsets, unescaped
from compartment_mapper.text import Span

ScopeKind = Literal["free", "top", "inner"]


#: Names that only sloppy code may give to variables, ECMA-262 12.7.2.
RESERVED_IN_STRICT = frozenset(
    {"implements", "interface", "package", "private", "protected", "public", "static", "yield"}
)


_IDENTIFIERS = frozenset(
    {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}
)


#: The variables of a CommonJS module, https://nodejs.org/api/modules.html#the-module-wrapper.
WRAPPER_PARAMETERS = ("require", "exports", "module", "__filename", "__dirname")


class Occurrence(NamedTuple):
    """One occurrence of a name as an identifier."""

    name: str
    role: Role
    scope: ScopeKind
    path: tuple[Step, ...]
    #: The ID of the node whose scope declares the name; None if no scope does.
    declared_in: int | None = None

    @property
    def span(self) -> Span:
        """The span of the identifier."""
        leaf = self.path[-1].node
        return Span(leaf.start_byte, leaf.end_byte)

    def replaced(self, text: str) -> Edit:
        """Return the edit that replaces it; in ``{ name }`` the property keeps its name."""
        is_shorthand = self.path[-1].kind.startswith("shorthand_property_identifier")
        return Edit(*self.span, f"{self.name}:{text}" if is_shorthand else text)

    def enclosing(self, *kinds: str) -> Step | None:
        """Return the innermost node around the name that is of one of *kinds*."""
        return next((step for step in reversed(self.path[:-1]) if step.kind in kinds), None)


def occurrences(
    syntax: Syntax,
    names: Iterable[str],
    within: Span | None = None,
    *,
    known: Iterable[int] | None = None,
) -> list[Occurrence]:
    """Return the occurrences of *names* in order, with references resolved.

    Args:
        syntax: The syntax of the source.
        names: Names without escapes.
        within: Limits the search to a part of the source; scopes around it count as empty.
        known: The positions of the names as whole words, if known.
    """
    found = list(_identifiers(syntax, frozenset(names), within, known))
    declared: dict[str, set[int]] = {}
    for name, role, top, path in found:
        if role == "binding":
            declared.setdefault(name, set()).update(declaring_scopes(path, top))
    root = syntax.root.id
    resolved: list[Occurrence] = []
    for name, role, _top, path in found:
        scopes = declared.get(name)
        scope = None if scopes is None else scope_of(path, scopes)
        kind: ScopeKind = "free" if scope is None else "top" if scope == root else "inner"
        resolved.append(Occurrence(name, role, kind, path, scope))
    return resolved


def references(syntax: Syntax, binding: tuple[Step, ...]) -> list[Occurrence] | None:
    """Return the uses of the name that the identifier at the end of *binding* declares.

    For an assigned identifier, return the uses of its declaration; None if there is none.
    Declarations are omitted.
    """
    start = binding[-1].node.start_byte
    known = _known_references(syntax.tree)
    if start not in known:
        known[start] = _references(syntax, binding, start)
    return known[start]


@lru_cache(maxsize=1)
def _known_references(_tree: object) -> dict[int, list[Occurrence] | None]:
    """Return the cache of a tree, by binding position: several scanners ask for the same."""
    return {}


def _references(syntax: Syntax, binding: tuple[Step, ...], start: int) -> list[Occurrence] | None:
    name = syntax.identifier(binding[-1].node)
    found = occurrences(syntax, {name}, binding_scope(syntax, binding))
    wanted = next((o.declared_in for o in found if o.span.start == start), None)
    if wanted is None:
        return None
    return [o for o in found if o.role != "binding" and o.declared_in == wanted]


def binding_scope(syntax: Syntax, binding: tuple[Step, ...]) -> Span:
    """Return the part where the name declared at the end of *binding* may be used.

    For an identifier that is only assigned, the whole source.
    """
    top = pattern_top(binding)
    if role_in(binding, top) == "binding":
        scopes = set(declaring_scopes(binding, top))
        outermost = next((step.node for step in binding if step.node.id in scopes), syntax.root)
        return Span(outermost.start_byte, outermost.end_byte)
    return Span(syntax.root.start_byte, len(syntax.source))


_Found = tuple[str, Role, int, tuple[Step, ...]]


def has_own_global(syntax: Syntax) -> bool:
    """Return whether the source declares ``globalThis``, which may be read uninitialized."""
    return _OWN_GLOBAL.search(syntax.source) is not None and any(
        occurrence.role == "binding" for occurrence in occurrences(syntax, {"globalThis"})
    )


_OWN_GLOBAL = re.compile(word(b"globalThis") + rb"\s*(?:[=,;)}\]]|(?:of|in)\b)")


def _identifiers(
    syntax: Syntax,
    names: frozenset[str],
    within: Span | None = None,
    known: Iterable[int] | None = None,
) -> Iterator[_Found]:
    for offset in candidate_offsets(syntax.source, names, within, known):
        path = syntax.path_to(offset)
        step = path[-1]
        leaf = step.node
        if step.kind in _IDENTIFIERS and leaf.start_byte == offset:
            text = syntax.text(leaf)
            name = unescaped(text) if "\\" in text else text
            if name in names:
                top = pattern_top(path)
                role = role_in(path, top)
                if role is not None:
                    yield name, role, top, path
