"""The keys of a configuration; ``docs/configuration.md`` describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compartment_mapper.bundle.build_result import Format, SourceMapForm

CONFIGURATION_FILE = "compartment-mapper.toml"
#: The key of package.json that may hold the configuration instead.
PACKAGE_KEY = "compartment-mapper"

#: How a value is written: a path or several, one of some words, a name, a list of names, a boolean.
Kind = Literal["paths", "path", "word", "name", "names", "flag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key of a configuration."""

    kind: Kind
    #: The words to choose from.
    words: tuple[str, ...] = ()


KEYS = {
    "entry": Key(kind="paths"),
    "output": Key(kind="path"),
    "format": Key(kind="word", words=("archive", "script", "module")),
    "conditions": Key(kind="names"),
    "assets": Key(kind="names"),
    "policy": Key(kind="path"),
    "policy-override": Key(kind="path"),
    "infer": Key(kind="flag"),
    "grants": Key(kind="names"),
    "shims": Key(kind="names"),
    "platforms": Key(kind="names"),
    "frozen": Key(kind="flag"),
    "tree-shaking": Key(kind="flag"),
    "compress": Key(kind="flag"),
    "source-map": Key(kind="word", words=("inline", "file", "none")),
    "minify": Key(kind="flag"),
    "global-name": Key(kind="name"),
}

#: Options that a configuration cannot set, with the reason.
NEVER = {
    "allow-all": "it removes all confinement, so it must be visible on the command line",
    "no-second-wall": "it removes a protection, so it must be visible on the command line",
    "node": "it names a program to run, so it must not come from a project",
    "unreviewed-node": "it removes a protection, so it must be visible on the command line",
    "jobs": "it depends on the machine",
    "no-cache": "it depends on the machine",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Values of options for all commands of a project; None: not set. Paths are absolute."""

    #: The name of the file, for messages.
    file: str
    entry: tuple[str, ...]
    output: str | None = None
    format: Format | None = None
    conditions: tuple[str, ...] | None = None
    assets: tuple[str, ...] | None = None
    policy: str | None = None
    policy_override: str | None = None
    infer: bool | None = None
    grants: tuple[str, ...] | None = None
    shims: tuple[str, ...] | None = None
    platforms: tuple[str, ...] | None = None
    frozen: bool | None = None
    tree_shaking: bool | None = None
    compress: bool | None = None
    source_map: SourceMapForm | None = None
    minify: bool | None = None
    global_name: str | None = None

    def value(self, key: str) -> object:
        """Return the value of a key as it is written: ``policy-override``."""
        found: object = getattr(self, key.replace("-", "_"))
        return found
