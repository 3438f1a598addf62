"""Small applications, generated from a seed: modules of all kinds that import each other.

Each module logs its observations to the package `log`. A module is a list of statements, so that a
program can be reduced by removing some.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace

from differential.pieces import (
    ATOMS,
    AWAITS,
    DEFAULTS,
    EXPORTS,
    EXPRESSIONS,
    IMPORTS,
    IMPORTS_AND_WAITS,
    JSON_IMPORTS,
    NAMES,
    REPLACED,
    REQUIRES,
    SCRIPT_EXPORTS,
    SETTERS,
    SHADOWS,
    SLOPPY,
    STATEMENTS,
    STRINGS,
)

#: Stands for the program's own package in sources, since an application has many programs.
PACKAGE = "dependency-of-this-program"
_HOLE = re.compile(r"@([evwnmksi])")
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Module:
    """A file as a list of statements; JSON has one."""

    #: Relative to the program's folder, or that of its package.
    path: str
    statements: tuple[str, ...]
    in_package: bool = False

    @property
    def text(self) -> str:
        """The content of the file."""
        return "\n".join(self.statements) + "\n"


@dataclass(frozen=True, slots=True)
class Program:
    """Modules; the first is the entry."""

    modules: tuple[Module, ...]

    def without(self, dropped: frozenset[tuple[int, int]]) -> Program:
        """Return the program without some statements, by the numbers of module and statement."""
        kept = [
            replace(
                module,
                statements=tuple(
                    text
                    for place, text in enumerate(module.statements)
                    if (number, place) not in dropped
                ),
            )
            for number, module in enumerate(self.modules)
        ]
        return Program(tuple(module for module in kept if module.statements or module is kept[0]))

    def __str__(self) -> str:
        return "\n".join(f"--- {_shown(m)}\n{m.text.rstrip()}" for m in self.modules)


def _shown(module: Module) -> str:
    return f"{PACKAGE}/{module.path}" if module.in_package else module.path


@dataclass(slots=True)
class _Plan:
    """A module before its statements are generated."""

    number: int
    kind: str
    in_package: bool
    exports: list[str]
    #: The specifiers of other plans.
    asks: list[int] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"m{self.number}.{self.kind}"

    @property
    def is_esm(self) -> bool:
        return self.kind in {"mjs", "esm.js"}


def program(seed: int, number: int) -> Program:
    """Return the program for the arguments, deterministically."""
    randomness = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
    plans = _plans(randomness)
    writers = [_Writer(randomness, plan, plans) for plan in plans]
    return Program(tuple(writer.module() for writer in writers))


def _plans(randomness: random.Random) -> list[_Plan]:
    kinds = randomness.choice(
        [("mjs",), ("mjs", "esm.js"), ("cjs",), ("cjs", "js"), ("mjs", "cjs", "esm.js", "js")]
    )
    count = randomness.randint(2, 6)
    own = count - randomness.choice([0, 0, 1, 2])
    plans = [
        _Plan(
            number,
            randomness.choice(kinds),
            number >= max(own, 1),
            randomness.sample(NAMES[:5], randomness.randint(1, 3)),
        )
        for number in range(count)
    ]
    if randomness.random() < 0.2:
        plans[-1].kind = "json"
    for plan in plans[: -1 if plans[-1].kind == "json" else None]:
        later = [p.number for p in plans if p.number > plan.number]
        earlier = [
            p.number for p in plans if p.number <= plan.number and p.in_package == plan.in_package
        ]
        plan.asks = [n for n in later if randomness.random() < 0.7] + [
            n for n in earlier if randomness.random() < 0.15
        ]
        plan.asks = [n for n in plan.asks if plan.in_package <= plans[n].in_package]
        randomness.shuffle(plan.asks)
    return plans


class _Writer:
    """Generates one module."""

    def __init__(self, randomness: random.Random, plan: _Plan, plans: list[_Plan]) -> None:
        self._chance = randomness
        self._plan = plan
        self._plans = plans
        self._count = 0
        self._is_strict = plan.is_esm or randomness.random() < 0.15
        self._readable = ["local"]
        self._assignable = ["local"]
        #: Names that imports must not have.
        self._taken = {*plan.exports, "local", "log", "later", "tag", "require", "set"}

    def module(self) -> Module:
        """Return the module with its statements."""
        plan, randomness = self._plan, self._chance
        if plan.kind == "json":
            return Module(
                plan.path,
                ('{ "a": 1, "b": [null], "default": "d", "x y": "\\u2028" }',),
                plan.in_package,
            )
        asks = [self._asked(number) for number in plan.asks]
        others = self._esm_exports() if plan.is_esm else self._cjs_exports()
        others += [
            self._filled(randomness.choice(self._kinds())) for _ in range(randomness.randint(1, 4))
        ]
        if plan.is_esm and randomness.random() < 0.4:
            randomness.shuffle(others)
        if not plan.is_esm and randomness.random() < 0.3:
            others.append(self._filled(self._named(randomness.choice(REPLACED))))
        if randomness.random() < 0.03:
            others.insert(
                randomness.randrange(len(others)), f"throw new Error('thrown by {plan.path}');"
            )
        return Module(plan.path, (self._head(), *self._mixed(asks, others)), plan.in_package)

    def _head(self) -> str:
        randomness = self._chance
        if self._plan.is_esm:
            return f"import {{ log, later, tag }} from 'log'; {randomness.choice(['let', 'var'])} local = 1;"
        head = "'use strict'; " if self._is_strict else ""
        return f"{head}var {{ log, later, tag }} = require('log'), local = 1;"

    def _mixed(self, asks: list[str], others: list[str]) -> list[str]:
        """Return both, each in order."""
        places = sorted(self._chance.randint(0, len(others)) for _ in asks)
        mixed = list(others)
        for place, ask in reversed(list(zip(places, asks, strict=True))):
            mixed.insert(place if self._chance.random() < 0.5 else 0, ask)
        return mixed

    def _kinds(self) -> tuple[str, ...]:
        roll = self._chance.random()
        if roll < 0.15 and self._plan.is_esm:
            return AWAITS
        return SLOPPY if roll < 0.4 and not self._is_strict else STATEMENTS

    def _asked(self, number: int) -> str:
        randomness, other = self._chance, self._plans[number]
        is_later = number > self._plan.number
        forms: tuple[str, ...] = IMPORTS if self._plan.is_esm else REQUIRES
        if other.kind == "json" and self._plan.is_esm:
            forms = JSON_IMPORTS
        elif self._plan.is_esm and is_later and randomness.random() < 0.15:
            forms = IMPORTS_AND_WAITS
        is_outside = other.in_package and not self._plan.in_package
        specifier = f"'{PACKAGE}/{other.path}'" if is_outside else f"'./{other.path}'"
        form = randomness.choice(forms)
        if form.startswith("module.exports = require") and other.kind not in {"cjs", "js"}:
            form = "module.exports = { ...require($) };"  # a namespace cannot get more members
        name = self._new_name() if "#" in form else ""
        is_known = randomness.random() < 0.95
        wanted = randomness.choice(other.exports if is_known and other.exports else NAMES)
        text = form.replace("%", wanted)
        text = re.sub(r"\$(?!\{)", lambda _: specifier, text).replace("#", name)
        if name:
            self._readable.append(name)
        return self._filled(text)

    def _new_name(self) -> str:
        free = [name for name in NAMES if name not in self._taken]
        name = self._chance.choice(free) if free else f"imported{len(self._taken)}"
        self._taken.add(name)
        return name

    def _esm_exports(self) -> list[str]:
        randomness, statements = self._chance, []
        assignable = []
        for name in self._plan.exports:
            form = randomness.choice(EXPORTS)
            self._readable.append(name)
            if form.startswith(("export let", "export var")):
                assignable.append(name)
            statements.append(self._filled(form.replace("%", name)))
        self._assignable += assignable
        if assignable:
            statements.append(self._filled(randomness.choice(SETTERS).replace("%", assignable[0])))
        if randomness.random() < 0.9:
            statements.append(self._filled(randomness.choice(DEFAULTS)))
        return statements

    def _cjs_exports(self) -> list[str]:
        forms = [
            self._chance.choice(SCRIPT_EXPORTS).replace("%", name) for name in self._plan.exports
        ]
        return [self._filled(form) for form in forms]

    def _named(self, text: str) -> str:
        return text.replace("%", self._chance.choice(self._plan.exports))

    def _filled(self, text: str, depth: int = _DEPTH) -> str:
        """Return a piece with its holes filled."""
        randomness = self._chance
        self._count += 1
        names = randomness.sample(SHADOWS, 2)
        same = {
            "n": names[0],
            "m": names[1],
            "k": f"{self._plan.number}_{self._count}",
            "w": randomness.choice(self._assignable),
        }

        def fill(hole: re.Match[str]) -> str:
            match hole[1]:
                case "e":
                    return self._filled(
                        randomness.choice(
                            EXPRESSIONS if depth > 0 and randomness.random() < 0.6 else ATOMS
                        ),
                        depth - 1,
                    )
                case "v":
                    return randomness.choice(self._readable)
                case "s":
                    return randomness.choice(STRINGS)
                case "i":
                    return str(randomness.randint(0, 9))
                case kind:
                    return same[kind]

        return _HOLE.sub(fill, text)
