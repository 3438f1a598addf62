"""The common base of `Sandbox` and `AsyncSandbox`: the process and its settings."""

from __future__ import annotations

import weakref

from compartment_mapper.sandbox.engine import Engine
from compartment_mapper.sandbox.options import Modules, settings_of
from compartment_mapper.sandbox.report import Report
from compartment_mapper.sandbox.settings import Limits
from compartment_mapper.sandbox.tools import Tools, bind_tools


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
                self._tools,
                memory_mb=memory_mb,
                modules=modules or {},
                endowed=(clock, random),
                limits=limits or Limits(),
                node=node,
                report=report,
            )
        )
        weakref.finalize(self, self._engine.close)  # in case the caller never closes it

    def close(self) -> None:
        """End the process; running evaluations raise CLOSED."""
        self._engine.close()

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
