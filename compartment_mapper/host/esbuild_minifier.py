"""Minify with the application's own esbuild, in one Node process per batch."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.errors.environment import esbuild_not_usable, runtime_missing
from compartment_mapper.locations import Location, path_of
from compartment_mapper.records.minify_protocol import Minified, Program

_SCRIPT = Path(__file__).parent.parent / "_runtime" / "minify.mjs"


class Minifier:
    """`MinifyPowers` that use Node.

    Args:
        node: Returns the path of Node; called on first use.
    """

    def __init__(self, node: Callable[[], str]) -> None:
        self._node = node

    def minified(self, esbuild: Location, programs: Sequence[Program]) -> list[Minified | None]:
        """Return each program minified, or None where equivalence is not certain."""
        question = [
            {
                "text": program.text,
                "edits": program.edits,
                "origin": program.origin
                and {"mappings": program.origin[0], "sources": program.origin[1]},
            }
            for program in programs
        ]
        return [_maybe_minified(answer) for answer in self._answers(esbuild, "programs", question)]

    def are_same(self, esbuild: Location, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """Return, for each pair of functors, whether they differ only in formatting."""
        return [answer is True for answer in self._answers(esbuild, "pairs", pairs)]

    def _answers(self, esbuild: Location, key: str, question: Sequence[object]) -> list[object]:
        if not question:
            return []
        if not _SCRIPT.is_file():
            raise InputError(runtime_missing())
        folder = path_of(esbuild)
        done = subprocess.run(  # noqa: S603 - our own Node, no shell
            [self._node(), "--no-warnings", str(_SCRIPT), folder],
            input=json.dumps({key: question}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env={**os.environ, "NODE_OPTIONS": ""},  # meant for programs: for example a debugger
        )
        problem, answers = _lines(done)
        if problem is not None:
            raise InputError(esbuild_not_usable(folder, problem))
        assert len(answers) == len(question), len(answers)
        return answers


def _lines(done: subprocess.CompletedProcess[str]) -> tuple[str | None, list[object]]:
    """Return the problem with esbuild, and the answers if there is none."""
    first, _, second = done.stdout.partition("\n")
    try:
        problem, answers = json.loads(first), json.loads(second)
    except ValueError:
        said = [line for line in done.stderr.splitlines() if "Error" in line]
        return (said or ["esbuild printed nothing"])[0].strip(), []
    return (None if problem is None else str(problem).splitlines()[0]), list(answers)


def _maybe_minified(answer: object) -> Minified | None:
    match answer:
        case {"text": str(text), "mappings": str(mappings)}:
            return Minified(text=text, mappings=mappings)
        case _:
            return None
