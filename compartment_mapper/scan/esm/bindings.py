"""Notifications of importers when an exported binding changes.

ECMA-262 bindings are live. A functor notifies its importers of each new value with
``once.name(name)`` (a binding that never changes again) or ``live.name(name)``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from compartment_mapper.records.module_record import Edit
from compartment_mapper.scan.syntax.names import Occurrence
from compartment_mapper.scan.syntax.tree import Node, Step

_FUNCTIONS = frozenset({"function_declaration", "generator_function_declaration"})
_CHANGES = frozenset(
    {"assignment_expression", "augmented_assignment_expression", "update_expression"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """The exported bindings that change, and the edits that notify importers."""

    live: frozenset[str]
    hoisted: frozenset[str]
    #: Declarations of the edits, and notifications before evaluation.
    declarations: tuple[str, ...]
    notifications: tuple[str, ...]
    edits: tuple[Edit, ...]


def notifications(
    found: list[Occurrence], *, exported: set[str], imported: set[str], prefix: str
) -> Notifications:
    """Return the notifications for the top-level bindings among the occurrences *found*."""
    top = [occurrence for occurrence in found if occurrence.scope == "top"]
    declared = [o for o in top if o.role == "binding" and o.name in exported]
    written = [o for o in top if o.role in {"write", "update"}]
    functions = {o.name for o in declared if o.path[-2].kind in _FUNCTIONS}
    variables = {o.name for o in declared if _is_var(o)} - functions
    live = variables | {o.name for o in written if o.name in exported}
    changes = [o for o in (*declared, *written) if o.name in exported and o.name not in imported]
    kind = {name: "live" if name in live else "once" for name in exported}
    notifications = [f"{prefix}{kind[name]}.{name}({name});" for name in sorted(functions)]
    notifications += [f"{prefix}live.{name}();" for name in sorted(variables)]
    readonly = [o for o in written if o.name in imported and o.name not in exported]
    edits = _change_edits(changes, kind, prefix) + [_readonly_edit(o, prefix) for o in readonly]
    declarations = [f"const {prefix}value=(value)=>value;"] if written else []
    if readonly:
        getters = ",".join(_getter(name) for name in sorted({o.name for o in readonly}))
        declarations.append(f"const {prefix}readonly={{{getters}}};")
    return Notifications(
        live=frozenset(live),
        hoisted=frozenset(functions),
        declarations=tuple(declarations),
        notifications=tuple(notifications),
        edits=tuple(edits),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The edits that make the use of an uninitialized import an error."""

    declarations: tuple[str, ...]
    edits: tuple[Edit, ...]


def import_checks(found: list[Occurrence], *, names: set[str], prefix: str) -> Checks:
    """Return the checks of the temporal dead zone (ECMA-262 9.1.1.5.1) for imported *names*.

    An uninitialized import holds a marker; each use of it passes a function that checks for the
    marker.
    """
    reads = [
        occurrence
        for occurrence in found
        if occurrence.name in names
        and occurrence.scope == "top"
        and occurrence.role in {"read", "typeof"}
    ]
    if not names:
        return Checks(declarations=(), edits=())
    message = "`Cannot access '${name}' before initialization`"
    check = (
        f"const {prefix}read=(value,name)=>{{if(value==={prefix}none)"
        f"throw ReferenceError({message});return value}};"
    )
    return Checks(declarations=(check,), edits=tuple(_check_edit(read, prefix) for read in reads))


def _check_edit(read: Occurrence, prefix: str) -> Edit:
    text = f'{prefix}read({read.name},"{read.name}")'
    index = len(read.path) - 1
    while read.path[index].field == "object":  # new (check)[kind](): not new check
        index -= 1
    return read.replaced(f"({text})" if read.path[index].field == "constructor" else text)


def _getter(name: str) -> str:
    return f"get {name}(){{return {name}}}"


def _readonly_edit(occurrence: Occurrence, prefix: str) -> Edit:
    """Handle assignments to imports: TypeErrors after the right side has been evaluated."""
    return occurrence.replaced(f"{prefix}readonly.{occurrence.name}")


def _is_var(occurrence: Occurrence) -> bool:
    for step in reversed(occurrence.path[:-1]):
        if step.kind == "variable_declaration":
            return True
        if step.kind == "for_in_statement":
            return True
        if step.kind in {"lexical_declaration", "class_declaration", "using_declaration"}:
            return False
    return False


def _change_edits(changes: list[Occurrence], kind: dict[str, str], prefix: str) -> list[Edit]:
    by_node: defaultdict[int, list[str]] = defaultdict(list)
    nodes: dict[int, Step] = {}
    for occurrence in changes:
        step = _changing(occurrence)
        if step is not None:
            nodes[step.node.id] = step
            by_node[step.node.id].append(occurrence.name)
    edits: list[Edit] = []
    # Inner changes end where outer ones do, and must be notified first.
    for number, (node_id, step) in enumerate(
        sorted(nodes.items(), key=lambda item: -item[1].node.start_byte)
    ):
        calls = [f"{prefix}{kind[name]}.{name}({name})" for name in dict.fromkeys(by_node[node_id])]
        edits += _edits_of_change(step, calls, f"{prefix}{number}", prefix)
    return edits


def _changing(occurrence: Occurrence) -> Step | None:
    """Return the node after which the binding has its new value."""
    kinds = _CHANGES | {"variable_declarator", "for_in_statement", "class_declaration"}
    for step in reversed(occurrence.path[:-1]):
        if step.kind in kinds:
            return step
        if step.kind in _FUNCTIONS:
            return None
    return None


def _edits_of_change(step: Step, calls: list[str], dummy: str, prefix: str) -> list[Edit]:
    node = step.node
    start, end = node.start_byte, node.end_byte
    match step.kind:
        case "variable_declarator":
            if node.child_by_field_name("value") is None and _in_var(step):
                return []
            value = calls[0] if len(calls) == 1 else f"({','.join(calls)})"
            return [Edit(end, end, f",{dummy}={value}")]
        case "class_declaration":
            return [Edit(end, end, f";{';'.join(calls)};")]
        case "for_in_statement":
            return _loop_edits(node, calls)
        case _:
            # A call returns the value and begins with a name: semicolon insertion is unchanged.
            opening = Edit(start, start, f"{prefix}value(")
            return [opening, Edit(end, end, f",{','.join(calls)})")]


def _in_var(step: Step) -> bool:
    parent = step.node.parent
    return parent is not None and parent.type == "variable_declaration"


def _loop_edits(node: Node, calls: list[str]) -> list[Edit]:
    body = node.child_by_field_name("body")
    assert body is not None
    told = ";".join(calls) + ";"
    if body.type == "statement_block":
        return [Edit(body.start_byte + 1, body.start_byte + 1, told)]
    return [
        Edit(body.start_byte, body.start_byte, "{" + told),
        Edit(body.end_byte, body.end_byte, "}"),
    ]
