"""Determine the language as which Node loads a file."""

from __future__ import annotations

import re

from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import Location, base_name
from compartment_mapper.records.languages import LANGUAGES, Language, language_with_attribute
from compartment_mapper.records.module_record import RequestKind
from compartment_mapper.resolve.addons import ADDON
from compartment_mapper.resolve.package_lookup import ResolverContext, package_scope
from compartment_mapper.resolve.resolution import ResolutionFailure

#: None: the package or the source determines it.
_LANGUAGES: dict[str, Language | None] = {
    extension: language
    for language, facts in LANGUAGES.items()
    for extension in facts["extensions"]
} | {".js": None, ".ts": None, "": None}
_JSX = frozenset({".jsx", ".tsx"})
_TYPED = frozenset({".ts", ".mts", ".cts"})
#: A module that JavaScript instantiates, see `sources.wasm`.
WASM = ".wasm"


def language_of(
    file: Location, kind: RequestKind, attribute_type: str | None, *, context: ResolverContext
) -> Language | ResolutionFailure | None:
    """Return the language as which Node loads *file*, or None if the source determines it.

    https://nodejs.org/api/esm.html#resolution-algorithm-specification (ESM_FILE_FORMAT),
    https://nodejs.org/api/modules.html#file-modules.
    """
    wanted = language_with_attribute(attribute_type)
    if kind == "import" and wanted is not None and wanted != "json":
        return wanted
    extension = _extension(file)
    if extension == ".json":
        return _json_language(file, kind, attribute_type)
    if attribute_type == "json":
        return _wrong_attribute(file)
    if extension in _TYPED and "/node_modules/" in file:
        return _typed_dependency(file)
    # DEVIATION: Node rejects JSX; in the application's own code it is compiled, like types.
    if extension in _JSX and "/node_modules/" not in file:
        return _language_of_type(file, context)
    if extension in _LANGUAGES and not (kind == "import" and extension == ADDON):
        return _LANGUAGES[extension] or _language_of_type(file, context)
    if kind == "require":
        return "cjs"
    return "mjs" if extension == WASM else _unknown_extension(file, extension)


def _extension(file: Location) -> str:
    stem, dot, extension = base_name(file).rpartition(".")
    return dot + extension if stem else ""


def _language_of_type(
    file: Location, context: ResolverContext
) -> Language | ResolutionFailure | None:
    scope = package_scope(file, context=context)
    if isinstance(scope, Diagnostic):
        return ResolutionFailure(
            code="ERR_INVALID_PACKAGE_CONFIG", message=scope.message, hint=scope.hint
        )
    match scope[1].type if scope else None:
        case "module":
            return "mjs"
        case "commonjs":
            return "cjs"
        case _:
            return None


def _json_language(
    file: Location, kind: RequestKind, attribute_type: str | None
) -> Language | ResolutionFailure:
    if kind == "require" or attribute_type == "json":
        return "json"
    return ResolutionFailure(
        code="ERR_IMPORT_ATTRIBUTE_MISSING",
        message=f"Module '{base_name(file)}' needs an import attribute of \"type: json\"",
        hint=f"write: import data from './{base_name(file)}' with {{ type: 'json' }}",
    )


def _wrong_attribute(file: Location) -> ResolutionFailure:
    return ResolutionFailure(
        code="ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE",
        message=f"Module '{base_name(file)}' is not of type \"json\"",
        hint="remove the import attribute",
    )


#: Signatures of binary files, whatever their extension.
_MAGIC = {
    b"\x7fELF": "machine code",
    b"MZ": "machine code",
    b"\xfe\xed\xfa\xce": "machine code",
    b"\xfe\xed\xfa\xcf": "machine code",
    b"\xce\xfa\xed\xfe": "machine code",
    b"\xcf\xfa\xed\xfe": "machine code",
    b"\xca\xfe\xba\xbe": "machine code",
    b"\x00asm": "WebAssembly",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "compressed data",
    b"\x89PNG": "an image",
    b"GIF8": "an image",
    b"\xff\xd8\xff": "an image",
    b"%PDF-": "a PDF document",
    b"SQLite format 3\x00": "a database",
}
_HEAD = 8192
#: A program begins with printable ASCII.
_BEGINS_AS_TEXT = re.compile(rb"[\t\n\r -~]{200}")
#: The maximum number of NULs in a text file.
_FEW = 16


def binary_kind(source: bytes) -> str | None:
    r"""Return the kind of a binary file, which is not parsed; None for text.

    >>> binary_kind(b"\x7fELF\x02\x01"), binary_kind(b"\x00\xff\x00"), binary_kind(b"exports.a = 1")
    ('machine code', 'binary data', None)
    """
    head = source[:_HEAD]
    for magic, kind in _MAGIC.items():
        if head.startswith(magic) and (magic != b"MZ" or b"\0" in head):
            return kind
    if b"\0" not in head:
        return None
    try:
        head[: head.rfind(b"\0")].decode()
    except UnicodeDecodeError:
        return "binary data"
    # Strings and comments may contain NULs; emscripten stores machine code in strings.
    is_few = head.count(b"\0") <= max(_FEW, len(head) // 16)
    return None if is_few or _BEGINS_AS_TEXT.match(head) else "binary data"


def _typed_dependency(file: Location) -> ResolutionFailure:
    """Return Node's error for a dependency in TypeScript: packages must contain JavaScript."""
    return ResolutionFailure(
        code="ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
        message="Stripping types is currently unsupported for files under node_modules, "
        f"for '{base_name(file)}'",
        hint="compile the package to JavaScript, or use a version that ships JavaScript",
    )


def _unknown_extension(file: Location, extension: str) -> ResolutionFailure:
    return ResolutionFailure(
        code="ERR_UNKNOWN_FILE_EXTENSION",
        message=f"Unknown file extension \"{extension}\" for '{base_name(file)}'",
        hint="load it as text with { type: 'text' }, or as bytes with { type: 'bytes' }",
    )
