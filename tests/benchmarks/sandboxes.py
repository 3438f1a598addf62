"""`Sandbox`: time to start, to answer and to compute, and memory use."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile

from benchmarks.engines import engines
from benchmarks.ours import NODE
from benchmarks.places import PEERS
from benchmarks.series import Spread, spread
from benchmarks.tables import figure, table

import compartment_mapper
from compartment_mapper import Sandbox, SandboxPool

_SMALL = "1 + 1"
_SOURCE = "const u = await tools.read({ id: 7 }); return u.name.toUpperCase()"
_REPEATS = 300
_COMPARTMENTS = 1000
_CALLS = 100
#: The repeats of what takes long.
_FEW = 10
#: Typical work of programs: objects, strings, arrays, closures, maps; a third of a second.
_WORK = """
(() => {
  const words = [];
  let seed = 7;
  const next = () => (seed = (seed * 16807) % 2147483647);
  for (let i = 0; i < 60000; i += 1) words.push((next() % 5000).toString(36));
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const text = JSON.stringify(sorted.map(([word, n]) => ({ word, n, tags: [word.length, n % 3] })));
  const parsed = JSON.parse(text);
  class Tally { #n = 0; add(n) { this.#n += n; return this; } get total() { return this.#n; } }
  const tally = parsed.reduce((sum, { n }) => sum.add(n), new Tally());
  let sieve = new Uint8Array(3e6), primes = 0;
  for (let i = 2; i < sieve.length; i += 1) {
    if (sieve[i]) continue;
    primes += 1;
    for (let k = i * 2; k < sieve.length; k += i) sieve[k] = 1;
  }
  const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
  return [tally.total, primes, fib(29), text.replace(/[aeiou]/g, '').length].join();
})()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure."""

    what: str
    found: str
    #: The target, or the published figure of others; empty for neither.
    aim: str = ""


def measured_sandboxes(*, rounds: int) -> list[Row]:
    """Return the figures of this machine."""
    return [
        *_start(rounds),
        *_answers(),
        *_calls(),
        _pool(),
        *_execution(rounds),
        *_memory(),
        *_growth(),
        *_sizes(),
    ]


def sandboxes_table(rows: list[Row]) -> str:
    """Return the figures as a Markdown table."""
    return table(["a sandbox", "measured", "aim"], [[row.what, row.found, row.aim] for row in rows])


def _start(rounds: int) -> Iterator[Row]:
    def begin() -> None:
        with Sandbox() as sandbox:
            sandbox.evaluate(_SMALL)

    begin()
    ours: list[float] = []
    plain: list[float] = []
    for _ in range(rounds):
        ours.append(_once(begin))
        plain.append(_once(lambda: subprocess.run([NODE, "-e", "0"], check=True)))
    first, other = spread(ours), spread(plain)
    yield Row(
        what="from `Sandbox()` to its first value, ms",
        found=figure(first),
        aim="50 ms, claimed for a compartment",
    )
    yield Row(what="that, over `node -e 0`", found=f"{first.median / other.median:.2f}", aim="1.6")


def _answers() -> Iterator[Row]:
    """Yield the time of an evaluation, and of a message round trip to Node."""
    message = b"\0\0\0\4null"
    with Sandbox(tools={"read": lambda given: {"name": "Ada", **given}}) as sandbox:
        evaluations: list[float] = []
        others: list[float] = []
        peers: dict[str, list[float]] = {}
        with _echo("echo.cjs") as echo, _echo("vm.cjs") as context:
            ways = [("node:vm", lambda source: context(source.encode())), *engines()]
            for number in range(_REPEATS):
                source = f"{number} + 1"  # a sandbox knows sources that it had
                evaluations.append(_once(partial(sandbox.evaluate, source)))
                others.append(_once(lambda: echo(message)))
                for name, evaluate in ways:
                    if name != "deno eval" or number < _FEW:
                        peers.setdefault(name, []).append(_once(partial(evaluate, source)))
        small, pipe = spread(evaluations[20:]), spread(others[20:])
        yield Row(what="round trip of a pipe to Node, ms", found=_fine(pipe))
        yield Row(
            what="a warm sandbox evaluates `1 + 1`, beyond that round trip, ms",
            found=f"{small.median - pipe.median:.2f}",
            aim="1",
        )
        for name, figures in peers.items():
            yield Row(what=f"{name} in a new context, ms", found=_fine(spread(figures[1:])))
        tool = spread([_once(lambda: sandbox.evaluate(_SOURCE)) for _ in range(_REPEATS)][20:])
        yield Row(what="code that awaits one tool, ms", found=_fine(tool))
        made = "for (let i = 0; i < 1000; i++) new Compartment({ __options__: true }); 0"
        each = spread([_once(lambda: sandbox.evaluate(made)) for _ in range(5)])
        yield Row(
            what="a `Compartment`, ms", found=f"{each.median / 1000:.2f}", aim="50 ms, claimed"
        )


def _calls() -> Iterator[Row]:
    """Yield the time of many calls, one after the other and at once."""
    after = f"for (let id = 0; id < {_CALLS}; id += 1) await tools.read(id)"
    at_once = f"await Promise.all(Array.from({{ length: {_CALLS} }}, (_, id) => tools.read(id)))"
    with Sandbox(tools={"read": lambda given: given}) as sandbox:
        for what, source, aim in (
            ("awaited calls of a tool", after, "15"),
            ("at once", at_once, ""),
        ):
            found = spread(_repeated(partial(sandbox.evaluate, source))[5:])
            yield Row(what=f"{_CALLS} {what}, ms", found=_fine(found), aim=aim)


def _pool() -> Row:
    numbers = iter(range(1_000_000))
    with SandboxPool(size=2, uses=100_000) as pool, ThreadPoolExecutor(8) as threads:

        def evaluate(count: int) -> None:
            for _ in range(count):
                pool.evaluate(f"{next(numbers)} + 1")

        def rate(count: int) -> float:
            return 8 * count * 1000 / _once(lambda: list(threads.map(evaluate, [count] * 8)))

        rate(20)
        found = spread([rate(100) for _ in range(5)])
    return Row(
        what="8 threads and a pool of 2: evaluations a second", found=figure(found), aim="1,200"
    )


def _execution(rounds: int) -> Iterator[Row]:
    """Yield the run time of a source, compared with a bare lockdown and plain Node, alternating."""
    with (
        NamedTemporaryFile("w", suffix=".js") as file,
        Sandbox(timeout=60, clock=True) as sandbox,
    ):
        file.write(_WORK)
        file.flush()
        other = subprocess.Popen(
            [NODE, PEERS / "bare-lockdown.mjs", file.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # Measured inside, like theirs.
        timed = f"const before = performance.now(); {_WORK}; performance.now() - before"
        found: dict[str, list[float]] = {"ours": [], "locked": [], "plain": []}
        for _ in range(rounds):
            found["ours"].append(float(f"{sandbox.evaluate(timed)}"))
            for way in ("locked", "plain"):
                found[way].append(_asked(other, way))
        other.communicate()
    # The minimum: other load on the machine only adds time.
    mine, locked, plain = (min(found[way]) for way in ("ours", "locked", "plain"))
    yield Row(
        what="the same code, against a `Compartment` after a bare `lockdown()`",
        found=f"{mine / locked:.2f}",
        aim="1.05",
    )
    yield Row(
        what="the same code, against plain Node", found=f"{mine / plain:.2f}", aim="1.10, claimed"
    )


def _asked(process: subprocess.Popen[str], line: str) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def _memory() -> Iterator[Row]:
    """Yield the private memory of a process with many compartments."""
    if not Path("/proc/self/status").is_file():
        return
    with Sandbox() as other, Sandbox() as sandbox:
        other.evaluate(_SMALL)
        sandbox.evaluate(_SMALL)
        shared = _kilobytes(sandbox, "smaps_rollup", "Pss") / 1000
        first = _resident(sandbox)
        for number in range(_COMPARTMENTS):
            sandbox.evaluate(f"const own = {number}", compartment=f"c{number}")
        all_of_them = _resident(sandbox)
    yield Row(what="memory of the process, MB", found=f"{first:.0f}")
    yield Row(what="of one more process (Pss), MB", found=f"{shared:.0f}", aim="45")
    yield Row(what=f"with {_COMPARTMENTS} compartments, MB", found=f"{all_of_them:.0f}", aim="100")
    each = (all_of_them - first) / _COMPARTMENTS * 1000
    yield Row(what="a compartment, kB", found=f"{each:.0f}", aim="2 to 5 MB, claimed")


def _growth() -> Iterator[Row]:
    """Yield how much larger a process is after 15,000 evaluations than after 5,000."""
    if not Path("/proc/self/status").is_file():
        return
    with Sandbox() as sandbox:
        numbers = iter(range(1_000_000))

        def collected() -> float:
            for _ in range(5_000):
                sandbox.evaluate(f"{next(numbers)} + 1")
            for number in range(100):  # it collects garbage for every 100 named compartments
                sandbox.evaluate("0", compartment=f"c{number}")
            for number in range(100):
                sandbox.drop(f"c{number}")
            return _resident(sandbox)

        early = collected()
        collected()
        late = collected()
    yield Row(what="growth by 10,000 evaluations, MB", found=f"{late - early:.1f}", aim="0")


def _sizes() -> Iterator[Row]:
    folder = Path(compartment_mapper.__file__).parent / "_runtime"
    content = (folder / "sandbox.cjs").read_bytes()
    packed = len(gzip.compress(content, mtime=0))
    yield Row(
        what="ses and all other code in the process, kB (gzip)",
        found=f"{len(content) / 1000:.0f} ({packed / 1000:.0f})",
        aim="200 kB, claimed",
    )


def _once(run: Callable[[], object]) -> float:
    before = time.perf_counter()
    run()
    return (time.perf_counter() - before) * 1000


def _repeated(run: Callable[[], object]) -> list[float]:
    return [_once(run) for _ in range(25)]


def _timed(run: Callable[[], object], rounds: int) -> Spread:
    return spread([_once(run) for _ in range(rounds)])


def _fine(found: Spread) -> str:
    return f"{found.median:.2f} ({found.least:.2f}-{found.most:.2f})"


@contextmanager
def _echo(script: str) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that sends a message to a script of Node and waits for as many bytes."""
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    process = subprocess.Popen(
        [NODE, PEERS / script, str(theirs_in), str(theirs_out)],
        pass_fds=(theirs_in, theirs_out),
    )
    os.close(theirs_in)
    os.close(theirs_out)

    def send(message: bytes) -> None:
        os.write(ours_out, message)
        left = len(message)
        while left:
            left -= len(os.read(ours_in, left))

    try:
        yield send
    finally:
        os.close(ours_out)
        process.wait()
        os.close(ours_in)


def _resident(sandbox: Sandbox) -> float:
    """Return the resident memory of the process of *sandbox* in megabytes."""
    return _kilobytes(sandbox, "status", "VmRSS") * 1024 / 1e6


def _kilobytes(sandbox: Sandbox, file: str, key: str) -> int:
    text = Path(f"/proc/{sandbox.process_id}/{file}").read_text("ascii")
    found = re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return int(found[1])
