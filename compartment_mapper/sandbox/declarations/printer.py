"""Print declarations as the text of a ``.d.ts`` file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

from compartment_mapper.sandbox.declarations.model import (
    ArrayType,
    Declaration,
    GenericType,
    IntersectionType,
    Keyword,
    LiteralType,
    Member,
    ObjectType,
    Parameter,
    Reference,
    TupleItem,
    TupleType,
    Type,
    UnionType,
    union,
)
from compartment_mapper.sandbox.declarations.names import (
    member_name,
    member_path,
    parameter_name,
    string_literal,
)
from compartment_mapper.sandbox.declarations.sharing import NamedTypes, is_circular, named_types
from compartment_mapper.text import printable, without_surrogates

_INDENT = "  "
_UNDEFINED = Keyword("undefined")
#: ECMA-262 21.1.2.6.
_MAX_SAFE_INTEGER = 2**53 - 1
_Names = Callable[[str], str]
#: Functions by name, and namespaces within.
_Tree = dict[str, "Declaration | _Tree"]


def print_declarations(declarations: Iterable[Declaration]) -> str:
    """Return the ``.d.ts`` text of *declarations*: their types, then the constant ``tools``."""
    every = list(declarations)
    names = named_types(every)
    blocks = ["\n".join(_type_lines(name, *found, names)) for name, found in names.types.items()]
    lines = [
        "declare const tools: {",
        *_tree_lines(_tree(every), names, _INDENT),
        "};",
    ]
    return "\n\n".join([*blocks, "\n".join(lines)]) + "\n"


def print_signature(declaration: Declaration) -> str:
    """Return *declaration* on one line, with its types below."""
    names = named_types([declaration])
    blocks = [
        " ".join(line.strip() for line in _type_lines(name, *found, names))
        for name, found in names.types.items()
    ]
    signature = _signature(declaration, _names_of(declaration, names))
    return "\n".join([f"tools.{declaration.name}{signature}", *blocks])


def print_type(found: Type, name_of: _Names) -> str:
    """Return *found* as TypeScript; *name_of* returns the name of a reference."""
    match found:
        case Keyword(word=word):
            return word
        case LiteralType():
            return _literal(found)
        case Reference(name=name):
            return name_of(name)
        case GenericType(name=name, arguments=arguments):
            return f"{name}<{', '.join(print_type(each, name_of) for each in arguments)}>"
        case UnionType(choices=parts) | IntersectionType(parts=parts):
            sign = " | " if isinstance(found, UnionType) else " & "
            return sign.join(_operand(each, name_of) for each in parts)
        case ArrayType() | TupleType() | ObjectType():
            return _structure(found, name_of)


def _structure(found: ArrayType | TupleType | ObjectType, name_of: _Names) -> str:
    if isinstance(found, ArrayType):
        return f"{_operand(found.item, name_of)}[]"
    return _tuple(found, name_of) if isinstance(found, TupleType) else _object(found, name_of)


def _operand(found: Type, name_of: _Names) -> str:
    text = print_type(found, name_of)
    return f"({text})" if isinstance(found, UnionType | IntersectionType) else text


def _literal(found: LiteralType) -> str:
    value = found.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return string_literal(value)
    is_exact = math.isfinite(value) and abs(value) <= _MAX_SAFE_INTEGER
    return repr(value) if is_exact else "number"


def _tuple(found: TupleType, name_of: _Names) -> str:
    has_names = found.rest is None and all(item.name for item in found.items)
    items = [_tuple_item(item, name_of, has_name=has_names) for item in found.items]
    if found.rest is not None:
        items.append(f"...{_operand(found.rest, name_of)}[]")
    return f"[{', '.join(items)}]"


def _tuple_item(item: TupleItem, name_of: _Names, *, has_name: bool) -> str:
    optional = "?" if item.is_optional else ""
    if has_name:
        return f"{parameter_name(item.name)}{optional}: {print_type(item.type, name_of)}"
    return f"{_operand(item.type, name_of)}{optional}"


def _object(found: ObjectType, name_of: _Names) -> str:
    members = [_member(member, name_of) for member in found.members]
    members += _index(found, name_of)
    return f"{{ {'; '.join(members)} }}" if members else "{}"


def _member(member: Member, name_of: _Names) -> str:
    optional = "?" if member.is_optional else ""
    return f"{member_name(member.name)}{optional}: {print_type(member.type, name_of)}"


def _index(found: ObjectType, name_of: _Names) -> list[str]:
    if found.rest is None:
        return []
    # TypeScript requires that the members have the type of the rest.
    optional = [_UNDEFINED] if any(member.is_optional for member in found.members) else []
    value = union(found.rest, *(member.type for member in found.members), *optional)
    return [f"[key: string]: {print_type(value, name_of)}"]


def _names_of(declaration: Declaration, names: NamedTypes) -> _Names:
    return lambda name: names.name_of(declaration, name)


def _type_lines(name: str, declaration: Declaration, own: str, names: NamedTypes) -> Iterator[str]:
    name_of = _names_of(declaration, names)
    found = declaration.types[own]
    yield from doc_lines(found.doc)
    if is_circular(declaration, own):
        yield f"type {name} = unknown;"
    elif isinstance(found.type, ObjectType) and found.type.members:
        yield f"interface {name} {{"
        for member in found.type.members:
            yield from (_INDENT + line for line in doc_lines(member.doc))
            yield f"{_INDENT}{_member(member, name_of)};"
        yield from (f"{_INDENT}{line};" for line in _index(found.type, name_of))
        yield "}"
    else:
        yield f"type {name} = {print_type(found.type, name_of)};"


def _tree(declarations: Iterable[Declaration]) -> _Tree:
    root: _Tree = {}
    for declaration in declarations:
        branch = root
        for name in declaration.path[:-1]:
            inner = branch.setdefault(name, {})
            assert isinstance(inner, dict), declaration.path
            branch = inner
        branch[declaration.path[-1]] = declaration
    return root


def _tree_lines(tree: _Tree, names: NamedTypes, indent: str) -> Iterator[str]:
    for name, found in tree.items():
        if isinstance(found, dict):
            yield f"{indent}{member_name(name)}: {{"
            yield from _tree_lines(found, names, indent + _INDENT)
            yield f"{indent}}};"
        else:
            yield from (indent + line for line in doc_lines(_function_doc(found)))
            yield f"{indent}{member_name(name)}{_signature(found, _names_of(found, names))};"


def _signature(declaration: Declaration, name_of: _Names) -> str:
    parameters = ", ".join(
        _parameter(name, each, name_of)
        for name, each in _parameter_names(declaration.parameters).items()
    )
    return f"({parameters}): Promise<{print_type(declaration.result, name_of)}>"


def _parameter_names(parameters: Iterable[Parameter]) -> Mapping[str, Parameter]:
    named: dict[str, Parameter] = {}
    for each in parameters:
        named[parameter_name(each.name, named)] = each
    return named


def _parameter(name: str, parameter: Parameter, name_of: _Names) -> str:
    if parameter.is_rest:
        return f"...{name}: {_operand(parameter.type, name_of)}[]"
    return f"{name}{'?' if parameter.is_optional else ''}: {print_type(parameter.type, name_of)}"


def _function_doc(declaration: Declaration) -> str:
    told: list[str] = []
    for name, each in _parameter_names(declaration.parameters).items():
        members = each.type.members if isinstance(each.type, ObjectType) else ()
        told += [f"@param {name} {each.doc}"] if each.doc else []
        told += [
            f"@param {member_path(name, [member.name])} {member.doc}"
            for member in members
            if member.doc
        ]
    return "\n".join([*([declaration.doc] if declaration.doc else []), *told])


def doc_lines(doc: str) -> list[str]:
    """Return *doc* as the lines of a comment, which it cannot end: it may be hostile."""
    safe = without_surrogates(doc).replace("*/", "*\\/")
    lines = [printable(line.rstrip()) for line in safe.strip().splitlines()]
    if not lines:
        return []
    if len(lines) == 1:
        return [f"/** {lines[0]} */"]
    return ["/**", *(f" * {line}".rstrip() for line in lines), " */"]
