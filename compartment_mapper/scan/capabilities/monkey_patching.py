"""Monkey-patching: whether a module may modify its package's exports after evaluation.

An export that is never modified late can be hardened when another package imports it. Only certain
results count: in case of uncertainty the answer is that it may. A source that deceives the scanner
only harms itself: its own exports are hardened too early, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from compartment_mapper.locations import Specifier
from compartment_mapper.scan.capabilities.load_time import is_load_time
from compartment_mapper.scan.capabilities.member_writes import (
    MemberWrite,
    candidates,
    member_writes,
    root_of,
    unwrapped,
)
from compartment_mapper.scan.capabilities.receivers import is_instance
from compartment_mapper.scan.requests.calls import literal_argument
from compartment_mapper.scan.syntax.names import Occurrence, occurrences
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.roles import role_of
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.scan.syntax.words import candidate_offsets

#: Sources with more writes (minified bundles) count as uncertain.
_MAX_WRITES = 4000
_MAX_SIZE = 2_000_000
_SHARED = frozenset({"constructor", "prototype", "__proto__"})
#: The variables with the exports of a CommonJS module.
_OF_MODULES = frozenset({"exports", "module"})
_SHARED_TEXT = re.compile(
    r"\b(?:constructor|prototype|getPrototypeOf|__proto__)\b|\bmodule\b|\bexports\b"
)
_FUNCTION_NODES = FUNCTIONS | {"class", "class_declaration"}
_DECLARATIONS = frozenset(
    {"function_declaration", "generator_function_declaration", "class_declaration"}
)
#: Arguments through which another function can modify an export.
_HANDED = re.compile(rb"[(,\s](?:(?P<name>this|exports|[A-Z][\w$]*)|module\.exports)(?=\s*[,)])")
#: An exported function: with members of its own, it is an object that plugins extend.
_EXPORTED_NAME = re.compile(
    rb"exports(?:\.[\w$]+|\[\s*['\"][\w$]+['\"]\s*\])?\s*=\s*([a-z_$][\w$]*)\s*[;\n]"
)
_HANDED_PROTOTYPE = re.compile(rb"\.prototype(?=\s*[,)])")
_MEMBERS = frozenset(b"$._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
#: Functions that do not modify their arguments.
_READERS = re.compile(
    r"(?:^|\.)_*(?:apply|assert\w*|bind|call|captureStackTrace|classCallCheck|construct|create"
    r"|\w*[eE]quals?|entries|freeze|get\w*|has\w*|includes|indexOf|inspect|is\w*|keys|push"
    r"|stringify|super|toString|values|[gs]et|add|String|Boolean|\w*Error)\Z"
)
#: The exports of a module may be those of another.
_EXPORTED = re.compile(word(b"module") + rb"\s*\.\s*exports\s*=(?![=>])\s*")
_NAMES_OF_PROTOTYPE = re.compile(
    rb"(?:getOwnPropertyNames|ownKeys)\s*\([^;]{0,80}(?:getPrototypeOf|prototype)"
)
_REQUIRED = re.compile(r"\brequire\(\s*(['\"])(\.[^'\"\n]+)\1\s*\)")
_IS_CONSTANT = re.compile(r"[A-Z][A-Z0-9_$]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonkeyPatching:
    """The modifications of exports that a module may make, its own or others'."""

    #: To its own package, after evaluation.
    late: bool
    #: The specifiers of modules whose exports it modifies, at any time.
    patched: tuple[Specifier, ...]


def scan_monkey_patching(syntax: Syntax) -> MonkeyPatching:
    """Return the modifications that the source may make."""
    found = candidates(syntax.source) if len(syntax.source) <= _MAX_SIZE else None
    if found is None or found.count > _MAX_WRITES:
        return MonkeyPatching(late=True, patched=())
    writes = list(member_writes(syntax, found))
    if _copies_prototypes(syntax, writes):
        return MonkeyPatching(late=True, patched=())
    return _Judge(syntax, writes).judge()


class _Judge:
    """A source, and the meaning of the names that it modifies."""

    def __init__(self, syntax: Syntax, writes: list[MemberWrite]) -> None:
        self.syntax = syntax
        self.writes = writes
        self.patched: dict[Specifier, None] = {}
        self.handed = list(_handed(syntax))
        roots = [root_of(syntax, write.target)[0] for write in writes]
        names = {syntax.identifier(root) for root in roots if root.type == "identifier"}
        names |= {syntax.text(_handed_root(syntax, path)) for path in self.handed}
        self.exported = [
            _value_at(syntax, match.end()) for match in _EXPORTED.finditer(syntax.source)
        ]
        #: ``module.exports = convert(lodash)``: the argument of a function whose result is
        #: exported.
        self.converted = [node for value in self.exported for node in _converted(syntax, value)]
        given = (*self.exported, *self.converted)
        names |= {syntax.text(node) for node in given if node.type == "identifier"}
        self.free = {name for name in _OF_MODULES & names if not _is_declared(syntax, name)}
        found = occurrences(syntax, names - {"this", "prototype"} - self.free)
        self.at = {occurrence.span.start: occurrence for occurrence in found}
        self.bindings: dict[tuple[int | None, str], Occurrence] = {}
        self.uses: dict[tuple[int | None, str], list[Occurrence]] = {}
        for occurrence in found:
            key = (occurrence.declared_in, occurrence.name)
            if occurrence.role == "binding":
                self.bindings.setdefault(key, occurrence)
            else:
                self.uses.setdefault(key, []).append(occurrence)

    def judge(self) -> MonkeyPatching:
        """Return all modifications."""
        changes = [self._is_late_write(write) for write in self.writes]
        late = any(changes) or any(self._is_handed_on(path) for path in self.handed)
        for node in self.converted:
            self._patches_all(node)
        return MonkeyPatching(late=late, patched=tuple(self.patched))

    def _patches_all(self, argument: Node) -> None:
        """Record the modules that a function receives, entirely or in part, and may modify."""
        node: Node | None = argument
        occurrence = self.at.get(argument.start_byte)
        if argument.type == "identifier" and occurrence is not None:
            binding = self.bindings.get((occurrence.declared_in, occurrence.name))
            node = _initializer(binding) if binding is not None else None
        for match in _REQUIRED.finditer(self.syntax.text(node)[:200] if node is not None else ""):
            self.patched[Specifier(match[2])] = None

    def _is_late_write(self, write: MemberWrite) -> bool:
        root, names = root_of(self.syntax, write.target)
        late = not is_load_time(self.syntax, write.path)
        if root.type == "identifier":
            return self._changes_name(root, names, late=late)
        if root.type == "call_expression" and self._patches(root):
            return False
        if not late:
            return False
        if root.type in {"this", "super"}:
            return bool(_SHARED & {*names}) or not is_instance(self.syntax, write.path)
        return bool(_SHARED_TEXT.search(self.syntax.text(write.target)[:200]))

    def _patches(self, node: Node | None) -> bool:
        """Record the module that *node* requests, if any."""
        node = unwrapped(node)
        if node is not None and node.type == "member_expression":
            return self._patches(root_of(self.syntax, node)[0])
        if node is None or node.type != "call_expression":
            return False
        callee, argument = node.child_by_field_name("function"), literal_argument(node)
        if callee is None or argument is None:
            return False
        if not re.fullmatch(r"require|import|\w*[iI]nterop\w*", self.syntax.text(callee)):
            return False
        self.patched[Specifier(self.syntax.string_value(argument))] = None
        return True

    def _changes_name(self, root: Node, names: list[str], *, late: bool) -> bool:
        if self.syntax.identifier(root) in self.free:
            return self._changes_exports(names, late=late)
        occurrence = self.at.get(root.start_byte)
        if occurrence is None:
            return late
        binding = self.bindings.get((occurrence.declared_in, occurrence.name))
        if binding is None:
            is_exports = occurrence.name in _OF_MODULES
            return is_exports and self._changes_exports(names, late=late)
        if self._is_request(binding):
            return False
        if not late or _is_parameter(binding):
            return late and is_load_time(self.syntax, binding.path) and _is_parameter(binding)
        if is_load_time(self.syntax, _outside(binding.path)):
            return not self._is_private_data(binding)
        return self._is_shared_local(binding, names)

    def _changes_exports(self, names: list[str], *, late: bool) -> bool:
        return late or (names in ([], ["exports"]) and self._patches_reexport())

    def _patches_reexport(self) -> bool:
        """Record the modules that this one re-exports and extends. This is never certain."""
        for node in self.exported:
            occurrence = self.at.get(node.start_byte)
            if occurrence is None:
                self._patches(node)
            else:
                binding = self.bindings.get((occurrence.declared_in, occurrence.name))
                if binding is not None:
                    self._is_request(binding)
        return False

    def _is_request(self, binding: Occurrence) -> bool:
        """Record the module that a name stands for, and return whether there is one."""
        statement = binding.enclosing("import_statement")
        if statement is not None:
            source = statement.node.child_by_field_name("source")
            if source is not None:
                self.patched[Specifier(self.syntax.string_value(source))] = None
            return True
        value = _initializer(binding)
        if value is not None and value.type == "call_expression":
            arguments = value.child_by_field_name("arguments")
            inner = arguments.named_children if arguments else []
            patched = [self._patches(node) for node in (value, *inner)]
            return any(patched)
        return self._patches(value)

    def _is_private_data(self, binding: Occurrence) -> bool:
        """Return whether the value of a module-level name cannot be a hardened export."""
        value = _initializer(binding)
        if value is None or binding.path[-2].kind != "variable_declarator":
            return False
        if value.type in {"array", "new_expression"}:  # data and instances are not hardened
            return True
        text = self.syntax.text(value)[:40]
        if value.type != "object" and not text.startswith("Object.create("):
            return False
        uses = self.uses.get((binding.declared_in, binding.name), [])
        return all(_stays_inside(use) for use in uses)

    def _is_shared_local(self, binding: Occurrence, names: list[str]) -> bool:
        """Return whether a local variable may hold an export or a prototype."""
        value = _initializer(binding)
        if value is None or binding.path[-2].kind != "variable_declarator":
            return False
        if value.type == "this":
            return bool(_SHARED & {*names}) or not is_instance(self.syntax, binding.path)
        if value.type == "identifier":
            name = self.syntax.text(value)
            return name in {"exports", "module"} or name[:1].isupper()
        if value.type in {"member_expression", "call_expression"}:
            return bool(_SHARED_TEXT.search(self.syntax.text(value)[:200]))
        return False

    def _is_handed_on(self, path: tuple[Step, ...]) -> bool:
        """Return whether a function receives an export and may modify it: a plugin."""
        if is_load_time(self.syntax, path):
            return False
        leaf = path[-1].node
        if leaf.type == "this":
            return not is_instance(self.syntax, path)
        root = _handed_root(self.syntax, path)
        if root.type == "identifier" and self.syntax.text(root) in self.free:
            return True
        occurrence = self.at.get(root.start_byte)
        if occurrence is None:
            return self.syntax.text(root) == "module"
        binding = self.bindings.get((occurrence.declared_in, occurrence.name))
        if binding is None:
            return occurrence.name in _OF_MODULES
        return not _is_parameter(binding) and is_load_time(self.syntax, _outside(binding.path))


def _is_declared(syntax: Syntax, name: str) -> bool:
    """Return whether the source declares *name*; checked only where that is possible."""
    for start in candidate_offsets(syntax.source, frozenset({name})):
        if syntax.source[start + len(name) : start + len(name) + 1] in {b".", b"["}:
            continue
        if role_of(syntax.path_to(start)) == "binding":
            return True
    return False


def _copies_prototypes(syntax: Syntax, writes: list[MemberWrite]) -> bool:
    """Return whether members are assigned by a prototype's property names, with ``constructor``.

    A hardened prototype allows assigning all of them to instances, except this one.
    """
    is_computed = any(write.path[-1].kind == "subscript_expression" for write in writes)
    return is_computed and bool(_NAMES_OF_PROTOTYPE.search(syntax.source))


def _handed_root(syntax: Syntax, path: tuple[Step, ...]) -> Node:
    is_member = path[-1].kind == "property_identifier"
    return root_of(syntax, path[-2].node)[0] if is_member else path[-1].node


def _converted(syntax: Syntax, value: Node) -> list[Node]:
    """Return the arguments of a call whose value is exported, except for read-only functions."""
    callee = value.child_by_field_name("function")
    arguments = value.child_by_field_name("arguments")
    if value.type != "call_expression" or callee is None or arguments is None:
        return []
    is_known = syntax.text(callee) == "require" or _READERS.search(syntax.text(callee))
    return [] if is_known else arguments.named_children


def _value_at(syntax: Syntax, start: int) -> Node:
    """Return the outermost expression that begins at *start*."""
    path = syntax.path_to(start)
    starting = (step.node for step in path if step.node.start_byte == start)
    return next(starting, path[-1].node)


def _handed(syntax: Syntax) -> Iterator[tuple[Step, ...]]:
    """Yield the arguments that look like exported classes or objects with exports."""
    for offset in _handed_offsets(syntax.source):
        path = syntax.path_to(offset)
        index = len(path) - 1
        while path[index].kind in {
            "property_identifier",
            "identifier",
            "this",
            "member_expression",
        }:
            index -= 1
        if path[index].kind != "arguments":
            continue
        callee = path[index - 1].node.child_by_field_name("function")
        if callee is None or not _READERS.search(syntax.text(callee)[-60:]):
            yield path


_HAS_MEMBER = re.compile(rb"(?<![\w$.])([A-Za-z_$][\w$]*)\.[\w$]+\s*=(?![=>])")
_ARGUMENT = re.compile(rb"[(,\s]([A-Za-z_$][\w$]*)(?=\s*[,)])")


def _handed_offsets(source: bytes) -> Iterator[int]:
    """Yield the possible positions of the last words of such arguments."""
    for match in _HANDED.finditer(source):
        if not _IS_CONSTANT.fullmatch((match["name"] or b"").decode()):
            yield match.end() - 1
    yield from _handed_names(source)
    for match in _HANDED_PROTOTYPE.finditer(source):
        start = match.start()
        while start > 0 and source[start - 1] in _MEMBERS:
            start -= 1
        if source[start - 1 : start] in _BEFORE_ARGUMENT:
            yield match.end() - 1


def _handed_names(source: bytes) -> Iterator[int]:
    """Yield the positions where a named export with own members may be an argument."""
    exported = {match[1] for match in _EXPORTED_NAME.finditer(source)}
    if exported:
        exported.intersection_update(_HAS_MEMBER.findall(source))
    for match in _ARGUMENT.finditer(source) if exported else ():
        if match[1] in exported:
            yield match.end() - 1


_BEFORE_ARGUMENT = frozenset({b"(", b",", b" ", b"\t", b"\n", b"\r", b"\f", b"\v"})


def _outside(path: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the path to the scope of the declaration at the end of *path*."""
    index = len(path) - 1
    while index > 0 and path[index].kind in {"identifier", "shorthand_property_identifier_pattern"}:
        index -= 1
    return path[:index] if path[index].kind in _FUNCTION_NODES else path[: index + 1]


def _is_parameter(binding: Occurrence) -> bool:
    step = binding.enclosing("formal_parameters", "variable_declarator", "catch_clause", *FUNCTIONS)
    if step is None or step.kind == "variable_declarator":
        return False
    return step.kind not in _DECLARATIONS


def _initializer(binding: Occurrence) -> Node | None:
    declarator = binding.enclosing("variable_declarator", *FUNCTIONS)
    if declarator is None or declarator.kind != "variable_declarator":
        return None
    return unwrapped(declarator.node.child_by_field_name("value"))


def _stays_inside(use: Occurrence) -> bool:
    """Return whether an object does not escape through one use of its name."""
    parent, field = use.path[-2], use.path[-1].field
    if parent.kind in {"member_expression", "subscript_expression"}:
        return field == "object"
    if parent.kind == "binary_expression":
        return True  # `in`, or a comparison: `||` would be uncertain, but is rare
    return use.role == "write" or parent.kind in {"arguments", "spread_element", "for_in_statement"}
