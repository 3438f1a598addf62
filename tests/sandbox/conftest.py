"""One sandbox for the tests of a module, which shows that evaluations are independent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from compartment_mapper import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(timeout=20.0) as made:
        yield made
