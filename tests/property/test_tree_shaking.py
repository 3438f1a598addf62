"""Tree shaking does not change the output of programs without undeclared side effects."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

import pytest
from command_line import write
from process import mapper
from support import NODE, package

#: The number of programs in one application, each started by its own ``import()``.
_PROGRAMS = 25
_NAMES = ("default", *(f"n{number}" for number in range(100)))


class Program:
    """Random modules: of the application and of ``e``, with output; of ``p`` and ``q``, without.

    Those of ``p`` and ``q`` declare no side effects, but count their evaluations.
    """

    def __init__(self, random: Random, number: int, *, repeats: bool) -> None:
        self.random = random
        self.folder = f"g{number}"
        self.effectful = [f"/{self.folder}/m{index}.js" for index in range(random.randint(1, 4))]
        self.effectful += [f"e/{self.folder}/m{index}.js" for index in range(random.randint(0, 2))]
        self.pure = [f"{name}/{self.folder}/m{index}.js" for name in "pq" for index in range(random.randint(4, 12))]  # fmt: skip
        modules = self.effectful + self.pure
        unused = random.sample(_NAMES[1:], len(_NAMES) - 1)
        self.own = {
            module: random.sample(_NAMES, 2) if repeats else [unused.pop(), unused.pop()]
            for module in modules
        }
        self.stars = {
            module: [self._target(module) for _ in range(random.choice((0, 0, 0, 1, 6)))]
            for module in modules
        }

    def files(self) -> dict[str, str]:
        return {_path(module): self._text(module) for module in self.own}

    def _target(self, module: str) -> str:
        """Return a module that *module* may request: rarely one with side effects."""
        if self.random.random() < (0.4 if module in self.effectful else 0.05):
            own = [each for each in self.effectful if each[0] in {module[0], "e"}]
            return self.random.choice(own or self.pure)
        return self.random.choice(self.pure)

    def _name(self, target: str) -> str:
        """Return a name that *target* exports, or may seem to export."""
        found, pending = {target}, [target]
        while pending:
            more = [star for star in self.stars[pending.pop()] if star not in found]
            found.update(more)
            pending += more
        names = {name for each in found for name in self.own[each]} - {"default"}
        names.update(self.own[target])
        is_sane = names and self.random.random() < 0.995
        return self.random.choice(sorted(names) if is_sane else _NAMES)

    def _text(self, module: str) -> str:
        lines = ["import { count, see } from 'e/count.js';"]
        lines += [f"export * from '{_specifier(module, star)}';" for star in self.stars[module]]
        imported: list[str] = []
        for _ in range(self.random.choice((0, 1, 1, 3) if module in self.effectful else (0, 0, 1))):
            imported.append(f"i{len(imported)}")
            lines.append(self._import(module, imported))
        seen = ", ".join(f"() => {name}" for name in imported)
        lines += [self._export(module, name, seen) for name in self.own[module]]
        if module in self.effectful:
            lines.append(f"console.log({module!r}, count.next(), ...see([{seen}], ''));")
        self.random.shuffle(lines)
        return "\n".join(lines)

    def _import(self, module: str, imported: list[str]) -> str:
        target = self._target(module)
        specifier, local = _specifier(module, target), imported[-1]
        match self.random.randint(0, 9):
            case 0:
                imported.pop()
                return f"import '{specifier}';"
            case 1:
                return f"import * as {local} from '{specifier}';"
            case _:
                return f"import {{ {self._name(target)} as {local} }} from '{specifier}';"

    def _export(self, module: str, name: str, seen: str) -> str:
        target = self._target(module)
        specifier, other = _specifier(module, target), self._name(target)
        match self.random.randint(0, 5):
            case 0 if module < target:
                return f"export {{ {other} as {name} }} from '{specifier}';"
            case 1 if module < target:
                return f"import {{ {other} as x_{name} }} from '{specifier}'; export {{ x_{name} as {name} }};"
            case _ if name == "default":
                return f"export default see([{seen}], count());"
            case _:
                return f"export const {name} = see([{seen}], count());"


def _path(module: str) -> str:
    return f"src{module}" if module.startswith("/") else f"node_modules/{module}"


def _specifier(module: str, target: str) -> str:
    if target.startswith("/"):
        return f"./{target.rpartition('/')[2]}"
    if module.partition("/")[0] == target.partition("/")[0]:
        return f"./{target.rpartition('/')[2]}"
    return target


#: The observations of a module, and the number of evaluated modules with side effects.
COUNT = """
let counted = 0;
export const count = () => counted;
count.next = () => ++counted;
const told = (value) => typeof value === 'object' && !Array.isArray(value) ? Object.keys(value).join('+') : String(value);
export const see = (getters, when) => [when, ...getters.map((get) => {
  try { return told(get()).slice(0, 60); } catch (error) { return error.name; }
})].join(' ');
"""


def application(random: Random, *, repeats: bool) -> dict[str, str]:
    programs = [Program(random, number, repeats=repeats) for number in range(_PROGRAMS)]
    begins = [
        f"console.log('{program.folder}'); await import('./src{program.effectful[0]}').then((all) => console.log(Object.keys(all).join()), (error) => console.log(error.name));"
        for program in programs
    ]
    promises = {"p": False, "q": ["nothing.js"], "e": True}
    return {
        "package.json": package(name="app", version="1.0.0", type="module", dependencies=dict.fromkeys(promises, "1")),
        "main.js": "\n".join(begins),
        "node_modules/e/count.js": COUNT,
        **{
            f"node_modules/{name}/package.json": package(name=name, version="1.0.0", type="module", sideEffects=promise, dependencies=dict.fromkeys(promises, "1"))
            for name, promise in promises.items()
        },
        **{path: text for program in programs for path, text in program.files().items()},
    }  # fmt: skip


def printed(*command: str | Path) -> str:
    done = subprocess.run([NODE, *command], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("seed", range(8))
def test_a_program_prints_the_same_after_tree_shaking(seed: int, tmp_path: Path) -> None:
    repeats = seed % 2 == 1
    random = Random(seed)  # noqa: S311 - to repeat
    main = write(tmp_path / "app", application(random, repeats=repeats)) / "main.js"
    told: dict[str, str] = {}
    for flag in ("--no-tree-shaking", "--tree-shaking"):
        script = tmp_path / f"{flag}.mjs"
        mapper("bundle", main, "-o", script, "--format", "script", "--allow-all", flag, check=True)
        told[flag] = printed(script)
    assert told["--tree-shaking"] == told["--no-tree-shaking"]
    # V8 includes ambiguous names in namespaces if star exports form a cycle.
    assert repeats or told["--no-tree-shaking"] == printed(main)
