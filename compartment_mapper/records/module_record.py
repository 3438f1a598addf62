"""What one text says, in the words of ECMA-262 16.2.1, and how it must be rewritten.

A record depends on nothing but the bytes and the kind of the module, so that it can be kept by
content hash. Compiling needs the record and the text, never the syntax tree again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from compartment_mapper.locations import Specifier
from compartment_mapper.records.languages import Language
from compartment_mapper.text import Span

#: The languages of Endo's archives, in their source form.

#: How a request is resolved: each kind has conditions of its own.
#: ``import`` is also used for ``import()``.
RequestKind = Literal["import", "require"]

#: When a request is made: always when the module is evaluated; maybe (in a function, a branch,
#: or by ``import()``); guarded by ``try``, so that a failure is expected and must happen late.
Reach = Literal["always", "maybe", "guarded"]


#: Instead of a type: it is only asked where the module is, which may then be loaded, or read.
RESOLVES = "\0resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRequest:
    """One place where a module asks for another by a specifier known without running it."""

    specifier: Specifier
    kind: RequestKind
    #: Of the specifier's literal, quotes included.
    span: Span
    reach: Reach
    #: The ``type`` of the import attributes, if any; or `RESOLVES`.
    attribute_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternRequest:
    """A request that may mean several modules, of the package itself or of its dependencies."""

    #: A specifier with ``*`` for what is computed; one without is meant if such a module is there.
    #: All of it is ``*`` where nothing is known.
    pattern: str
    kind: RequestKind
    span: Span
    reach: Reach


#: The path of a module that reads its own text, and of the package.json around it.
SELF = "\0self"
OWN_PACKAGE = "\0package"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRequest:
    """A place beside the module that it will look at: a file, or a folder."""

    #: Relative to the module's folder, with ``*`` for what is computed; `SELF`; `OWN_PACKAGE`; or
    #: the name of another package, and the path in it.
    path: str
    #: Made by ``new URL(…, import.meta.url)``, which ``import()`` takes too.
    is_url: bool
    span: Span


#: The import name of an export that is really called ``*``, since that means the namespace.
NAMED_STAR = "\0*"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportEntry:
    """ECMA-262 ImportEntry Record."""

    request: Specifier
    #: ``*`` for the namespace; see `NAMED_STAR`.
    import_name: str
    local_name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalExport:
    """An export of a binding of this module."""

    export_name: str
    local_name: str
    #: The binding may change after its declaration has been evaluated.
    live: bool
    #: The binding has its value before the module is evaluated: a function declaration.
    hoisted: bool
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class IndirectExport:
    """A re-export, of one name or (``import_name`` is ``*``) of a namespace."""

    export_name: str
    request: Specifier
    import_name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class StarExport:
    """``export * from``."""

    request: Specifier
    span: Span


class Edit(NamedTuple):
    """Replace the bytes ``start:end`` of a text by *text*; edits never overlap."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeName:
    """A name of the host, or a member of one, that the text reads or writes free of any scope."""

    #: Dotted: ``process.env.HOME``. As deep as the text is certain, see ``exact``.
    path: str
    span: Span
    #: The text may use more of the object than *path* says (a computed key, an alias).
    exact: bool
    written: bool = False
    #: Only asked whether it is there (``typeof fetch``).
    tested: bool = False
    #: A member of it is used whose name the text computes.
    computed: bool = False


@dataclass(frozen=True, slots=True)
class BuiltinUse:
    """A member of a builtin module of the host that the text uses."""

    #: By which the text requests the builtin.
    specifier: Specifier
    #: Of the member, dotted; empty for the builtin itself.
    path: str
    span: Span
    #: The text can't use more of the builtin by this.
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something that can't work under SES, found by the scanner."""

    what: str
    span: Span
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRecord:
    """What one text says."""

    language: Language
    #: In the order of first appearance, which is the order of evaluation for ``import``.
    requests: tuple[ModuleRequest, ...] = ()
    patterns: tuple[PatternRequest, ...] = ()
    assets: tuple[AssetRequest, ...] = ()
    #: Where there are assets: what in the text looks like the path of a file.
    file_names: tuple[str, ...] = ()
    imports: tuple[ImportEntry, ...] = ()
    local_exports: tuple[LocalExport, ...] = ()
    indirect_exports: tuple[IndirectExport, ...] = ()
    star_exports: tuple[StarExport, ...] = ()
    #: CommonJS: the names that Node's lexer finds, and the specifiers whose names are added.
    cjs_exports: tuple[str, ...] = ()
    cjs_reexports: tuple[Specifier, ...] = ()
    free_names: tuple[FreeName, ...] = ()
    #: Members of what is called ``process`` and is not the global: a package may hand that to it.
    handed_names: tuple[FreeName, ...] = ()
    #: Globals that only the page may have, since we do not know them: ``ethereum``.
    page_names: tuple[FreeName, ...] = ()
    #: Globals, or members of the language's objects, that it may make.
    made_globals: tuple[FreeName, ...] = ()
    builtin_uses: tuple[BuiltinUse, ...] = ()
    #: Names of the global scope (the language's own included) that the text assigns, and members
    #: of the language's objects: ``Math.sech``.
    assigned_names: tuple[str, ...] = ()
    #: What the names begin with that the edits and the compiled text declare; it does not
    #: occur in the text.
    prefix: str = "$h_"
    #: Declarations that the edits need.
    prologue: tuple[str, ...] = ()
    #: In order; edits of the same place are to be applied in the order given.
    edits: tuple[Edit, ...] = ()
    #: The edits check that an import has its value; without, only a cycle could tell.
    checks_imports: bool = False
    uses_import: bool = False
    uses_import_meta: bool = False
    #: It calls `eval` directly, so that the text sees the variables around the call.
    uses_eval: bool = False
    has_top_level_await: bool = False
    #: Of an ECMAScript module: a variable of CommonJS that it reads as soon as it is evaluated.
    commonjs_names: tuple[FreeName, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    #: It may change what its package exports after it was evaluated; see `scan.late_changes`.
    monkey_patches: bool = False
    #: The specifiers of modules whose exports it is seen to change.
    patched: tuple[Specifier, ...] = ()
    #: Where the text may be wrong: the grammar did not understand it, or accepts too much there.
    #: Whether it is wrong, an engine says.
    parse_uncertainty: Span | None = None
    #: What the engine said of a text that is wrong; then the record says nothing else.
    syntax_error: str | None = None
