"""Give the named types of several declarations one name each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from compartment_mapper.sandbox.declarations.model import (
    Declaration,
    IntersectionType,
    Reference,
    Type,
    UnionType,
    parts_of,
    references_in,
)
from compartment_mapper.sandbox.declarations.names import type_name


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTypes:
    """The named types of several declarations, under names that are unique."""

    #: In order of first use: the declaration and its own name for the type, by unique name.
    types: Mapping[str, tuple[Declaration, str]]
    names: Mapping[tuple[tuple[str, ...], str], str]

    def name_of(self, declaration: Declaration, name: str) -> str:
        """Return the unique name of the type that *declaration* calls *name*."""
        return self.names.get((declaration.path, name), "unknown")


def named_types(declarations: Iterable[Declaration]) -> NamedTypes:
    """Return the types that *declarations* use; equal types of the same name are one."""
    known: dict[object, str] = {}
    types: dict[str, tuple[Declaration, str]] = {}
    names: dict[tuple[tuple[str, ...], str], str] = {}
    for declaration in declarations:
        roots = [*(each.type for each in declaration.parameters), declaration.result]
        for name, closure in _closures(declaration, roots).items():
            key = (name, closure)
            if key not in known:
                known[key] = type_name(name, types)
                types[known[key]] = (declaration, name)
            names[declaration.path, name] = known[key]
    return NamedTypes(types=types, names=names)


def _closures(declaration: Declaration, roots: list[Type]) -> dict[str, object]:
    """Return the definitions that each used type depends on."""
    found: dict[str, object] = {}
    for name in _reached(declaration, references_in(*roots)):
        reached = _reached(declaration, [name])
        found[name] = tuple(
            (each, declaration.types[each].type, declaration.types[each].doc) for each in reached
        )
    return found


def _reached(declaration: Declaration, names: list[str]) -> list[str]:
    reached: dict[str, None] = {}
    pending = list(reversed(names))
    while pending:
        name = pending.pop()
        if name in reached or name not in declaration.types:
            continue
        reached[name] = None
        pending += reversed(references_in(declaration.types[name].type))
    return list(reached)


def is_circular(declaration: Declaration, name: str) -> bool:
    """Return whether *name* is defined as itself, which TypeScript rejects.

    A type may contain itself in a member or an item, but not as a choice of a union.
    """
    seen: set[str] = set()
    pending: list[Type] = [declaration.types[name].type]
    while pending:
        found = pending.pop()
        if isinstance(found, UnionType | IntersectionType):
            pending += parts_of(found)
        elif isinstance(found, Reference) and found.name not in seen:
            if found.name == name:
                return True
            seen.add(found.name)
            if found.name in declaration.types:
                pending.append(declaration.types[found.name].type)
    return False
