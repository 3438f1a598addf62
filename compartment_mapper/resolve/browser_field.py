"""The ``browser`` field of package.json, for the user's condition ``browser``.

Node does not support it; https://github.com/defunctzombie/package-browser-field-spec describes it.
"""

from __future__ import annotations

from typing import Literal

from compartment_mapper.resolve.package_json import PackageDescriptor

BROWSER = "browser"


def main_of(descriptor: PackageDescriptor | None, conditions: frozenset[str]) -> str | None:
    """Return the main file of *descriptor*, or None.

    >>> both = PackageDescriptor(main="./node.js", browser="./browser.js")
    >>> main_of(both, frozenset()), main_of(both, frozenset({"browser"}))
    ('./node.js', './browser.js')
    """
    if descriptor is None:
        return None
    if BROWSER in conditions and isinstance(descriptor.browser, str):
        return descriptor.browser
    return descriptor.main


def browser_replacement(name: str, descriptor: PackageDescriptor) -> str | Literal[False] | None:
    """Return the browser replacement of *name*: False for an empty module, None for no replacement.

    Args:
        name: A bare specifier, or the path of a file in the package, with a leading ``./``.
        descriptor: The package that requests it, or that contains the file.

    >>> package = PackageDescriptor(browser={"./a": "./b.js", "fs": False})
    >>> browser_replacement("./a.js", package), browser_replacement("node:fs", package)
    ('./b.js', False)
    """
    if not isinstance(descriptor.browser, dict):
        return None
    for key in (name, name.removesuffix(".js"), name.removeprefix("node:")):
        replacement = descriptor.browser.get(key)
        if replacement is False or isinstance(replacement, str):
            return replacement
    return None
