"""Invalid inputs are rejected with a code, by all readers, and quickly."""

from __future__ import annotations

import pytest
from differential.mutants import KINDS, tried

#: scripts/differential.py tries more of them.
_COUNT = 200


@pytest.mark.parametrize("first", [0, _COUNT // 2])
def test_inputs_made_wrong_are_read_or_refused(first: int) -> None:
    result = tried(1, range(first, first + _COUNT // 2))

    assert result.faults == []
    assert all(result.counts[kind] for kind in KINDS)
