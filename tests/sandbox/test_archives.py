"""Archives that evaluated code imports: their policies, the second wall, and reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from packed import packed

from compartment_mapper import CapabilityUse, Sandbox, SandboxError
from compartment_mapper.errors.diagnostic import InputError


def test_an_archive_is_a_module_with_its_own_policy(tmp_path: Path) -> None:
    text = "export let n = 0; export const up = () => ++n; export default 'it'; console.log('in')"
    archive = packed(tmp_path, text)
    with Sandbox(modules={"app": archive, "again": archive.read_bytes()}) as sandbox:
        done = sandbox.run("import it, { n, up } from 'app'; up(); export { it, n }")
        assert done.value == {"it": "it", "n": 1}
        assert [line.text for line in done.console] == ["in"]
        assert sandbox.evaluate("const { n } = await import('app'); return n") == 0
        assert sandbox.evaluate("export * from 'app'; export { default } from 'again'") == {
            "n": 0,
            "default": "it",
        }
        with pytest.raises(SandboxError, match="does not provide an export named 'nope'"):
            sandbox.evaluate("import { nope } from 'app'")


def test_what_an_archive_exports_can_not_be_changed(tmp_path: Path) -> None:
    archive = packed(tmp_path, "export const api = { f() { return 1 } }")
    with (
        Sandbox(modules={"app": archive}) as sandbox,
        pytest.raises(SandboxError, match="TypeError"),
    ):
        sandbox.evaluate("import { api } from 'app'; api.f = () => 2")


def test_the_permission_model_restricts_the_process_behind_ses(tmp_path: Path) -> None:
    """An archive with all grants is still restricted by the process."""
    text = """
    import fs from 'node:fs'; import { execSync } from 'node:child_process'; import { Worker } from 'node:worker_threads';
    const tried = (f) => { try { return f() } catch (e) { return e.code } };
    export const file = tried(() => fs.readFileSync('/etc/passwd', 'utf8'));
    export const write = tried(() => fs.writeFileSync('/tmp/x', ''));
    export const child = tried(() => `${execSync('id')}`);
    export const worker = tried(() => `${new Worker('1', { eval: true })}`);
    export const env = Object.keys(process.env);
    """
    grants = ("fs", "child_process", "worker_threads", "process.env")
    archive = packed(tmp_path, text, *grants)
    with Sandbox(modules={"app": archive}) as sandbox:
        found = sandbox.evaluate("export * from 'app'")

    denied = dict.fromkeys(("file", "write", "child", "worker"), "ERR_ACCESS_DENIED")
    assert found == {**denied, "env": ["TZ"]}


def test_a_damaged_archive_is_refused_first() -> None:
    with pytest.raises(InputError, match="INVALID_ARCHIVE"):
        Sandbox(modules={"app": b"PK"})


def test_the_report_has_denials_and_tool_calls(tmp_path: Path) -> None:
    text = """
    try { await import('node:' + 'ten'.split('').reverse().join('')) } catch {}
    import { existsSync } from 'node:fs';
    export let there; try { there = existsSync('/') } catch {} // the second wall
    """
    archive = packed(tmp_path, text, "fs.existsSync")
    found: list[CapabilityUse] = []

    def double(amount: int) -> int:
        return 2 * amount

    with Sandbox(
        tools={"double": double}, modules={"app": archive}, report=found.append
    ) as sandbox:
        sandbox.evaluate(
            "import { there } from 'app'; export const x = await tools.double(2);"
            "try { await tools.double('x') } catch {}"
        )

    uses = {(use.package, use.part, use.capability, use.allowed, use.severity) for use in found}
    assert uses == {
        ("$root$", "builtins", "net", False, "high"),
        ("$root$", "builtins", "fs.existsSync", True, "high"),
        ("", "tools", "double", True, ""),
        ("", "tools", "double", False, ""),
    }


def test_a_failing_report_callback_is_harmless(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_use: CapabilityUse) -> None:
        raise LookupError("not here")

    with Sandbox(tools={"one": lambda: 1}, report=fails) as sandbox:
        assert sandbox.evaluate("await tools.one()") == 1

    assert "the sandbox's report callback raised" in caplog.text
