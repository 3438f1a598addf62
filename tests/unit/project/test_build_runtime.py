"""The wheel is bundled from the same packages that the npm package is tested with."""

from __future__ import annotations

import json
from pathlib import Path

RUNTIME = Path(__file__).parents[3] / "runtime"


def _read(path: str) -> dict[str, dict[str, dict[str, str]]]:
    content: dict[str, dict[str, dict[str, str]]] = json.loads((RUNTIME / path).read_text("utf-8"))
    return content


def test_both_lock_files_have_the_same_packages() -> None:
    bundle = _read("bundle/package-lock.json")["packages"]
    package = _read("package-lock.json")["packages"]

    for name, entry in bundle.items():
        if name:
            assert package[name].get("integrity") == entry.get("integrity"), name


def test_lock_files_hold_no_address() -> None:
    for path in ("bundle/package-lock.json", "package-lock.json"):
        assert not [name for name, entry in _read(path)["packages"].items() if "resolved" in entry]
