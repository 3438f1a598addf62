"""What a sandbox is given, and how much it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compartment_mapper.sandbox.report import Report

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one evaluation may take, besides time and memory."""

    #: Bytes of one value that crosses: an argument list, an answer, a result.
    message_bytes: int = 8 * _MEBIBYTE
    #: Objects within objects, in such a value.
    depth: int = 64
    #: Calls of tools.
    tool_calls: int = 1000
    #: Characters written to the console; what is more is dropped.
    output: int = 256 * 1024
    #: Characters of the text.
    source: int = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the process of a sandbox is started; the same for all its evaluations."""

    #: The Node executable.
    node: str
    #: The folder of the runtime, which is all that the process may read.
    runtime: str
    tools: tuple[str, ...]
    #: Archives by the specifiers that import them.
    modules: Mapping[str, bytes]
    memory_mb: int
    clock: bool
    random: bool
    limits: Limits
    #: Is told of denials and uses, in any thread.
    report: Report | None = None
