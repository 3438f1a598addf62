"""Problems of the application: its entries, packages and assets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from compartment_mapper.errors.diagnostic import Diagnostic, Place, did_you_mean


def entry_not_found(path: str) -> Diagnostic:
    """The file or folder to bundle does not exist."""
    return Diagnostic(
        code="ENTRY_NOT_FOUND",
        message=f"there is no file or folder '{path}'",
        hint="name the application's main file, or the folder of its package.json",
    )


def entry_outside_package(path: str) -> Diagnostic:
    """No folder above the entry has a package.json."""
    return Diagnostic(
        code="ENTRY_OUTSIDE_PACKAGE",
        message=f"'{path}' does not belong to a package: no folder above it has a package.json",
        hint='create one beside it: echo \'{"name": "app", "version": "0.0.0"}\' > package.json',
    )


def entries_of_two_packages(first: str, other: str) -> Diagnostic:
    """The entries belong to different packages."""
    return Diagnostic(
        code="ENTRIES_OF_TWO_PACKAGES",
        message=f"'{first}' and '{other}' belong to different packages",
        hint="an archive is one application: bundle each package separately",
    )


def policy_changed(file: str) -> Diagnostic:
    """A policy file changed while a tool ran, maybe by the tool."""
    return Diagnostic(
        code="POLICY_CHANGED",
        message=f"'{file}' changed during the run: it was not written",
        hint="review the file, or restore it, and run again",
    )


def no_project(folder: str) -> Diagnostic:
    """A folder has no package.json."""
    return Diagnostic(
        code="ENTRY_OUTSIDE_PACKAGE",
        message=f"there is no package.json in '{folder}'",
        hint="name the folder of the application, or create a package.json with `npm init`",
    )


def tool_not_found(name: str, known: Sequence[str]) -> Diagnostic:
    """No installed package has this command."""
    near = did_you_mean(name, known)
    return Diagnostic(
        code="TOOL_NOT_FOUND",
        message=f"no installed package has a command '{name}'",
        hint=near or f"install the package that has it: npm install --save-dev {name}",
    )


def tool_not_javascript(name: str) -> Diagnostic:
    """A command is no program for Node."""
    return Diagnostic(
        code="TOOL_NOT_JAVASCRIPT",
        message=f"the command '{name}' is not a JavaScript program, so no compartment confines it",
        hint="a program is a .js, .mjs or .cjs file, or begins with #!/usr/bin/env node",
    )


def unreadable_package_json(problem: str) -> Diagnostic:
    """A package.json to change is not valid."""
    return Diagnostic(
        code="INVALID_PACKAGE_JSON", message=problem, place=Place(file="package.json")
    )


def no_entry_to_propose(entry: str | None) -> Diagnostic:
    """A project has no main file, or another entry than the named one."""
    return Diagnostic(
        code="ENTRY_NOT_FOUND",
        message="package.json names no main file, and no file has a usual name"
        if entry is None
        else f"there is no file '{entry}' in the project",
        hint="name the file where the application starts: --entry src/main.js",
    )


def entry_of_another_package(entry: str) -> Diagnostic:
    """The entry of a project belongs to another package, such as a tool in ``node_modules``."""
    return Diagnostic(
        code="ENTRIES_OF_TWO_PACKAGES",
        message=f"'{entry}' is not a file of this package, so it has another policy",
        hint="to run a tool confined, name a file of the project that imports the tool",
    )


def unknown_entry(name: str, known: Iterable[str]) -> Diagnostic:
    """The archive has no such entry."""
    entries = list(known)
    return Diagnostic(
        code="UNKNOWN_ENTRY",
        message=f"there is no entry '{name}'",
        hint=did_you_mean(name, entries) or f"its entries are {', '.join(entries)}",
    )


def invalid_package_json(file: str, problem: str, place: Place | None = None) -> Diagnostic:
    """A package.json is not JSON, or has a value of the wrong type."""
    return Diagnostic(
        code="INVALID_PACKAGE_JSON",
        message=problem,
        place=place or Place(file=file),
        hint="fix the file, or reinstall the package",
    )


def invalid_tsconfig(file: str, problem: str) -> Diagnostic:
    """A tsconfig.json with JSX options is invalid."""
    return Diagnostic(
        code="INVALID_TSCONFIG",
        message=problem,
        place=Place(file=file),
        hint="only `extends` and these `compilerOptions` are read: jsx, jsxImportSource, "
        "jsxFactory, "
        "jsxFragmentFactory",
    )


def undeclared_dependency(place: Place, package: str, name: str, version: str) -> Diagnostic:
    """A package uses an installed package that it does not declare."""
    return Diagnostic(
        code="UNDECLARED_DEPENDENCY",
        message=f"package '{package}' uses '{name}', which it does not declare",
        place=place,
        hint=f'missing in its package.json: "dependencies": {{ "{name}": "{version}" }}',
        severity="warning",
    )


def named_package(place: Place, name: str, packages: Sequence[str]) -> Diagnostic:
    """The application's source names a package that dependencies may load."""
    shown = ", ".join(f"'{package}'" for package in packages[:3])
    more = f" and {len(packages) - 3} more" if len(packages) > 3 else ""  # noqa: PLR2004 - a count that the line itself explains
    return Diagnostic(
        code="NAMED_PACKAGE",
        message=f"'{name}' is named in the application, and {shown}{more} may load it",
        place=place,
        hint=f'to deny it in a policy: resources["{packages[0]}"].packages["{name}"] = false',
        severity="warning",
    )


def uses_application(place: Place, package: str, specifier: str) -> Diagnostic:
    """A dependency loads files of the application's own package."""
    return Diagnostic(
        code="USES_APPLICATION",
        message=f"package '{package}' loads a file of the application: '{specifier}'",
        place=place,
        hint=f'to deny it in a policy: resources["{package}"].packages["$root$"] = false',
        severity="warning",
    )


def unknown_package(name: str, known: Sequence[str]) -> Diagnostic:
    """The named package is not reachable from the application."""
    return Diagnostic(
        code="UNKNOWN_PACKAGE",
        message=f"package '{name}' is not part of the application",
        hint=did_you_mean(name, known) or f"its packages: {', '.join(sorted(known)[:8])}",
    )


def unknown_asset_package(name: str, known: Sequence[str]) -> Diagnostic:
    """The package of ``--asset PACKAGE:GLOB`` is not reachable from the application."""
    return replace(
        unknown_package(name, known),
        hint=did_you_mean(name, known)
        or "--asset takes PACKAGE:GLOB; start a glob that contains a colon with ./",
    )


def asset_not_found(glob: str, package: str) -> Diagnostic:
    """A glob of ``--asset`` matches no file of the package."""
    return Diagnostic(
        code="ASSET_NOT_FOUND",
        message=f"no file of package '{package}' matches '{glob}'",
        hint="globs are relative to the package's folder and may contain *, ? and **; "
        "symbolic links that leave the folder are not followed",
    )
