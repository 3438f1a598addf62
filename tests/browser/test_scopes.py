"""A grant of ``fetch`` with hosts in a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chromium import Browser, Script

DEP = """
const asked = async (name, ...args) => {
  try {
    const response = await fetch(...args);
    console.log(name, response.type, response.status);
  } catch (error) {
    console.log(name, error.code ?? error.name);
  }
};
export default async () => {
  const { port, pathname } = new URL(document.URL);
  const folder = pathname.slice(0, pathname.lastIndexOf('/'));
  await asked('own', `http://127.0.0.1:${port}${folder}/data.txt`);
  await asked('relative', 'data.txt');
  await asked('request', new Request('data.txt', { method: 'HEAD' }));
  await asked('redirect', folder);
  await asked('manual redirect', folder, { redirect: 'manual' });
  await asked('other host', `http://localhost:${port}${folder}/data.txt`, { mode: 'no-cors' });
  await asked('two URLs', { url: 'data.txt', toString: () => `http://localhost:${port}/` }, { mode: 'no-cors' });
  console.log('end');
};
"""


def shown(browser: Browser, served: Path, script: Script, grant: object) -> list[str]:
    """Return what the dependency prints with *grant* for ``fetch``."""
    names = {"document.URL": True, "fetch": grant, "Request": True}
    entry = {"globals": {"console": True}, "packages": {"dep": True}}
    policy = {"harmless": True, "entry": entry, "resources": {"dep": {"globals": names}}}
    files = {
        "package.json": '{"name": "app", "type": "module", "dependencies": {"dep": "1"}}',
        "main.js": "import run from 'dep';\nrun();\n",
        "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
        "node_modules/dep/index.js": DEP,
        "compartment-policy.json": json.dumps(policy),
    }
    script(files)
    (served / "data.txt").write_text("data")
    text = "var ended = false; const log = console.log; console.log = (...all) => { log(...all); if (all[0] === 'end') ended = true; };"
    (served / "first.js").write_text(text)
    (served / "index.html").write_text(
        '<!doctype html><body><script src="first.js"></script><script src="app.js"></script></body>'
    )
    return browser.open(f"{served.name}/index.html", until="ended").said


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        (
            {"hosts": ["127.0.0.1"]},
            {
                "own": "basic 200",
                "relative": "basic 200",
                "request": "basic 200",
                "redirect": "ERR_ACCESS_DENIED",
                "manual redirect": "opaqueredirect 0",
                "other host": "ERR_ACCESS_DENIED",
                "two URLs": "ERR_ACCESS_DENIED",
            },
        ),
        (
            True,
            {
                "own": "basic 200",
                "relative": "basic 200",
                "request": "basic 200",
                "redirect": "basic 200",
                "manual redirect": "opaqueredirect 0",
                "other host": "opaque 0",
                "two URLs": "opaque 0",
            },
        ),
    ],
    ids=["scope", "no scope"],
)
def test_fetch(
    grant: object, expected: dict[str, str], browser: Browser, served: Path, script: Script
) -> None:
    said = shown(browser, served, script, grant)

    assert said == [*(f"{name} {result}" for name, result in expected.items()), "end"]
