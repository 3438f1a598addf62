"""Every mistake in the *input*: a `Diagnostic` with a code, made by one factory per code.

A mistake of ours is an ``assert`` or an exception; a mistake of the user's is one of these.
``docs/errors.md`` has each code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

from compartment_mapper.text import Position, Span, code_frame, position_at

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a text a problem is."""

    #: What to call the file, as people would name it: a path relative to the application.
    file: str
    position: Position | None = None
    frame: str = ""

    def __str__(self) -> str:
        if self.position is None:
            return self.file
        return f"{self.file}:{self.position.line}:{self.position.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """A mistake in the input: what, where, and how to mend it."""

    code: str
    message: str
    place: Place | None = None
    hint: str = ""
    severity: Severity = "error"

    def text(self) -> str:
        """Return the lines that people read, code frame included, without a final newline."""
        where = f"{self.place}: " if self.place else ""
        lines = [f"{where}{self.severity} [{self.code}]: {self.message}"]
        if self.place and self.place.frame:
            lines.append(self.place.frame)
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return what ``--json`` prints of this problem."""
        position = self.place.position if self.place else None
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "file": self.place.file if self.place else None,
            "line": position.line if position else None,
            "column": position.column if position else None,
            "hint": self.hint,
        }


class InputError(Exception):
    """Ends a command: the problems of its input, all together, in order of place."""

    def __init__(self, *problems: Diagnostic) -> None:
        super().__init__("\n".join(problem.text() for problem in problems))
        self.problems = problems


def place_in(file: str, source: bytes, span: Span) -> Place:
    """Return the place of *span* in *source*, with its code frame."""
    return Place(
        file=file, position=position_at(source, span.start), frame=code_frame(source, span)
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?`` for the nearest of *known*, or an empty text.

    >>> did_you_mean("gloabls", ["globals", "builtins"])
    "did you mean 'globals'?"
    """
    nearest = get_close_matches(name, sorted(known), n=1)
    return f"did you mean '{nearest[0]}'?" if nearest else ""


def entry_not_found(path: str) -> Diagnostic:
    """The file or folder to bundle does not exist."""
    return Diagnostic(
        code="ENTRY_NOT_FOUND",
        message=f"there is no file or folder '{path}'",
        hint="give the application's main file, or the folder of its package.json",
    )


def entry_outside_package(path: str) -> Diagnostic:
    """No folder around the entry has a package.json."""
    return Diagnostic(
        code="ENTRY_OUTSIDE_PACKAGE",
        message=f"'{path}' is in no package: no folder above it has a package.json",
        hint='create one beside it: echo \'{"name": "app", "version": "0.0.0"}\' > package.json',
    )


def entries_of_two_packages(first: str, other: str) -> Diagnostic:
    """Entries that are not in the same package."""
    return Diagnostic(
        code="ENTRIES_OF_TWO_PACKAGES",
        message=f"'{first}' and '{other}' are in two packages",
        hint="an archive is one application: bundle each package by itself",
    )


def unknown_entry(name: str, known: Iterable[str]) -> Diagnostic:
    """An archive has no such entry."""
    entries = list(known)
    return Diagnostic(
        code="UNKNOWN_ENTRY",
        message=f"there is no entry '{name}'",
        hint=did_you_mean(name, entries) or f"its entries are {', '.join(entries)}",
    )


def invalid_package_json(file: str, problem: str, place: Place | None = None) -> Diagnostic:
    """A package.json that is not JSON, or holds a value of the wrong shape."""
    return Diagnostic(
        code="INVALID_PACKAGE_JSON",
        message=problem,
        place=place or Place(file=file),
        hint="mend the file, or install the package again",
    )


def syntax_error(place: Place, detail: str) -> Diagnostic:
    """Text that is no JavaScript (or JSON)."""
    return Diagnostic(code="SYNTAX_ERROR", message=detail, place=place)


#: What to write instead of TypeScript that is more than types, by words of Node's messages.
_INSTEAD = {
    "enum": "write an object: const Colour = { Red: 0 } as const",
    "parameter property": "declare the field, and assign it in the constructor",
    "import equals": "write: import x from 'x', or const x = require('x') in a .cts file",
    "export assignment": "write: export default, or module.exports = in a .cts file",
    "namespace": "write a module of its own, or an object",
    "module": "write: namespace, for types; or a module of its own",
}


def types_not_erased(place: Place, code: str, message: str) -> Diagnostic:
    """TypeScript from which types can't be erased, or that is none; *code* is Node's."""
    words = (hint for word, hint in _INSTEAD.items() if word in message)
    is_more = code == "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
    hint = next(words, "") if is_more and "Instead" not in message else ""
    return Diagnostic(code=code, message=message, place=place, hint=hint)


def invalid_source_map(place: Place) -> Diagnostic:
    """A file names a source map that is none, or one of sections."""
    return Diagnostic(
        code="INVALID_SOURCE_MAP",
        message="its source map is not JSON with `sources` and `mappings`",
        place=place,
        hint="traces name the file itself; a map of `sections` is not understood",
        severity="warning",
    )


def invalid_tsconfig(file: str, problem: str) -> Diagnostic:
    """A tsconfig.json that says what JSX becomes, and can't be understood."""
    return Diagnostic(
        code="INVALID_TSCONFIG",
        message=problem,
        place=Place(file=file),
        hint="of it are read `extends` and `compilerOptions`: jsx, jsxImportSource, jsxFactory, "
        "jsxFragmentFactory",
    )


def unresolved(code: str, message: str, place: Place, hint: str) -> Diagnostic:
    """A specifier that leads nowhere; *code* is Node's."""
    return Diagnostic(code=code, message=message, place=place, hint=hint)


def undeclared_dependency(place: Place, package: str, name: str, version: str) -> Diagnostic:
    """A package that another finds installed, and does not declare."""
    return Diagnostic(
        code="UNDECLARED_DEPENDENCY",
        message=f"package '{package}' uses '{name}', which it does not declare",
        place=place,
        hint=f'it lacks in its package.json: "dependencies": {{ "{name}": "{version}" }}',
        severity="warning",
    )


def named_package(place: Place, name: str, packages: Sequence[str]) -> Diagnostic:
    """A package that the application's text names, which others may load as they are told."""
    shown = ", ".join(f"'{package}'" for package in packages[:3])
    more = f" and {len(packages) - 3} more" if len(packages) > 3 else ""  # noqa: PLR2004
    return Diagnostic(
        code="NAMED_PACKAGE",
        message=f"'{name}' is named for others to load: {shown}{more} may load it",
        place=place,
        hint=f'a policy decides instead: resources["{packages[0]}"].packages["{name}"] = false',
        severity="warning",
    )


def computed_request(place: Place) -> Diagnostic:
    """A request of a module that the text does not name."""
    return Diagnostic(
        code="COMPUTED_REQUEST",
        message="which module is requested here is only known when it runs: none was packed",
        place=place,
        hint="name what it may be in the text, if only in a list: ['./a.js', 'pkg'];"
        " or bundle those modules as entries of their own",
        severity="warning",
    )


def uses_application(place: Place, package: str, specifier: str) -> Diagnostic:
    """A dependency gets files of the application's own package."""
    return Diagnostic(
        code="USES_APPLICATION",
        message=f"package '{package}' gets a file of the application itself: '{specifier}'",
        place=place,
        hint=f'a policy decides instead: resources["{package}"].packages["$root$"] = false',
        severity="warning",
    )


def missing_export(
    place: Place,
    wanted: tuple[str, str],
    *,
    known: Sequence[str],
    is_commonjs: bool,
    may_be_type: bool = False,
) -> Diagnostic:
    """An import of what the requested module does not export.

    Args:
        place: Of the import.
        wanted: The specifier, and the name.
        known: The names that the module exports, as far as that is known.
        is_commonjs: Only names that can be read off its text can be imported from the module.
        may_be_type: The importing module was written with types.
    """
    specifier, name = wanted
    shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")  # noqa: PLR2004 - a line
    hint = did_you_mean(name, known) or (f"it exports: {shown}" if known else "it exports nothing")
    if is_commonjs:
        hint += f"; of CommonJS, import all and take it: import all from '{specifier}'"
    if may_be_type:
        hint += f"; of a type, write: import {{ type {name} }} from '{specifier}'"
    return Diagnostic(
        code="MISSING_EXPORT",
        message=f"the requested module '{specifier}' does not provide an export named '{name}'",
        place=place,
        hint=hint,
    )


def ambiguous_export(place: Place, wanted: tuple[str, str], origins: Sequence[str]) -> Diagnostic:
    """An import of a name that several ``export *`` of the requested module provide."""
    specifier, name = wanted
    return Diagnostic(
        code="AMBIGUOUS_EXPORT",
        message=f"the requested module '{specifier}' has conflicting star exports for '{name}'",
        place=place,
        hint=f"import it from one of: {', '.join(origins)}",
    )


def not_understood(place: Place) -> Diagnostic:
    """A module that is right, and that the grammar does not understand."""
    return Diagnostic(
        code="UNSUPPORTED_SYNTAX",
        message="this is JavaScript, but it could not be understood well enough to be compiled",
        place=place,
        hint="write it otherwise if it is yours; please report it in any case",
    )


def unsupported(place: Place, what: str, hint: str = "") -> Diagnostic:
    """Code that can't work under SES, reached without condition."""
    return Diagnostic(code="UNSUPPORTED_SYNTAX", message=what, place=place, hint=hint)


def commonjs_name(place: Place, name: str, *, may_be_script: bool) -> Diagnostic:
    """A variable of CommonJS modules in an ECMAScript module; the words are Node's.

    Without ``import`` and ``export`` the text *may be* a script whose file has the wrong name.
    """
    rename = "; or rename the file to .cjs, if it is CommonJS" if may_be_script else ""
    instead = ", you can use import instead" if name == "require" else ""
    return Diagnostic(
        code="COMMONJS_NAME",
        message=f"{name} is not defined in ES module scope{instead}",
        place=place,
        hint=_INSTEAD_OF_COMMONJS[name] + rename,
    )


_INSTEAD_OF_COMMONJS = {
    "require": "import { createRequire } from 'node:module'; "
    "const require = createRequire(import.meta.url)",
    "module": "export what the module is to give: export default …",
    "exports": "export what the module is to give: export const …",
    "__filename": "use import.meta.filename",
    "__dirname": "use import.meta.dirname",
}


def binary_file(file: str, kind: str) -> Diagnostic:
    """A file that is requested as a module, and is no text."""
    return Diagnostic(
        code="BINARY_FILE",
        message=f"this is {kind}, not JavaScript",
        place=Place(file=file),
        hint="read it as a file, or import it with { type: 'bytes' }",
    )


def invalid_archive(problem: str, hint: str = "") -> Diagnostic:
    """An archive that is damaged, changed, or none."""
    return Diagnostic(
        code="INVALID_ARCHIVE",
        message=problem,
        hint=hint or "bundle the application again, or fetch the archive again",
    )


def invalid_policy(file: str, problem: str, hint: str = "") -> Diagnostic:
    """A policy file that does not follow the format of ``docs/formats/policy.md``."""
    return Diagnostic(code="INVALID_POLICY", message=problem, place=Place(file=file), hint=hint)


def cannot_write(path: str, why: str, hint: str = "choose another -o FILE") -> Diagnostic:
    """The output can't be written."""
    return Diagnostic(code="CANNOT_WRITE", message=f"can't write '{path}': {why}", hint=hint)


def cannot_read(path: str, why: str) -> Diagnostic:
    """A file that is there and can't be read."""
    return Diagnostic(code="CANNOT_READ", message=f"can't read '{path}': {why}")


def no_cache(path: str, why: str) -> Diagnostic:
    """The folder for what is kept between runs can't be used."""
    return Diagnostic(
        code="CACHE_NOT_USABLE",
        message=f"'{path}' is not used: {why}",
        hint="set COMPARTMENT_MAPPER_CACHE to a folder that only you can write to",
    )


def unknown_package(name: str, known: Sequence[str]) -> Diagnostic:
    """A question about a package that the application does not reach."""
    return Diagnostic(
        code="UNKNOWN_PACKAGE",
        message=f"no package '{name}' is reached",
        hint=did_you_mean(name, known) or f"it reaches: {', '.join(sorted(known)[:8])}",
    )


def unknown_asset_package(name: str, known: Sequence[str]) -> Diagnostic:
    """``--asset PACKAGE:GLOB`` for a package that the application does not reach."""
    return replace(
        unknown_package(name, known),
        hint=did_you_mean(name, known)
        or "--asset takes PACKAGE:GLOB; of the application, a glob with a colon begins with ./",
    )


def asset_not_found(glob: str, package: str) -> Diagnostic:
    """A glob of ``--asset`` that names no file of the package."""
    return Diagnostic(
        code="ASSET_NOT_FOUND",
        message=f"no file of the package '{package}' matches '{glob}'",
        hint="a glob is a path from the package's folder, with *, ? and **; "
        "what a link leads out to does not count",
    )


def policy_too_narrow(
    place: Place, *, package: str, authority: str, severity: str, line: str, file: str
) -> Diagnostic:
    """A package uses a power that the policy neither grants nor refuses."""
    return Diagnostic(
        code="POLICY_TOO_NARROW",
        message=f"{package} uses {authority} ({severity}), of which {file} says nothing",
        place=place,
        hint=f"in {file}: {line}   (false refuses it); `compartment-mapper policy infer` adds all",
    )


def policy_names_unknown_package(file: str, package: str, near: str) -> Diagnostic:
    """A policy is about a package that is not reached; a mistake if the name is nearly right."""
    return Diagnostic(
        code="POLICY_UNKNOWN_PACKAGE",
        message=f"the policy names a package '{package}', which is not reached",
        place=Place(file=file),
        hint=near or "remove it, if no other entry of the application reaches it",
        severity="error" if near else "warning",
    )


def policy_of_other_version(file: str, package: str, versions: tuple[str, str]) -> Diagnostic:
    """A policy was made for another version of a package."""
    expected, found = versions
    return Diagnostic(
        code="POLICY_STALE",
        message=f"the policy is for '{package}' {expected}, but {found or 'no version'} is here",
        place=Place(file=file),
        hint="see what changed with `compartment-mapper policy check`, then `policy infer`",
        severity="warning",
    )


def policy_of_other_files(file: str, package: str, version: str) -> Diagnostic:
    """A package has the version that a policy is for, and other files."""
    return Diagnostic(
        code="POLICY_INTEGRITY",
        message=f"'{package}' {version} has other files than those that the policy was made for",
        place=Place(file=file),
        hint="install it again; if the change is meant, `compartment-mapper policy infer`",
    )


def no_policy(name: str) -> Diagnostic:
    """There is no policy file where one is needed."""
    return Diagnostic(
        code="POLICY_NOT_FOUND",
        message=f"there is no {name} beside the application's package.json",
        hint="make one: `compartment-mapper policy infer ENTRY`; or name another: --policy FILE",
    )


def authority_not_used(package: str, authority: str, known: Sequence[str]) -> Diagnostic:
    """A question about an authority that a package is not seen to use."""
    shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")  # noqa: PLR2004 - a line
    return Diagnostic(
        code="AUTHORITY_NOT_USED",
        message=f"'{package}' is not seen to use '{authority}'",
        hint=did_you_mean(authority, known) or (f"it uses: {shown}" if known else "it uses none"),
    )


def other_archive(name: str, *, expected: str, found: str) -> Diagnostic:
    """An archive is whole, and not the one that was meant."""
    return Diagnostic(
        code="OTHER_ARCHIVE",
        message=f"'{name}' has the sha512 {found}, not {expected}",
        hint="fetch the archive again, or compare with what `bundle` printed",
    )


def invalid_grant(text: str, hint: str) -> Diagnostic:
    """A ``--grant`` that does not say who may use what."""
    return Diagnostic(
        code="INVALID_GRANT",
        message=f"--grant '{text}' must be PACKAGE:AUTHORITY, a builtin or a global",
        hint=hint or "for example: --grant 'esbuild:child_process.spawn'",
    )


def patches_another(place: Place, package: str, target: str, file: str) -> Diagnostic:
    """A package changes what another exports, which is frozen unless the policy says else."""
    name = "the application" if package == "$root$" else f"package '{package}'"
    key = "entry" if target == "$root$" else f'resources["{target}"]'
    return Diagnostic(
        code="POLICY_TOO_NARROW",
        message=f"{name} changes what '{target}' exports, of which {file} says nothing",
        place=place,
        hint=f'in {file}: {key}.harden = false   ("code" refuses it)',
    )


def runtime_missing() -> Diagnostic:
    """The package data that the build hook makes is not there."""
    return Diagnostic(
        code="RUNTIME_MISSING",
        message="the JavaScript runtime is not built",
        hint="install the package with pip, or run scripts/build_runtime.py",
    )


def esbuild_not_found() -> Diagnostic:
    """``--minify`` for an application that has no esbuild."""
    return Diagnostic(
        code="ESBUILD_NOT_FOUND",
        message="--minify asks the application's own esbuild, which is not installed",
        hint="npm install --save-dev esbuild",
    )


def esbuild_not_usable(folder: str, why: str) -> Diagnostic:
    """An esbuild that does not start, or does not know what we ask of it."""
    return Diagnostic(
        code="ESBUILD_NOT_USABLE",
        message=f"the esbuild in '{folder}' can't be used: {why}",
        hint="install it again, 0.18 or later: npm install --save-dev esbuild",
    )
