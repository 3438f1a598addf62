"""The settings and limits of a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compartment_mapper.sandbox.report import Report

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one evaluation, besides time and memory."""

    #: Maximum bytes of one encoded value: an argument list, an answer or a result.
    message_bytes: int = 8 * _MEBIBYTE
    #: Maximum nesting depth of such a value.
    depth: int = 64
    #: Maximum number of tool calls.
    tool_calls: int = 1000
    #: Maximum characters of console output; the rest is dropped.
    output: int = 256 * 1024
    #: Maximum characters of the source.
    source: int = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to start the process of a sandbox; the same for all its evaluations."""

    #: The Node executable.
    node: str
    #: The folder of the runtime, the only one that the process may read.
    runtime: str
    #: Their names and numbers, as the process receives them.
    tools: list[object]
    #: Archives by their import specifier.
    modules: Mapping[str, bytes]
    memory_mb: int
    clock: bool
    random: bool
    limits: Limits
    #: Called with denials and uses, in any thread.
    report: Report | None = None
