"""The page of the Python API, from the names of the package and their docstrings."""

from __future__ import annotations

import inspect

import compartment_mapper

_INTRODUCTION = """\
# Python API

```python
from compartment_mapper import Sandbox
```

These names are public. Everything else in the package may change without notice; use the
[commands](commands/index.md) and their `--json` output instead. [Sandbox](../sandbox.md) explains
how the parts work together.
"""


def page() -> str:
    """Return the page, with one section for each kind of name."""
    kinds: dict[str, list[str]] = {"Sandboxes": [], "Data": [], "Errors": [], "Constants": []}
    for name in sorted(compartment_mapper.__all__, key=_order):
        kinds[_kind(name)].append(name)
    sections = [
        f"## {kind}\n\n```{{eval-rst}}\n{''.join(map(_directive, names))}```\n"
        for kind, names in kinds.items()
    ]
    return "\n".join([_INTRODUCTION, *sections])


def _order(name: str) -> tuple[bool, str]:
    """Return where a name stands: what awaits is explained by what does not."""
    return (name.startswith("Async"), name)


def _kind(name: str) -> str:
    value: object = getattr(compartment_mapper, name)
    if not inspect.isclass(value):
        return "Constants"
    if issubclass(value, Exception):
        return "Errors"
    return "Sandboxes" if name.endswith("Sandbox") else "Data"


def _directive(name: str) -> str:
    if _kind(name) == "Constants":
        return f".. autodata:: compartment_mapper.{name}\n   :no-value:\n\n"
    options = ["members", "inherited-members: object,Exception,TimeoutError,RuntimeError"]
    lines = "".join(
        f"   :{option}\n" if ":" in option else f"   :{option}:\n" for option in options
    )
    return f".. autoclass:: compartment_mapper.{name}\n{lines}\n"
