"""``eval``: evaluate code with no capabilities but the given tools."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping

import click

from compartment_mapper.cli.completion.arguments import PATH
from compartment_mapper.cli.sandbox_options import (
    CLOCK_OPTION,
    RANDOM_OPTION,
    memory_option,
    timeout_option,
)
from compartment_mapper.cli.schemas.output import print_json
from compartment_mapper.cli.shared import NODE_OPTION, read_file, reporting
from compartment_mapper.sandbox.blocking import Sandbox
from compartment_mapper.sandbox.console import ConsoleLine
from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.running import Evaluation
from compartment_mapper.sandbox.values import JavaScriptError, plain_json
from compartment_mapper.text import printable, without_surrogates

_ERRORS = frozenset({"warn", "error", "trace"})


@click.command(
    "eval",
    short_help="Evaluate code with no capabilities but the given tools.",
    epilog="Example: compartment-mapper eval -e 'await tools.date()' --tool date='date -u'",
)
@click.argument("file", type=PATH, required=False, metavar="[FILE]")
@click.option("-e", "--code", metavar="CODE", help="The source code itself, instead of a file.")
@click.option(
    "--tool",
    "tools",
    multiple=True,
    metavar="NAME=COMMAND",
    help="Provide tools.NAME, which runs COMMAND without a shell: standard input is the JSON array "
    "of the arguments, standard output is JSON or text.",
)
@click.option(
    "--module",
    "modules",
    multiple=True,
    metavar="NAME=ARCHIVE",
    help="An archive that the code can import as NAME, with its own policy.",
)
@CLOCK_OPTION
@RANDOM_OPTION
@timeout_option(5.0, "Stop after SECONDS, tool calls included.")
@memory_option(128, "Stop when it uses more than MB of memory.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the value, console output and error as JSON."
)
@NODE_OPTION
@reporting
def eval_command(  # noqa: PLR0913 - one for each option
    *,
    file: str | None,
    code: str | None,
    tools: tuple[str, ...],
    modules: tuple[str, ...],
    clock: bool,
    random: bool,
    timeout: float,
    memory_mb: int,
    as_json: bool,
    node: str | None,
) -> None:
    """Evaluate FILE, CODE or the standard input in a locked-down process, and print its value.

    The code is a script, the body of an async function (`return`, `await`) or a module, in
    JavaScript or TypeScript. It has the language and its tools: no network, no files, no
    environment, no clock, no randomness. Exit status 1 on failure; see docs/sandbox.md.
    """
    name, source = _source(file, code)
    archives = {key: read_file(path) for key, path in map(_pair, modules)}
    with Sandbox(
        tools={key: _tool(command, timeout) for key, command in map(_pair, tools)},
        timeout=timeout,
        memory_mb=memory_mb,
        modules=archives,
        clock=clock,
        random=random,
        node=node,
    ) as sandbox:
        try:
            done = sandbox.run(source, name=name)
        except SandboxError as error:
            _tell_failure(error, as_json=as_json)
            raise click.exceptions.Exit(1) from error
    _tell(done, as_json=as_json)


def _source(file: str | None, code: str | None) -> tuple[str, str]:
    """Return the name of the source, and the source."""
    if file is not None and code is not None:
        message = "give a file or -e CODE, not both"
        raise click.UsageError(message)
    if code is not None:
        return "evaluation.js", code
    if file is None and sys.stdin.isatty():
        message = "there is nothing to evaluate: give a file, -e CODE, or source on standard input"
        raise click.UsageError(message)
    if file is None or file == "-":
        return "stdin.js", sys.stdin.read()
    return file.rpartition("/")[2], read_file(file).decode("utf-8", "replace")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        message = f"'{text}' must be NAME=VALUE"
        raise click.UsageError(message)
    return name, value


def _tool(command: str, timeout: float) -> Callable[..., object]:
    """Return a function that runs *command*."""
    try:
        words = shlex.split(command)
    except ValueError as problem:
        message = f"'{command}' is not a command: {problem}"
        raise click.UsageError(message) from problem

    def run(*arguments: object) -> object:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command, no shell
                words,
                input=json.dumps(_plain(list(arguments))),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                timeout=timeout,
            )
        except OSError as problem:
            raise JavaScriptError("ToolError", f"{words[0]}: {problem.strerror}") from problem
        except subprocess.TimeoutExpired as problem:
            raise JavaScriptError("ToolError", f"{words[0]} took too long") from problem
        if done.returncode:
            said = done.stderr.strip().splitlines()
            reason = f": {said[-1]}" if said else ""
            message = f"{words[0]} exited with code {done.returncode}{reason}"
            raise JavaScriptError("ToolError", message)
        try:
            value: object = json.loads(done.stdout)
        except ValueError:
            return done.stdout
        return value

    return run


def _tell(done: Evaluation, *, as_json: bool) -> None:
    if as_json:
        found: Mapping[str, object] = {
            "value": _plain(done.value),
            "console": _lines(done.console),
            "consoleIsCut": done.console_is_cut,
            "toolCalls": done.tool_calls,
            "seconds": round(done.seconds, 6),
        }
        print_json(found, ascii_only=True)
        return
    _show_console(done.console)
    if isinstance(done.value, str):
        _show(done.value)
    elif done.value is not None:
        _show(json.dumps(_plain(done.value), indent=2, ensure_ascii=False))


def _tell_failure(error: SandboxError, *, as_json: bool) -> None:
    if not as_json:
        _show_console(error.console)
        _show(f"{error}", err=True)
        if error.hint:
            _show(f"  hint: {error.hint}", err=True)
        return
    found: Mapping[str, object] = {
        "error": {
            "code": error.code,
            "name": error.name,
            "message": error.message,
            "line": error.line,
            "column": error.column,
            "stack": error.stack.splitlines(),
            "hint": error.hint,
        },
        "console": _lines(error.console),
    }
    print_json(found, ascii_only=True)


def _lines(console: tuple[ConsoleLine, ...]) -> list[Mapping[str, str]]:
    return [{"level": line.level, "text": line.text} for line in console]


def _show_console(console: tuple[ConsoleLine, ...]) -> None:
    for line in console:
        _show(line.text, err=line.level in _ERRORS)


def _show(text: str, *, err: bool = False) -> None:
    """Print output of evaluated code, with control characters escaped on a terminal."""
    stream = sys.stderr if err else sys.stdout
    whole = without_surrogates(text)
    click.echo(printable(whole) if stream.isatty() else whole, err=err)


def _plain(value: object) -> object:
    """Return *value* for JSON; see `plain_json`. Bytes are in base64."""
    return plain_json(
        value,
        lambda part: base64.b64encode(part).decode("ascii") if isinstance(part, bytes) else part,
    )
