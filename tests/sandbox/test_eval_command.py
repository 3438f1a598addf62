"""``compartment-mapper eval``."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest


def evaluate(
    *arguments: str, text: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "compartment_mapper", "eval", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


@pytest.mark.parametrize(
    ("arguments", "text", "output"),
    [
        pytest.param(("-e", "1 + 1"), "", "2\n", id="code"),
        pytest.param((), "'a text'", "a text\n", id="standard-input"),
        pytest.param(("-",), "[1]", "[\n  1\n]\n", id="a-dash"),
        pytest.param(("-e", "let x = 1"), "", "", id="no-value"),
        pytest.param(("-e", "console.log('a'); 'b'"), "", "a\nb\n", id="console-first"),
        pytest.param(("-e", "[NaN, 2n ** 64n, new Uint8Array([1])].map(x => x)"), "", '[\n  "NaN",\n  18446744073709551616,\n  "AQ=="\n]\n', id="what-json-lacks"),
        pytest.param(("-e", "'\\ud800'"), "", "?\n", id="a-lone-surrogate"),
        pytest.param(("-e", "return (await tools.cat(1, 'x'))", "--tool", "cat=cat"), "", '[\n  1,\n  "x"\n]\n', id="a-tool-that-answers-json"),
        pytest.param(("-e", "await tools.say()", "--tool", "say=echo 'a b' c"), "", "a b c\n\n", id="a-tool-that-answers-text"),
        pytest.param(("-e", "typeof Date.now() + Math.floor(Math.random())", "--clock", "--random"), "", "number0\n", id="endowed"),
    ],
)  # fmt: skip
def test_eval_prints_the_value(arguments: tuple[str, ...], text: str, output: str) -> None:
    done = evaluate(*arguments, text=text)

    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        pytest.param(("-e", "null.x"), 1, "TypeError: Cannot read properties of null (reading 'x')\n  at evaluation.js:1:6\n  1 | null.x\n    |      ^\n", id="thrown"),
        pytest.param(("-e", "for (;;);", "--timeout", "0.3"), 1, "[TIMEOUT] the evaluation took longer than 0.3 seconds\n  hint: it was running and did not wait for anything: a loop may never end; the only loop is in line 1\n", id="too-long"),
        pytest.param(("-e", "await tools.no()", "--tool", "no=false"), 1, "ToolError: false exited with code 1\n  at evaluation.js:1:13\n  1 | await tools.no()\n    |             ^\n  hint: `tools.no` was called and failed: change the arguments, or catch the error\n", id="a-tool-that-fails"),
        pytest.param(("-e", "await tools.no()", "--tool", "no=/does/not/exist"), 1, "ToolError: /does/not/exist: No such file or directory\n  at evaluation.js:1:13\n  1 | await tools.no()\n    |             ^\n  hint: `tools.no` was called and failed: change the arguments, or catch the error\n", id="a-tool-that-is-not-there"),
        pytest.param(("-e", "await tools.no()", "--tool", "no=sleep 9", "--timeout", "0.5"), 1, None, id="a-tool-that-takes-too-long"),
        pytest.param(("nope.js",), 1, "error [CANNOT_READ]: cannot read 'nope.js': no such file or directory\n", id="no-file"),
        pytest.param(("-e", "1", "nope.js"), 2, None, id="both"),
        pytest.param(("-e", "1", "--tool", "x"), 2, None, id="no-command"),
        pytest.param(("-e", "1", "--tool", "x='"), 2, None, id="a-broken-command"),
        pytest.param(("-e", "1", "--timeout", "0"), 2, None, id="no-time"),
        pytest.param(("-e", "1", "--module", "a=nope.zip"), 1, "error [CANNOT_READ]: cannot read 'nope.zip': no such file or directory\n", id="no-archive"),
        pytest.param(("-e", "1", "--node", "/does/not/exist"), 1, None, id="no-node"),
    ],
)  # fmt: skip
def test_eval_says_what_is_wrong(
    arguments: tuple[str, ...], status: int, message: str | None, tmp_path: Path
) -> None:
    done = evaluate(*arguments, folder=tmp_path)

    assert (done.returncode, done.stdout) == (status, "")
    assert message is None or done.stderr == message
    assert "Traceback" not in done.stderr


def test_eval_prints_json() -> None:
    done = json.loads(evaluate("-e", "console.warn('w'); ({ a: 1 })", "--json").stdout)

    assert done["value"] == {"a": 1}
    assert done["console"] == [{"level": "warn", "text": "w"}]
    assert (done["consoleIsCut"], done["toolCalls"]) == (False, 0)


def test_eval_prints_errors_as_json(tmp_path: Path) -> None:
    (tmp_path / "text.ts").write_text("const a: number = 1;\nnope(a);\n")
    done = evaluate("text.ts", "--json", folder=tmp_path)

    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "schemaVersion": 1,
        "error": {
            "code": "JAVASCRIPT_ERROR",
            "name": "ReferenceError",
            "message": "nope is not defined",
            "line": 2,
            "column": 1,
            "stack": ["    at text.ts:2:1"],
            "hint": "",
        },
        "console": [],
    }


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
def test_evaluated_code_does_not_control_the_terminal() -> None:
    ours, theirs = pty.openpty()
    code = "console.log('\\x1b[2J'); '\\x1b[31m'"
    command = [sys.executable, "-m", "compartment_mapper", "eval", "-e", code]
    subprocess.run(command, stdin=theirs, stdout=theirs, stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 1000)
    os.close(ours)

    assert b"\x1b" not in shown
    assert shown.split() == [b"\\x1b[2J", b"\\x1b[31m"]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_huge_integers_are_written(options: tuple[str, ...]) -> None:
    done = evaluate("-e", "2n ** 20000n", *options)

    assert done.returncode == 0, done.stderr
    assert f"0x1{'0' * 5000}" in done.stdout
