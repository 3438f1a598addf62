"""Problems of the environment: files, archives, the cache, Node and tools."""

from __future__ import annotations

from collections.abc import Iterable

from compartment_mapper.errors.diagnostic import Diagnostic, Place


def invalid_archive(problem: str, hint: str = "") -> Diagnostic:
    """An archive is damaged, modified or not an archive."""
    return Diagnostic(
        code="INVALID_ARCHIVE",
        message=problem,
        hint=hint or "bundle the application again, or download the archive again",
    )


def invalid_configuration(file: str, problem: str, hint: str = "") -> Diagnostic:
    """A configuration violates the format in ``docs/configuration.md``."""
    return Diagnostic(
        code="INVALID_CONFIGURATION", message=problem, place=Place(file=file), hint=hint
    )


def two_configurations(file: str, key: str) -> Diagnostic:
    """A project has a configuration file, and a configuration in package.json."""
    return Diagnostic(
        code="INVALID_CONFIGURATION",
        message=f"package.json also has the key '{key}': a project has one configuration",
        place=Place(file=file),
        hint="move the values to one of them, and remove the other",
    )


def not_interactive(command: str, hint: str) -> Diagnostic:
    """A command that asks questions has no terminal."""
    return Diagnostic(
        code="NOT_INTERACTIVE",
        message=f"`{command}` asks questions, so its input and output must be a terminal",
        hint=f"run it in a terminal; in scripts, {hint}",
    )


def cannot_write(path: str, why: str, hint: str = "choose another -o FILE") -> Diagnostic:
    """The output cannot be written."""
    return Diagnostic(code="CANNOT_WRITE", message=f"cannot write '{path}': {why}", hint=hint)


def cannot_read(path: str, why: str) -> Diagnostic:
    """An existing file cannot be read."""
    return Diagnostic(code="CANNOT_READ", message=f"cannot read '{path}': {why}")


def no_cache(path: str, why: str) -> Diagnostic:
    """The cache folder cannot be used."""
    return Diagnostic(
        code="CACHE_NOT_USABLE",
        message=f"cannot use '{path}': {why}",
        hint="set COMPARTMENT_MAPPER_CACHE to a folder that only you can write to",
    )


def other_archive(name: str, *, expected: str, found: str) -> Diagnostic:
    """An archive is valid but has another hash than expected."""
    return Diagnostic(
        code="OTHER_ARCHIVE",
        message=f"'{name}' has the sha512 {found}, not {expected}",
        hint="download the archive again, or compare with the hash that `bundle` printed",
    )


def runtime_missing() -> Diagnostic:
    """The package data that the build hook creates is missing."""
    return Diagnostic(
        code="RUNTIME_MISSING",
        message="the JavaScript runtime is not built",
        hint="install the package with pip, or run scripts/build_runtime.py",
    )


def sbom_not_installed() -> Diagnostic:
    """The extra for ``report --format cyclonedx`` is not installed."""
    return Diagnostic(
        code="SBOM_NOT_INSTALLED",
        message="--format cyclonedx needs cyclonedx-python-lib, which is not installed",
        hint="pip install 'compartment-mapper[sbom]'",
    )


def mcp_not_installed() -> Diagnostic:
    """The extra for ``mcp`` is not installed."""
    return Diagnostic(
        code="MCP_NOT_INSTALLED",
        message="`compartment-mapper mcp` needs the package mcp, which is not installed",
        hint="pip install 'compartment-mapper[mcp]'",
    )


def token_needed(host: str) -> Diagnostic:
    """``mcp --http`` would serve other machines without a token."""
    return Diagnostic(
        code="MCP_TOKEN_NEEDED",
        message=f"'{host}' can be reached from other machines: anybody could run code",
        hint="name the environment variable with a token: --token-env NAME",
    )


def esbuild_not_found() -> Diagnostic:
    """The application has no esbuild for ``--minify``."""
    return Diagnostic(
        code="ESBUILD_NOT_FOUND",
        message="--minify needs esbuild, which is not installed in the application",
        hint="npm install --save-dev esbuild",
    )


def esbuild_not_usable(folder: str, why: str) -> Diagnostic:
    """The application's esbuild does not start, or lacks required features."""
    return Diagnostic(
        code="ESBUILD_NOT_USABLE",
        message=f"the esbuild in '{folder}' cannot be used: {why}",
        hint="install version 0.18 or later: npm install --save-dev esbuild",
    )


_OWN_NODE = "omit --node to use the Node that compartment-mapper installs"


def node_not_found(chosen: str) -> Diagnostic:
    """The chosen executable is not Node."""
    return Diagnostic(
        code="NODE_NOT_FOUND", message=f"'{chosen}' is not a Node executable", hint=_OWN_NODE
    )


def node_too_old(chosen: str, version: str, oldest: str) -> Diagnostic:
    """The chosen Node lacks features that the runtime needs."""
    return Diagnostic(
        code="NODE_TOO_OLD",
        message=f"'{chosen}' is Node {version}; version {oldest} or later is required",
        hint=_OWN_NODE,
    )


def node_not_reviewed(chosen: str, version: str, reviewed: Iterable[int]) -> Diagnostic:
    """The host objects of the chosen Node are not reviewed."""
    known = " and ".join(map(str, reviewed))
    return Diagnostic(
        code="NODE_NOT_REVIEWED",
        message=f"'{chosen}' is Node {version}; the host objects that packages reach were reviewed "
        "for "
        f"Node {known} only",
        hint=f"{_OWN_NODE}, or pass --unreviewed-node: packages may then reach objects that are "
        "not reviewed",
    )
