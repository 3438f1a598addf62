"""Pages of the commands, from what click knows of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from compartment_mapper.cli import main as commands

_NAME = "compartment-mapper"


def pages() -> dict[str, str]:
    """Return a page for each command, and one of all, by their names."""
    context = click.Context(commands, info_name=_NAME)
    names = commands.list_commands(context)
    found = {name: _command(commands, name, context) for name in names}
    single = {
        f"reference/commands/{name}.md": "\n".join(_sections(command, context, name=name, level=1))
        for name, command in found.items()
    }
    return {"reference/commands/index.md": _index(context, found), **single}


def _index(context: click.Context, found: dict[str, click.Command]) -> str:
    rows = [
        f"| [`{name}`]({name}.md) | {command.get_short_help_str(200)} |"
        for name, command in found.items()
    ]
    tree = ["```{toctree}", ":hidden:", *found, "```"]
    general = [*_help(commands), "", "## Options", "", *_options(commands, context)]
    table = ["| command | |", "|---|---|", *rows]
    return "\n".join(["# Commands", "", *table, "", *general, "", *tree, ""])


def _command(group: click.Group, name: str, context: click.Context) -> click.Command:
    command = group.get_command(context, name)
    assert command is not None
    return command


def _sections(
    command: click.Command, parent: click.Context, *, name: str, level: int
) -> Iterator[str]:
    """Yield the lines about a command, and those about its own commands."""
    settings = commands.context_settings
    context = click.Context(command, info_name=name, parent=parent, **settings)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from [f"{'#' * level} {context.command_path.removeprefix(_NAME).strip()}", ""]
    yield from ["```console", f"$ {usage}", "```", ""]
    yield from _help(command)
    yield from _example(command)
    yield from ["", f"{'#' * (level + 1)} Options", ""] if level == 1 else ["", "**Options**", ""]
    yield from _options(command, context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield ""
            yield from _sections(
                _command(command, below, context), context, name=below, level=level + 1
            )


def _help(command: click.Command) -> Iterator[str]:
    """Yield the help; a paragraph that click leaves as it is becomes a block of commands."""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith("\b"):
            lines = paragraph.split("\n")[1:]
            yield from ["```console", *(_with_comment(line) for line in lines), "```", ""]
        else:
            yield from [_escaped(" ".join(paragraph.split())), ""]


def _with_comment(line: str) -> str:
    """Return a line of help as one of a shell, where what it is for is a comment.

    >>> _with_comment("compartment-mapper cache info     where it is")
    '$ compartment-mapper cache info     # where it is'
    """
    command, blanks, comment = re.fullmatch(r"(.*?)(?:(\s{2,})(.*))?", line.strip()).groups()  # type: ignore[union-attr]
    return f"$ {command}{blanks}# {comment}" if comment else f"$ {command}"


def _example(command: click.Command) -> Iterator[str]:
    epilog = " ".join((command.epilog or "").split())
    if epilog.startswith("Example: "):
        yield from ["```console", f"$ {epilog.removeprefix('Example: ')}", "```"]
    elif epilog:
        yield _escaped(epilog)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)  # none of what is hidden
        if record is None or isinstance(parameter, click.Argument):
            continue
        names, text = record
        yield from [f"`{names}`", f": {_escaped(' '.join(text.split()))}", ""]


def _escaped(text: str) -> str:
    """Return *text* of a terminal as Markdown, in which ``code`` may be marked by backticks."""
    parts = re.split(r"(`[^`]+`|(?<![\w.])--?[a-zA-Z][\w-]*(?:=\S+)?(?=[\s,;:.)]|$))", text)
    return "".join(_part(part, code=bool(index % 2)) for index, part in enumerate(parts))


def _part(part: str, *, code: bool) -> str:
    if code:
        return part if part.startswith("`") else f"`{part}`"
    return re.sub(r"([\\*_<>\[\]$#])", r"\\\1", part)
