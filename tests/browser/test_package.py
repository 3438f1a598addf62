"""The npm package in a page: bundled for pages, with a compiler that loads on demand."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from chromium import NODE, Browser
from command_line import write
from process import mapper

HERE = Path(__file__).parent
RUNTIME = HERE.parents[1] / "runtime"

PROGRAM = """
import { Compartment, harden, importArchive, lockdown, prepareSources } from 'compartment-mapper-runtime';

const results = {};
const attempt = async (name, action) => {
  try { results[name] = await action(); } catch (error) { results[name] = `${error}`; }
};
const requested = () => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).length;

lockdown();
results.frozen = Object.isFrozen(Array.prototype) && globalThis.Compartment === Compartment;
const before = requested();
const compartment = new Compartment({
  name: 'page',
  globals: { console: harden(console) },
  modules: {
    text: { source: 'export const sum = (a, b) => a + b' },
    legacy: { source: 'exports.page = typeof document' },
  },
  __options__: true,
});
results.evaluate = compartment.evaluate('[typeof document, typeof fetch, 1 + 1].join()');
results.lazy = requested() === before;
await attempt('tooEarly', () => compartment.importNow('text'));
await attempt('import', async () => (await compartment.import('text')).namespace.sum(2, 3));
results.loaded = requested() > before;
await prepareSources();
await attempt('importNow', () => compartment.importNow('legacy').page);
for (const name of ['stored', 'compressed', 'changed']) {
  const bytes = await (await fetch(`${name}.zip`)).arrayBuffer();
  await attempt(name, async () => {
    const globals = { greet: (who) => `hello ${who}` };
    const { namespace } = await importArchive(bytes, { globals });
    return [namespace.greeting, namespace.size, namespace.cookie()];
  });
}
globalThis.results = results;
"""

FILES = {
    "package.json": '{"name": "app", "type": "module", "dependencies": {"dep": "*"}}',
    "main.js": "import { size } from 'dep'; export { size };\n"
    "export const greeting = greet('page');\n"
    "export const cookie = () => { try { return document.cookie } catch (e) { return e.name } };",
    "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
    "node_modules/dep/index.js": f"exports.size = {json.dumps('x' * 5000)}.length",
}


@pytest.fixture
def bundled(served: Path, tmp_path: Path) -> list[dict[str, object]]:
    """Bundle the program with esbuild into the page's folder."""
    if not (RUNTIME / "node_modules").is_dir():
        pytest.fail("packages are missing: run 'npm ci --ignore-scripts' in runtime")
    program = tmp_path / "program.js"
    program.write_text(PROGRAM)
    made = subprocess.run(
        [NODE, HERE / "bundle_package.mjs", program, served],
        capture_output=True,
        check=True,
        text=True,
    )
    sizes: list[dict[str, object]] = json.loads(made.stdout)
    (served / "index.html").write_text('<script type="module" src="program.js"></script>')
    return sizes


def test_a_page_has_compartments_sources_and_archives(
    browser: Browser, served: Path, tmp_path: Path, bundled: list[dict[str, object]]
) -> None:
    main = write(tmp_path / "app", FILES) / "main.js"
    for name, options in (("stored", ()), ("compressed", ("--compress",))):
        archive = served / f"{name}.zip"
        mapper("bundle", main, "-o", archive, "-C", "browser", *options, check=True)
    content = (served / "stored.zip").read_bytes()
    (served / "changed.zip").write_bytes(content.replace(b"xxxx", b"xxxy", 1))
    ran = ["hello page", 5000, ""]

    shown = browser.open(f"{served.name}/index.html", until="window.results", evaluate="results")

    assert shown.errors == []
    assert isinstance(shown.value, dict)
    refused = {name: shown.value.pop(name) for name in ("tooEarly", "changed")}
    assert "`await prepareSources()` before" in refused["tooEarly"]
    assert refused["changed"].startswith("InvalidArchive: ")
    assert shown.value == {
        "frozen": True,
        "evaluate": "undefined,undefined,2",
        "lazy": True,
        "import": 5,
        "loaded": True,
        "importNow": "undefined",
        "stored": ran,
        "compressed": ran,
    }
    entry = next(file for file in bundled if file["isEntry"])
    assert entry["hasCompiler"] is False
    assert any(file["hasCompiler"] for file in bundled)
