"""One sandbox for the tests of a module: they show that evaluations do not disturb each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from compartment_mapper import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(timeout=20.0) as made:
        yield made
