"""Settings of all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A shell starts background commands with SIGINT ignored, and programs inherit that: tests that press
# Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A slow machine is not a failure.
settings.register_profile("steady", deadline=None)
# scripts/mutation.py runs the same tests thousands of times.
settings.register_profile("quick", deadline=None, max_examples=20, derandomize=True)
settings.load_profile(os.environ.get("COMPARTMENT_MAPPER_TESTS", "steady"))


@pytest.fixture(scope="session", autouse=True)
def _cache_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Isolate tests from the user's cache: programs that tests start use this folder too."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("COMPARTMENT_MAPPER_CACHE")
    os.environ["COMPARTMENT_MAPPER_CACHE"] = str(folder)
    yield folder
    if before is None:
        del os.environ["COMPARTMENT_MAPPER_CACHE"]
    else:
        os.environ["COMPARTMENT_MAPPER_CACHE"] = before


@pytest.fixture(scope="session", autouse=True)
def _nobody_says_that_this_is_ci() -> Iterator[None]:
    """Tests behave the same locally and in CI, where a policy is frozen."""
    before = os.environ.pop("CI", None)
    yield
    if before is not None:
        os.environ["CI"] = before
