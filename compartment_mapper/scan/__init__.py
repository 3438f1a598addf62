"""Source → `ModuleRecord`: one parse and several scanners."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from itertools import pairwise

from compartment_mapper.locations import Specifier
from compartment_mapper.records.languages import Language, is_program
from compartment_mapper.records.module_record import Edit, FreeName, ModuleRecord, Refusal
from compartment_mapper.scan.capabilities.builtin_uses import lent_uses, scan_builtin_uses
from compartment_mapper.scan.capabilities.free_names import (
    scan_assigned_names,
    scan_free_names,
    scan_handed_names,
    typeof_edits,
)
from compartment_mapper.scan.capabilities.made_globals import scan_made_globals
from compartment_mapper.scan.capabilities.monkey_patching import scan_monkey_patching
from compartment_mapper.scan.capabilities.page_names import scan_page_names
from compartment_mapper.scan.cjs.exports import scan_cjs_exports
from compartment_mapper.scan.cjs.module_arguments import (
    scan_module_arguments,
    scan_script_arguments,
)
from compartment_mapper.scan.esm.commonjs_names import scan_commonjs_names
from compartment_mapper.scan.esm.early_errors import module_uncertainties, script_uncertainties
from compartment_mapper.scan.esm.module import Esm, is_esm, scan_esm
from compartment_mapper.scan.requests.asset_references import (
    assets_of,
    scan_descriptions,
    scan_file_names,
    scan_places,
)
from compartment_mapper.scan.requests.calls import import_calls, require_requests
from compartment_mapper.scan.requests.lent_requires import lent_calls
from compartment_mapper.scan.requests.patterns import (
    at_places,
    builtins_mentioned,
    scan_computed,
    scan_mentioned,
)
from compartment_mapper.scan.requests.requirers import require_calls
from compartment_mapper.scan.rewrites.comments import elide_comments
from compartment_mapper.scan.rewrites.constructor_writes import scan_constructor_writes
from compartment_mapper.scan.rewrites.direct_eval import scan_direct_evals
from compartment_mapper.scan.rewrites.evasive_transforms import evasive_transform
from compartment_mapper.scan.rewrites.frozen_writes import scan_frozen_writes
from compartment_mapper.scan.rewrites.global_this import scan_global_this
from compartment_mapper.scan.rewrites.legacy_regexp import scan_legacy_regexp
from compartment_mapper.scan.rewrites.mapped_arguments import scan_mapped_arguments
from compartment_mapper.scan.rewrites.own_additions import scan_own_additions
from compartment_mapper.scan.rewrites.silent_writes import scan_silent_writes
from compartment_mapper.scan.rewrites.sloppy import scan_sloppy
from compartment_mapper.scan.signs.every_sign import scan_signs
from compartment_mapper.scan.syntax.patterns import word
from compartment_mapper.scan.syntax.scopes import FUNCTIONS
from compartment_mapper.scan.syntax.tree import Step, Syntax, parse
from compartment_mapper.text import Span

_AWAIT = re.compile(word(b"await") + rb"\b")
_NO_ESM = Esm(
    requests=(),
    imports=(),
    local_exports=(),
    indirect_exports=(),
    star_exports=(),
    declarations=(),
    notifications=(),
    edits=(),
    uncertainties=(),
)


def scan_module(
    source: bytes, language: Language | None, *, in_cycle: bool = False, page: bool = False
) -> ModuleRecord:
    """Scan *source*.

    Args:
        source: Source in UTF-8, without a byte order mark.
        language: None for a ``.js`` file whose package does not set it: then the source determines
            it, as in Node's syntax detection.
        in_cycle: Whether the module is part of an import cycle, so that it may use uninitialized
            imports.
        page: Whether the host is a page, with other globals than Node.
    """
    if language is not None and not is_program(language):
        return ModuleRecord(language=language)
    syntax = parse(source)
    prefix = _unused_prefix(source)
    calls, call_edits, uses_meta = import_calls(syntax, prefix=prefix)
    awaits = None if language == "mjs" else _top_level_await(syntax, _SURE_AWAIT)
    if language is None:
        is_module = uses_meta or awaits is not None or is_esm(syntax)
        language = "mjs" if is_module else "cjs"
    if language == "mjs":
        awaits = awaits or _top_level_await(syntax, _ANY_AWAIT)
    esm = scan_esm(syntax, prefix=prefix, in_cycle=in_cycle) if language == "mjs" else _NO_ESM
    made = require_calls(syntax)
    computed = scan_computed(syntax, made)
    requests = (*calls, *require_requests(syntax, made), *computed.requests)
    places = scan_places(syntax)
    mentioned = tuple(scan_mentioned(syntax, computed, requests))
    builtin_uses = scan_builtin_uses(syntax, requests, is_module=language == "mjs")
    builtin_uses += builtins_mentioned(mentioned)
    free_names, free_edits = scan_free_names(syntax, builtin_uses, page=page)
    builtin_uses += lent_uses(syntax, lent_calls(syntax, esm.imports))
    names, reexports = scan_cjs_exports(syntax) if language == "cjs" else ((), ())
    made_globals, changed_statics = scan_made_globals(syntax, page=page)
    assets = assets_of((*places, *scan_descriptions(syntax)))
    changes = scan_monkey_patching(syntax)
    others = (*esm.edits, *call_edits, *free_edits)
    rewrites = _rewrites(syntax, others, prefix=prefix, is_script=language == "cjs")
    return ModuleRecord(
        language=language,
        requests=(*esm.requests, *requests),
        patterns=(*at_places(computed.patterns, places), *mentioned),
        assets=assets,
        file_names=scan_file_names(syntax),
        imports=esm.imports,
        local_exports=esm.local_exports,
        indirect_exports=esm.indirect_exports,
        star_exports=esm.star_exports,
        cjs_exports=names,
        cjs_reexports=tuple(Specifier(specifier) for specifier in reexports),
        free_names=tuple(free_names),
        handed_names=tuple(scan_handed_names(syntax, free_names)),
        page_names=tuple(scan_page_names(syntax)) if page else (),
        made_globals=made_globals,
        builtin_uses=tuple(builtin_uses),
        assigned_names=(
            *scan_assigned_names(syntax, page=page),
            *changed_statics,
        ),
        prefix=prefix,
        prologue=(*rewrites.prologue, *esm.declarations, *esm.notifications),
        edits=rewrites.edits,
        checks_imports=in_cycle and language == "mjs",
        lends_require=made.exported and language == "mjs",
        uses_import=any(edit.text == f"{prefix}import" for edit in call_edits),
        uses_import_meta=uses_meta,
        uses_eval=rewrites.uses_eval,
        commonjs_names=() if syntax.first_error() else rewrites.commonjs_names,
        has_top_level_await=language == "mjs" and awaits is not None,
        refusals=rewrites.refusals,
        signs=scan_signs(syntax, computed, builtin_uses),
        monkey_patches=changes.late,
        patched=changes.patched,
        parse_uncertainty=syntax.first_error()
        or _uncertainty(syntax, esm, language)
        or (awaits if language == "cjs" else None),
    )


def scan_program(syntax: Syntax) -> ModuleRecord:
    """Scan only how *syntax*, a module without imports and exports, is rewritten; not what it uses.

    The record has the same edits, prologue and parse uncertainty as that of `scan_module`.
    """
    prefix = _unused_prefix(syntax.source)
    _calls, call_edits, uses_meta = import_calls(syntax, prefix=prefix)
    others = (*call_edits, *typeof_edits(syntax))
    rewrites = _rewrites(syntax, others, prefix=prefix, is_script=False)
    return ModuleRecord(
        language="mjs",
        prefix=prefix,
        prologue=rewrites.prologue,
        edits=rewrites.edits,
        uses_import=any(edit.text == f"{prefix}import" for edit in call_edits),
        uses_import_meta=uses_meta,
        uses_eval=rewrites.uses_eval,
        has_top_level_await=_top_level_await(syntax, _ANY_AWAIT) is not None,
        refusals=rewrites.refusals,
        parse_uncertainty=syntax.first_error() or _uncertainty(syntax, _NO_ESM, "mjs"),
    )


def evading_edits(source: bytes) -> tuple[Edit, ...] | None:
    r"""Return the evasive transforms of a compiled program, or None if edits are not sufficient.

    >>> evading_edits(b"f('-->')")
    (Edit(start=5, end=6, text='\\x3e'),)
    """
    evasion = evasive_transform(parse(source), prefix=_unused_prefix(source), is_script=False)
    if evasion.prologue or evasion.refusals:
        return None
    return _ordered(evasion.edits)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rewrites:
    """The edits that preserve the behavior of a source in a compartment."""

    edits: tuple[Edit, ...]
    prologue: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    uses_eval: bool
    commonjs_names: tuple[FreeName, ...]


def _rewrites(
    syntax: Syntax, others: tuple[Edit, ...], *, prefix: str, is_script: bool
) -> _Rewrites:
    """Return all edits in order; among edits with the same end, the innermost first."""
    evasion = evasive_transform(syntax, prefix=prefix, is_script=is_script)
    evals = scan_direct_evals(syntax, prefix=prefix, is_script=is_script)
    own, owning = scan_constructor_writes(syntax, prefix=prefix)
    frozen, freezing = scan_frozen_writes(syntax, prefix=prefix, is_script=is_script)
    own, owning = [*own, *frozen], (*owning, *freezing)
    asked, noting = scan_legacy_regexp(syntax, prefix=prefix)
    own, owning = [*own, *asked], (*owning, *noting)
    if is_script:
        rewritten = {edit.start for edit in own}
        silent, silencing = scan_silent_writes(syntax, prefix=prefix, others=rewritten)
        own, owning = [*own, *silent], (*owning, *silencing)
    adding, tables = scan_own_additions(syntax, prefix=prefix)
    own, owning = [*own, *adding], (*owning, *tables)
    sloppy, refusals = scan_sloppy(syntax, prefix=prefix) if is_script else ([], [])
    mapped, mapping = scan_mapped_arguments(syntax, prefix=prefix) if is_script else ([], ())
    at_once = list[FreeName]()
    if is_script:
        given = scan_script_arguments(syntax, prefix=prefix, evaluates=bool(evals))
        mapping = (*given, *mapping)
    else:
        foreign, needed_by_foreign, at_once = scan_commonjs_names(syntax, prefix=prefix)
        mapped, mapping = [*scan_module_arguments(syntax), *foreign], needed_by_foreign
    this = scan_global_this(syntax, is_sloppy=is_script)
    hashbang = _hashbang(syntax.source)
    unseen = elide_comments(syntax)
    # A name that only sloppy code allows is renamed, so it no longer looks like a rejected call.
    needed = (*own, *evals, *others, *sloppy, *evasion.edits, *this, *mapped, *hashbang)
    return _Rewrites(
        edits=_ordered((*needed, *unseen)),
        prologue=(*evasion.prologue, *mapping, *owning),
        refusals=(*evasion.refusals, *refusals),
        uses_eval=bool(evals),
        commonjs_names=tuple(at_once),
    )


def _uncertainty(syntax: Syntax, esm: Esm, language: Language) -> Span | None:
    """Return the first position where the source may be invalid although the parser accepts it."""
    found = script_uncertainties(syntax) if language == "cjs" else module_uncertainties(syntax)
    return min((*esm.uncertainties, *found), default=None)


def _unused_prefix(source: bytes) -> str:
    """Return the first of ``$h_``, ``$h0_``, ``$h1_`` … that does not occur in *source*."""
    prefix, number = "$h_", 0
    while prefix.encode() in source:
        prefix, number = f"$h{number}_", number + 1
    return prefix


#: The parser reads ``await (x)`` as a call and ``await [x]`` as a member access: valid in a script,
#: but in a module `await` is not a name, ECMA-262 13.1.1.
_SURE_AWAIT = frozenset({"await"})
_ANY_AWAIT = frozenset({"await", "identifier"})
#: Other modules may call such an export.
_NOT_AROUND_AWAIT = FUNCTIONS | {"export_specifier", "import_specifier", "namespace_export"}


def _top_level_await(syntax: Syntax, kinds: Container[str]) -> Span | None:
    """Return the first position."""
    for match in _AWAIT.finditer(syntax.source):
        path = syntax.path_to(match.start())
        if path[-1].kind in kinds and not _is_within(path, _NOT_AROUND_AWAIT):
            return Span(*match.span())
    return None


def _is_within(path: tuple[Step, ...], kinds: Container[str]) -> bool:
    """Return whether a leaf is in one of *kinds*; the computed key of a method is outside of it."""
    return any(
        step.kind in kinds
        and not (inner.kind == "computed_property_name" and inner.field == "name")
        for step, inner in pairwise(path)
    )


def _hashbang(source: bytes) -> tuple[Edit, ...]:
    return (Edit(0, 2, "//"),) if source.startswith(b"#!") else ()


def _ordered(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Return *edits* by position, without those inside a statement that is replaced as a whole."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        covered = kept and edit.start < kept[-1].end
        if covered and edit.end <= kept[-1].end:
            continue
        if covered:  # starts at the same position and covers it
            kept.pop()
        kept.append(edit)
    return tuple(kept)
