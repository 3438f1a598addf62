"""The Node process that asks an application's own esbuild: one for each list of texts."""

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
    """`MinifyPowers` of a Node.

    Args:
        node: Returns the path of the Node; called when it is wanted first.
    """

    def __init__(self, node: Callable[[], str]) -> None:
        self._node = node

    def minified(self, esbuild: Location, programs: Sequence[Program]) -> list[Minified | None]:
        """Return for each program a shorter one; None where none surely does the same."""
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
        """Return for each pair of functors whether they only are written differently."""
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
            env={**os.environ, "NODE_OPTIONS": ""},  # they are for programs: a debugger, for one
        )
        problem, answers = _lines(done)
        if problem is not None:
            raise InputError(esbuild_not_usable(folder, problem))
        assert len(answers) == len(question), len(answers)
        return answers


def _lines(done: subprocess.CompletedProcess[str]) -> tuple[str | None, list[object]]:
    """Return what is wrong with the esbuild, and the answers if nothing is."""
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
