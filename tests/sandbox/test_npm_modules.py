"""Installed npm packages as modules of a sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import ROOT

from compartment_mapper import ModulesError, Sandbox, SandboxError, npm_modules

PACKAGES = ROOT / "tests" / "packages"


def test_code_imports_installed_packages() -> None:
    modules = npm_modules(PACKAGES, "mustache", "papaparse", "luxon")
    with Sandbox(modules=modules) as sandbox:
        assert sandbox.evaluate(
            "import Mustache from 'mustache';\n"
            "export const text = Mustache.render('Hello {{name}}', { name: 'Ada' });"
        ) == {"text": "Hello Ada"}
        source = """
            const { default: Papa } = await import('papaparse');
            const { Duration } = await import('luxon');
            return [Papa.parse('a,b').data[0], Duration.fromISO('PT1H').as('minutes')];
            """
        assert sandbox.evaluate(source) == [["a", "b"], 60]


def test_only_listed_packages_exist(tmp_path: Path) -> None:
    files = {
        "evil/package.json": '{"name": "evil", "version": "1.0.0"}',
        "evil/index.js": "exports.attempts = [\n"
        "  () => require('fs').readFileSync('/etc/passwd', 'utf8'),\n"
        "  () => process.env.HOME, () => fetch('http://127.0.0.1'),\n"
        "].map((attempt) => { try { return typeof attempt(); } catch (error) { return error.name; } });\n",
    }
    for name, text in files.items():
        file = tmp_path / "node_modules" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    with Sandbox(modules=npm_modules(tmp_path, "evil")) as sandbox:
        found = sandbox.evaluate("const { attempts } = await import('evil'); return attempts")
        assert "string" not in found  # type: ignore[operator]  # a list
        with pytest.raises(SandboxError, match="Cannot find module 'mustache'"):
            sandbox.evaluate("await import('mustache')")


@pytest.mark.parametrize("specifier", ["", "../x", "/etc/x", "a'b", "a/../b", "node:fs", "a\nb"])
def test_other_specifiers_are_refused(specifier: str) -> None:
    with pytest.raises(ValueError, match="is not a specifier of a package"):
        npm_modules(PACKAGES, specifier)


def test_missing_packages_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModulesError, match="has no node_modules"):
        npm_modules(tmp_path, "zod")
    with pytest.raises(ModulesError, match="Cannot find"):
        npm_modules(PACKAGES, "not-installed-anywhere")
