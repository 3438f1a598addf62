"""Scan an ECMAScript module: its entries, and the edits that turn it into a functor body.

``docs/formats/archive.md`` describes functors. Exported bindings stay plain local variables; each
change is followed by a notification. Lines keep their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compartment_mapper.locations import Specifier
from compartment_mapper.records.module_record import (
    NAMED_STAR,
    Edit,
    ImportEntry,
    IndirectExport,
    LocalExport,
    ModuleRequest,
    StarExport,
)
from compartment_mapper.scan.esm.bindings import import_checks, notifications
from compartment_mapper.scan.esm.early_errors import (
    export_uncertainties,
    import_suspects,
    import_uncertainties,
)
from compartment_mapper.scan.requests.calls import attribute_type
from compartment_mapper.scan.syntax.names import occurrences
from compartment_mapper.scan.syntax.tree import Node, Syntax
from compartment_mapper.text import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Esm:
    """The result of `scan_esm`."""

    requests: tuple[ModuleRequest, ...]
    imports: tuple[ImportEntry, ...]
    local_exports: tuple[LocalExport, ...]
    indirect_exports: tuple[IndirectExport, ...]
    star_exports: tuple[StarExport, ...]
    declarations: tuple[str, ...]
    notifications: tuple[str, ...]
    edits: tuple[Edit, ...]
    #: Imports and exports that may be early errors.
    uncertainties: tuple[Span, ...]


@dataclass(slots=True)
class _Entries:
    """The entries of a module, collected statement by statement."""

    syntax: Syntax
    prefix: str
    requests: list[ModuleRequest] = field(default_factory=list)
    imports: list[ImportEntry] = field(default_factory=list)
    #: Export name, local name, position.
    locals: list[tuple[str, str, Span]] = field(default_factory=list)
    indirect: list[IndirectExport] = field(default_factory=list)
    stars: list[StarExport] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    notifications: list[str] = field(default_factory=list)
    hoisted: set[str] = field(default_factory=set)


def is_esm(syntax: Syntax) -> bool:
    """Return whether the source has module-only syntax: import or export statements, import.meta.

    Node's syntax detection also tries top-level await: https://nodejs.org/api/packages.html
    #syntax-detection.
    """
    kinds = {"import_statement", "export_statement"}
    return any(node.type in kinds for node in syntax.statements())


def scan_esm(syntax: Syntax, *, prefix: str, in_cycle: bool) -> Esm:
    """Return the entries and edits of a module; *in_cycle* as for `scan_module`."""
    entries = _Entries(syntax, prefix)
    for statement in syntax.statements():
        if statement.type == "import_statement":
            _import_statement(entries, statement)
        elif statement.type == "export_statement":
            _export_statement(entries, statement)
    return _finished(entries, in_cycle=in_cycle)


def _finished(entries: _Entries, *, in_cycle: bool) -> Esm:
    imported = {entry.local_name: entry for entry in entries.imports}
    own = [export for export in entries.locals if export[1] not in imported]
    names = {local for _, local, _ in own}
    starts = {entry.span.start for entry in entries.imports}
    written, again = import_suspects(entries.syntax.source, frozenset(imported), starts)
    checked = {name for name, entry in imported.items() if in_cycle and entry.import_name != "*"}
    occurring = occurrences(entries.syntax, names | written | checked | again)
    found = notifications(occurring, exported=names, imported=written, prefix=entries.prefix)
    checks = import_checks(occurring, names=checked, prefix=entries.prefix)
    bound = {o.name for o in occurring if o.role == "binding" and o.scope == "top"}
    bound |= {*imported, f"{entries.prefix}default"}
    exports = [*entries.locals, *((e.export_name, "", e.span) for e in entries.indirect)]
    imports = [(entry.local_name, entry.span) for entry in entries.imports]
    return Esm(
        requests=tuple(entries.requests),
        imports=tuple(entries.imports),
        local_exports=tuple(
            LocalExport(
                export_name=name,
                local_name=local,
                live=local in found.live,
                hoisted=local in found.hoisted or local in entries.hoisted,
                span=span,
            )
            for name, local, span in own
        ),
        indirect_exports=tuple(
            entries.indirect
            + [
                IndirectExport(
                    export_name=name,
                    request=imported[local].request,
                    import_name=imported[local].import_name,
                    span=span,
                )
                for name, local, span in entries.locals
                if local in imported
            ]
        ),
        star_exports=tuple(entries.stars),
        declarations=(*checks.declarations, *found.declarations),
        notifications=(*found.notifications, *entries.notifications),
        # If an assignment and an exported value end at the same position, its notification is
        # first.
        edits=(*checks.edits, *found.edits, *entries.edits),
        uncertainties=(
            *export_uncertainties(exports, bound=bound),
            *import_uncertainties(imports, occurring),
        ),
    )


def _span(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)


def _removed(syntax: Syntax, start: int, end: int, instead: str) -> Edit:
    return Edit(start, end, instead + syntax.line_ends(start, end))


def _request(entries: _Entries, statement: Node, source: Node) -> Specifier:
    specifier = Specifier(entries.syntax.string_value(source))
    entries.requests.append(
        ModuleRequest(
            specifier=specifier,
            kind="import",
            span=_span(source),
            reach="always",
            attribute_type=attribute_type(entries.syntax, statement),
        )
    )
    return specifier


def _import_statement(entries: _Entries, statement: Node) -> None:
    source = statement.child_by_field_name("source")
    if source is None:
        return
    specifier = _request(entries, statement, source)
    # A semicolon stays, because the surrounding code may not be a single statement.
    entries.edits.append(_removed(entries.syntax, statement.start_byte, statement.end_byte, ";"))
    for clause in statement.named_children:
        if clause.type == "import_clause":
            for part in clause.named_children:
                _import_part(entries, specifier, part)


def _import_part(entries: _Entries, specifier: Specifier, part: Node) -> None:
    if part.type == "identifier":
        _add_import(entries, specifier, "default", part)
    elif part.type == "namespace_import":
        _add_import(entries, specifier, "*", part.named_children[-1])
    elif part.type == "named_imports":
        for item in part.named_children:
            if item.type == "import_specifier":
                name, alias = _specifier_names(entries.syntax, item)
                _add_import(entries, specifier, _import_name(name), alias)


def _add_import(entries: _Entries, specifier: Specifier, name: str, local: Node) -> None:
    entries.imports.append(
        ImportEntry(
            request=specifier,
            import_name=name,
            local_name=entries.syntax.identifier(local),
            span=_span(local),
        )
    )


def _import_name(name: str) -> str:
    return NAMED_STAR if name == "*" else name


def _specifier_names(syntax: Syntax, item: Node) -> tuple[str, Node]:
    """Return the name of an import or export specifier, and the node of its alias."""
    name = item.child_by_field_name("name") or item.children[0]
    return _module_export_name(syntax, name), item.child_by_field_name("alias") or name


def _module_export_name(syntax: Syntax, node: Node) -> str:
    """ECMA-262 ModuleExportName: an identifier or a string."""
    return syntax.string_value(node) if node.type == "string" else syntax.identifier(node)


def _export_statement(entries: _Entries, statement: Node) -> None:
    source = statement.child_by_field_name("source")
    if source is not None:
        _reexport(entries, statement, source)
    elif any(child.type == "default" for child in statement.children):
        _export_default(entries, statement)
    elif (declaration := statement.child_by_field_name("declaration")) is not None:
        start, end = statement.start_byte, declaration.start_byte
        entries.edits.append(_removed(entries.syntax, start, end, ""))
        for name in declared_names(declaration):
            entries.locals.append(
                (entries.syntax.identifier(name), entries.syntax.identifier(name), _span(name))
            )
    else:
        _export_clause(entries, statement)


def _reexport(entries: _Entries, statement: Node, source: Node) -> None:
    specifier = _request(entries, statement, source)
    entries.edits.append(_removed(entries.syntax, statement.start_byte, statement.end_byte, ";"))
    clause = next(
        (node for node in statement.named_children if node.type.startswith(("export_", "name"))),
        None,
    )
    if clause is None:
        entries.stars.append(StarExport(request=specifier, span=_span(statement)))
    elif clause.type == "namespace_export":
        alias = _module_export_name(entries.syntax, clause.children[-1])
        _add_indirect(entries, specifier, ("*", alias), clause)
    else:
        for item in clause.named_children:
            if item.type == "export_specifier":
                name, alias_node = _specifier_names(entries.syntax, item)
                alias = _module_export_name(entries.syntax, alias_node)
                _add_indirect(entries, specifier, (_import_name(name), alias), item)


def _add_indirect(
    entries: _Entries, specifier: Specifier, names: tuple[str, str], node: Node
) -> None:
    entries.indirect.append(
        IndirectExport(
            export_name=names[1], request=specifier, import_name=names[0], span=_span(node)
        )
    )


def _export_clause(entries: _Entries, statement: Node) -> None:
    entries.edits.append(_removed(entries.syntax, statement.start_byte, statement.end_byte, ";"))
    for clause in statement.named_children:
        for item in clause.named_children:
            if item.type == "export_specifier":
                local, alias = _specifier_names(entries.syntax, item)
                name = _module_export_name(entries.syntax, alias)
                if item.children[0].type == "string":  # variables cannot have such a name
                    local = entries.syntax.text(item.children[0])
                entries.locals.append((name, local, _span(item)))


def _export_default(entries: _Entries, statement: Node) -> None:
    syntax = entries.syntax
    value = statement.child_by_field_name("declaration") or statement.child_by_field_name("value")
    if value is None:
        return
    name = value.child_by_field_name("name")
    keyword = _declaration_at(syntax, value.start_byte)
    if value.type.endswith("_declaration") and name is not None:
        entries.edits.append(_removed(syntax, statement.start_byte, value.start_byte, ""))
        entries.locals.append(("default", syntax.identifier(name), _span(name)))
    elif keyword is not None and keyword.type != "class":
        _export_default_function(entries, statement, keyword)
    elif keyword is not None:  # the next line is a separate statement
        _export_default_expression(entries, statement, keyword)
    else:
        _export_default_expression(entries, statement, value)


def _declaration_at(syntax: Syntax, offset: int) -> Node | None:
    """Return the declaration after ``export default`` at *offset*."""
    kinds = {"function_expression", "generator_function", "function_declaration", "class"}
    path = syntax.path_to(offset)
    return next(
        (step.node for step in path if step.kind in kinds and step.node.start_byte == offset), None
    )


def _export_default_function(entries: _Entries, statement: Node, function: Node) -> None:
    """Handle ``export default function () {}``, which is hoisted and named ``default``."""
    syntax, prefix = entries.syntax, entries.prefix
    entries.edits.append(_removed(syntax, statement.start_byte, function.start_byte, ""))
    name = function.child_by_field_name("name")
    if name is not None:
        entries.locals.append(("default", syntax.identifier(name), _span(name)))
        return
    parameters = function.child_by_field_name("parameters")
    assert parameters is not None
    local = f"{prefix}default"
    entries.edits.append(Edit(parameters.start_byte, parameters.start_byte, f" {local}"))
    entries.locals.append(("default", local, _span(function)))
    entries.hoisted.add(local)
    entries.notifications += [
        f'Object.defineProperty({local},"name",{{value:"default",configurable:true}});',
        f"{prefix}once.{local}({local});",
    ]


def _export_default_expression(entries: _Entries, statement: Node, value: Node) -> None:
    """Bind the value as a property named ``default``, which names anonymous functions."""
    prefix = entries.prefix
    local = f"{prefix}default"
    opening = f"const {{default:{local}}}={{default:"
    entries.edits.append(_removed(entries.syntax, statement.start_byte, value.start_byte, opening))
    entries.edits.append(Edit(value.end_byte, value.end_byte, f"}};{prefix}once.{local}({local});"))
    entries.locals.append(("default", local, _span(value)))


def declared_names(declaration: Node) -> list[Node]:
    """Return the identifiers that *declaration* binds (BoundNames), in order."""
    if not declaration.type.startswith(("lexical", "variable")):
        name = declaration.child_by_field_name("name")
        return [name] if name is not None else []
    names: list[Node] = []
    pending = [
        target
        for declarator in declaration.named_children
        if (target := declarator.child_by_field_name("name")) is not None
    ]
    while pending:
        node = pending.pop(0)
        if node.type in {"identifier", "shorthand_property_identifier_pattern"}:
            names.append(node)
        elif node.type in {"pair_pattern", "assignment_pattern", "object_assignment_pattern"}:
            field_name = "value" if node.type == "pair_pattern" else "left"
            target = node.child_by_field_name(field_name)
            pending[:0] = [target] if target is not None else []
        else:
            pending[:0] = node.named_children
    return names
