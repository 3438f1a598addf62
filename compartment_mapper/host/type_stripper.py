"""The Node process that strips types: one per run, started on first use."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.errors.environment import runtime_missing
from compartment_mapper.records.codec import stripped_from_plain
from compartment_mapper.records.type_stripping import StrippedTypes, StripRefusal, Typed

_SCRIPT = Path(__file__).parent.parent / "_runtime" / "strip-types.cjs"


class TypeStripper:
    """`StripPowers` that use Node; close it with ``with``.

    Args:
        node: Returns the path of Node; called on first use.
    """

    def __init__(self, node: Callable[[], str]) -> None:
        self._node = node
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def stripped(self, typed: Typed) -> StrippedTypes | StripRefusal:
        """Return the edits that turn *typed* into JavaScript, or the problem."""
        self._process = self._process or self._started()
        source = typed.source.decode("utf-8", "replace")
        jsx = typed.jsx
        question = {
            "source": source,
            "syntax": typed.syntax,
            "language": typed.language,
            "jsx": {
                "runtime": jsx.runtime,
                "importSource": jsx.import_source,
                "factory": jsx.factory,
                "fragment": jsx.fragment,
            },
        }
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(json.dumps(question) + "\n")
        requests.flush()
        answer: object = json.loads(answers.readline())
        found = stripped_from_plain(answer)
        assert found is not None, answer
        return found

    def _started(self) -> subprocess.Popen[str]:
        if not _SCRIPT.is_file():
            raise InputError(runtime_missing())
        return subprocess.Popen(  # noqa: S603 - our own Node, no shell
            [self._node(), "--no-warnings", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "NODE_OPTIONS": ""},  # meant for programs: for example a debugger
        )
