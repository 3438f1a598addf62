"""The compartment map in Endo's schema: conversion between records and JSON.

``docs/formats/compartment-map.md`` describes it; our additional keys are only in module entries,
where Endo ignores them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from compartment_mapper import errors
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.locations import ROOT_NAME, CanonicalName, ModuleName
from compartment_mapper.policy.format import package_policy_from
from compartment_mapper.policy.model import PackagePolicy, Policy
from compartment_mapper.records.languages import PARSERS
from compartment_mapper.records.module_record import RequestKind

#: ``json``, ``text`` and ``bytes`` are stored unchanged.

#: The keys that determine the kind of a module. An entry with two kinds would look different to the
#: runtime and to a reviewer.
_KINDS = ("compartment", "exit", "deferredError", "parser")

#: Keys that differ from path arithmetic, for requests of one kind by one module.
Resolutions = Mapping[RequestKind, Mapping[str, str]]

#: Endo's name for the compartment that links to the attenuators of the policy.
ATTENUATORS = "<ATTENUATORS>"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileModule:
    """A module with a file in the archive."""

    location: str
    parser: str
    sha512: str
    resolutions: Resolutions = field(default_factory=dict)
    #: Whether the module is an entry of the application.
    is_entry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompartmentModule:
    """A link to a module of the same or another compartment."""

    compartment: str
    module: ModuleName


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitModule:
    """A module of the host."""

    exit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorModule:
    """An error that is thrown when the request is executed."""

    deferred_error: str
    code: str


ModuleConfiguration = FileModule | CompartmentModule | ExitModule | ErrorModule


@dataclass(frozen=True, slots=True, kw_only=True)
class CompartmentDescriptor:
    """One package: its modules and its policy."""

    name: str
    label: CanonicalName
    location: str
    modules: Mapping[str, ModuleConfiguration]
    policy: PackagePolicy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompartmentMap:
    """The compartment map of an application."""

    entry_compartment: str
    entry_module: ModuleName
    #: Sorted by name.
    compartments: Mapping[str, CompartmentDescriptor]

    def to_dict(self) -> dict[str, object]:
        """Return the JSON value, with keys in Endo's order."""
        return {
            "tags": [],
            "entry": {"compartment": self.entry_compartment, "module": self.entry_module},
            "compartments": {
                name: _compartment_to_dict(compartment)
                for name, compartment in sorted(self.compartments.items())
            },
        }

    @property
    def entries(self) -> list[str]:
        """The entries of the application by name; the first is the default."""
        first = self.root.modules.get(self.entry_module)
        others = sorted(
            module.location
            for module in self.root.modules.values()
            if isinstance(module, FileModule) and module.is_entry and module != first
        )
        return [first.location, *others] if isinstance(first, FileModule) else others

    @property
    def root(self) -> CompartmentDescriptor:
        """The compartment of the application's own package."""
        return self.compartments[self.entry_compartment]


def _compartment_to_dict(compartment: CompartmentDescriptor) -> dict[str, object]:
    found: dict[str, object] = {
        "name": compartment.name,
        "label": compartment.label,
        "location": compartment.location,
        "modules": {
            key: _module_to_dict(module) for key, module in sorted(compartment.modules.items())
        },
    }
    if compartment.policy is not None:
        found["policy"] = compartment.policy.to_endo()
    return found


def _module_to_dict(module: ModuleConfiguration) -> dict[str, object]:
    match module:
        case FileModule():
            found: dict[str, object] = {
                "location": module.location,
                "parser": module.parser,
                "sha512": module.sha512,
            }
            if module.resolutions:
                found["resolutions"] = {
                    kind: dict(sorted(keys.items()))
                    for kind, keys in sorted(module.resolutions.items())
                }
            if module.is_entry:
                found["entry"] = True
            return found
        case CompartmentModule():
            return {"compartment": module.compartment, "module": module.module}
        case ExitModule():
            return {"exit": module.exit}
        case ErrorModule():
            return {"deferredError": module.deferred_error, "code": module.code}


def map_from_dict(value: object) -> CompartmentMap:
    """Parse a JSON *value* as a map.

    Raises:
        InputError: INVALID_ARCHIVE, with the path of the key.
    """
    found = _object(value, "the map", ("tags", "entry", "compartments"))
    tags = found.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        _refuse("tags must be a list of strings")
    entry = _object(found.get("entry"), "entry", ("compartment", "module"))
    compartments = _object(found.get("compartments"), "compartments")
    parsed = CompartmentMap(
        entry_compartment=_string(entry, "compartment", "entry"),
        entry_module=ModuleName(_string(entry, "module", "entry")),
        compartments={
            name: _compartment(name, compartment) for name, compartment in compartments.items()
        },
    )
    _check_links(parsed)
    return parsed


def _check_links(parsed: CompartmentMap) -> None:
    if parsed.entry_compartment not in parsed.compartments:
        _refuse(f"entry.compartment: there is no compartment '{parsed.entry_compartment}'")
    if parsed.entry_module not in parsed.root.modules:
        _refuse(f"entry.module: there is no module '{parsed.entry_module}'")
    for name, compartment in parsed.compartments.items():
        for key, module in compartment.modules.items():
            if isinstance(module, CompartmentModule):
                _check_link(parsed, f'compartments["{name}"].modules["{key}"]', module)


def _check_link(parsed: CompartmentMap, path: str, link: CompartmentModule) -> None:
    seen: set[tuple[str, str]] = set()
    while True:
        place = (link.compartment, link.module)
        if place in seen:
            _refuse(f"{path}: the links form a cycle")
        seen.add(place)
        target = parsed.compartments.get(link.compartment)
        module = target.modules.get(link.module) if target else None
        if module is None:
            _refuse(f"{path}: there is no module '{link.module}' in '{link.compartment}'")
        if not isinstance(module, CompartmentModule):
            return
        link = module


def _compartment(name: str, value: object) -> CompartmentDescriptor:
    path = f'compartments["{name}"]'
    found = _object(value, path, ("name", "label", "location", "modules", "policy"))
    policy = None
    if "policy" in found:
        parsed = package_policy_from(found["policy"], path=f"{path}.policy")
        if isinstance(parsed, str):
            _refuse(parsed)
        policy = parsed
    if _location(found, path) != name:
        _refuse(f"{path}.location must be '{name}'")
    return CompartmentDescriptor(
        name=_package_name(found, "name", path),
        label=CanonicalName(_package_name(found, "label", path)),
        location=name,
        modules={
            key: _module(module, f'{path}.modules["{key}"]')
            for key, module in _object(found.get("modules"), f"{path}.modules").items()
        },
        policy=policy,
    )


def _package_name(found: dict[str, object], key: str, path: str) -> str:
    """Return the name of a package, or the names of packages on the way to it."""
    name = _string(found, key, path)
    parts = name.replace(">", "/").split("/")
    if {".", ".."} & set(parts) or name.startswith("/") or "\\" in name or "\0" in name:
        _refuse(f"{path}.{key}: '{name}' is not the name of a package")
    return name


def _module(value: object, path: str) -> ModuleConfiguration:
    found = _object(value, path)
    kinds = [key for key in _KINDS if key in found]
    if len(kinds) > 1:
        _refuse(f"{path} must not have both {' and '.join(kinds)}")
    if "exit" in found:
        return ExitModule(exit=_string(found, "exit", path))
    if "deferredError" in found:
        code = _string({"code": "MODULE_NOT_FOUND", **found}, "code", path)
        return ErrorModule(deferred_error=_string(found, "deferredError", path), code=code)
    if "compartment" in found:
        return CompartmentModule(
            compartment=_string(found, "compartment", path),
            module=ModuleName(_string(found, "module", path)),
        )
    parser = _string(found, "parser", path)
    if parser not in PARSERS:
        _refuse(f"{path}.parser: unknown parser '{parser}'")
    location = _location(found, path)
    if parser == "json" and location.endswith((".js", ".mjs", ".cjs")):
        _refuse(f"{path}.parser: '{location}' is JavaScript, not {parser}")
    return FileModule(
        location=location,
        parser=parser,
        sha512=_string(found, "sha512", path),
        resolutions=_resolutions(found.get("resolutions", {}), f"{path}.resolutions"),
        is_entry=_flag(found, "entry", path),
    )


def _location(found: dict[str, object], path: str) -> str:
    location = _string(found, "location", path)
    parts = location.split("/")
    if "\\" in location or "\0" in location or not {"", ".", ".."}.isdisjoint(parts):
        _refuse(f"{path}.location: '{location}' is not a plain relative path")
    return location


def _flag(found: dict[str, object], key: str, path: str) -> bool:
    value = found.get(key, False)
    if not isinstance(value, bool):
        _refuse(f"{path}.{key} must be true or false")
    return value


def _resolutions(value: object, path: str) -> Resolutions:
    found = _object(value, path)
    kinds: tuple[RequestKind, ...] = ("import", "require")
    if found.keys() - set(kinds):
        _refuse(f"{path} has an unknown key; known keys: {', '.join(kinds)}")
    tables = {kind: _object(found[kind], f"{path}.{kind}") for kind in kinds if kind in found}
    return {
        kind: {name: _string(table, name, f"{path}.{kind}") for name in table}
        for kind, table in tables.items()
    }


def _object(value: object, path: str, keys: tuple[str, ...] = ()) -> dict[str, object]:
    """Return *value*, which must be an object, with only *keys* if any are given."""
    if not isinstance(value, dict):
        _refuse(f"{path} must be an object")
    unknown = sorted(value.keys() - {*keys}) if keys else ()
    if unknown:
        _refuse(f"{path} has an unknown key '{unknown[0]}'; known keys: {', '.join(keys)}")
    return value


def _string(found: dict[str, object], key: str, path: str) -> str:
    value = found.get(key)
    if not isinstance(value, str):
        _refuse(f"{path}.{key} must be a string")
    return value


def _refuse(problem: str) -> NoReturn:
    raise InputError(errors.invalid_archive(f"compartment-map.json: {problem}"))


def is_root(compartment: CompartmentDescriptor) -> bool:
    """Return whether *compartment* belongs to the application's own package."""
    return compartment.label == ROOT_NAME


def policy_of_map(compartment_map: CompartmentMap) -> Policy:
    """Return the policy in an archive, by canonical name."""
    policies = {
        compartment.label: compartment.policy or PackagePolicy()
        for name, compartment in compartment_map.compartments.items()
        if name != ATTENUATORS
    }
    entry = compartment_map.compartments[compartment_map.entry_compartment]
    return Policy(
        entry=entry.policy or PackagePolicy(),
        resources={name: policy for name, policy in policies.items() if name != entry.label},
    )
