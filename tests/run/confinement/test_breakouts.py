"""Former sandbox escapes: attacks that once gained a capability, or a channel, without a grant.

Each is a program of `breakouts/`. It runs twice: in plain Node, where it must succeed to be
meaningful; and confined, where it must end as the table says. `docs/reachability.md` describes the
audit that looks for unknown escapes.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from breakout_rows import BREAKOUTS, MARKER, PROGRAMS, application, started
from command_line import write
from process import mapper
from support import NODE

from compartment_mapper import AsyncSandbox, Sandbox


@pytest.mark.parametrize("name", BREAKOUTS)
def test_a_breakout_that_succeeds_in_plain_node_is_held(name: str, tmp_path: Path) -> None:
    breakout = BREAKOUTS[name]
    entry = application(tmp_path, breakout.parts)

    plain = started([NODE, entry, *breakout.arguments], folder=entry.parent, env=breakout.env)
    assert plain.returncode == breakout.status, plain.stderr
    assert re.search(breakout.succeeds, plain.stdout), plain.stdout + plain.stderr

    command = [
        sys.executable,
        "-m",
        "compartment_mapper",
        "run",
        str(entry),
        *breakout.options,
        "--",
    ]
    held = started([*command, *breakout.arguments], folder=entry.parent, env=breakout.env)
    said = held.stdout + held.stderr
    assert held.returncode == 0, said
    assert re.match(breakout.held, held.stdout), said
    if breakout.succeeds:
        assert not re.search(breakout.succeeds, said)


def test_a_URLPattern_checks_what_it_is_called_on(tmp_path: Path) -> None:  # noqa: N802 - its name
    """Some releases of Node 24 trusted it and crashed: not the one for these tests."""
    entry = application(tmp_path, ("url-pattern",))

    held = mapper("run", entry, "--infer")

    assert held.stdout == "refused by all; pattern true\n", held.stderr


@pytest.mark.parametrize("form", ["script", "module"])
@pytest.mark.parametrize(
    "name",
    [
        *("structuredClone-makes-a-file-handle", "import-source"),
        *("prototypes-that-no-name-leads-to", "the-end-of-the-stack", "the-decoder-of-a-stream"),
        *("the-event-of-a-signal", "classes-of-what-is-made-late"),
        *("vm-runs-past-every-compartment", "the-constructors-of-functions"),
    ],
)
def test_scripts_hold_it_too(name: str, form: str, tmp_path: Path) -> None:
    breakout = BREAKOUTS[name]
    entry = application(tmp_path, breakout.parts)
    plain = started([NODE, entry], folder=tmp_path, env=breakout.env)
    assert re.search(breakout.succeeds, plain.stdout), plain.stdout + plain.stderr

    output = tmp_path / ("app.cjs" if form == "script" else "app.mjs")
    mapper("bundle", entry, "-o", output, "--format", form, *breakout.options, check=True)
    held = started([NODE, output], folder=tmp_path, env=breakout.env)

    assert held.returncode == 0, held.stderr
    assert re.match(breakout.held, held.stdout), held.stdout


@pytest.mark.parametrize("name", ["cycle", "cycle-classes"])
def test_a_package_in_a_cycle_does_not_replace_what_its_victim_exports(
    name: str, tmp_path: Path
) -> None:
    entry = application(tmp_path, (name,))
    entry.write_text("console.log(`taken: ${require('victim').check('a wrong one')}`);\n")
    folder = entry.parent / "node_modules" / "victim"
    (folder / "package.json").write_text('{"name": "victim", "dependencies": {"evil": "1"}}')
    evil = entry.parent / "node_modules" / "evil" / "index.js"
    evil.write_text(evil.read_text().replace("const victim = require('victim');\n", ""))

    plain = started([NODE, entry], folder=tmp_path, env={})
    assert plain.stdout == "taken: true\n", plain.stderr

    held = mapper("run", entry)
    assert held.stdout == "taken: false\n", held.stderr


@pytest.mark.parametrize("text", ["import.defer('node:fs')", "import/**/.\ndefer /**/ ('node:fs')"])
def test_a_deferred_import_is_refused_before_an_engine_knows_it(text: str, tmp_path: Path) -> None:
    """No Node supports it yet, so plain Node only shows that the rest of the source works."""
    entry = application(tmp_path, ("clone",))
    evaluated = "module.exports = () => said(() => (0, eval)(TEXT));\n"
    evil = entry.parent / "node_modules" / "evil" / "index.js"

    def says(asked: str) -> str:
        common = (PROGRAMS / "_common.js").read_text()
        evil.write_text(common + evaluated.replace("TEXT", json.dumps(asked)))
        return mapper("run", entry, check=True).stdout

    assert says("'imported.defer'.length") == "14\n"
    assert says(text).startswith("SyntaxError: Possible import expression rejected")


def test_an_evaluation_does_not_forge_the_answer_of_another(tmp_path: Path) -> None:
    forge = (PROGRAMS / "sandbox-forge.js").read_text()
    script = tmp_path / "plain.cjs"
    script.write_text(f"(async () => {{ {forge} }})();")
    plain = started([NODE, script], folder=tmp_path, env={})
    assert plain.stdout.count("forged by another evaluation") == 6

    async def slow() -> str:
        await asyncio.sleep(0.4)
        return "genuine"

    async def both() -> list[object]:
        async with AsyncSandbox(tools={"slow": slow}, timeout=10) as sandbox:
            victim = asyncio.create_task(sandbox.evaluate("return await tools.slow()"))
            await asyncio.sleep(0.1)
            return [await sandbox.evaluate(forge), await victim]

    assert asyncio.run(both()) == [0, "genuine"]


def test_an_archive_does_not_read_what_another_evaluation_is_sent(tmp_path: Path) -> None:
    entry = write(
        tmp_path / "reader",
        {
            "package.json": "{}",
            "main.js": """
                const fs = require('fs');
                exports.read = () => {
                  let text = '';
                  for (let descriptor = 3; descriptor < 40; descriptor += 1) {
                    try {
                      const bytes = Buffer.alloc(65536);
                      text += bytes.latin1Slice(0, fs.readSync(descriptor, bytes));
                    } catch {}
                  }
                  return text;
                };""",
        },
    )
    archive = tmp_path / "reader.zip"
    mapper("bundle", entry / "main.js", "-o", archive, "--infer", check=True)
    reads = """
        import app from 'app';
        let text = '';
        tools.started();
        for (let turn = 0; turn < 200 && !text.includes('evaluate'); turn += 1) {
          text += app.read();
          for (let pause = 0; pause < 1e5; pause += 1);
        }
        export { text };"""

    async def both() -> tuple[object, object]:
        begun = asyncio.Event()

        async def started() -> None:
            begun.set()

        async with AsyncSandbox(
            tools={"started": started}, modules={"app": archive}, timeout=20
        ) as sandbox:
            reader = asyncio.create_task(sandbox.evaluate(reads))
            await begun.wait()
            victim = sandbox.evaluate("secret.length", globals={"secret": MARKER})
            return await victim, await reader

    assert asyncio.run(both()) == (len(MARKER), {"text": ""})


def test_no_accessor_stores_a_value_of_another_evaluation() -> None:
    common, text = ((PROGRAMS / f"{name}.js").read_text() for name in ("_common", "_accessors"))
    program = f"const SECRET = {MARKER!r};\n{common}\n{text}"
    kept = """
        const property = Reflect.getOwnPropertyDescriptor(Array.prototype, 'slice');
        const own = Object.defineProperty({}, 'slice', { ...property, configurable: false });
        own.slice = SECRET;
        return own.slice;"""
    with Sandbox() as sandbox:
        assert sandbox.evaluate(program + kept) == MARKER, "an accessor keeps nothing at all"
        assert sandbox.evaluate(f"{program} send({{ secret: SECRET }}); return 1") == 1
        assert sandbox.evaluate(f"{program} return receive()") is False
