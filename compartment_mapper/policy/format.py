"""Read and write policy files; ``docs/formats/policy.md`` describes the format."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

from compartment_mapper import errors
from compartment_mapper.authority.table import Part
from compartment_mapper.errors.diagnostic import Diagnostic
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.grants import (
    ValuePlace,
    as_grants,
    check_depth,
    scope_at,
)
from compartment_mapper.policy.model import (
    HARDEN,
    LOADS,
    NATIVE,
    PARTS,
    SCOPES,
    SHIMS,
    WRITES,
    Attenuation,
    Grant,
    Grants,
    Hardening,
    PackagePolicy,
    Policy,
)
from compartment_mapper.policy.reviewed import (
    entry_points_from,
    install_script_lines,
    install_scripts_from,
    signs_from,
)
from compartment_mapper.policy.shims import INTEGRITY, Shim, shims_from
from compartment_mapper.policy.values import (
    WrongValueError,
    flag,
    json_line,
    record,
    shown,
    text_or_none,
)

_PACKAGE_KEYS = (
    "version",
    "integrity",
    "entryPoints",
    "signs",
    "harden",
    "globals",
    "builtins",
    "packages",
    "native",
    "shims",
    "noGlobalFreeze",
    "defaultAttenuator",
    "options",
)
#: In an archive: the keys that Endo's reader knows.
_NEVER_ARCHIVED = frozenset(
    {"version", "integrity", "entryPoints", "signs", "harden", "native", "shims"}
)
_ARCHIVED_KEYS = tuple(key for key in _PACKAGE_KEYS if key not in _NEVER_ARCHIVED)
_POLICY_KEYS = ("$schema", "harmless", "defaultAttenuator", "entry", "resources", "installScripts")

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_policy(text: bytes, *, file: str) -> Policy | Diagnostic:
    """Parse *text* (JSON) as a policy, or return the problem.

    Args:
        text: The content of the file.
        file: The name of the file in messages.
    """
    try:
        value: object = json.loads(text.decode("utf-8"), object_pairs_hook=_unique)
        if b"\\u" in text:
            _refuse_surrogates(value)
        return _policy(value)
    except WrongValueError as wrong:
        return errors.invalid_policy(file, wrong.problem, wrong.hint)
    except (ValueError, RecursionError) as problem:
        return errors.invalid_policy(file, f"not JSON: {problem}")


def _refuse_surrogates(value: object) -> None:
    """Refuse strings that no file can contain, and that JSON can escape."""
    if _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise WrongValueError("a string has a lone surrogate")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise WrongValueError(f"duplicate key '{twice}' in an object")
    return found


def package_policy_from(value: object, *, path: str) -> PackagePolicy | str:
    """Parse a JSON *value* as a package policy, or return the problem as a sentence."""
    try:
        return _package_policy(value, ValuePlace(path, in_archive=True))
    except WrongValueError as wrong:
        return wrong.problem


def _policy(value: object) -> Policy:
    found = record(value, "the policy", _POLICY_KEYS)
    resources = record(found.get("resources", {}), "resources", None)
    attenuator = found.get("defaultAttenuator")
    if attenuator is not None and (not isinstance(attenuator, str) or not attenuator):
        raise WrongValueError(f"defaultAttenuator must be a specifier, got {shown(attenuator)}")
    return Policy(
        entry=_package_policy(found.get("entry", {}), ValuePlace("entry", attenuator)),
        resources={
            CanonicalName(name): _package_policy(
                policy, ValuePlace(f'resources["{name}"]', attenuator)
            )
            for name, policy in resources.items()
        },
        harmless=flag(found.get("harmless", False), "harmless") or False,
        install_scripts=install_scripts_from(found.get("installScripts")),
    )


def _package_policy(value: object, at: ValuePlace) -> PackagePolicy:
    found = record(value, at.path, _ARCHIVED_KEYS if at.in_archive else _PACKAGE_KEYS)
    options = found.get("options")
    check_depth(options, f"{at.path}.options")
    if at.in_archive:
        _check_options(options, f"{at.path}.options")
    default = text_or_none(found.get("defaultAttenuator"), f"{at.path}.defaultAttenuator")
    at = replace(at, attenuator=default or at.attenuator)
    parts = {part: as_grants(found.get(part, {}), at.part_at(part)) for part in PARTS}
    grants = {part: granted for part, (granted, _) in parts.items()}
    if isinstance(grants["packages"], Attenuation):
        raise WrongValueError(f"{at.path}.packages cannot be attenuated")
    return PackagePolicy(
        globals=_with_scopes(
            _with_writes(grants["globals"], options), options, at.part_at("globals")
        ),
        builtins=_with_scopes(
            _with_loads(grants["builtins"], options), options, at.part_at("builtins")
        ),
        packages=grants["packages"],
        no_global_freeze=flag(found.get("noGlobalFreeze"), f"{at.path}.noGlobalFreeze") or False,
        options=_other_options(options),
        native=_native(found, options, f"{at.path}.native"),
        shims=_shims(found, options, f"{at.path}.shims"),
        harden=_hardening(found, options, f"{at.path}.harden"),
        version=text_or_none(found.get("version"), f"{at.path}.version"),
        integrity=text_or_none(found.get("integrity"), f"{at.path}.integrity"),
        entry_points=entry_points_from(found.get("entryPoints"), f"{at.path}.entryPoints"),
        signs=signs_from(found.get("signs"), f"{at.path}.signs"),
        reasons={
            (part, name): reason
            for part, (_, reasons) in parts.items()
            for name, reason in reasons.items()
        },
    )


def _check_options(options: object, path: str) -> None:
    """Raise for invalid values of ``options``, as the runtime does."""
    if isinstance(options, list):
        raise WrongValueError(f"{path} must be an object, got {shown(options)}")
    for word in (WRITES, LOADS):
        names = options.get(word, []) if isinstance(options, dict) else []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise WrongValueError(f"{path}.{word} must be a list of names, got {shown(names)}")


def _native(found: Mapping[str, object], options: object, path: str) -> dict[str, str]:
    kept = options.get(NATIVE) if isinstance(options, dict) else None
    value = found.get("native", {} if kept is None else kept)
    listed: dict[str, str] = {}
    for name, integrity in record(value, path, None).items():
        if not isinstance(integrity, str) or not INTEGRITY.fullmatch(integrity):
            raise WrongValueError(
                f'{path}["{name}"] must be "sha512-" and a hash in Base64, got {shown(integrity)}'
            )
        listed[name] = integrity
    return listed


def _shims(found: Mapping[str, object], options: object, path: str) -> dict[str, Shim]:
    kept = options.get(SHIMS) if isinstance(options, dict) else None
    return shims_from(found.get("shims", {} if kept is None else kept), path)


def _hardening(found: Mapping[str, object], options: object, path: str) -> Hardening | None:
    kept = options.get(HARDEN) if isinstance(options, dict) else None
    value = found.get("harden", kept)
    if value is None or isinstance(value, bool):
        return value
    if value == "code":
        return "code"
    raise WrongValueError(f'{path} must be true, false or "code", got {shown(value)}')


def _other_options(options: object) -> object:
    """Return *options* without the entries that our archives store there."""
    if not isinstance(options, dict):
        return options
    return {k: v for k, v in options.items() if k not in _OWN_OPTIONS} or None


_OWN_OPTIONS = frozenset({WRITES, LOADS, HARDEN, SCOPES, NATIVE, SHIMS})


def _with_writes(grants: Grants, options: object) -> Grants:
    """Return *grants* with ``write`` for the globals that ``options`` lists."""
    writes = options.get(WRITES) if isinstance(options, dict) else None
    if not isinstance(writes, list) or not isinstance(grants, Mapping):
        return grants
    return {
        name: "write" if grant is True and name in writes else grant
        for name, grant in grants.items()
    }


def _with_loads(grants: Grants, options: object) -> Grants:
    """Return *grants* with ``load`` for the builtins that ``options`` lists."""
    loads = options.get(LOADS) if isinstance(options, dict) else None
    if not isinstance(loads, list) or not isinstance(grants, Mapping):
        return grants
    named: dict[str, Grant] = {name: "load" for name in loads if isinstance(name, str)}
    return {**named, **grants}


def _with_scopes(grants: Grants, options: object, at: ValuePlace) -> Grants:
    """Return *grants* with the scopes that ``options`` lists for the part of *at*."""
    listed = options.get(SCOPES) if isinstance(options, dict) else None
    if listed is None or not isinstance(grants, Mapping):
        return grants
    place = f"{at.path}: options.{SCOPES}"
    parts = record(listed, place, ("globals", "builtins"))
    scopes = record(parts.get(at.part or "", {}), f"{place}.{at.part}", None)
    named: dict[str, Grant] = {
        name: scope_at(each, at.name_at(name)) for name, each in scopes.items()
    }
    return {**named, **grants}


#: The longest line of links to packages.
_WIDTH = 120


def policy_text(policy: Policy) -> str:
    """Return the policy file: sorted, one grant per line, with the reasons beside the grants.

    A package that is granted nothing has one line, and so have a few links to packages.
    """
    lines = ["{"]
    if policy.harmless:
        lines.append('  "harmless": true,')
    lines += _object_lines("entry", policy.entry, indent=2)
    lines[-1] += ","
    lines.append('  "resources": {' + ("" if policy.resources else "}"))
    for name, found in sorted(policy.resources.items()):
        lines += _object_lines(name, found, indent=4)
        lines[-1] += ","
    if policy.resources:
        lines[-1] = lines[-1].removesuffix(",")
        lines.append("  }")
    if policy.install_scripts is not None:
        lines[-1] += ","
        lines += install_script_lines(policy.install_scripts)
    return "\n".join([*lines, "}", ""])


def _object_lines(name: str, policy: PackagePolicy, *, indent: int) -> list[str]:
    space = " " * indent
    found = policy.to_dict()
    if not any(part in found for part in PARTS):
        return [f"{space}{json_line(name)}: {json_line(found)}"]
    members = [
        line
        for key, value in found.items()
        for line in _member_lines(key, value, policy, indent=indent + 2)
    ]
    members[-1] = members[-1].removesuffix(",")
    return [f"{space}{json_line(name)}: {{", *members, f"{space}}}"]


def _member_lines(key: str, value: object, policy: PackagePolicy, *, indent: int) -> list[str]:
    space = " " * indent
    part = next((part for part in PARTS if part == key), None)
    if part is None or not isinstance(policy.grants_of(part), Mapping):
        return [f"{space}{json_line(key)}: {json_line(value)},"]
    assert isinstance(value, dict)
    one = f"{space}{json_line(key)}: {json_line(value)},"
    if part == "packages" and len(one) <= _WIDTH and not _has_reasons(policy, part):
        return [one]
    lines = [
        f"{space}  {json_line(n)}: {_grant_text(v, policy, part, n)}," for n, v in value.items()
    ]
    lines[-1] = lines[-1].removesuffix(",")
    return [f"{space}{json_line(key)}: {{", *lines, f"{space}}},"]


def _has_reasons(policy: PackagePolicy, part: Part) -> bool:
    return any(with_reason == part for with_reason, _ in policy.reasons)


def _grant_text(value: object, policy: PackagePolicy, part: Part, name: str) -> str:
    reason = policy.reasons.get((part, name))
    return json_line(value if reason is None else {"grant": value, "why": reason})


def policy_schema() -> str:
    """Return the JSON Schema of policy files."""
    file = files(__package__).joinpath("compartment-policy.schema.json")
    return file.read_text(encoding="utf-8")
