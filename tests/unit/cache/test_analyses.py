"""Analyses in the cache: module records and syntax problems."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from compartment_mapper.cache import analyses as analyses_module
from compartment_mapper.cache.analyses import Analyses, KnownEngine, KnownScans
from compartment_mapper.records.languages import Language
from compartment_mapper.records.module_record import ModuleRecord
from compartment_mapper.scan import scan_module
from compartment_mapper.scan.scanner import ScanHere

# Analyses


class Asked:
    """A scanner and an engine that count their calls."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []

    def begin(
        self, source: bytes, language: Language | None, *, in_cycle: bool, page: bool = False
    ) -> Callable[[], ModuleRecord]:
        self.texts.append(source)
        return ScanHere().begin(source, language, in_cycle=in_cycle, page=page)

    def syntax_problem(self, source: bytes, language: Language) -> tuple[str, int] | None:
        self.texts.append(source)
        return (f"wrong {language}", 2) if b"wrong" in source else None


def record_of(path: Path, asked: Asked, source: bytes, version: bytes = b"1") -> ModuleRecord:
    """Return the record of *source*, using the cache at *path*."""
    with Analyses(str(path), version) as known:
        return KnownScans(known, asked).begin(source, "cjs", in_cycle=False)()


def test_a_source_is_scanned_once(tmp_path: Path) -> None:
    asked = Asked()
    found = [record_of(tmp_path, asked, b"require('a'); fetch(1)") for _ in range(2)]
    assert found == [scan_module(b"require('a'); fetch(1)", "cjs")] * 2
    assert len(asked.texts) == 1
    record_of(tmp_path, asked, b"require('b')")
    record_of(tmp_path, asked, b"require('a'); fetch(1)", version=b"2")
    assert len(asked.texts) == 3


def test_language_and_cycle_make_another_analysis(tmp_path: Path) -> None:
    asked = Asked()
    source = b"import { a } from 'x'; export const b = () => a;"
    kinds: list[tuple[Language | None, bool]] = [("mjs", False), ("mjs", True), (None, False)]
    for _ in range(2):
        with Analyses(str(tmp_path), b"1") as known:
            scans = KnownScans(known, asked)
            for language, in_cycle in kinds:
                record = scans.begin(source, language, in_cycle=in_cycle)()
                assert record == scan_module(source, language, in_cycle=in_cycle)
    assert len(asked.texts) == 3


def test_the_engine_is_queried_once(tmp_path: Path) -> None:
    asked = Asked()
    for _ in range(2):
        with Analyses(str(tmp_path), b"1") as known:
            engine = KnownEngine(known, asked, lambda: "node")
            assert engine.syntax_problem(b"wrong", "cjs") == ("wrong cjs", 2)
            assert engine.syntax_problem(b"right", "cjs") is None
            assert engine.syntax_problem(b"wrong", "mjs") == ("wrong mjs", 2)
    assert len(asked.texts) == 3
    with Analyses(str(tmp_path), b"1") as known:
        KnownEngine(known, asked, lambda: "another").syntax_problem(b"right", "cjs")
    assert len(asked.texts) == 4


@pytest.mark.parametrize("value", [b"", b"x" * 40, 5, None, "text"])
def test_values_that_are_not_ours_are_not_used(tmp_path: Path, value: object) -> None:
    asked = Asked()
    record_of(tmp_path, asked, b"require('a')")
    with sqlite3.connect(tmp_path / "analysis.sqlite") as table:
        table.execute("UPDATE kept SET value = ?", (value,))
    table.close()
    assert record_of(tmp_path, asked, b"require('a')").requests[0].specifier == "a"
    assert len(asked.texts) == 2


def test_values_of_other_sources_are_not_used(tmp_path: Path) -> None:
    asked = Asked()
    record_of(tmp_path, asked, b"require('a')")
    record_of(tmp_path, asked, b"require('b')")
    with sqlite3.connect(tmp_path / "analysis.sqlite") as table:
        (value,) = table.execute("SELECT value FROM kept").fetchone()
        table.execute("UPDATE kept SET value = ?", (value,))
    table.close()
    for name in "ab":
        found = record_of(tmp_path, asked, f"require('{name}')".encode())
        assert found.requests[0].specifier == name


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE kept",
        "ALTER TABLE kept RENAME TO other",
        "CREATE TRIGGER t AFTER INSERT ON kept BEGIN DELETE FROM kept; END",
        "PRAGMA user_version = 77",
    ],
)
def test_another_database_is_harmless(tmp_path: Path, statement: str) -> None:
    asked = Asked()
    record_of(tmp_path, asked, b"require('a')")
    with sqlite3.connect(tmp_path / "analysis.sqlite") as table:
        table.execute(statement)
    table.close()
    for _ in range(3):
        assert record_of(tmp_path, asked, b"require('a')").requests[0].specifier == "a"


def test_a_database_that_is_locked_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyses_module, "_PATIENCE", 0.05)
    asked = Asked()
    record_of(tmp_path, asked, b"require('a')")
    other = sqlite3.connect(tmp_path / "analysis.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    start = time.monotonic()
    assert record_of(tmp_path, asked, b"require('b')").requests[0].specifier == "b"
    assert time.monotonic() - start < 5
    other.execute("COMMIT")
    other.close()
    assert (tmp_path / "analysis.sqlite").exists()


def test_analyses_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyses_module, "MOST_BYTES", 200_000)
    for number in range(40):
        with Analyses(str(tmp_path), b"1") as known:
            known.add(known.key(b"%d" % number), "x" * 20_000)
    assert (tmp_path / "analysis.sqlite").stat().st_size < 300_000
    with Analyses(str(tmp_path), b"1") as known:
        assert known.value(known.key(b"39")) == "x" * 20_000
