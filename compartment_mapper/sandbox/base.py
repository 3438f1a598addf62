"""The common base of `Sandbox` and `AsyncSandbox`: the process and its settings."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from compartment_mapper.sandbox.engine import Engine
from compartment_mapper.sandbox.options import Modules, settings_of
from compartment_mapper.sandbox.report import Report
from compartment_mapper.sandbox.settings import Limits
from compartment_mapper.sandbox.tools import Tools, bind_tools, declaration_of

if TYPE_CHECKING:
    from compartment_mapper.sandbox.declarations.model import Declaration


class BaseSandbox:
    """A locked-down process.

    Takes the arguments of `Sandbox`.
    """

    def __init__(  # noqa: PLR0913 - all are independent and keyword-only
        self,
        *,
        tools: Tools | None = None,
        timeout: float = 5.0,
        memory_mb: int = 128,
        modules: Modules | None = None,
        clock: bool = False,
        random: bool = False,
        limits: Limits | None = None,
        node: str | None = None,
        report: Report | None = None,
    ) -> None:
        self._tools = bind_tools(tools or {})
        self._timeout = timeout
        self._engine = Engine(
            settings_of(
                self._tools.names,
                memory_mb=memory_mb,
                modules=modules or {},
                endowed=(clock, random),
                limits=limits or Limits(),
                node=node,
                report=report,
            )
        )
        weakref.finalize(self, self._engine.close)  # in case the caller never closes it
        self._tools.prepare()  # while the process starts

    def declarations(self, *names: str, budget: int | None = None) -> str:
        """Return declarations of the tools in TypeScript, with their documentation.

        Args:
            names: Tools (``"read"``, ``"fs.read"``) and namespaces (``"fs"``). Default: all tools.
            budget: The maximum number of characters. If the text is longer, the result is a list of
                names with the first lines of their documentation, as comments.

        Raises:
            KeyError: There is no such tool.
            ValueError: *budget* is less than 200.
        """
        # 20 ms
        from compartment_mapper.sandbox.declarations.budget import (  # noqa: PLC0415 - as above
            declarations_within,
        )

        chosen = self._tools.tools if not names else self._tools.named(names)
        return declarations_within(map(declaration_of, chosen), budget)

    def search(self, query: str, *, limit: int = 10) -> list[Declaration]:
        """Return the tools whose names and documentation match words of *query*, the best first.

        Args:
            query: Words or parts of names, in any order and case.
            limit: The maximum number of tools.
        """
        # 20 ms
        from compartment_mapper.sandbox.declarations.search import search  # noqa: PLC0415 - above

        return search(map(declaration_of, self._tools.tools), query, limit=limit)

    def close(self) -> None:
        """End the process; running evaluations raise CLOSED."""
        self._engine.close()

    def sessions(self) -> list[str]:
        """Return the names of the compartments that persist, sorted; `drop` discards one."""
        return self._engine.sessions()

    def drop(self, compartment: str) -> None:
        """Discard the state of a named compartment."""
        self._engine.drop(compartment)

    @property
    def process_id(self) -> int:
        """The ID of the current process."""
        return self._engine.process_id

    @property
    def starts(self) -> int:
        """The number of process starts: one, plus one for each restart."""
        return self._engine.starts
