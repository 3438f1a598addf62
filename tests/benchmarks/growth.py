"""Generated applications of growing size: modules in one package, or packages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: The number of imports of a module, or a package: the graph is a tree of this width.
_WIDTH = 4
_MODULES_OF_PACKAGE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """A generated application and its output."""

    #: The unit of `count`: modules or packages.
    unit: str
    count: int
    write: Callable[[Path, int], None]

    @property
    def name(self) -> str:
        """The name in tables."""
        return f"{self.count} {self.unit}"

    @property
    def prints(self) -> str:
        """One line: the sum of the numbers of all reachable modules."""
        return f"{self.count * (self.count - 1) // 2}\n"


def write_modules(folder: Path, count: int) -> None:
    """Write one package of *count* ECMAScript modules of about a kilobyte each; the entry is index.js."""
    folder.mkdir(parents=True)
    _write_descriptor(folder, name="generated", dependencies=[])
    for number in range(count):
        names = [f"./m{child}.js" for child in _children(number, count)]
        (folder / _module_file(number)).write_text(_module(number, names))
    _print_sum(folder)


def write_packages(folder: Path, count: int) -> None:
    """Write *count* packages of a few modules each; the first is the application."""
    for number in range(count):
        home = folder / "node_modules" / f"p{number}" if number else folder
        home.mkdir(parents=True)
        names = [f"p{child}" for child in _children(number, count)]
        _write_descriptor(home, name=f"p{number}", dependencies=names)
        inner = [f"./m{module}.js" for module in range(1, _MODULES_OF_PACKAGE)]
        (home / "index.js").write_text(_module(number, [*names, *inner]))
        for module in range(1, _MODULES_OF_PACKAGE):
            (home / f"m{module}.js").write_text(_module(0, []))
    _print_sum(folder)


MODULES = tuple(
    Generated(unit="modules", count=count, write=write_modules) for count in (100, 1_000, 10_000)
)
PACKAGES = tuple(
    Generated(unit="packages", count=count, write=write_packages) for count in (1, 200, 2_000)
)


def _children(number: int, count: int) -> range:
    first = number * _WIDTH + 1
    return range(min(first, count), min(first + _WIDTH, count))


def _module_file(number: int) -> str:
    return f"m{number}.js" if number else "index.js"


def _print_sum(folder: Path) -> None:
    with (folder / "index.js").open("a") as file:
        file.write("console.log(sum);\n")


def _write_descriptor(folder: Path, *, name: str, dependencies: list[str]) -> None:
    description = {
        "name": name,
        "version": "1.0.0",
        "type": "module",
        "main": "./index.js",
        "dependencies": dict.fromkeys(dependencies, "1.0.0"),
    }
    (folder / "package.json").write_text(json.dumps(description))


def _module(number: int, requests: list[str]) -> str:
    """Return a module whose ``sum`` adds its number and the sums of its imports."""
    imports = "".join(
        f"import {{ sum as sum{index} }} from '{request}';\n"
        for index, request in enumerate(requests)
    )
    terms = " + ".join([str(number), *(f"sum{index}" for index in range(len(requests)))])
    return f"{imports}{_FILLING}\nexport const sum = {terms};\n"


#: Filler code of modules, which is never called.
_FILLING = """
const limits = new Map([['least', 0], ['most', 255]]);

/** Keeps a value between the limits. */
export function clamp(value, { least = limits.get('least'), most = limits.get('most') } = {}) {
  if (Number.isNaN(value)) throw new TypeError(`not a number: ${value}`);
  return Math.min(most, Math.max(least, value));
}

export class Queue {
  #items = [];
  constructor(...items) {
    for (const item of items) this.push(item);
  }
  push(item) {
    this.#items.push(clamp(item));
    return this;
  }
  shift() {
    return this.#items.shift() ?? null;
  }
  get size() {
    return this.#items.length;
  }
}

export const describe = (queue) => {
  switch (queue.size) {
    case 0:
      return 'nothing';
    case 1:
      return 'one thing';
    default:
      return `${queue.size} things, not /${/[a-z]+/u.source}/`;
  }
};
"""
