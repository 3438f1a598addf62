"""Scopes: the hosts, files, programs or modules that a grant is restricted to.

A scope of one kind belongs to certain capabilities only, which ``authority/scopes.json`` lists; the
runtime reads the same table. ``docs/formats/policy.md`` describes the patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from compartment_mapper.authority.scopes import ScopeKind, members_with_scope, scope_kind
from compartment_mapper.authority.table import Part
from compartment_mapper.policy.argument_patterns import (
    arguments_cover,
    arguments_within,
    check_arguments,
    check_program,
    check_variable,
    names_cover,
    names_within,
)
from compartment_mapper.policy.host_patterns import check_host, hosts_cover, hosts_within
from compartment_mapper.policy.path_patterns import check_path, paths_cover, paths_within

#: The keys of each kind in a policy.
KEYS: Mapping[ScopeKind, tuple[str, ...]] = {
    "hosts": ("hosts",),
    "paths": ("paths", "read", "write"),
    "programs": ("programs", "args", "env"),
    "modules": ("modules",),
}
SCOPE_KEYS = frozenset(key for keys in KEYS.values() for key in keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a grant is restricted to; lists are sorted and without duplicates."""

    kind: ScopeKind
    hosts: tuple[str, ...] = ()
    #: Patterns of files that may be read, and written.
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    #: The argument lists that a program may get; None: any.
    args: tuple[tuple[str, ...], ...] | None = None
    #: The names of the environment variables that a program gets.
    env: tuple[str, ...] = ()
    #: Whether modules of the archive may be started in threads and processes.
    modules: bool = False

    def __bool__(self) -> bool:
        """Return whether it allows anything."""
        starts = self.modules or (self.programs and self.args != ())
        return bool(self.hosts or self.read or self.write or starts)

    def to_json(self) -> dict[str, object]:
        """Return the scope as it is written in a policy."""
        match self.kind:
            case "hosts":
                return {"hosts": list(self.hosts)}
            case "paths":
                return self._paths_to_json()
            case "programs":
                found: dict[str, object] = {"programs": list(self.programs)}
                if self.args is not None:
                    found["args"] = [list(each) for each in self.args]
                return found | ({"env": list(self.env)} if self.env else {})
            case "modules":
                return {"modules": "own"}

    @property
    def text(self) -> str:
        """The scope in one line: ``hosts: api.example.com, *.example.org``."""
        listed = self.to_json()
        return "; ".join(f"{key}: {_shown(value)}" for key, value in listed.items())

    def _paths_to_json(self) -> dict[str, object]:
        if self.read == self.write:
            return {"paths": list(self.read)}
        named = {"read": list(self.read), "write": list(self.write)}
        return {key: paths for key, paths in named.items() if paths}

    def covers(self, other: Scope) -> bool:
        """Return whether this scope allows everything that *other* allows."""
        if self.kind != other.kind or not other:
            return self.kind == other.kind
        return (
            hosts_cover(self.hosts, other.hosts)
            and paths_cover(self.read, other.read)
            and paths_cover(self.write, other.write)
            and set(self.programs) >= set(other.programs)
            and arguments_cover(self.args, other.args)
            and names_cover(self.env, other.env)
            and (self.modules or not other.modules)
        )

    def without(self, other: Scope) -> Scope:
        """Return the hosts, files and programs that *other* does not cover."""
        return Scope(
            kind=self.kind,
            hosts=tuple(each for each in self.hosts if not hosts_cover(other.hosts, (each,))),
            read=tuple(each for each in self.read if not paths_cover(other.read, (each,))),
            write=tuple(each for each in self.write if not paths_cover(other.write, (each,))),
            programs=tuple(sorted(set(self.programs) - set(other.programs))),
            args=self.args,
            env=self.env,
            modules=other.modules < self.modules,
        )

    def joined(self, other: Scope) -> Scope:
        """Return the scope of both, which must be of one kind."""
        assert self.kind == other.kind, (self, other)
        args = (
            None if None in (self.args, other.args) else {*(self.args or ()), *(other.args or ())}
        )
        return Scope(
            kind=self.kind,
            hosts=tuple(sorted({*self.hosts, *other.hosts})),
            read=tuple(sorted({*self.read, *other.read})),
            write=tuple(sorted({*self.write, *other.write})),
            programs=tuple(sorted({*self.programs, *other.programs})),
            args=None if args is None else tuple(sorted(args)),
            env=tuple(sorted({*self.env, *other.env})),
            modules=self.modules or other.modules,
        )

    def within(self, other: Scope) -> Scope:
        """Return the intersection of both scopes, which must be of one kind."""
        assert self.kind == other.kind, (self, other)
        args = arguments_within(self.args, other.args)
        programs = sorted(set(self.programs) & set(other.programs)) if args != () else []
        return Scope(
            kind=self.kind,
            hosts=hosts_within(self.hosts, other.hosts),
            read=paths_within(self.read, other.read),
            write=paths_within(self.write, other.write),
            programs=tuple(programs),
            args=args if programs else None,
            env=names_within(self.env, other.env) if programs else (),
            modules=self.modules and other.modules,
        )


#: A grant to start modules of the archive.
OWN_MODULES = Scope(kind="modules", modules=True)


def scope_of(value: Mapping[str, object], part: Part, path: str) -> Scope | str:
    """Return the scope that the JSON object *value* says, or the problem as a sentence.

    Args:
        value: A grant with any of `SCOPE_KEYS`.
        part: The part of the policy.
        path: The path that it grants.
    """
    kind = scope_kind(part, path)
    if kind is None:
        return _cannot_have(part, path)
    unknown = next((key for key in value if key not in KEYS[kind]), None)
    if unknown is not None:
        return f"'{unknown}' does not belong to a grant of '{path}'; known: {', '.join(KEYS[kind])}"
    match kind:
        case "hosts":
            hosts = _list(value, "hosts", check_host)
            return hosts if isinstance(hosts, str) else Scope(kind=kind, hosts=hosts)
        case "paths":
            return _path_scope(value)
        case "programs":
            return _program_scope(value)
        case "modules":
            own = value["modules"] == "own"
            return OWN_MODULES if own else "'modules' must be \"own\""


def _cannot_have(part: Part, path: str) -> str:
    head = path.partition(".")[0]
    members = members_with_scope(part, head)
    hint = f"; of '{head}', these can: {', '.join(members)}" if members else ""
    return f"a grant of '{path}' has no scope (write true, false or an attenuation){hint}"


def _path_scope(value: Mapping[str, object]) -> Scope | str:
    if "paths" in value and len(value) > 1:
        return "'paths' stands for both 'read' and 'write': write either it or them"
    found = {key: _list(value, key, check_path) for key in value}
    problem = next((each for each in found.values() if isinstance(each, str)), None)
    if problem is not None:
        return problem
    named = {key: each for key, each in found.items() if not isinstance(each, str)}
    both = named.get("paths", ())
    return Scope(kind="paths", read=named.get("read", both), write=named.get("write", both))


def _program_scope(value: Mapping[str, object]) -> Scope | str:
    programs = _list(value, "programs", check_program)
    env = _list(value, "env", check_variable) if "env" in value else ()
    args = _arguments(value["args"]) if "args" in value else None
    for each in (programs, env, args):
        if isinstance(each, str):
            return each
    assert not isinstance(programs, str)
    assert not isinstance(env, str)
    assert not isinstance(args, str)
    return Scope(kind="programs", programs=programs, args=args, env=env)


def _arguments(value: object) -> tuple[tuple[str, ...], ...] | str:
    if not isinstance(value, list) or not all(isinstance(each, list) for each in value):
        return "'args' must be a list of argument lists"
    found = []
    for each in value:
        problem = check_arguments(each)
        if problem:
            return problem
        found.append(tuple(each))
    return tuple(sorted(set(found)))


def _list(
    value: Mapping[str, object], key: str, check: Callable[[str], str]
) -> tuple[str, ...] | str:
    """Return the patterns of *key*, checked, or the problem."""
    listed = value.get(key)
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        return f"'{key}' must be a list of strings"
    patterns: Sequence[str] = listed
    problem = next((problem for each in patterns if (problem := check(each))), None)
    return problem if problem is not None else tuple(sorted(set(patterns)))


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    assert isinstance(value, list), value
    return ", ".join(each if isinstance(each, str) else " ".join(each) for each in value)
