"""Other ways to evaluate JavaScript from Python, if they are installed; most confine nothing."""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Callable, Iterator
from types import ModuleType


def engines() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Yield names, and functions that evaluate a source in a new context."""
    for name, module, evaluator in (
        ("quickjs", "quickjs", _quickjs),
        ("mini-racer", "py_mini_racer", _mini_racer),
        ("deno eval", "deno", _deno),
    ):
        try:
            yield name, evaluator(importlib.import_module(module))
        except ImportError:  # there is no wheel for this machine
            continue


def _quickjs(quickjs: ModuleType) -> Callable[[str], object]:
    return lambda source: quickjs.Context().eval(source)


def _mini_racer(mini_racer: ModuleType) -> Callable[[str], object]:
    def evaluate(source: str) -> object:
        with mini_racer.mini_racer() as context:
            return context.eval(source)

    return evaluate


def _deno(deno: ModuleType) -> Callable[[str], object]:
    path = deno.find_deno_bin()
    return lambda source: subprocess.run(  # a process for each
        [path, "eval", "--no-config", "--no-lock", f"console.log({source})"],
        capture_output=True,
        check=True,
    )
