"""V8, acorn and Node's lexer are the oracles: we read files of real packages as they do."""

from __future__ import annotations

from differential.corpus import compared, sample, texts

#: Of nearly 19,000 files, which scripts/differential.py compares completely.
_COUNT = 400


def test_files_of_packages_are_read_as_v8_and_acorn_read_them() -> None:
    found = list(texts())
    assert found, "packages are missing: scripts/check.py installs them"

    result = compared(sample(found, _COUNT, seed=1), jobs=2)

    assert result.differences == []
    assert result.counts["mjs: names compared"] > _COUNT // 2
    assert result.counts["cjs: lexed"] > _COUNT // 4
