"""Members that a source adds to frozen objects of the language, for its own use.

``Function.prototype.call$1 = f; g.call$1(x)``: the prototype is frozen and shared, so the addition
goes to a table of the module, and expressions with that name look there for what the object does
not have. Other modules do not see it. Where the object is extensible, as before the lockdown,
the source does what it says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.requests.calls import is_optional
from compartment_mapper.scan.rewrites.assignments import assignment_as_call
from compartment_mapper.scan.syntax.names import occurrences
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.roles import role_of
from compartment_mapper.scan.syntax.tree import Node, Step, Syntax
from compartment_mapper.tables import table
from compartment_mapper.text import Span

#: Names that other rewrites handle.
_HANDLED = frozenset({"constructor", "name", "next"})
_NAME = rb"[A-Za-z_$][\w$]*"
_ASSIGNED = re.compile(rb"prototype\s*\.\s*([\w$]+)(?=\s*=(?![=>]))")
_OWNER = re.compile(rb"(?<![\w$.])([A-Z]\w*)\s*\.\s*\Z")
_DEFINED = re.compile(
    rb"defineProperty(?=\s*\(\s*([\w$.]+(?:\(\s*[\w$]+\s*\))?)\s*,\s*(['\"]?[\w$.]+['\"]?)\s*,)"
)
_OF_OBJECT = re.compile(rb"(?<![\w$.])Object\s*\.\s*\Z")
_CONSTRUCTOR = re.compile(rb"\.constructor\b(?!\s*[.(=])")
_VARIABLE = re.compile(rb"(?<![\w$.])(" + _NAME + rb")\s*=\s*[\w$.]+\Z")
#: No package has its own copy of these.
_STATIC = (b"Object", b"Array", b"Function", b"Date")
#: What stands before a word is looked for in so many characters.
_WINDOW = 60


@dataclass(frozen=True, slots=True)
class _Definition:
    """A call of ``Object.defineProperty``, whose target and key are names."""

    function: Span
    #: The position of the target.
    start: int
    target: bytes
    key: bytes


class _Owner(NamedTuple):
    """An occurrence of the name of an object of the language."""

    name: str
    start: int


#: The object of the language, the name of its new member, and the edits.
_Addition = tuple[_Owner, str, list[Edit]]


def scan_own_additions(syntax: Syntax, *, prefix: str) -> tuple[list[Edit], tuple[str, ...]]:
    """Return the edits, and the declarations that they need."""
    added: list[Edit] = []
    names: set[str] = set()
    defined = list(_definitions(syntax))
    found = [*_assigned(syntax, prefix), *_defined(defined, prefix)]
    free = _free(syntax, {owner.name for owner, _, _ in found})
    for owner, name, edits in found:
        if owner.start in free:
            names.add(name)
            added += edits
    added += _computed(syntax, defined, prefix)
    added += _marked(syntax, defined, prefix)
    tests = [edit for name in sorted(names) for edit in _uses(syntax, name, prefix, tests=True)]
    used = [edit for name in sorted(names) for edit in _uses(syntax, name, prefix, tests=False)]
    if not any(edit.text in {f"{prefix}get(", f"{prefix}call("} for edit in (*added, *used)):
        return [], ()  # for others, who would not see them: it fails at once
    return [*added, *tests, *used], (_declarations(prefix),)


@cache
def _prototypes() -> dict[str, frozenset[str]]:
    """Return the members of prototypes in Node 24: an addition that exists needs no table."""
    known: dict[str, str] = json.loads(table("scan/rewrites/prototypes.json"))
    return {name: frozenset(members.split()) for name, members in known.items()}


def _is_new(owner: bytes, name: bytes) -> bool:
    members = _prototypes().get(owner.decode())
    return members is not None and name.decode() not in members | _HANDLED


def _free(syntax: Syntax, owners: set[str]) -> set[int]:
    """Return where *owners* are the language's objects, and no variables of the source."""
    found = occurrences(syntax, owners) if owners else []
    return {each.span.start for each in found if each.scope == "free"}


def _definitions(syntax: Syntax) -> Iterator[_Definition]:
    for match in _DEFINED.finditer(syntax.source):
        before = _before(syntax.source, match.start(), _OF_OBJECT)
        if before and syntax.path_to(before.start())[-1].kind == "identifier":
            function = Span(before.start(), match.end())
            yield _Definition(function, match.start(1), match[1], match[2])


def _before(source: bytes, end: int, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
    return pattern.search(source, max(0, end - _WINDOW), end)


def _assigned(syntax: Syntax, prefix: str) -> Iterator[_Addition]:
    for match in _ASSIGNED.finditer(syntax.source):
        owner = _before(syntax.source, match.start(), _OWNER)
        if owner is None or not _is_new(owner[1], match[1]):
            continue
        path = syntax.path_to(match.end() - 1)
        if [step.kind for step in path[-3:-1]] == ["assignment_expression", "member_expression"]:
            name = match[1].decode()
            at = _Owner(owner[1].decode(), owner.start(1))
            yield at, name, list(_addition(syntax, path, f'"{name}"', prefix))


def _defined(definitions: Iterable[_Definition], prefix: str) -> Iterator[_Addition]:
    for made in definitions:
        owner, _, member = made.target.partition(b".")
        name = made.key.strip(b"'\"")
        if member == b"prototype" and name != made.key and _is_new(owner, name):
            at = _Owner(owner.decode(), made.start)
            yield at, name.decode(), [Edit(*made.function, f"{prefix}define")]


def _computed(syntax: Syntax, definitions: Iterable[_Definition], prefix: str) -> Iterator[Edit]:
    """Yield the edits of members in a variable: of the language's objects, or of constructors.

    ``Object[key] = {}``; ``const made = x.constructor; Object.defineProperty(made, key, {})``
    """
    constructors = set(_constructors(syntax.source))
    by_call = [made for made in definitions if made.target in constructors and _is_name(made.key)]
    holders = {made.target for made in by_call}
    yield from (Edit(*made.function, f"{prefix}define") for made in by_call)
    member = rb"\s*\[\s*" + _NAME + rb"\s*\]"
    for name in _STATIC:
        if re.search(word(name) + member + rb"\s*=(?![=>])", syntax.source):
            holders.add(name)
    for name in sorted(holders):
        for match in re.finditer(word(re.escape(name)) + member, syntax.source):
            yield from _member(syntax, syntax.path_to(match.end() - 1)[:-1], prefix)


def _constructors(source: bytes) -> Iterator[bytes]:
    for match in _CONSTRUCTOR.finditer(source):
        variable = _before(source, match.start(), _VARIABLE)
        if variable:
            yield variable[1]


def _is_name(key: bytes) -> bool:
    return re.fullmatch(_NAME, key) is not None


def _marked(syntax: Syntax, definitions: Iterable[_Definition], prefix: str) -> Iterator[Edit]:
    """Yield the edits of a member in a property, if prototypes of any object get it.

    ``Object.defineProperty(Object.getPrototypeOf(x), init.mark, {})``
    """
    all_of_them = list(definitions)
    keys = {made.key for made in all_of_them if made.target.startswith(b"Object.getPrototypeOf(")}
    for key in sorted(key for key in keys if b"." in key):
        for made in all_of_them:
            if made.key == key:
                yield Edit(*made.function, f"{prefix}define")
        for match in re.finditer(rb"\[(?=\s*" + re.escape(key) + rb"\s*\])", syntax.source):
            yield from _member(syntax, syntax.path_to(match.start())[:-1], prefix)


def _member(syntax: Syntax, path: tuple[Step, ...], prefix: str) -> Iterator[Edit]:
    key = path[-1].node.child_by_field_name("index")
    if path[-1].kind != "subscript_expression" or key is None or is_optional(path[-1].node):
        return
    if path[-2].kind == "assignment_expression" and path[-1].field == "left":
        yield from _addition(syntax, (*path, path[-1]), syntax.text(key), prefix)
    elif role_of(path) == "read" and not (_is_callee(path) or _is_deleted(path)):
        yield from _around(syntax, path, f",{syntax.text(key)})", f"{prefix}get(")


def _addition(syntax: Syntax, path: tuple[Step, ...], key: str, prefix: str) -> Iterator[Edit]:
    target = path[-2].node.child_by_field_name("object")
    value = path[-3].node.child_by_field_name("right")
    if path[-2].field == "left" and target is not None and value is not None:
        yield from assignment_as_call(syntax, target, value, function=f"{prefix}add", key=key)


def _uses(syntax: Syntax, name: str, prefix: str, *, tests: bool) -> Iterator[Edit]:
    """Yield the edits of reads of *name*: those of prototypes, which test for it, or all others."""
    for match in re.finditer(
        word(re.escape(name.encode()), rb"\w$") + rb"(?![\w$])", syntax.source
    ):
        path = syntax.path_to(match.start())
        if path[-1].kind != "property_identifier" or path[-2].kind != "member_expression":
            continue
        member = path[:-1]
        owner = member[-1].node.child_by_field_name("object")
        if owner is None or owner.type == "super" or is_optional(member[-1].node):
            continue
        if syntax.text(owner).endswith(".prototype") is not tests:
            continue
        if role_of(member) not in {"read", "typeof"} or _is_deleted(member):
            continue
        if not _is_callee(member):
            yield from _around(syntax, member, f',"{name}")', f"{prefix}get(")
        elif _called(member) is not None:
            yield from _call(syntax, member, name, prefix)


def _is_deleted(member: tuple[Step, ...]) -> bool:
    operator = member[-2].node.child_by_field_name("operator")
    return operator is not None and operator.type == "delete"


def _is_callee(member: tuple[Step, ...]) -> bool:
    return member[-1].field in {"function", "constructor"}


def _called(member: tuple[Step, ...]) -> Node | None:
    """Return the arguments with which a member is called; None for other kinds of calls."""
    call = member[-2].node
    arguments = call.child_by_field_name("arguments")
    is_plain = call.type == "call_expression" and not any(
        child.type == "optional_chain" for child in call.children
    )
    return arguments if is_plain and arguments and arguments.type == "arguments" else None


def _call(syntax: Syntax, member: tuple[Step, ...], name: str, prefix: str) -> Iterator[Edit]:
    owner, arguments = member[-1].node.child_by_field_name("object"), _called(member)
    assert owner is not None
    assert arguments is not None
    begin = arguments.start_byte + 1
    comma = "," if any(child.type != "comment" for child in arguments.named_children) else ""
    yield Edit(owner.start_byte, owner.start_byte, f"{prefix}call(")
    lines = syntax.line_ends(owner.end_byte, begin)
    yield Edit(owner.end_byte, begin, f',"{name}"{comma}{lines}')


def _around(syntax: Syntax, member: tuple[Step, ...], after: str, before: str) -> Iterator[Edit]:
    node = member[-1].node
    owner = node.child_by_field_name("object")
    assert owner is not None
    yield Edit(owner.start_byte, owner.start_byte, before)
    lines = "" if "\n" in after else syntax.line_ends(owner.end_byte, node.end_byte)
    yield Edit(owner.end_byte, node.end_byte, f"{after}{lines}")


def _declarations(prefix: str) -> str:
    # Uses literals, because the source may declare its own `Object`.
    p = prefix
    return (
        f"const {p}added=[],{p}apply=(()=>{{}}).apply,"
        f"{p}additions=(at)=>{{for(let n=0;n<{p}added.length;n++)"
        f"if({p}added[n][0]===at)return {p}added[n][1]}},"
        f"{p}define=(object,key,descriptor)=>{{const O=({{}}).constructor;"
        "if(O(object)!==object||O.isExtensible(object)||key in object)"
        "return O.defineProperty(object,key,descriptor);"
        f"let own={p}additions(object);"
        f"if(own===undefined)O.defineProperty({p}added,{p}added.length,"
        "{value:[object,own={__proto__:null}]});"
        "O.defineProperty(own,key,descriptor);return object},"
        f"{p}add=(object,key,value)=>{{const O=({{}}).constructor;"
        "if(O(object)!==object||O.isExtensible(object)||key in object)object[key]=value;"
        f"else {p}define(object,key,{{value,writable:true,enumerable:true,configurable:true}});"
        "return value},"
        f"{p}get=(object,key)=>{{const value=object[key];"
        f"if(value!==undefined||{p}added.length===0)return value;"
        "const O=({}).constructor;"
        "for(let at=O(object);at!==null;at=O.getPrototypeOf(at)){"
        f"const own={p}additions(at),found=own&&O.getOwnPropertyDescriptor(own,key);"
        f"if(found)return found.get?{p}apply.call(found.get,object,[]):found.value;"
        "if(O.hasOwn(at,key))return}},"
        f"{p}call=(object,key,...args)=>{{const method={p}get(object,key);"
        f'return typeof method==="function"?{p}apply.call(method,object,args)'
        ":object[key](...args)};"
    )
