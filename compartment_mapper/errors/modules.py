"""Problems of modules: their source, requests and imports."""

from __future__ import annotations

from collections.abc import Sequence

from compartment_mapper.errors.diagnostic import Diagnostic, Place, did_you_mean


def syntax_error(place: Place, detail: str) -> Diagnostic:
    """The source is not valid JavaScript (or JSON)."""
    return Diagnostic(code="SYNTAX_ERROR", message=detail, place=place)


#: Replacements of TypeScript syntax that cannot be stripped, by keywords in Node's messages.
_INSTEAD = {
    "enum": "write an object: const Color = { Red: 0 } as const",
    "parameter property": "declare the field and assign it in the constructor",
    "import equals": "write: import x from 'x', or const x = require('x') in a .cts file",
    "export assignment": "write: export default, or module.exports = in a .cts file",
    "namespace": "use a separate module, or an object",
    "module": "write `namespace` for types, or use a separate module",
}


def types_not_stripped(place: Place, code: str, message: str) -> Diagnostic:
    """TypeScript syntax that cannot be stripped, or is invalid; *code* is Node's."""
    words = (hint for word, hint in _INSTEAD.items() if word in message)
    is_more = code == "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
    hint = next(words, "") if is_more and "Instead" not in message else ""
    return Diagnostic(code=code, message=message, place=place, hint=hint)


def invalid_source_map(place: Place) -> Diagnostic:
    """A file references a source map that is invalid, or has sections."""
    return Diagnostic(
        code="INVALID_SOURCE_MAP",
        message="the source map is not JSON with `sources` and `mappings`",
        place=place,
        hint="stack traces name the file itself; index maps (`sections`) are not supported",
        severity="warning",
    )


def unresolved(code: str, message: str, place: Place, hint: str) -> Diagnostic:
    """A specifier does not resolve; *code* is Node's."""
    return Diagnostic(code=code, message=message, place=place, hint=hint)


def native_addon(place: Place, package: str, path: str, line: str) -> Diagnostic:
    """A package loads machine code that neither the policy nor an option names."""
    return Diagnostic(
        code="NATIVE_ADDON",
        message=f"this loads the native addon '{path}' of '{package}', which was not packed: it is "
        "machine code, which no compartment confines",
        place=place,
        hint="to trust it with everything that the process may do: "
        f"--grant '{package}:native', or in the policy: {line}",
        severity="warning",
    )


def native_program(place: Place, package: str, path: str, line: str) -> Diagnostic:
    """A package may start machine code that neither the policy nor an option names."""
    return Diagnostic(
        code="NATIVE_PROGRAM",
        message=f"'{package}' may start the program '{path}', which was not packed: it is machine "
        "code outside of any compartment",
        place=place,
        hint="to trust it with everything that the process may do: "
        f"--grant '{package}:native', or in the policy: {line}",
        severity="warning",
    )


def computed_request(place: Place) -> Diagnostic:
    """A request has a computed specifier."""
    return Diagnostic(
        code="COMPUTED_REQUEST",
        message="this request is computed at run time: no module was packed for it",
        place=place,
        hint="list the possible modules in the source, for example in an array: ['./a.js', 'pkg'];"
        " or bundle these modules as additional entries",
        severity="warning",
    )


def missing_export(
    place: Place,
    wanted: tuple[str, str],
    *,
    known: Sequence[str],
    is_commonjs: bool,
    may_be_type: bool = False,
) -> Diagnostic:
    """An import of a name that the requested module does not export.

    Args:
        place: The place of the import.
        wanted: The specifier and the name.
        known: The known export names of the module.
        is_commonjs: Whether only names that are visible in the source can be imported from the
            module.
        may_be_type: Whether the importing module contains TypeScript types.
    """
    specifier, name = wanted
    shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")  # noqa: PLR2004 - a line
    hint = did_you_mean(name, known) or (f"it exports: {shown}" if known else "it exports nothing")
    if is_commonjs:
        hint += f"; a CommonJS module has a default export: import all from '{specifier}'"
    if may_be_type:
        hint += f"; for a type, write: import {{ type {name} }} from '{specifier}'"
    return Diagnostic(
        code="MISSING_EXPORT",
        message=f"the requested module '{specifier}' does not provide an export named '{name}'",
        place=place,
        hint=hint,
    )


def ambiguous_export(place: Place, wanted: tuple[str, str], origins: Sequence[str]) -> Diagnostic:
    """Several ``export *`` of the requested module provide the imported name."""
    specifier, name = wanted
    return Diagnostic(
        code="AMBIGUOUS_EXPORT",
        message=f"the requested module '{specifier}' has conflicting star exports for '{name}'",
        place=place,
        hint=f"import it from one of: {', '.join(origins)}",
    )


def not_understood(place: Place) -> Diagnostic:
    """The parser does not understand valid source."""
    return Diagnostic(
        code="UNSUPPORTED_SYNTAX",
        message="this is valid JavaScript that the parser does not understand, so it cannot be "
        "compiled",
        place=place,
        hint="rewrite it if the code is yours; please report it in any case",
    )


def unsupported(place: Place, what: str, hint: str = "") -> Diagnostic:
    """A construct that cannot work under SES is always executed."""
    return Diagnostic(code="UNSUPPORTED_SYNTAX", message=what, place=place, hint=hint)


def commonjs_name(place: Place, name: str, *, may_be_script: bool) -> Diagnostic:
    """An ECMAScript module uses a variable of CommonJS modules; the message is Node's.

    Without ``import`` and ``export`` the source *may be* a script in a misnamed file.
    """
    rename = "; or rename the file to .cjs if it is CommonJS" if may_be_script else ""
    instead = ", you can use import instead" if name == "require" else ""
    return Diagnostic(
        code="COMMONJS_NAME",
        message=f"{name} is not defined in ES module scope{instead}",
        place=place,
        hint=_INSTEAD_OF_COMMONJS[name] + rename,
    )


_INSTEAD_OF_COMMONJS = {
    "require": "import { createRequire } from 'node:module'; "
    "const require = createRequire(import.meta.url)",
    "module": "export the value: export default …",
    "exports": "export each value: export const …",
    "__filename": "use import.meta.filename",
    "__dirname": "use import.meta.dirname",
}


def binary_file(file: str, kind: str) -> Diagnostic:
    """A file that is requested as a module is binary."""
    return Diagnostic(
        code="BINARY_FILE",
        message=f"this is {kind}, not JavaScript",
        place=Place(file=file),
        hint="read it with fs, or import it with { type: 'bytes' }",
    )
