"""Read and write what a policy file records of the reviewed state, besides grants."""

from __future__ import annotations

from collections.abc import Mapping

from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.model import LIFECYCLE, InstallScript, InstallScripts
from compartment_mapper.policy.values import (
    WrongValueError,
    flag,
    json_line,
    record,
    shown,
    text_or_none,
)


def entry_points_from(value: object, path: str) -> tuple[str, ...] | None:
    """Return the list of files in *value*."""
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise WrongValueError(f"{path} must be a list of files, got {shown(value)}")
    return tuple(value)


def signs_from(value: object, path: str) -> dict[str, int] | None:
    """Return the number of places by sign in *value*; signs of later versions are accepted."""
    if value is None:
        return None
    for name, count in record(value, path, None).items():
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise WrongValueError(f'{path}["{name}"] must be a number, got {shown(count)}')
    return dict(value) if isinstance(value, dict) else None


def install_scripts_from(value: object) -> dict[CanonicalName, InstallScripts] | None:
    """Return the install scripts by package in *value*."""
    if value is None:
        return None
    found = record(value, "installScripts", None)
    return {
        CanonicalName(name): _scripts_of(scripts, f'installScripts["{name}"]')
        for name, scripts in found.items()
    }


def _scripts_of(value: object, path: str) -> InstallScripts:
    found = record(value, path, ("version", "scripts", "run"))
    scripts = record(found.get("scripts", {}), f"{path}.scripts", LIFECYCLE)
    return InstallScripts(
        version=text_or_none(found.get("version"), f"{path}.version"),
        scripts={
            event: _script(script, f"{path}.scripts.{event}") for event, script in scripts.items()
        },
        run=flag(found.get("run"), f"{path}.run"),
    )


def _script(value: object, path: str) -> InstallScript:
    found = record(value, path, ("command", "integrity"))
    command = text_or_none(found.get("command"), f"{path}.command")
    integrity = text_or_none(found.get("integrity"), f"{path}.integrity")
    if command is None or integrity is None:
        raise WrongValueError(f"{path} must have a 'command' and an 'integrity'")
    return InstallScript(command=command, integrity=integrity)


def install_script_lines(scripts: Mapping[CanonicalName, InstallScripts]) -> list[str]:
    """Return the lines of ``installScripts`` in a policy file, sorted."""
    if not scripts:
        return ['  "installScripts": {}']
    lines = ['  "installScripts": {']
    for name, own in sorted(scripts.items()):
        lines += [f"    {json_line(name)}: {{", *_lines_of(own), "    },"]
    lines[-1] = lines[-1].removesuffix(",")
    return [*lines, "  }"]


def _lines_of(own: InstallScripts) -> list[str]:
    lines = [] if own.version is None else [f'      "version": {json_line(own.version)},']
    if own.scripts:
        lines.append('      "scripts": {')
        for event in LIFECYCLE:
            if event in own.scripts:
                script = own.scripts[event]
                value = {"command": script.command, "integrity": script.integrity}
                lines.append(f"        {json_line(event)}: {json_line(value)},")
        lines[-1] = lines[-1].removesuffix(",")
        lines.append("      },")
    if own.run is not None:
        lines.append(f'      "run": {json_line(own.run)},')
    if lines:
        lines[-1] = lines[-1].removesuffix(",")
    return lines
