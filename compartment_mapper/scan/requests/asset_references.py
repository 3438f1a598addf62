"""Scan asset references: computed paths of files and folders that a module reads.

``path.join(path.dirname(fileURLToPath(import.meta.url)), '../data')`` is evaluated as far as
possible, through variables, properties and functions that hold or return such a path. Names are not
distinguished by scope: at worst, an unneeded file is bundled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from compartment_mapper.records.module_record import OWN_PACKAGE, SELF, AssetRequest
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax, string_value
from compartment_mapper.text import Span

_SEEDS = re.compile(
    word(b"__filename") + rb"\b"
    rb"|" + word(b"import") + rb"\.meta\.(?:url|filename|dirname|resolve)\b"
)
_FOLDER_SEED = re.compile(word(b"__dirname") + rb"\b")
_SEED_WORDS = (b"__dirname", b"__filename", b"import.meta")

#: Stands for the module's own file name, as the last segment of a path.
_SELF = "\0"
_IMPORT_META = {
    "import.meta.url": _SELF,
    "import.meta.filename": _SELF,
    "import.meta.dirname": ".",
}
_JOINS = frozenset({"join", "resolve"})
_SAME = frozenset({"fileURLToPath", "pathToFileURL", "normalize", "realpathSync", "String"})
_SAME_MEMBERS = frozenset({"href", "pathname"})
#: Node kinds between an expression and its parent expression.
_BETWEEN = frozenset({"arguments", "template_substitution"})

#: Names with more occurrences are too common to have one meaning.
_MOST_OCCURRENCES = 300
_MOST_NAMES = 50

#: A quoted file path: ``lib.d.ts``, ``../texts/a.txt``.
_FILE_NAME = re.compile(
    rb"(['\"`])/?((?:\.{1,2}/)*[\w@~+-][\w@.~+-]*(?:/[\w@~+-][\w@.~+-]*)*\.\w{1,10})\1"
)


def scan_places(syntax: Syntax) -> tuple[AssetRequest, ...]:
    """Return all asset references of the source."""
    if not any(word in syntax.source for word in _SEED_WORDS):
        return ()
    return tuple(_Places(syntax).requests())


_DESCRIPTION = re.compile(rb"findPackageJSON\s*\(\s*(?:(['\"`])([\w@][\w@./-]*)\1)?")


def scan_descriptions(syntax: Syntax) -> Iterator[AssetRequest]:
    """Yield the package.json that ``findPackageJSON('name')`` locates."""
    for match in _DESCRIPTION.finditer(syntax.source):
        name = match[2].decode() if match[2] else ""
        depth = 2 if name.startswith("@") else 1
        package = "/".join(name.split("/")[:depth])
        path = f"{package}/package.json" if package else OWN_PACKAGE
        yield AssetRequest(path=path, is_url=False, span=Span(match.start(), match.end()))


def assets_of(places: Iterable[AssetRequest]) -> tuple[AssetRequest, ...]:
    """Return *places* without duplicates."""
    found = {(place.path, place.is_url): place for place in places}
    return tuple(sorted(found.values(), key=lambda place: place.span.start))


_DESCRIPTOR = b"package.json"


def scan_file_names(syntax: Syntax) -> tuple[str, ...]:
    """Return the strings in a source that look like file paths."""
    found = {match[2] for match in _FILE_NAME.finditer(syntax.source)}
    found |= {name for name in (_DESCRIPTOR,) if name in syntax.source}
    return tuple(sorted(name.decode("utf-8", "replace") for name in found))


class _Places:
    """The evaluation of one source, with names bound to paths as it proceeds."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.names: dict[str, str] = {}
        self.unread: list[str] = []
        self._readers: dict[str, Callable[[Node], str | None]] = {
            "identifier": self._identifier,
            "shorthand_property_identifier": self._identifier,
            "member_expression": self._member,
            "parenthesized_expression": self._either,
            "ternary_expression": self._either,
            "binary_expression": self._binary,
            "template_string": self._template,
            "call_expression": self._call,
            "new_expression": self._new,
        }

    def requests(self) -> Iterator[AssetRequest]:
        """Yield the outermost expressions whose values are asset references."""
        yield from self._read(_SEEDS)
        yield from self._read_names()
        if "__dirname" not in self.names:
            yield from self._read(_FOLDER_SEED)
            yield from self._read_names()

    def _read_names(self) -> Iterator[AssetRequest]:
        while self.unread:
            name = re.escape(self.unread.pop(0).encode())
            yield from self._read(re.compile(name + rb"(?<![\w$]" + name + rb")(?![\w$])"))

    def _read(self, word: re.Pattern[bytes]) -> Iterator[AssetRequest]:
        offsets = [match.start() for match in word.finditer(self.syntax.source)]
        for offset in offsets if len(offsets) <= _MOST_OCCURRENCES else ():
            path = self._outermost(self.syntax.path_to(offset))
            if path is None:
                continue
            self._bind(path)
            node = path[-1].node
            value = self._value(node)
            if value is not None and not (_SELF in value and value != _SELF):
                own = SELF if self._is_read(path) else "."
                yield AssetRequest(
                    path=own if value == _SELF else value,
                    is_url=node.type == "new_expression",
                    span=Span(node.start_byte, node.end_byte),
                )

    def _outermost(self, path: tuple[Step, ...]) -> tuple[Step, ...] | None:
        """Return the path to the largest asset reference around the leaf of *path*, or None."""
        found = None
        for length in range(len(path), 1, -1):
            node = path[length - 1].node
            if node.type in _BETWEEN:
                continue
            if self._value(node) is not None:
                found = path[:length]
            elif found is not None or length < len(path) - 2:
                break
        return found

    def _is_read(self, path: tuple[Step, ...]) -> bool:
        """Return whether the asset reference at *path*'s end is passed to a reading function."""
        function = path[-3].node.child_by_field_name("function")
        is_argument = path[-2].kind == "arguments" and path[-3].kind == "call_expression"
        return is_argument and bool(_READERS.match(self._last_name(function)))

    def _bind(self, path: tuple[Step, ...]) -> None:
        """Bind the name that the expression at the end of *path* is assigned to."""
        holder = _holder(path)
        value = self._value(path[-1].node)
        if holder is None or value is None or len(self.names) >= _MOST_NAMES:
            return
        name = self._last_name(holder)
        if name and name not in self.names:
            self.names[name] = value
            self.unread.append(name)

    def _last_name(self, node: Node | None) -> str:
        """Return the identifier *node*, or the property at its end."""
        if node is not None and node.type == "parenthesized_expression":
            node = _last_of_sequence(node)
        if node is not None and node.type == "member_expression":
            node = node.child_by_field_name("property")
        if node is None or node.type not in _NAMES:
            return ""
        return self.syntax.text(node)

    def _value(self, node: Node) -> str | None:
        """Return the value of an expression as a path from the module's folder, or None."""
        reader = self._readers.get(node.type)
        return reader(node) if reader else None

    def _identifier(self, node: Node) -> str | None:
        name = self.syntax.text(node)
        return self.names.get(name) or {"__dirname": ".", "__filename": _SELF}.get(name)

    def _member(self, node: Node) -> str | None:
        known = _IMPORT_META.get(self.syntax.text(node)) if node.child_count <= _FEW else None
        if known is not None:
            return known
        owner = node.child_by_field_name("object")
        name = self._last_name(node)
        if name in _SAME_MEMBERS and owner is not None:
            return self._value(owner)
        return self.names.get(name)

    def _either(self, node: Node) -> str | None:
        """Evaluate ``a ? b : c``, ``a || b``, ``(a)``: the first part that is a reference."""
        parts = (
            node.named_children[1:] if node.type == "ternary_expression" else (node.named_children)
        )
        return next((value for part in parts if (value := self._value(part)) is not None), None)

    def _binary(self, node: Node) -> str | None:
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator is None or left is None or right is None:
            return None
        if operator.type in {"||", "&&", "??"}:
            return self._either(node)
        start = self._value(left) if operator.type == "+" else None
        return None if start is None else _normal(start + self._text(right))

    def _template(self, node: Node) -> str | None:
        parts = node.named_children
        if not parts or parts[0].type != "template_substitution":
            return None
        start = self._value(parts[0].named_children[0]) if parts[0].named_children else None
        if start is None:
            return None
        return _normal(start + "".join(self._text(part) for part in parts[1:]))

    def _call(self, node: Node) -> str | None:
        function, arguments = node.child_by_field_name("function"), _arguments(node)
        if function is None:
            return None
        name = self._last_name(function)
        if name == "toString" and not arguments:
            owner = function.child_by_field_name("object")
            return self._value(owner) if owner is not None else None
        first = self._value(arguments[0]) if arguments else None
        if first is None and self.syntax.text(function) == "import.meta.resolve":
            return self._resolved(arguments)
        if first is None:
            return self.names.get(name)
        if name in _JOINS:
            return _normal("/".join([first, *(self._text(part) for part in arguments[1:])]))
        if name == "dirname":
            return _normal(f"{first}/..")
        return first if name in _SAME else None

    def _resolved(self, arguments: list[Node]) -> str | None:
        text = self._text(arguments[0]) if arguments else ""
        return _normal(text) if text.startswith(("./", "../")) else None

    def _new(self, node: Node) -> str | None:
        constructor, arguments = node.child_by_field_name("constructor"), _arguments(node)
        if constructor is None or self._last_name(constructor) != "URL" or not arguments:
            return None
        if len(arguments) == 1:
            return self._value(arguments[0])
        base = self._value(arguments[1])
        text = self._text(arguments[0])
        if base is None or re.match(r"/|\w+:", text):
            return None
        return _normal(f"{base}{'' if base.endswith('/') else '/..'}/{text}")

    def _text(self, node: Node) -> str:
        """Return the value of a string expression, with ``*`` for unknown parts."""
        if node.type == "string":
            return self.syntax.string_value(node).replace("*", "")
        if node.type == "string_fragment":
            return string_value(self.syntax.text(node)).replace("*", "")
        if node.type == "template_string":
            return "".join(self._text(part) for part in node.named_children)
        if node.type == "parenthesized_expression" and node.named_children:
            return self._text(node.named_children[0])
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left and right and operator is not None and operator.type == "+":
            return self._text(left) + self._text(right)
        return "*"


_READERS = re.compile(r"(?:read|createRead|stat|lstat|open|copy|cp\b)(?!dir)")
_NAMES = frozenset({"identifier", "property_identifier", "private_property_identifier"})
#: The parts of ``import.meta.url``.
_FEW = 3


def _last_of_sequence(node: Node) -> Node | None:
    """Return ``path.resolve`` of ``(0, path.resolve)``, as compilers call it."""
    inner = node.named_children[0] if node.named_child_count == 1 else None
    if inner is not None and inner.type == "sequence_expression":
        return inner.named_children[-1]
    return inner


def _arguments(node: Node) -> list[Node]:
    arguments = node.child_by_field_name("arguments")
    if arguments is None or arguments.type != "arguments":
        return []
    return [child for child in arguments.named_children if child.type != "comment"]


def _holder(path: tuple[Step, ...]) -> Node | None:
    """Return the name that the value of the expression at the end of *path* is assigned to."""
    parent, field = path[-2].node, path[-1].field
    match parent.type, field:
        case "variable_declarator", "value":
            return parent.child_by_field_name("name")
        case "assignment_expression", "right":
            return parent.child_by_field_name("left")
        case "pair", "value":
            return parent.child_by_field_name("key")
        case "arrow_function", "body":
            return _holder(path[:-1])
        case "return_statement", _:
            return _function_name(path[:-2])
        case _:
            return None


def _function_name(path: tuple[Step, ...]) -> Node | None:
    """Return the name of the innermost function around the end of *path*."""
    for length in range(len(path), 1, -1):
        node = path[length - 1].node
        if node.type in {"function_declaration", "method_definition"}:
            return node.child_by_field_name("name")
        if node.type in {"function_expression", "arrow_function"}:
            return node.child_by_field_name("name") or _holder(path[:length])
    return None


def _normal(path: str) -> str:
    """Return *path* with dot segments resolved, relative to the module's folder.

    >>> _normal("./a/../../b//c"), _normal("./a/.."), _normal("./x/")
    ('./../b/c', '.', './x/')
    """
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == ".." and segments and segments[-1] != "..":
            segments.pop()
        elif segment not in {"", "."}:
            segments.append(segment)
    if segments == [_SELF]:
        return _SELF
    return "/".join([".", *segments]) + ("/" if path.endswith("/") else "")
