"""Commands whose options have defaults in the project's configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from compartment_mapper.cli.configuration.finding import configuration_for, shown_path
from compartment_mapper.cli.configuration.model import CONFIGURATION_FILE, KEYS, Configuration
from compartment_mapper.cli.shared import fail, is_archive
from compartment_mapper.errors.diagnostic import InputError

#: The key of each parameter that has the same meaning in all commands.
_COMMON = {
    "asset": "assets",
    "compress": "compress",
    "condition": "conditions",
    "format": "format",
    "frozen": "frozen",
    "global_name": "global-name",
    "grant": "grants",
    "infer": "infer",
    "minify": "minify",
    "override": "policy-override",
    "platform": "platforms",
    "policy": "policy",
    "shim": "shims",
    "tree_shaking": "tree-shaking",
}
#: The parameters that are left out if the command line has another one, since both cannot be given.
_REPLACED = {
    "allow_all": ("infer", "policy", "override"),
    "infer": ("policy", "override"),
    "override": ("infer",),
    "policy": ("infer", "override"),
}


def configured(
    base: type[click.Command] = click.Command, *, needs: str | None = None, **own: str
) -> type[click.Command]:
    """Return a command class that takes missing options and arguments from the configuration.

    Args:
        base: The class to extend.
        needs: The argument that names the entry or the archive, if it can be omitted.
        own: By parameter, the keys that have a meaning of their own in this command.
    """
    keys = {**_COMMON, **own}

    class ConfiguredCommand(base):  # type: ignore[misc,valid-type] # any class of commands
        def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
            """Parse *args* with the values of the configuration as defaults."""
            given = _given(self, ctx, args)
            if given is None or ctx.resilient_parsing:
                return list(super().parse_args(ctx, args))
            try:
                found = _configuration(given, needs)
            except InputError as error:
                fail(error.problems, as_json=given.get("as_json") is True)
            if found is not None:
                ctx.default_map = _defaults(found, keys, given, {p.name for p in self.params})
            if needs is not None and not given.get(needs):
                value = found.value(keys[needs]) if found else _own_folder(keys[needs])
                if value is None:
                    ctx.fail(_missing(self, needs))
                args = _with_argument(self, args, needs, value)
            return list(super().parse_args(ctx, args))

    return ConfiguredCommand


def _given(
    command: click.Command, ctx: click.Context, args: Sequence[str]
) -> Mapping[str, object] | None:
    """Return what the command line has by parameter; None if it cannot be parsed, or asks for help.

    Arguments after ``--`` belong to a program.
    """
    before = list(_before_dashes(args))
    if any(name in before for name in ctx.help_option_names):
        return None
    try:
        opts, _, _ = command.make_parser(ctx).parse_args(args=before)
    except click.UsageError:
        return None
    return {name: value for name, value in opts.items() if isinstance(value, str | bool | tuple)}


def _before_dashes(args: Sequence[str]) -> Sequence[str]:
    return args[: args.index("--")] if "--" in args else args


def _configuration(given: Mapping[str, object], needs: str | None) -> Configuration | None:
    """Return the configuration of the named entry, or of the working directory."""
    named = given.get(needs) if needs else given.get("folder", given.get("entry"))
    first = named[0] if isinstance(named, tuple) and named else named
    if not isinstance(first, str) or not first:
        return configuration_for(".")
    return None if is_archive(first) else configuration_for(first)


def _own_folder(key: str) -> object:
    """Return the working directory for a missing entry, if it is the folder of a package."""
    return os.getcwd() if key == "entry" and Path("package.json").is_file() else None  # noqa: PTH109 - a text


def _missing(command: click.Command, needs: str) -> str:
    name = next(p.make_metavar(click.Context(command)) for p in command.params if p.name == needs)
    return (
        f"Missing argument '{name}'. Name it, or write a {CONFIGURATION_FILE}: "
        "`compartment-mapper init`"
    )


def _defaults(
    found: Configuration,
    keys: Mapping[str, str],
    given: Mapping[str, object],
    parameters: set[str | None],
) -> dict[str, object]:
    replaced = {name for first, others in _REPLACED.items() if given.get(first) for name in others}
    form = given.get("format", found.format or "archive")
    replaced |= {"global_name"} if form != "script" else set()
    replaced |= {"compress"} if form != "archive" else set()
    defaults = {}
    for parameter, key in keys.items():
        value = found.value(key)
        if parameter in parameters and parameter not in replaced and value is not None:
            defaults[parameter] = _shown(key, value)
    return defaults


def _shown(key: str, value: object) -> object:
    """Return a value as the command line has it: paths relative to the working directory."""
    match KEYS[key].kind:
        case "paths":
            assert isinstance(value, tuple)
            return shown_path(value[0])
        case "path":
            return shown_path(str(value))
        case _:
            return list(value) if isinstance(value, tuple) else value


def _with_argument(
    command: click.Command, args: Sequence[str], needs: str, value: object
) -> list[str]:
    """Return *args* with the missing argument; the value is a path, or several."""
    paths = value if isinstance(value, tuple) else () if value is None else (value,)
    takes_many = any(param.name == needs and param.nargs == -1 for param in command.params)
    shown = [shown_path(str(path)) for path in (paths if takes_many else paths[:1])]
    before = _before_dashes(args)
    named = [f"./{path}" if path.startswith("-") else path for path in shown]
    return [*before, *named, *args[len(before) :]]
