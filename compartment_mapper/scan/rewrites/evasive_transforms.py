"""Evasive transforms: rewrites that preserve behavior and avoid rejections by SES.

SES checks the characters of a program, not its tokens (``ses/src/transforms.js``): it rejects every
``<!--`` and ``-->``, ``import`` before a parenthesis or a comment, and ``eval(``, also inside
comments, strings, templates and regular expressions. Each match is rewritten according to its
token. SES then only rejects code that really uses these constructs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from compartment_mapper.records.module_record import Edit, Refusal
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax, has_odd_escape
from compartment_mapper.text import Span

#: ECMA-262 WhiteSpace and LineTerminator, like JavaScript's ``\s``, in UTF-8.
_SPACE = (
    rb"(?:[\t-\r ]|\xc2\xa0|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]"
    rb"|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf)*"
)
#: Also rejected by the runtime through SES: ``import.source()``, ``import.defer()``.
_PHASE = rb"\." + _SPACE + rb"(?:(?:source|defer)\b|/[/*])"
_PHASES = re.compile(rb"import" + _SPACE + _PHASE)
#: Separate patterns, each with a literal prefix, which ``re`` searches fast.
_REJECTED = (
    ("import", re.compile(rb"import(?=" + _SPACE + rb"(?:\(|/[/*]|" + _PHASE + rb"))")),
    ("eval", re.compile(rb"eval(?=" + _SPACE + rb"\()")),
    ("open", re.compile(rb"<!--")),
    ("close", re.compile(rb"-->")),
)

_COMMENTS = frozenset({"comment", "hash_bang_line"})
_STRING_PARTS = frozenset({"string", "string_fragment", "escape_sequence", "regex_pattern"})
_NAMES = frozenset({"identifier", "property_identifier", "private_property_identifier"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evasion:
    """Edits, the declarations that they need, and constructs that cannot be rewritten."""

    edits: tuple[Edit, ...]
    prologue: tuple[str, ...]
    refusals: tuple[Refusal, ...]


def evasive_transform(syntax: Syntax, *, prefix: str, is_script: bool) -> Evasion:
    """Return the evasive transforms of *syntax*, except for ``import()`` itself.

    Args:
        syntax: The syntax of the source.
        prefix: The prefix of names that we declare.
        is_script: Whether ``<!--`` begins a comment (Annex B.1.1); in a module it is three
            operators.
    """
    edits: list[Edit] = []
    refusals: list[Refusal] = []
    tagged: dict[int, Node] = {}
    constructors: dict[int, Node] = {}
    for what, match in _rejected(syntax.source):
        path = syntax.path_to(match.start())
        template = _tagged_template(path)
        if template is not None and not template.has_error:
            tagged.setdefault(template.start_byte, template)
            if (constructor := _constructor_with(path, template)) is not None:
                constructors.setdefault(constructor.start_byte, constructor)
        elif template is not None or path[-1].kind == "ERROR":
            span = Span(match.start(), match.end())
            refusals.append(Refusal(what=f"'{what}' in code that does not parse", span=span))
        else:
            leaf = path[-1].kind
            if leaf == "import" and _PHASES.match(syntax.source, match.start()):
                span = Span(match.start(), match.end())
                refusals.append(Refusal(what="'import.source' and 'import.defer'", span=span))
                continue
            is_comment = what == "open" and is_script and leaf == "<"
            edits.extend(_edit(what, match.start(), "html_comment" if is_comment else leaf))
    prologue: list[str] = []
    for number, template in enumerate(tagged.values()):
        name = f"{prefix}t{number}"
        prologue.append(f"const {name}={_template_object(syntax, template)};")
        edits.extend(_call_edits(syntax, template, name))
    for node in constructors.values():
        edits.append(Edit(node.start_byte, node.start_byte, "("))
        edits.append(Edit(node.end_byte, node.end_byte, ")"))
    return Evasion(edits=tuple(edits), prologue=tuple(prologue), refusals=tuple(refusals))


def _rejected(source: bytes) -> Iterator[tuple[str, re.Match[bytes]]]:
    for what, pattern in _REJECTED:
        for match in pattern.finditer(source):
            before = source[match.start() - 1 : match.start()]
            if what in {"open", "close"} or not (before.isalnum() or before == b"_"):
                yield what, match


def _edit(what: str, start: int, leaf: str) -> Iterator[Edit]:
    match what:
        case "import" | "eval":
            replacement = _word_in(what, leaf)
            if replacement:
                yield Edit(start, start + len(what), replacement)
        case "open":
            yield from _open_edits(start, leaf)
        case _:
            yield from _close_edits(start, leaf)


def _word_in(word: str, leaf: str) -> str | None:
    if leaf in _COMMENTS or leaf == "html_comment":
        return word.upper()
    if leaf in _STRING_PARTS:
        return _escape_second(word)
    if leaf == "identifier":  # V8 (Node 24) misbehaves for an escaped `eval` in a method
        return f"{word}/**/"
    if leaf in _NAMES:
        return f"\\u{ord(word[0]):04x}{word[1:]}"
    return None  # the keyword itself


def _open_edits(start: int, leaf: str) -> Iterator[Edit]:
    """Rewrite ``<!--`` at *start*."""
    if leaf == "html_comment":  # Annex B.1.1, sloppy scripts only
        yield Edit(start, start + 2, "//")
    elif leaf in _COMMENTS:
        yield Edit(start + 2, start + 4, "==")
    elif leaf in _STRING_PARTS:
        # The second dash: in a character class the first may be the range operator.
        yield Edit(start + 3, start + 4, "\\x2d")
    else:  # the tokens < ! --
        yield Edit(start + 1, start + 1, " ")


def _close_edits(start: int, leaf: str) -> Iterator[Edit]:
    """Rewrite ``-->`` at *start*."""
    if leaf == "html_comment":
        yield Edit(start, start + 2, "//")
    elif leaf in _COMMENTS:
        yield Edit(start + 2, start + 3, ")")
    elif leaf in _STRING_PARTS:
        yield Edit(start + 2, start + 3, "\\x3e")
    else:  # the tokens -- >
        yield Edit(start + 2, start + 2, " ")


def _tagged_template(path: tuple[Step, ...]) -> Node | None:
    """Return the tagged template whose own text (not a substitution) contains the leaf."""
    for step, parent in zip(reversed(path), reversed(path[:-1]), strict=False):
        if step.kind == "template_substitution":
            return None
        if step.kind == "template_string":
            tagged = parent.kind == "call_expression" and step.field == "arguments"
            return step.node if tagged else None
    return None


def _constructor_with(path: tuple[Step, ...], template: Node) -> Node | None:
    """Return the operand of ``new`` that contains *template*, as in ``new tag`a`.b(1)``.

    As a call, the template would become the arguments of ``new``.
    """
    index = next(index for index, step in enumerate(path) if step.node == template) - 1
    while path[index].field in {"function", "object"}:
        index -= 1
    return path[index].node if path[index].field == "constructor" else None


def _chunks(syntax: Syntax, template: Node) -> list[Span]:
    """Return the spans of the strings between the substitutions of *template*."""
    cuts = [template.start_byte + 1]
    for child in template.named_children:
        if child.type == "template_substitution":
            cuts += [child.start_byte, child.end_byte]
    cuts.append(template.end_byte - 1)
    assert syntax.source[template.end_byte - 1 : template.end_byte] == b"`"
    return [Span(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=True)]


def _template_object(syntax: Syntax, template: Node) -> str:
    """Return code for the template object (ECMA-262 13.2.8.4) of a tagged template."""
    texts = [
        syntax.source[span.start : span.end].decode("utf-8", "replace").replace("\r\n", "\n")
        for span in _chunks(syntax, template)
    ]
    cooked = ",".join(map(_cooked, texts))
    raw = ",".join(
        _REJECTED_SOURCE.sub(
            lambda match: f"\\u{ord(match[0][0]):04x}{match[0][1:]}", json.dumps(t)
        )
        for t in texts
    )
    return (
        f'Object.freeze(Object.defineProperty([{cooked}],"raw",{{value:Object.freeze([{raw}])}}))'
    )


def _cooked(text: str) -> str:
    if has_odd_escape(text.encode()):
        return "void 0"
    return f"`{_REJECTED_SOURCE.sub(lambda match: _escape_second(match[0]), text)}`".replace(
        "\n", "\\n"
    )


_REJECTED_SOURCE = re.compile(r"import|eval|<!|->")


def _escape_second(text: str) -> str:
    """Return the same for a literal, which may have a backslash before its first character."""
    return f"{text[0]}\\x{ord(text[1]):x}{text[2:]}"


def _call_edits(syntax: Syntax, template: Node, name: str) -> Iterator[Edit]:
    """Turn ``tag`a${x}b` `` into ``tag(name,(x))``, an equivalent call on the same lines."""
    chunks = _chunks(syntax, template)
    for index, chunk in enumerate(chunks):
        lines = syntax.line_ends(chunk.start, chunk.end)
        first, last = index == 0, index == len(chunks) - 1
        start = chunk.start - 1  # the backquote, or the } of a substitution
        end = chunk.end + (1 if last else 2)  # the backquote, or ${
        opening = f"({name}" if first else ")"
        yield Edit(start, end, opening + lines + (")" if last else ",("))
