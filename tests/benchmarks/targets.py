"""Performance targets, as ratios within one benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import growth
from benchmarks.aims import LINEAR_WITHIN, Aim, AtMost, Faster, Linear, Within
from benchmarks.peers import ENDO, ESBUILD, ROLLUP, WEBPACK
from benchmarks.plan import (
    CHANGED,
    COLD,
    COMPRESSED,
    GROWTH,
    GROWTH_MEMORY,
    LOCKED,
    MEMORY,
    NODE_ALONE,
    OURS,
    OURS_IN_NODE,
    PLAIN,
    RUN,
    WARM,
)
from benchmarks.series import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A row of the table of targets."""

    what: str
    target: str
    aims: Sequence[Aim]


_EVERY = ("s", "m", "l", "p", "xl")


def _against(rival: str, group: str, *, times: float, names: Sequence[str]) -> list[Aim]:
    """Return targets for cold bundles, each a multiple faster than *rival*."""
    return [
        Faster(ours=Key(COLD, name, OURS), rival=Key(group, name, rival), times=times)
        for name in names
    ]


def _run(name: str, rival: str, times: float) -> list[Aim]:
    ours = Key(RUN, name, OURS_IN_NODE)
    return [AtMost(ours=ours, rival=Key(RUN, name, rival), times=times, metric="cpu")]


def _warm(name: str, group: str, rival: str, times: float) -> Aim:
    ours = Key(WARM, name, OURS)
    return AtMost(ours=ours, rival=Key(group, name, rival), times=times, metric="wall")


def _linear(sizes: tuple[growth.Generated, ...]) -> list[Aim]:
    return [
        Linear(sizes=sizes, group=GROWTH, metric="cpu"),
        Linear(sizes=sizes, group=GROWTH_MEMORY, metric="memory"),
    ]


_LARGER = ("m", "l", "p", "xl")

TARGETS = (
    Target(
        what="bundle, cold, against Endo",
        target="4 times faster on S, 8 times on the others",
        aims=[
            *_against(ENDO.name, COLD, times=4, names=["s"]),
            *_against(ENDO.name, COLD, times=8, names=_LARGER),
        ],
    ),
    Target(
        what="bundle, cold, against rollup",
        target="faster on all",
        aims=_against(ROLLUP.name, COLD, times=1, names=_EVERY),
    ),
    Target(
        what="bundle, cold, against webpack",
        target="faster on all",
        aims=_against(WEBPACK.name, COLD, times=1, names=_EVERY),
    ),
    Target(
        what="bundle, warm, against esbuild cold",
        target="at most 1.5 times on M, faster on XL",
        aims=[_warm("m", COLD, ESBUILD.name, 1.5), _warm("xl", COLD, ESBUILD.name, 1)],
    ),
    Target(
        what="bundle, warm, against webpack warm",
        target="faster on all",
        aims=[_warm(name, WARM, WEBPACK.name, 1) for name in _EVERY],
    ),
    Target(
        what="bundle, one file changed, against warm",
        target="at most 1.2 times",
        aims=[
            AtMost(
                ours=Key(CHANGED, name, OURS),
                rival=Key(WARM, name, OURS),
                times=1.2,
                metric="wall",
            )
            for name in _EVERY
        ],
    ),
    Target(
        what="bundle, cold, peak memory",
        target="M at most 80 MB, XL at most 200 MB",
        aims=[
            Within(ours=Key(MEMORY, "m", OURS), limit=80, metric="memory"),
            Within(ours=Key(MEMORY, "xl", OURS), limit=200, metric="memory"),
        ],
    ),
    Target(
        what="run S, CPU, against `node -e 0`",
        target="at most 2.4 times",
        aims=_run("s", NODE_ALONE, 2.4),
    ),
    Target(
        what="run M, CPU, against plain Node", target="at most a fifth", aims=_run("m", PLAIN, 0.2)
    ),
    Target(
        what="run L, CPU, against plain Node",
        target="at most 1.6 times",
        aims=_run("l", PLAIN, 1.6),
    ),
    Target(
        what="run XL, CPU, against plain Node",
        target="at most 1.2 times",
        aims=_run("xl", PLAIN, 1.2),
    ),
    Target(
        what="run P, CPU, against plain Node after a bare `lockdown()`",
        target="at most 1.05 times",
        aims=_run("p", LOCKED, 1.05),
    ),
    Target(
        what="archive of XL, compressed",
        target="at most 3.5 MB",
        aims=[Within(ours=Key(COMPRESSED, "xl", OURS), limit=3.5e6, metric="size")],
    ),
    Target(
        what="archive, stored, against Endo's",
        target="at most 0.95 times",
        aims=[
            AtMost(
                ours=Key(COLD, name, OURS),
                rival=Key(COLD, name, ENDO.name),
                times=0.95,
                metric="size",
            )
            for name in _EVERY
        ],
    ),
    Target(
        what="cost of one more module, 1,000 to 10,000 against 100 to 1,000",
        target=f"the same: within {LINEAR_WITHIN:g} times",
        aims=_linear(growth.MODULES),
    ),
    Target(
        what="cost of one more package, 200 to 2,000 against 1 to 200",
        target=f"the same: within {LINEAR_WITHIN:g} times",
        aims=_linear(growth.PACKAGES),
    ),
)
