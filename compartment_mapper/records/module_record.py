"""The record of one module, in the terms of ECMA-262 16.2.1, and the edits that it needs.

A record depends only on the bytes and the language of the module, so it can be cached by content
hash. Compiling needs the record and the source, never the syntax tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from compartment_mapper.locations import Specifier
from compartment_mapper.records.languages import Language
from compartment_mapper.text import Span

#: The languages of Endo's archives, in their source form.

#: How a request is resolved: each kind has its own conditions. ``import`` includes ``import()``.
RequestKind = Literal["import", "require"]

#: When a request is made: always when the module is evaluated; maybe (in a function, a branch,
#: or by ``import()``); guarded by ``try``, so that a failure is expected and must happen late.
Reach = Literal["always", "maybe", "guarded"]


#: Instead of a type: the request only resolves a path; the module may then be loaded or read.
RESOLVES = "\0resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRequest:
    """A request for another module with a static specifier."""

    specifier: Specifier
    kind: RequestKind
    #: The span of the specifier's literal, including quotes.
    span: Span
    reach: Reach
    #: The ``type`` of the import attributes, if any; or `RESOLVES`.
    attribute_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternRequest:
    """A request that may match several modules, of the package itself or of its dependencies."""

    #: A specifier with ``*`` for computed parts; without ``*``, it matches if such a module exists.
    #: Just ``*`` if the whole specifier is computed.
    pattern: str
    kind: RequestKind
    span: Span
    reach: Reach


#: The paths of a module that reads its own source, and of the package.json around it.
SELF = "\0self"
OWN_PACKAGE = "\0package"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRequest:
    """A file or a folder that the module reads, relative to it."""

    #: Relative to the module's folder, with ``*`` for computed parts; `SELF`; `OWN_PACKAGE`; or the
    #: name of another package and a path in it.
    path: str
    #: Whether it comes from ``new URL(…, import.meta.url)``, which ``import()`` accepts too.
    is_url: bool
    span: Span


#: The import name of an export named ``*``, since ``*`` means the namespace.
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
    #: Whether the binding may change after its declaration has been evaluated.
    live: bool
    #: Whether the binding has its value before evaluation: a function declaration.
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
    """Replace the bytes ``start:end`` of a source with *text*; edits never overlap."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeName:
    """A free name of the host, or a member of one, that the source reads or writes."""

    #: Dotted: ``process.env.HOME``. As deep as the scanner is certain, see ``exact``.
    path: str
    span: Span
    #: Whether the source uses no more of the object than *path* (no computed key, no alias).
    exact: bool
    written: bool = False
    #: Whether only its existence is tested (``typeof fetch``).
    tested: bool = False
    #: Whether a member with a computed name is used.
    computed: bool = False
    #: Of a capability whose grant can have a scope: the possible first arguments of the call, one
    #: per line, ``*`` for unknown parts; empty if it is not a call, or could be given anything.
    targets: str = ""


#: As a target of a call: the program that runs the application.
NODE_ITSELF = "process.execPath"


@dataclass(frozen=True, slots=True)
class BuiltinUse:
    """A member of a builtin module of the host that the source uses."""

    #: The specifier of the builtin.
    specifier: Specifier
    #: The dotted path of the member; empty for the builtin itself.
    path: str
    span: Span
    #: Whether the source cannot use more of the builtin through this.
    exact: bool
    #: As in `FreeName`, of all uses of the member.
    targets: str = ""
    #: The specifier of the module whose export is called for the builtin; it counts if that module
    #: lends its ``require``.
    lender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A construct that cannot work under SES, found by the scanner."""

    what: str
    span: Span
    hint: str = ""


#: What a review of an update looks at, besides capabilities; ``docs/signs.md`` explains each.
SignName = Literal[
    "eval",
    "computed-request",
    "computed-member",
    "assembled-name",
    "decoded-literal",
    "obfuscated",
    "minified",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A place in a source where malicious code often differs from other code."""

    sign: SignName
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleRecord:
    """The record of one module."""

    language: Language
    #: In the order of first appearance, which is the evaluation order for ``import``.
    requests: tuple[ModuleRequest, ...] = ()
    patterns: tuple[PatternRequest, ...] = ()
    assets: tuple[AssetRequest, ...] = ()
    #: With asset references: strings in the source that look like file paths.
    file_names: tuple[str, ...] = ()
    imports: tuple[ImportEntry, ...] = ()
    local_exports: tuple[LocalExport, ...] = ()
    indirect_exports: tuple[IndirectExport, ...] = ()
    star_exports: tuple[StarExport, ...] = ()
    #: CommonJS: the names that Node's lexer finds, and the specifiers of re-exports.
    cjs_exports: tuple[str, ...] = ()
    cjs_reexports: tuple[Specifier, ...] = ()
    free_names: tuple[FreeName, ...] = ()
    #: Members of variables named ``process`` that are not the global: another module may pass it.
    handed_names: tuple[FreeName, ...] = ()
    #: Unknown globals that only the page may have: ``ethereum``.
    page_names: tuple[FreeName, ...] = ()
    #: Globals, or members of the language's objects, that the source may define.
    made_globals: tuple[FreeName, ...] = ()
    builtin_uses: tuple[BuiltinUse, ...] = ()
    #: Global names (including the language's) that the source assigns, and members of the
    #: language's objects: ``Math.sech``.
    assigned_names: tuple[str, ...] = ()
    #: The prefix of names that edits and compiled code declare; it does not occur in the source.
    prefix: str = "$h_"
    #: Declarations that the edits need.
    prologue: tuple[str, ...] = ()
    #: In order; edits at the same position are applied in the given order.
    edits: tuple[Edit, ...] = ()
    #: Whether the edits check that imports are initialized; only needed in cycles.
    checks_imports: bool = False
    #: Whether it exports a function that loads modules, such as the result of ``createRequire``.
    lends_require: bool = False
    uses_import: bool = False
    uses_import_meta: bool = False
    #: Whether it calls `eval` directly, so that evaluated code sees the variables around the call.
    uses_eval: bool = False
    has_top_level_await: bool = False
    #: In an ECMAScript module: a CommonJS variable that it reads during evaluation.
    commonjs_names: tuple[FreeName, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    #: For the review of updates: places that do not affect how the source is compiled.
    signs: tuple[Sign, ...] = ()
    #: Whether it may modify its package's exports after evaluation; see `monkey_patching`.
    monkey_patches: bool = False
    #: The specifiers of modules whose exports it modifies.
    patched: tuple[Specifier, ...] = ()
    #: The position where the source may be invalid: the parser did not understand it, or accepts
    #: too much. The engine decides.
    parse_uncertainty: Span | None = None
    #: The engine's message for invalid source; the record then has no other content.
    syntax_error: str | None = None
