"""A parsed ``package.json``: the fields that Node reads, and the dependencies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.text import Span

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageDescriptor:
    """A ``package.json``. Values of types that Node ignores count as absent."""

    name: str | None = None
    #: Empty if absent.
    version: str = ""
    main: str | None = None
    type: Literal["module", "commonjs"] | None = None
    #: A JSON string, array or object, which must not be modified; None if absent.
    exports: object = None
    imports: Mapping[str, object] | None = None
    #: A JSON value, only for the condition ``browser``; None if absent.
    browser: object = None
    #: Globs of the files with side effects; None if the field is absent or unclear: then any file
    #: may have them.
    side_effects: tuple[str, ...] | None = None
    #: Names, in the order of the file; those in ``bundleDependencies`` only come last.
    dependencies: tuple[str, ...] = ()
    optional_dependencies: tuple[str, ...] = ()
    peer_dependencies: tuple[str, ...] = ()
    dev_dependencies: tuple[str, ...] = ()
    #: Peer dependencies that ``peerDependenciesMeta`` marks as optional.
    optional_peers: frozenset[str] = frozenset()
    #: The files of its programs, by the value of ``bin``.
    programs: tuple[str, ...] = ()
    #: The same by their names.
    commands: Mapping[str, str] = field(default_factory=dict)
    #: Patterns of published files; None if the field is absent.
    files: tuple[str, ...] | None = None
    #: Commands by name.
    scripts: Mapping[str, str] = field(default_factory=dict)
    #: Whether npm builds a ``binding.gyp`` without an install script: unless ``gypfile`` is false.
    builds_addon: bool = True
    #: The dependencies that are installed from a git repository.
    from_git: frozenset[str] = frozenset()

    @property
    def has_exports(self) -> bool:
        """Whether ``exports`` applies, and not ``main`` and paths."""
        return self.exports is not None

    @property
    def declared(self) -> frozenset[str]:
        """The names of all dependencies, including those for development."""
        return frozenset(
            self.dependencies
            + self.optional_dependencies
            + self.peer_dependencies
            + self.dev_dependencies
        )

    @staticmethod
    def from_json(source: bytes, *, file: str) -> PackageDescriptor | Diagnostic:
        """Parse *source*, or return INVALID_PACKAGE_JSON if Node rejects it.

        Args:
            source: The bytes of a package.json, with or without a byte order mark, as in Node.
            file: The name of the file in the diagnostic.

        >>> PackageDescriptor.from_json(b'{"name": "a", "main": 5}', file="package.json").name
        'a'
        """
        value = _parsed(source, file)
        if isinstance(value, Diagnostic):
            return value
        if not isinstance(value, dict):
            return errors.invalid_package_json(file, "package.json must contain an object")
        # As in Node: of the fields that it reads, `name` and `type` must be strings.
        for key in ("name", "type"):
            if key in value and not _is_text(value[key]):
                return errors.invalid_package_json(file, f'"{key}" must be a string')
        return _descriptor(value)


def _parsed(source: bytes, file: str) -> object:
    """Return the JSON value of *source*, or a `Diagnostic`.

    DEVIATION: the whole file must be JSON. Node ignores errors in fields that it skips.
    """
    mark = len(_BYTE_ORDER_MARK) if source.startswith(_BYTE_ORDER_MARK) else 0
    try:
        text = source[mark:].decode()
        value: object = json.loads(text, parse_constant=_refuse_constant, parse_int=float)
    except UnicodeDecodeError as error:
        return _invalid(file, source, mark + error.start, "this byte is not UTF-8")
    except json.JSONDecodeError as error:
        offset = mark + len(error.doc[: error.pos].encode())
        return _invalid(file, source, offset, f"not JSON: {error.msg}")
    except RecursionError:
        return errors.invalid_package_json(file, "the values are nested too deeply")
    except ValueError as error:
        return errors.invalid_package_json(file, str(error))
    return value


def _refuse_constant(constant: str) -> object:
    message = f"not JSON: {constant}"
    raise ValueError(message)


def _invalid(file: str, source: bytes, offset: int, problem: str) -> Diagnostic:
    span = Span(offset, min(offset + 1, len(source)))
    return errors.invalid_package_json(file, problem, errors.place_in(file, source, span))


def _descriptor(fields: Mapping[str, object]) -> PackageDescriptor:
    main, kind = fields.get("main"), fields.get("type")
    name, version = fields.get("name"), fields.get("version")
    return PackageDescriptor(
        name=name if isinstance(name, str) else None,
        version=version if isinstance(version, str) else "",
        main=main if isinstance(main, str) and _is_text(main) else None,
        type="module" if kind == "module" else "commonjs" if kind == "commonjs" else None,
        exports=_exports(fields.get("exports")),
        imports=_imports(fields.get("imports")),
        browser=fields.get("browser"),
        side_effects=_side_effects(fields.get("sideEffects")),
        dependencies=_with_bundled(_names(fields.get("dependencies")), fields),
        optional_dependencies=_names(fields.get("optionalDependencies")),
        peer_dependencies=_names(fields.get("peerDependencies")),
        dev_dependencies=_names(fields.get("devDependencies")),
        optional_peers=_optional_peers(fields.get("peerDependenciesMeta")),
        programs=_programs(fields.get("bin")),
        commands=_commands(fields.get("bin"), name),
        files=_texts(fields.get("files")),
        scripts=_scripts(fields.get("scripts")),
        builds_addon=fields.get("gypfile") is not False,
        from_git=frozenset(_git_dependencies(fields)),
    )


def _exports(value: object) -> object:
    """Return *value* if Node accepts it as ``exports``; null, numbers and booleans are absent."""
    return value if isinstance(value, str | list | dict) else None


def _imports(value: object) -> Mapping[str, object] | None:
    """Return *value* if Node accepts it as ``imports``; an array contains no names."""
    if isinstance(value, list):
        return {}
    return value if isinstance(value, dict) else None


def _side_effects(value: object) -> tuple[str, ...] | None:
    """Return the globs in *value* if it is ``false`` or an array of strings."""
    if value is False:
        return ()
    if isinstance(value, list) and all(isinstance(glob, str) for glob in value):
        return tuple(value)
    return None


def _names(value: object) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, dict) else ()


def _with_bundled(names: tuple[str, ...], fields: Mapping[str, object]) -> tuple[str, ...]:
    """Return *names* and the names of bundled dependencies."""
    bundled = fields.get("bundleDependencies", fields.get("bundledDependencies"))
    others = bundled if isinstance(bundled, list) else ()
    return tuple(dict.fromkeys((*names, *(name for name in others if isinstance(name, str)))))


def _optional_peers(value: object) -> frozenset[str]:
    if not isinstance(value, dict):
        return frozenset()
    return frozenset(
        name
        for name, meta in value.items()
        if isinstance(meta, dict) and meta.get("optional") is True
    )


def _programs(value: object) -> tuple[str, ...]:
    found = value.values() if isinstance(value, dict) else [value]
    return tuple(path for path in found if isinstance(path, str))


def _commands(value: object, package: object) -> dict[str, str]:
    if isinstance(value, str) and isinstance(package, str):
        return {package.rpartition("/")[2]: value}
    found = value.items() if isinstance(value, dict) else ()
    return {name: path for name, path in found if isinstance(path, str)}


def _texts(value: object) -> tuple[str, ...] | None:
    return tuple(text for text in value if _is_text(text)) if isinstance(value, list) else None


def _scripts(value: object) -> dict[str, str]:
    found = value.items() if isinstance(value, dict) else ()
    return {
        name: _LONE_SURROGATE.sub("\ufffd", text) for name, text in found if isinstance(text, str)
    }


#: The shell gets the replacement character instead, from npm too.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


#: https://docs.npmjs.com/cli/configuring-npm/package-json#git-urls-as-dependencies, and
#: ``user/repository``.
_GIT = re.compile(
    r"git[+:@]|git\+|(?:github|gitlab|bitbucket|gist):|[\w.-]+/[\w.-]+(?:#.*)?\Z"
    r"|https?://(?:github|gitlab|bitbucket)\.[^/]+/.*\.git(?:#.*)?\Z"
)


def _git_dependencies(fields: Mapping[str, object]) -> Iterator[str]:
    for key in ("dependencies", "devDependencies", "optionalDependencies"):
        found = fields.get(key)
        for name, version in found.items() if isinstance(found, dict) else ():
            if isinstance(version, str) and _GIT.match(version):
                yield name


def _is_text(value: object) -> bool:
    """Return whether *value* is a string without lone surrogates, which JSON can escape."""
    return isinstance(value, str) and (value.isascii() or not _has_lone_surrogate(value))


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
