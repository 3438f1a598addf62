"""Compare with Node, V8 and acorn: see scripts/differential.py."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from differential import corpus, mutants, programs

_EXAMPLE = """example:
  python3 scripts/differential.py programs --count 10000 --seed 1 --jobs 2
  python3 scripts/differential.py programs --first 4711 --count 1     that one again, made smaller
"""
#: The number of differing programs to reduce and print.
_MOST_SHOWN = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the requested comparison; return 1 if anything differs."""
    chosen = _parser().parse_args(arguments)
    match chosen.what:
        case "corpus":
            texts = list(corpus.texts())
            if chosen.count is not None:
                texts = corpus.sample(texts, chosen.count, chosen.seed)
            found = corpus.compared(texts, jobs=chosen.jobs)
            return _told(found.counts, found.differences)
        case "programs":
            ran = programs.compared(chosen.seed, _numbers(chosen, 1000), jobs=chosen.jobs)
            _tell(ran.counts)
            for one in ran.differences[:_MOST_SHOWN]:
                print(f"\n=== program {one.number} of seed {chosen.seed}")
                print(programs.reduced(one), flush=True)
            return int(bool(ran.differences))
        case _:
            tried = mutants.tried(chosen.seed, _numbers(chosen, 1000), jobs=chosen.jobs)
            return _told(tried.counts, tried.faults)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="differential.py",
        description="Compare with Node, V8 and acorn, on texts of real packages, on generated "
        "programs, or on inputs that were made wrong. The same seed makes the same inputs.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["corpus", "programs", "mutants"])
    parser.add_argument(
        "--count", type=int, help="how many; without, 1,000, and all files of the corpus"
    )
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    return parser


def _numbers(chosen: argparse.Namespace, usual: int) -> range:
    count = usual if chosen.count is None else chosen.count
    return range(chosen.first, chosen.first + count)


def _told(counts: Counter[str], differences: Sequence[str]) -> int:
    print(*differences, sep="\n")
    _tell(counts)
    return int(bool(differences))


def _tell(counts: Counter[str]) -> None:
    for what, count in sorted(counts.items()):
        print(f"{count:8,}  {what}")


if __name__ == "__main__":
    sys.exit(main())
