"""Where given names occur in a text, in which role, and which scope they belong to.

Scopes are those of ECMA-262 section 8.2 in strict mode; a name declared by a function in a block
counts for the function too, as Annex B.3.2 has it in sloppy code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.tree import Step, Syntax, character
from compartment_mapper.text import Span

Role = Literal["read", "write", "update", "typeof", "binding", "export"]
ScopeKind = Literal["free", "top", "inner"]

#: Names that only sloppy code may give to variables, ECMA-262 12.7.2.
RESERVED_IN_STRICT = frozenset(
    {"implements", "interface", "package", "private", "protected", "public", "static", "yield"}
)
_IDENTIFIERS = frozenset(
    {"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"}
)
FUNCTIONS = frozenset(
    {
        "function_declaration",
        "function_expression",
        "generator_function_declaration",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)
#: Those that have ``arguments``, and ``this``, of their own.
OWNERS = FUNCTIONS - {"arrow_function"}
#: Of a CommonJS module, https://nodejs.org/api/modules.html#the-module-wrapper.
WRAPPER_PARAMETERS = ("require", "exports", "module", "__filename", "__dirname")
_FUNCTION_DECLARATIONS = frozenset({"function_declaration", "generator_function_declaration"})
_NAMED_FROM_AROUND = _FUNCTION_DECLARATIONS | {"method_definition"}
_BLOCKS = frozenset(
    {
        "statement_block",
        "for_statement",
        "for_in_statement",
        "switch_body",
        "class_static_block",
        "catch_clause",
        "program",
    }
)
#: Pattern nodes, with the fields through which a target is reached.
_PATTERN_FIELDS: dict[str, frozenset[str | None]] = {
    "array_pattern": frozenset({None}),
    "object_pattern": frozenset({None}),
    "rest_pattern": frozenset({None}),
    "pair_pattern": frozenset({"value"}),
    "assignment_pattern": frozenset({"left"}),
    "object_assignment_pattern": frozenset({"left"}),
    "parenthesized_expression": frozenset({None}),
}


class Occurrence(NamedTuple):
    """One place where a name stands as an identifier."""

    name: str
    role: Role
    scope: ScopeKind
    path: tuple[Step, ...]
    #: The id of the node whose scope declares the name; None where none does.
    declared_in: int | None = None

    @property
    def span(self) -> Span:
        """Of the identifier itself."""
        leaf = self.path[-1].node
        return Span(leaf.start_byte, leaf.end_byte)

    def replaced(self, text: str) -> Edit:
        """Return the edit that puts *text* there; in ``{ name }`` the property keeps its name."""
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
    """Return the occurrences of *names* in the order of the text, references resolved.

    Args:
        syntax: Of the text.
        names: Without escapes.
        within: Only those in that part of the text; scopes around it are as if they declared
            nothing.
        known: Where the names stand as whole words, if that was found already.
    """
    found = list(_identifiers(syntax, frozenset(names), within, known))
    declared: dict[str, set[int]] = {}
    for name, role, top, path in found:
        if role == "binding":
            declared.setdefault(name, set()).update(_declaring_scopes(path, top))
    root = syntax.root.id
    resolved: list[Occurrence] = []
    for name, role, _top, path in found:
        scopes = declared.get(name)
        scope = None if scopes is None else _scope_of(path, scopes)
        kind: ScopeKind = "free" if scope is None else "top" if scope == root else "inner"
        resolved.append(Occurrence(name, role, kind, path, scope))
    return resolved


def references(syntax: Syntax, binding: tuple[Step, ...]) -> list[Occurrence] | None:
    """Return the uses of the name that the identifier at the end of *binding* declares.

    For an identifier that is assigned, those of whatever declares it; None when nothing does.
    Declarations are left out.
    """
    start = binding[-1].node.start_byte
    known = _known_references(syntax.tree)
    if start not in known:
        known[start] = _references(syntax, binding, start)
    return known[start]


@lru_cache(maxsize=1)
def _known_references(_tree: object) -> dict[int, list[Occurrence] | None]:
    """Return what was found in a tree, by where bindings stand: several scanners ask the same."""
    return {}


def _references(syntax: Syntax, binding: tuple[Step, ...], start: int) -> list[Occurrence] | None:
    name = syntax.identifier(binding[-1].node)
    found = occurrences(syntax, {name}, binding_scope(syntax, binding))
    wanted = next((o.declared_in for o in found if o.span.start == start), None)
    if wanted is None:
        return None
    return [o for o in found if o.role != "binding" and o.declared_in == wanted]


def binding_scope(syntax: Syntax, binding: tuple[Step, ...]) -> Span:
    """Return where the name may be used that the identifier at the end of *binding* declares.

    For one that declares nothing (it is assigned), that is anywhere.
    """
    top = _pattern_top(binding)
    if _role(binding, top) == "binding":
        scopes = set(_declaring_scopes(binding, top))
        outermost = next((step.node for step in binding if step.node.id in scopes), syntax.root)
        return Span(outermost.start_byte, outermost.end_byte)
    return Span(syntax.root.start_byte, len(syntax.source))


_Found = tuple[str, Role, int, tuple[Step, ...]]


def is_named_often(source: bytes, name: str, within: Span, limit: int) -> bool:
    """Whether *name* stands in a part of *source* more than *limit* times, as a member or not."""
    if name and source.count(name.encode(), within.start, within.end) <= limit:
        return False
    matches = word_pattern(frozenset({name})).finditer(source, within.start, within.end)
    return next(islice(matches, limit, None), None) is not None


def owner_of(path: tuple[Step, ...]) -> Step | None:
    """Return the innermost function around the end of *path* that has ``arguments`` of its own."""
    return next((step for step in reversed(path[:-1]) if step.kind in OWNERS), None)


def has_own_global(syntax: Syntax) -> bool:
    """Whether the text declares a ``globalThis``, which may have no value yet where it is asked."""
    return _OWN_GLOBAL.search(syntax.source) is not None and any(
        occurrence.role == "binding" for occurrence in occurrences(syntax, {"globalThis"})
    )


_OWN_GLOBAL = re.compile(rb"globalThis(?<![\w$.]globalThis)\s*(?:[=,;)}\]]|(?:of|in)\b)")


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
                top = _pattern_top(path)
                role = _role(path, top)
                if role is not None:
                    yield name, role, top, path


def candidate_offsets(
    source: bytes,
    names: frozenset[str],
    within: Span | None = None,
    known: Iterable[int] | None = None,
) -> Iterator[int]:
    """Yield where one of *names* stands in *source* as a word, but not as ``.name``."""
    if not names:
        return
    start, end = (within.start, within.end) if within else (0, len(source))
    found = known or _found_one_by_one(source, names, Span(start, end))
    if found is None:
        found = [match.start() for match in word_pattern(names).finditer(source, start, end)]
    yield from (offset for offset in found if is_word_start(source, offset))
    for offset, name in _escaped_words(source):
        if start <= offset < end and name in names:
            yield offset


#: More names, or more places for each, are found faster by one pattern; to compile it takes as
#: long as some hundred places.
_FEW_NAMES = 64
_FEW_PLACES = 200
#: For each name a search over the text is made: of a long one, only for some names.
_SHORT_TEXT = 50_000
_FEWEST_NAMES = 6
_AFTER_WORD = frozenset(b"$_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _found_one_by_one(source: bytes, names: frozenset[str], within: Span) -> list[int] | None:
    """Return what `word_pattern` finds, and some that are no whole words; None if that is slow."""
    start, end = within.start, within.end
    limit = _FEW_NAMES if end - start <= _SHORT_TEXT else _FEWEST_NAMES
    if len(names) > limit or "" in names:
        return None
    places = _FEW_PLACES * len(names) + (end - start) // 50
    found: list[int] = []
    for name in names:
        word = name.encode()
        length = len(word)
        offset = source.find(word, start, end)
        while offset >= 0:
            after = offset + length
            if after >= end or source[after] not in _AFTER_WORD:
                found.append(offset)
            places -= 1
            offset = source.find(word, after, end)
        if places < 0:
            return None
    found.sort()
    return found


@lru_cache(maxsize=4)
def _escaped_words(source: bytes) -> tuple[tuple[int, str], ...]:
    """Return where identifiers stand that are written with Unicode escapes, and what they mean."""
    found: list[tuple[int, str]] = []
    for escape in _ESCAPE.finditer(source):
        start = escape.start()
        while start > 0 and source[start - 1] in _AFTER_WORD:
            start -= 1
        if source[start - 1 : start] in _NOT_BEFORE_ESCAPED:
            continue
        end = escape.end()
        while end < len(source) and source[end] in _AFTER_WORD:
            end += 1
        found.append((start, unescaped(source[start:end].decode("utf-8", "replace"))))
    return tuple(found)


#: Of an identifier written with a Unicode escape, ECMA-262 12.7.
_ESCAPE = re.compile(rb"\\u(?:\{[0-9a-fA-F]+\}|[0-9a-fA-F]{4})")
#: Before a member, and in what is a string or a regular expression.
_NOT_BEFORE_ESCAPED = frozenset({b"\\", b".", b"'", b'"', b"/"})


def is_word_start(source: bytes, offset: int) -> bool:
    """Whether an identifier may begin at *offset*, and it is no member (``.name``)."""
    before = source[max(0, offset - 3) : offset]
    if before[-1:] == b".":
        return before == b"..."
    return not before or (before[-1:] not in _NOT_BEFORE and not before[-1:].isalnum())


_NOT_BEFORE = frozenset({b"$", b"_", b"\\"})


@lru_cache(maxsize=256)
def word_pattern(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return a pattern of *names* as whole words; what stands before is to be checked.

    A tree of prefixes and a word boundary are four times as fast as a list of alternatives
    behind a look at the character before.
    """
    words = frozenset(name for name in names if name[:1].isascii() and name[:1].isidentifier())
    parts = [rb"\b" + _alternatives(words)] if words else []
    parts += [re.escape(name.encode()) for name in sorted(names - words, reverse=True)]
    return re.compile(rb"(?:" + rb"|".join(parts) + rb")(?![\w$])")


def _alternatives(words: frozenset[str]) -> bytes:
    """Return a pattern that matches *words*, common beginnings first."""
    heads = sorted({word[0] for word in words if word})
    tails = {head: frozenset(w[1:] for w in words if w.startswith(head)) for head in heads}
    parts = [re.escape(head.encode()) + _alternatives(tails[head]) for head in heads]
    if not parts:
        return b""
    group = parts[0] if len(parts) == 1 and "" not in words else b"(?:" + b"|".join(parts) + b")"
    return group + b"?" if "" in words else group


def unescaped(name: str) -> str:
    r"""Return an identifier with its Unicode escapes replaced.

    >>> unescaped(r"\u0070rocess")
    'process'
    """
    return re.sub(
        r"\\u(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{4}))",
        lambda escape: character(escape[1] or escape[2]) or escape[0],
        name,
    )


def escaped_words(source: bytes) -> set[str]:
    """Return the identifiers that are written with Unicode escapes somewhere in *source*."""
    return {word for _, word in _escaped_words(source)}


def _pattern_top(path: tuple[Step, ...]) -> int:
    """Return the index in *path* of the outermost pattern that holds the leaf as a target."""
    index = len(path) - 1
    while index > 0:
        fields = _PATTERN_FIELDS.get(path[index - 1].kind)
        if fields is None or path[index].field not in fields:
            break
        index -= 1
    return index


def role_of(path: tuple[Step, ...]) -> Role | None:
    """Return the role of what *path* leads to: an identifier, or a member of something."""
    return _role(path, _pattern_top(path))


def _role(path: tuple[Step, ...], top: int) -> Role | None:
    parent, field = path[top - 1], path[top].field
    kind = parent.kind
    if kind in _BINDING_FIELDS:
        return _binding_role(path, top)
    if kind in {"import_specifier", "export_specifier", "namespace_export", "labeled_statement"}:
        return _specifier_role(path)
    if kind in {"assignment_expression", "for_in_statement"} and field == "left":
        return "binding" if parent.node.child_by_field_name("kind") else "write"
    if kind == "augmented_assignment_expression" and field == "left":
        return "update"
    if kind == "update_expression":
        return "update"
    if kind == "unary_expression":
        operator = parent.node.child_by_field_name("operator")
        if operator is not None and operator.type == "typeof":
            return "typeof"
    return "read"


_BINDING_FIELDS: dict[str, frozenset[str | None]] = {
    "variable_declarator": frozenset({"name"}),
    "formal_parameters": frozenset({None}),
    "arrow_function": frozenset({"parameter"}),
    "catch_clause": frozenset({"parameter"}),
    "function_declaration": frozenset({"name"}),
    "generator_function_declaration": frozenset({"name"}),
    "function_expression": frozenset({"name"}),
    "generator_function": frozenset({"name"}),
    "class_declaration": frozenset({"name"}),
    "class": frozenset({"name"}),
    "import_clause": frozenset({None}),
    "namespace_import": frozenset({None}),
}


def _binding_role(path: tuple[Step, ...], top: int) -> Role:
    return "binding" if path[top].field in _BINDING_FIELDS[path[top - 1].kind] else "read"


def _specifier_role(path: tuple[Step, ...]) -> Role | None:
    """Names in import and export clauses: bindings, references, or another module's names."""
    parent, field = path[-2], path[-1].field
    if parent.kind == "import_specifier":
        alias = parent.node.child_by_field_name("alias")
        return "binding" if field == "alias" or alias is None else None
    if parent.kind == "export_specifier" and field == "name":
        statements = (step.node for step in reversed(path) if step.kind == "export_statement")
        statement = next(statements, None)  # None: of a text that is no program
        return "export" if statement and not statement.child_by_field_name("source") else None
    return None


def _declaring_scopes(path: tuple[Step, ...], top: int) -> Iterator[int]:
    """Yield the ids of the scopes that a binding occurrence declares its name in."""
    parent = path[top - 1]
    kind = parent.kind
    if kind in {"function_expression", "generator_function", "class", "catch_clause"}:
        yield parent.node.id
    elif kind in {"formal_parameters", "arrow_function"}:
        yield _nearest(path[: top if kind == "arrow_function" else top - 1], FUNCTIONS)
    elif kind in _FUNCTION_DECLARATIONS:
        yield _nearest(path[: top - 1], _BLOCKS)
        yield _function_scope(path[: top - 1])
    elif (kind == "variable_declarator" and path[top - 2].kind == "variable_declaration") or (
        kind == "for_in_statement" and _declares_var(parent)
    ):
        yield _function_scope(path[: top - 1])
    else:
        around = path[:top] if kind == "for_in_statement" else path[: top - 1]
        yield _nearest(around, _BLOCKS)


def _declares_var(statement: Step) -> bool:
    kind = statement.node.child_by_field_name("kind")
    return kind is not None and kind.type == "var"


def _nearest(path: tuple[Step, ...], kinds: frozenset[str]) -> int:
    for step in reversed(path):
        if step.kind in kinds:
            return step.id
    return path[0].id


def _function_scope(path: tuple[Step, ...]) -> int:
    return _nearest(path, FUNCTIONS | {"class_static_block", "program"})


def _scope_of(path: tuple[Step, ...], scopes: set[int]) -> int | None:
    """Return the innermost of *scopes* on the way to a name.

    The name of a declared function, and the computed key of a method, stand in its node and are
    of the scope around it.
    """
    inner: Step | None = None
    for step in reversed(path):
        is_around = inner is not None and inner.field == "name" and step.kind in _NAMED_FROM_AROUND
        if step.id in scopes and not is_around:
            return step.id
        inner = step
    return None
