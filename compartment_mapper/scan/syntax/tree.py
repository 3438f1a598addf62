"""The only module that uses tree-sitter: a source and its tree, queried by position.

Most of a module is never inspected. Scanners find candidates with regular expressions over the
bytes, and query the tree at these positions: a walk from the root to one leaf takes microseconds, a
walk over the whole tree takes a hundred times as long as the parse.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf

import tree_sitter
import tree_sitter_javascript

from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.text import Span

Node = tree_sitter.Node

_LANGUAGE = tree_sitter.Language(tree_sitter_javascript.language())
_PARSER = tree_sitter.Parser(_LANGUAGE)


class _Kinds(dict[int, str]):
    """The parser's node kinds by number, cached to avoid creating strings."""

    def __missing__(self, number: int) -> str:
        name = _LANGUAGE.node_kind_for_id(number)
        self[number] = found = "ERROR" if name is None else name
        return found


class Step:
    """One node on the path from the root to a leaf, and its field in the parent.

    Created by the hundred thousand: a plain class is three times as fast as a frozen one.
    """

    __slots__ = ("field", "id", "kind", "node")

    def __init__(self, node: Node, field: str | None) -> None:
        self.node = node
        self.field = field
        #: The parser's name of the node kind.
        self.kind: str = _KINDS[node.kind_id]
        self.id = node.id


_KINDS = _Kinds()


class _Walk:
    """A tree cursor that moves between positions, because neighbors share most of the path."""

    __slots__ = ("_cursor", "_ends", "_found", "_kept", "_starts", "_steps")

    #: The maximum number of cached path steps, because scanners query the same positions; then the
    #: cache is cleared.
    _MOST = 400_000

    def __init__(self, tree: tree_sitter.Tree) -> None:
        self._cursor = tree.walk()
        self._steps = [Step(tree.root_node, None)]
        # The spans of the steps; the root covers everything.
        self._starts: list[float] = [-1]
        self._ends: list[float] = [inf]
        self._found: dict[int, tuple[Step, ...]] = {}
        self._kept = 0

    def to(self, offset: int) -> tuple[Step, ...]:
        """Return the nodes that contain the byte at *offset*, from the root to the leaf."""
        found = self._found.get(offset)
        if found is not None:
            return found
        cursor, steps, starts, ends = self._cursor, self._steps, self._starts, self._ends
        while not starts[-1] <= offset < ends[-1]:
            starts.pop()
            ends.pop()
            steps.pop()
            cursor.goto_parent()
        while cursor.goto_first_child_for_byte(offset) is not None:
            node = cursor.node
            assert node is not None
            start = node.start_byte
            if start > offset:
                cursor.goto_parent()
                break
            steps.append(Step(node, cursor.field_name))
            starts.append(start)
            ends.append(node.end_byte)
        path = tuple(steps)
        self._kept += len(path)
        if self._kept > self._MOST:
            self._found.clear()
            self._kept = len(path)
        self._found[offset] = path
        return path


_LINE_END = re.compile(rb"\r\n|[\r\n]|\xe2\x80[\xa8\xa9]")


@lru_cache(maxsize=1)
def _names_query() -> tree_sitter.Query:
    """Return the query for free-standing names, and for declared ones among them."""
    return tree_sitter.Query(
        _LANGUAGE,
        """
        (identifier) @used
        (shorthand_property_identifier) @used
        (shorthand_property_identifier_pattern) @declared
        (variable_declarator name: (identifier) @declared)
        (for_in_statement left: (identifier) @declared)
        (formal_parameters (identifier) @declared)
        (arrow_function parameter: (identifier) @declared)
        (assignment_pattern left: (identifier) @declared)
        (array_pattern (identifier) @declared)
        (rest_pattern (identifier) @declared)
        (pair_pattern value: (identifier) @declared)
        (catch_clause parameter: (identifier) @declared)
        (_ name: (identifier) @declared)
        (import_clause (identifier) @declared)
        (namespace_import (identifier) @declared)
        (import_specifier (identifier) @declared)
        (labeled_statement label: (statement_identifier) @declared)
        (assignment_expression left: (identifier) @declared)
        """,
    )


@dataclass(frozen=True, slots=True)
class Syntax:
    """A source and its syntax tree."""

    source: bytes
    tree: tree_sitter.Tree
    _walk: _Walk = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_walk", _Walk(self.tree))

    @property
    def root(self) -> Node:
        """The program node."""
        return self.tree.root_node

    def statements(self) -> list[Node]:
        """Return the top-level statements of the program."""
        return self.root.named_children

    def text(self, node: Node) -> str:
        """Return the source of *node*."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def identifier(self, node: Node) -> str:
        """Return the name of an identifier *node*, with its Unicode escapes decoded."""
        text = self.text(node)
        return string_value(text) if "\\" in text else text

    def string_value(self, node: Node) -> str:
        """Return the value (ECMA-262 SV, or TV of a template without substitutions) of *node*."""
        return string_value(self.text(node)[1:-1])

    def path_to(self, offset: int) -> tuple[Step, ...]:
        """Return the nodes that contain the byte at *offset*, from the program to the leaf."""
        return self._walk.to(offset)

    def line_ends(self, start: int, end: int) -> str:
        """Return the line terminators (ECMA-262 12.3) of a part of the source.

        They preserve the number of lines when the part is replaced.
        """
        return b"".join(_LINE_END.findall(self.source, start, end)).decode()

    def undeclared(self) -> set[str]:
        """Return the names that the source uses and does not declare."""
        found = tree_sitter.QueryCursor(_names_query()).captures(self.root)
        names = {
            capture: {node.text.decode() for node in nodes if node.text is not None}
            for capture, nodes in found.items()
        }
        return names.get("used", set()) - names.get("declared", set())

    def widest(self, *, most_depth: int) -> int | None:
        """Return the maximum number of children of a node; None if deeper than *most_depth*."""
        cursor = self.tree.walk()
        counts = [1]
        widest = 1
        while len(counts) <= most_depth:
            if cursor.goto_first_child():
                counts.append(1)
                continue
            while not cursor.goto_next_sibling():
                widest = max(widest, counts.pop())
                if not cursor.goto_parent():
                    return widest
            counts[-1] += 1
        return None

    def rows_of(self, kinds: Container[str]) -> Iterator[int]:
        """Yield the rows where nodes of these *kinds* begin, from 0."""
        cursor = self.tree.walk()
        while True:
            node = cursor.node
            if node is not None and node.type in kinds:
                yield node.start_point[0]
            if cursor.goto_first_child():
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return

    def first_error(self) -> Span | None:
        """Return the first position that the parser did not understand, or None."""
        node = self.root
        if not node.has_error:
            return None
        while not (node.is_error or node.is_missing):
            inner = next((child for child in node.children if child.has_error), None)
            if inner is None:
                break
            node = inner
        return Span(node.start_byte, max(node.end_byte, node.start_byte + 1))

    def errors(self) -> Iterator[Node]:
        """Yield the outermost nodes that the parser did not understand."""
        pending = [self.root]
        while pending:
            node = pending.pop()
            if node.is_error or node.is_missing:
                yield node
            elif node.has_error:
                pending.extend(reversed(node.children))


def parse_plainly(source: bytes) -> Syntax:
    """Return the syntax of *source* without workarounds for the parser."""
    return Syntax(source, _PARSER.parse(source))


def parse(source: bytes) -> Syntax:
    """Return the syntax of *source*; invalid source has error nodes in its tree."""
    syntax, joined = _lone_exports_joined(source)
    if not syntax.root.has_error:
        return syntax
    masked = _CLAUSE.sub(lambda clause: _RESERVED.sub(_as_identifier, clause[0]), joined)
    masked = _UNENDED.sub(rb"\1;", _NAMESPACE.sub(rb"\1_", masked))
    masked = _ATTRIBUTES_BELOW.sub(lambda found: b" " * len(found[0]), masked)
    masked = _ATTRIBUTES.sub(lambda found: found[1] + b" " * len(found[2]) + b";", masked)
    if b"`" in masked:
        masked = _odd_escapes_masked(masked)
    return syntax if masked == joined else Syntax(source, _PARSER.parse(masked))


#: Escapes that only tagged templates may contain, ECMA-262 12.9.6 NotEscapeSequence.
_ODD_ESCAPE = (
    rb"\\(?:u(?![0-9a-fA-F]{4}|\{0*(?:10|[0-9a-fA-F])?[0-9a-fA-F]{1,4}\})|x(?![0-9a-fA-F]{2})"
    rb"|0(?=[0-9])|[1-9])"
)
_ESCAPES = re.compile(rb"(?P<odd>" + _ODD_ESCAPE + rb")|\\[\s\S]")


def has_odd_escape(text: bytes) -> bool:
    r"""Return whether the *text* between substitutions has no value, so that a tag sees undefined.

    >>> has_odd_escape(rb"\unicode"), has_odd_escape(rb"\\unicode \u{1F600} \x41 \0")
    (True, False)
    """
    return any(match["odd"] for match in _ESCAPES.finditer(text))


def _odd_escapes_masked(source: bytes) -> bytes:
    """Return *source* with such escapes in tagged templates replaced."""
    masked = _ESCAPES.sub(lambda found: b"__" if found["odd"] else found[0], source)
    if masked == source:
        return source
    # Elsewhere they are errors or in regular expressions, and positions stay the same.
    syntax = parse_plainly(masked)
    return _ESCAPES.sub(
        lambda found: b"__" if found["odd"] and _is_in_tagged(syntax, found.start()) else found[0],
        source,
    )


def _is_in_tagged(syntax: Syntax, offset: int) -> bool:
    path = syntax.path_to(offset)
    inner = len(path) - 1
    while inner and path[inner].kind not in {"template_string", "template_substitution"}:
        inner -= 1
    is_argument = path[inner].kind == "template_string" and path[inner].field == "arguments"
    return is_argument and path[inner - 1].kind == "call_expression"


#: The parser reads ``export`` at the end of a line, or before a comment to its end, as a name.
_LONE_EXPORT = re.compile(
    word(b"export", rb"\w$") + rb"(?P<gap>(?:[ \t]|%(block)s)*(?:%(end)s|//.*[\r\n])"
    rb"(?:\s|%(end)s|//.*[\r\n]|%(block)s)*)(?=[\w{*$])"
    % {b"block": rb"/\*(?:[^*]|\*(?!/))*\*/", b"end": rb"(?:[\r\n]|\xe2\x80[\xa8\xa9])"}
)
#: The text between, except for comments that may stay.
_IN_GAP = re.compile(rb"(/\*(?:[^*]|\*(?!/))*\*/)|//.*|\s|\xe2\x80[\xa8\xa9]")


def _lone_exports_joined(source: bytes) -> tuple[Syntax, bytes]:
    """Return the syntax of *source* with such exports joined to the next line, and that source."""
    text = _YIELD.sub(b"yie_d", source) if _names_yield(source) else source
    # Ends the source for the parser; emscripten stores machine code in strings.
    text = text.replace(b"\0", b"\x01")
    syntax = Syntax(source, _PARSER.parse(text))
    joined = _LONE_EXPORT.sub(lambda export: _joined(syntax, export), text)
    return (syntax if joined == text else Syntax(source, _PARSER.parse(joined))), joined


def _names_yield(source: bytes) -> bool:
    """Return whether ``yield`` is a name, as in sloppy code without generators (12.7.2)."""
    return _YIELD_DECLARED.search(source) is not None and not _GENERATOR.search(source)


_YIELD = re.compile(word(b"yield", rb"\w$") + rb"\b(?!\$)")
_YIELD_DECLARED = re.compile(
    rb"(?:\b(?:var|let|function)\s+|[,(]\s*)yield\s*(?:[=,;(]|\)\s*(?:\{|=>))"
)
_GENERATOR = re.compile(rb"\bfunction\s*\*|[,{}\s]\*\s*[\w$\[]+\s*\(")


def _joined(syntax: Syntax, export: re.Match[bytes]) -> bytes:
    if syntax.path_to(export.start())[-1].kind in _NO_CODE:
        return export[0]
    gap = _IN_GAP.sub(lambda part: part[1] or b" " * len(part[0]), export["gap"])
    return b"export" + gap


_NO_CODE = frozenset({"comment", "string_fragment", "template_string", "regex_pattern"})


#: The parser inserts no semicolon between an export clause and a possible continuation.
_UNENDED = re.compile(rb"(\bexport\s*\{[^{}]*\}[ \t\r]*)\n(?=\s*[(\[`/*+-])")

#: The parser rejects reserved words as names in these clauses (``export { x as null }``); a source
#: of the same length with plain names has the same tree otherwise.
_CLAUSE = re.compile(rb"\b(?:export|import)\b[^{}()=;'\"]{0,2000}\{[^{}]*\}")
#: The parser supports attributes of imports only.
_ATTRIBUTES = re.compile(
    rb"(\bexport\s*(?:\{[^{}]*\}|\*)(?:(?!\bimport\b)[^;{}()=]){0,2000}?\bfrom\s*(?:'[^'\n]*'|\"[^\"\n]*\")\s*)(with\s*\{[^{}]*)\}"
    rb"(?=[ \t]*(?:[;\r\n/]|\Z))"
)
#: Nor does it support them on a separate line.
_ATTRIBUTES_BELOW = re.compile(rb"(?<=['\"])[ \t]*[\r\n]\s*(?=with\s*\{)")
_NAMESPACE = re.compile(rb"(\bexport\s*\*\s*as\s+\w+)\w(?=\s+from\b)")
_RESERVED = re.compile(
    rb"\b(?:break|case|catch|class|const|continue|debugger|delete|do|else|enum|export|extends|"
    rb"false|finally|for|function|if|import|in|instanceof|new|null|return|super|switch|this|"
    rb"throw|true|try|typeof|var|void|while|with)\b(?=\s*(?:[,}]|as\b))"
)


def _as_identifier(word: re.Match[bytes]) -> bytes:
    return word[0][:-1] + b"_"


#: ECMA-262 6.1.4.
_LAST_CODE_POINT = 0x10FFFF


def character(digits: str) -> str | None:
    """Return the character of a hexadecimal code point; None beyond 10FFFF (12.9.4.1).

    >>> character("61"), character("110000")
    ('a', None)
    """
    code = int(digits, 16)
    return chr(code) if code <= _LAST_CODE_POINT else None


_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def string_value(text: str) -> str:
    r"""Return the value of the text between the quotes of a string literal.

    >>> string_value(r"a\x62\u{63}\n")
    'abc\n'
    """
    if "\\" not in text:
        return text
    joined = _ESCAPE.sub(_escaped_character, text)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escaped_character(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits:
        return character(digits) or match[0]
    if match[4] in {"\r\n", "\r", "\n", "\u2028", "\u2029"}:
        return ""
    return _CONTROLS.get(match[4], match[4])
