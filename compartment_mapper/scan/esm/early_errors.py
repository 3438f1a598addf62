"""Find possible early errors that the parser accepts: ECMA-262 16.2.1.1.

A module becomes a function body, where an engine accepts constructs that it rejects in a module
(``return``, ``new.target``, ``await`` as a name), and its import and export statements are removed.
The results are only parse uncertainty: the engine decides whether the source is invalid.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from compartment_mapper.scan.syntax.names import Occurrence, occurrences
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.scan.syntax.words import candidate_offsets, escaped_words, unescaped
from compartment_mapper.text import Span

Path = tuple[Step, ...]

_FUNCTION_DECLARATIONS = frozenset({"function_declaration", "generator_function_declaration"})
_IDENTIFIERS = frozenset(
    {
        "identifier",
        "shorthand_property_identifier",
        "shorthand_property_identifier_pattern",
        "statement_identifier",
    }
)
#: Statements of a module in which a ``return`` would be outside of any function.
_HOLD_STATEMENTS = frozenset(
    {
        "do_statement",
        "for_in_statement",
        "for_statement",
        "if_statement",
        "labeled_statement",
        "return_statement",
        "statement_block",
        "switch_statement",
        "try_statement",
        "while_statement",
    }
)

# Each pattern begins with a literal for speed, and uses lookbehind afterwards.
_CALL = (
    word(b"import") + rb"\b\s*(?:"
    rb"(?P<call>\?\.|\(\s*(?:\)|\.\.\.)|\([^()]*,[^()]*,)"
    rb"|(?P<phase>\.\s*(?!meta\b))"
)
_STATEMENT = rb"|(?P<statement>[\w{*'\"$]))"
_EXPORT = word(b"export") + rb"\b\s*(?P<statement>[\w{*'\"$])"
_NEW_IMPORT = word(b"new") + rb"\s+(?P<new>import)\b"
_INCREASED = word(b"import") + rb"\s*\([^()]*\)\s*(?P<call>\+\+|--)"
_INCREASED_BEFORE = rb"(?:\+\+|--)\s*(?P<new>import)\b"
_OF_CALLS = (_NEW_IMPORT, _INCREASED, _INCREASED_BEFORE)
_IN_SCRIPT = tuple(
    re.compile(pattern)
    for pattern in (_CALL + rb"|(?P<meta>\.\s*meta\b)" + _STATEMENT, _EXPORT, *_OF_CALLS)
)
_IN_MODULE = tuple(
    re.compile(pattern)
    for pattern in (
        _CALL + rb"|(?P<meta>\.\s*meta\b(?!\s*(?:\.|\[|\?\.)))" + _STATEMENT,
        _EXPORT,
        *_OF_CALLS,
        word(b"new") + rb"\s*\.\s*(?P<target>target)\b",
        word(b"await") + rb"(?P<await>\b)",
        word(b"yield") + rb"(?P<await>\b)",
        rb"<!(?P<html>--)",
        rb"--(?P<html>>)",
        rb"\\u(?P<escape>(?:00|\{0*)[67])",
    )
)
#: A second attribute, whose key may duplicate the first.
_ATTRIBUTES = re.compile(rb"['\"]\s*with\s*\{[^{}]*,\s*['\"\w]")
#: An identifier, which is not checked for each of its escapes.
_LONG = 200
_RETURN = re.compile(word(b"return") + rb"\b")
_ASYNC = re.compile(rb"(?:static\s+)?async\b")
_VARIABLE = re.compile(word(b"var") + rb"\s+([\w$]+)")


def script_uncertainties(syntax: Syntax) -> Iterator[Span]:
    """Yield syntax that is invalid in CommonJS modules: module statements, ``import.meta``."""
    for match in _matches(_IN_SCRIPT, syntax.source):
        if _leaf_of(match, syntax)[-1].kind in {"import", "export"}:
            yield Span(match.start(), match.end())


def module_uncertainties(syntax: Syntax) -> Iterator[Span]:
    """Yield syntax that may be invalid in a module but is valid in a function body."""
    statements = syntax.statements()
    starts = {node.start_byte for node in statements}
    for match in _matches(_IN_MODULE, syntax.source):
        kind = str(match.lastgroup)
        if kind == "statement" and match.start() in starts:
            continue
        if _is_suspect(kind, _leaf_of(match, syntax), syntax):
            yield Span(match.start(), match.end())
    yield from (Span(*match.span()) for match in _ATTRIBUTES.finditer(syntax.source))
    for node in statements:
        if node.type in _HOLD_STATEMENTS:
            yield from _returns(syntax, node)
    yield from _functions_declared_twice(syntax, statements)


def _matches(patterns: Iterable[re.Pattern[bytes]], source: bytes) -> Iterator[re.Match[bytes]]:
    for pattern in patterns:
        yield from pattern.finditer(source)


def _leaf_of(match: re.Match[bytes], syntax: Syntax) -> Path:
    inner = match.lastgroup in {"new", "html", "escape"}
    return syntax.path_to(match.start(str(match.lastgroup)) if inner else match.start())


def _is_suspect(kind: str, path: Path, syntax: Syntax) -> bool:
    leaf = path[-1].kind
    match kind:
        case "target":
            inside = (FUNCTIONS - {"arrow_function"}) | {"class_body"}
            return leaf == "new" and not _is_inside(path, inside)
        case "await" if leaf == "await":
            return not _is_inside_async(path, syntax)
        case "await" if leaf == "yield":
            return not _is_inside(path, FUNCTIONS)
        case "await":
            return leaf in _IDENTIFIERS
        case "html":
            return leaf == "html_comment"
        case "escape":
            name = syntax.text(path[-1].node) if leaf in _IDENTIFIERS else ""
            return len(name) > _LONG or unescaped(name) == "await"
        case _:
            return leaf in {"import", "export"}


def _is_inside(path: Path, kinds: frozenset[str]) -> bool:
    return any(step.kind in kinds for step in path)


def _is_inside_async(path: Path, syntax: Syntax) -> bool:
    """Return whether an ``await`` belongs to an async function, or to the module itself."""
    around = next((step.node for step in reversed(path) if step.kind in FUNCTIONS), None)
    return around is None or _ASYNC.match(syntax.source, around.start_byte) is not None


def _returns(syntax: Syntax, statement: Node) -> Iterator[Span]:
    for match in _RETURN.finditer(syntax.source, statement.start_byte, statement.end_byte):
        path = syntax.path_to(match.start())
        if path[-1].kind == "return" and not _is_inside(path, FUNCTIONS):
            yield Span(match.start(), match.end())


def _functions_declared_twice(syntax: Syntax, statements: list[Node]) -> Iterator[Span]:
    """Yield duplicate function declarations: in a module they are lexical declarations."""
    named: set[str] = set()
    for statement in statements:
        node: Node | None = statement
        if statement.type == "export_statement":
            node = statement.child_by_field_name("declaration")
        if node is None or node.type not in _FUNCTION_DECLARATIONS:
            continue
        name = node.child_by_field_name("name")
        if name is not None and (text := syntax.identifier(name)) in named:
            yield Span(name.start_byte, name.end_byte)
        elif name is not None:
            named.add(text)
    variables = {match[1].decode() for match in _VARIABLE.finditer(syntax.source)} if named else ()
    for occurrence in occurrences(syntax, named.intersection(variables)):
        if occurrence.role == "binding" and occurrence.scope == "top" and _is_var(occurrence):
            yield occurrence.span


def _is_var(occurrence: Occurrence) -> bool:
    around = occurrence.enclosing("variable_declaration", *_FUNCTION_DECLARATIONS)
    return around is not None and around.kind == "variable_declaration"


def import_suspects(
    source: bytes, names: frozenset[str], starts: Collection[int]
) -> tuple[set[str], set[str]]:
    """Return the imported *names* that look assigned, and those that look redeclared.

    Checks each occurrence of a name: a pattern of the names would have to be compiled for each
    module, and a pattern of any name matches everywhere.

    Args:
        source: The source text.
        names: The local names.
        starts: The positions of the imports themselves.
    """
    written, declared = set[str](), set(names & escaped_words(source))
    for start in candidate_offsets(source, names) if names else ():
        word = _NAME.match(source, start)
        name = word[0].decode("utf-8", "replace") if word else ""
        if word is None or name not in names or start in starts:
            continue
        end, before = word.end(), _before(source, start)
        if name not in written and _is_maybe_written(source, end, before):
            written.add(name)
        if name not in declared and _is_maybe_declared(source, end, before):
            declared.add(name)
    return written, declared


#: The number of characters before a name to check.
_BEFORE = 80


def _before(source: bytes, start: int) -> bytes:
    return source[max(0, start - _BEFORE) : start]


def _is_maybe_written(source: bytes, end: int, before: bytes) -> bool:
    if _ASSIGNING.match(source, end):
        return True
    bare = before.rstrip()
    if not bare or bare.endswith((b"++", b"--")):
        return bool(before)
    if bare.endswith((b"[", b",", b"{")):
        return _IN_PATTERN.match(source, end) is not None
    return bare.endswith(b"(") and _IN_LOOP.match(source, end) is not None


def _is_maybe_declared(source: bytes, end: int, before: bytes) -> bool:
    bare = before.rstrip(b" \t\r\n\f\v*")
    if not bare or bare.endswith(_DECLARING):
        return bool(before)
    if _AFTER_LISTED.match(source, end) is None:
        return False
    bare = before.rstrip()
    return bare.endswith(_LISTING) or _AFTER_COMMENT.search(before) is not None


_NAME = re.compile(rb"[\w$\x80-\xff]+")
_ASSIGNING = re.compile(rb"\s*(?:\+\+|--|(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=(?![=>]))")
_IN_PATTERN = re.compile(rb"\s*[\],}][^;]*?=(?![=>])")
_IN_LOOP = re.compile(rb"\s+(?:of|in)\b")
_DECLARING = (b"var", b"let", b"const", b"class", b"using", b"function")
#: Characters before a name in a pattern, or in a list of declarations.
_LISTING = (b"[", b"{", b",", b":", b"...", b"*/")
_AFTER_LISTED = re.compile(rb"\s*(?:[\],};\n]|=(?![=>])|/[*/]|\Z)")
_AFTER_COMMENT = re.compile(rb"(?://[^\n]*|\A[^\n]*)\n\s*\Z")


def import_uncertainties(
    imports: Iterable[tuple[str, Span]], occurring: Iterable[Occurrence]
) -> Iterator[Span]:
    """Yield redeclarations of imported names: imports are lexical declarations.

    Args:
        imports: Local name and position.
        occurring: The occurrences of the names that `import_suspects` found.
    """
    seen: dict[str, Span] = {}
    for name, span in imports:
        if name in seen:
            yield span
        seen.setdefault(name, span)
    for occurrence in occurring:
        is_declared = occurrence.role == "binding" and occurrence.scope == "top"
        if is_declared and seen.get(occurrence.name, occurrence.span) != occurrence.span:
            yield occurrence.span


def export_uncertainties(
    exports: Iterable[tuple[str, str, Span]], *, bound: set[str]
) -> Iterator[Span]:
    """Yield duplicate exports, exports of undeclared names, and ill-formed export names.

    Args:
        exports: Export name, name of the variable (empty for a re-export), and position.
        bound: The names that the module declares or imports.
    """
    seen: set[str] = set()
    for name, local, span in exports:
        if name in seen or "\ufffd" in name or (local and local not in bound):
            yield span
        seen.add(name)
