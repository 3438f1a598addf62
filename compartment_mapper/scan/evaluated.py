"""Source that is evaluated on its own: a script, a function body, or a module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from compartment_mapper.records.module_record import Edit, ModuleRecord
from compartment_mapper.scan import scan_module, scan_program
from compartment_mapper.scan.esm.module import declared_names, is_esm
from compartment_mapper.scan.syntax.names import occurrences
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Node, Syntax, parse, parse_plainly

#: A ``body`` has a top-level return or await, which a script cannot have.
Kind = Literal["script", "body", "module"]

_NAME = re.compile(rb"(?<![\w$.#])[A-Za-z_$][\w$]*")
#: Words that are not names, or are not looked up as names.
_WORDS = frozenset(
    "arguments async await break case catch class const continue debugger default delete do else "
    "enum eval export extends false finally for function if import in instanceof let new null of "
    "return static super switch this throw true try typeof undefined var void while with "
    "yield".split()
)
_RETURN = re.compile(word(b"return") + rb"\b")
_DECLARATIONS = frozenset({"lexical_declaration", "variable_declaration"})
_FUNCTION_DECLARATIONS = frozenset({"function_declaration", "generator_function_declaration"})


#: The maximum nesting of nodes: inspecting a position takes time proportional to its depth.
_MOST_DEPTH = 1000
#: The maximum characters around direct calls of ``eval``, which receive all variables.
_MOST_AROUND = 1 << 22
#: The maximum cost of finding each name among its sibling nodes.
_MOST_STEPS = 200_000_000
_EVAL = re.compile(rb"eval\s*\(")


class TooComplexError(ValueError):
    """The source would take too long to scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedSource:
    """The scan of a source, and its edits."""

    kind: Kind
    #: Whether the parser understands it; otherwise it may be TypeScript.
    is_javascript: bool
    #: The record of the source as strict code.
    record: ModuleRecord
    #: The edits of the record, and those that return a value and persist declarations.
    edits: tuple[Edit, ...]
    #: Statements to insert before the source.
    prologue: tuple[str, ...]
    #: Names that become variables of the compartment.
    declares: tuple[str, ...] = ()
    #: Names that it uses and does not declare. SES would evaluate unknown ones to undefined; names
    #: that are also tested by ``typeof`` are left to SES.
    uses: tuple[str, ...] = ()


def scan_evaluated(source: bytes, *, keeps: bool) -> EvaluatedSource:
    """Scan *source*.

    Args:
        source: Source in UTF-8.
        keeps: Whether top-level declarations of a script or body persist for the next evaluation.

    Raises:
        TooComplexError: The source exceeds a limit; the message names it.
    """
    syntax = _parsed(source)
    uses = _uses(syntax)
    understood = syntax.first_error() is None
    if is_esm(syntax):
        record = scan_module(source, "mjs")
        return EvaluatedSource(
            kind="module",
            is_javascript=understood,
            record=record,
            edits=record.edits,
            prologue=(),
            uses=uses,
        )
    record = scan_program(syntax)
    returns = _returns(syntax)
    kind: Kind = "body" if returns or record.has_top_level_await else "script"
    own: list[Edit] = []
    kept = _Kept()
    if keeps:
        kept = _kept(syntax)
        own += kept.edits
    if kind == "body" and not returns:
        own += _value_edits(syntax)
    edits = sorted((*record.edits, *own), key=lambda edit: (edit.start, edit.end))
    return EvaluatedSource(
        kind=kind,
        is_javascript=understood,
        record=record,
        edits=tuple(edits),
        prologue=(*record.prologue, *kept.prologue),
        declares=kept.names,
        uses=uses,
    )


def _parsed(source: bytes) -> Syntax:
    evals = sum(1 for _ in _EVAL.finditer(source))
    if evals * len(source) > _MOST_AROUND:
        raise TooComplexError(f"it has {evals} calls of eval in {len(source)} characters")
    words = sum(1 for _ in _NAME.finditer(source))
    _check_shape(parse_plainly(source), words)
    syntax = parse(source)
    if syntax.root.has_error:  # it is a different tree
        _check_shape(syntax, words)
    return syntax


def _check_shape(syntax: Syntax, words: int) -> None:
    widest = syntax.widest(most_depth=_MOST_DEPTH)
    if widest is None:
        raise TooComplexError(f"it is nested more than {_MOST_DEPTH} levels deep")
    if widest * words > _MOST_STEPS:
        raise TooComplexError(f"it has {words} names and {widest} sibling nodes")


def _uses(syntax: Syntax) -> tuple[str, ...]:
    names = {match[0].decode() for match in _NAME.finditer(syntax.source)} - _WORDS
    free = [found for found in occurrences(syntax, names) if found.scope == "free"]
    asked = {found.name for found in free if found.role == "typeof"}
    used = (found.name for found in free if found.role not in {"typeof", "binding"})
    return tuple(sorted({*used} - asked))


def _returns(syntax: Syntax) -> bool:
    """Return whether the source has a top-level return."""
    for match in _RETURN.finditer(syntax.source):
        path = syntax.path_to(match.start())
        if path[-1].kind == "return" and not any(step.kind in FUNCTIONS for step in path):
            return True
    return False


def _value_edits(syntax: Syntax) -> Iterator[Edit]:
    """Yield the edits that return the value of the last statement, if it is an expression.

    DEVIATION: other statements, such as ``if``, have a value in scripts only (ECMA-262 8.1).
    """
    statements = [node for node in syntax.statements() if node.type != "comment"]
    if not statements or statements[-1].type != "expression_statement":
        return
    expression = statements[-1].named_children[0]
    yield Edit(expression.start_byte, expression.start_byte, "return(")
    yield Edit(expression.end_byte, expression.end_byte, ")")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The edits that turn top-level declarations into variables of the compartment."""

    edits: tuple[Edit, ...] = ()
    prologue: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def _kept(syntax: Syntax) -> _Kept:
    edits: list[Edit] = []
    functions: list[str] = []
    names: list[str] = []
    for statement in syntax.statements():
        if statement.type in _FUNCTION_DECLARATIONS:
            functions += _names(syntax, statement)
        elif statement.type in _DECLARATIONS:
            names += _names(syntax, statement)
            edits += _assignment_edits(statement)
        elif statement.type == "class_declaration":
            name = _names(syntax, statement)[0]
            names.append(name)
            edits.append(Edit(statement.start_byte, statement.start_byte, f";void({name}="))
            edits.append(Edit(statement.end_byte, statement.end_byte, ");"))
    prologue = tuple(f"void(globalThis.{name}={name});" for name in functions)
    return _Kept(edits=tuple(edits), prologue=prologue, names=tuple(names))


def _names(syntax: Syntax, declaration: Node) -> list[str]:
    return [syntax.identifier(node) for node in declared_names(declaration)]


def _assignment_edits(declaration: Node) -> Iterator[Edit]:
    """Yield the edits from ``const {a} = b, c`` to ``;void( {a} = b, c=undefined);``."""
    keyword = declaration.children[0]
    yield Edit(keyword.start_byte, keyword.end_byte, ";void(")
    declarators = [node for node in declaration.named_children if node.type != "comment"]
    for declarator in declarators:
        if declarator.child_by_field_name("value") is None:
            yield Edit(declarator.end_byte, declarator.end_byte, "=undefined")
    end = declarators[-1].end_byte
    yield Edit(end, end, ");")
