"""Scripts in pages: the same programs and confinement, and a page that continues to work."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from chromium import Browser, Script
from process import mapper

from compartment_mapper.archive.script import integrity

ROOT = Path(__file__).parents[2]
PROJECTS = ROOT / "fixtures" / "npm_projects"
PROGRAMS = ROOT / "tests" / "packages"

CASES = [
    path.parent
    for path in sorted(PROJECTS.glob("*/case.toml"))
    if tomllib.loads(path.read_text()).get("page", True)
]

PAGE = '<!doctype html><meta charset="utf-8"><body>{}</body>'
APP = '<script src="app.js"></script>'


def page(folder: Path, *parts: str) -> str:
    """Write a page, and return its path on the server."""
    (folder / "index.html").write_text(PAGE.format("".join(parts)))
    return f"{folder.name}/index.html"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_page_prints_what_node_prints(browser: Browser, served: Path, case: Path) -> None:
    expected = tomllib.loads((case / "case.toml").read_text())
    entry = case / expected["entry"]
    mapper("bundle", entry, "-o", served / "app.js", "--format", "script", check=True)

    lines = len(expected["stdout"].splitlines())
    shown = browser.open(page(served, COUNTED, APP), until=f"lines >= {lines}")

    assert shown.errors == []
    assert "\n".join(shown.said) + "\n" == expected["stdout"], expected["description"]


#: Counts printed lines, so that tests can wait for them; formats simple objects like Node.
COUNTED = """<script>
  var lines = 0;
  const log = console.log;
  console.log = (...values) => { log(...values); lines += values.join(' ').split('\\n').length; };
</script>"""

#: Real packages with programs that only print text.
REAL = sorted("csso hashes luxon mobx mustache papaparse preact redux toml xstate".split())


@pytest.mark.parametrize("name", REAL)
def test_real_packages_print_what_node_prints(
    browser: Browser, served: Path, tmp_path: Path, name: str
) -> None:
    (program,) = (PROGRAMS / "programs").glob(f"{name}.*")
    (tmp_path / "node_modules").symlink_to(PROGRAMS / "node_modules")
    entry = tmp_path / f"main{program.suffix}"
    entry.write_text(program.read_text())
    (tmp_path / "package.json").write_text('{"name": "app", "version": "1.0.0"}')
    options = ("--format", "script", "-C", "browser", "--infer")
    mapper("bundle", entry, "-o", served / "app.js", *options, check=True)
    expected = (PROGRAMS / "expected" / f"{name}.txt").read_text()

    shown = browser.open(page(served, COUNTED, APP), until=f"lines >= {len(expected.splitlines())}")

    assert shown.errors == []
    assert "\n".join(shown.said) + "\n" == expected


EVIL = r"""
const attempts = {
  cookie: () => document.cookie,
  network: () => fetch('/stolen'),
  beacon: () => navigator.sendBeacon('/stolen', 'x'),
  image: () => { new Image().src = '/stolen'; },
  worker: () => new Worker('/stolen.js'),
  storage: () => localStorage.getItem('key'),
  arrays: () => { Array.prototype.map = () => 'evil'; },
  objects: () => { Object.prototype.evil = 1; },
  nodes: () => { Node.prototype.evil = 1; },
  events: () => { EventTarget.prototype.addEventListener = () => 'evil'; },
  errors: () => {
    Error.prepareStackTrace = (error, sites) => sites.map((site) => site.getThis()).find(Boolean);
    return new Error('x').stack.document.title;
  },
  top: () => window.top.document.title,
  parent: () => parent.frames.self.document.title,
  constructor: () => (() => {}).constructor('return this')().document.title,
  asynchronous: () => (async () => {}).constructor('return this')().document.title,
  generator: () => (function* () {}).constructor('return this')().next().value.document.title,
  evaluated: () => (0, eval)('document.title'),
  text: () => setTimeout('document.title = "evil"', 0),
  object: () => setTimeout({ toString: () => 'document.title = "evil"' }, 0),
  nobody: () => EventTarget.prototype.addEventListener.call(undefined, 'x', () => {}),
  dispatch: () => AbortSignal.prototype.dispatchEvent.call(null, new Event('x')),
  imports: () => { import('/stolen.js').catch(() => {}); throw new Error('later'); },
};
exports.results = Object.fromEntries(Object.entries(attempts).map(([name, attempt]) => {
  try {
    return [name, `got ${attempt()}`];
  } catch (error) {
    return [name, error.name];
  }
}));
exports.timer = new Promise((resolve) => setTimeout(function timer() { resolve(this); }, 0));
exports.frame = typeof requestAnimationFrame;
exports.names = [window, self, frames, parent, top].every((own) => own === globalThis);
exports.process = process.env.NODE_ENV;
"""


def test_a_malicious_dependency_gets_nothing(
    browser: Browser, served: Path, script: Script
) -> None:
    script(
        {
            "main.js": "import evil from 'evil';\n"
            "console.log(JSON.stringify(evil.results));\n"
            "console.log(await evil.timer, evil.frame, evil.names, evil.process);\n"
            "console.log(document.title, [1].map((x) => x + 1)[0], {}.evil);\n"
            "document.title = 'done';\n",
            "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
            "node_modules/evil/index.js": EVIL,
        },
        *("--grant", "$root$:document.title"),
    )
    before = "<title>fine</title><script>document.cookie = 'key=1'; localStorage.key = 1;</script>"

    shown = browser.open(page(served, before, APP), until="document.title === 'done'")

    results = json.loads(shown.said[0])
    assert {name for name, said in results.items() if said.startswith("got")} == set(), results
    assert shown.said[1:] == ["undefined undefined true production", "fine 2 undefined"]
    assert shown.errors == []


def test_an_error_names_the_package_and_the_denied_capability(
    browser: Browser, served: Path, script: Script
) -> None:
    script(
        {
            "main.js": "import 'dep';\n",
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
            "node_modules/dep/index.js": "\nfunction load() {\n  return fetch('/');\n}\nload();\n",
        }
    )

    (error,) = browser.open(page(served, APP)).errors

    assert "package 'dep' may not use global 'fetch'; grant it in the policy" in error
    assert "at load (compartment:///dep/index.js:3:10)" in error
    assert "app.js" not in error


def test_members_are_granted_by_path(browser: Browser, served: Path, script: Script) -> None:
    script(
        {
            "main.js": "import dep from 'dep';\nconsole.log(...dep);\n",
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0"}',
            "node_modules/dep/index.js": "document.cookie = 'b=2';\n"
            "const first = document.cookie;\n"
            "try { document.createElement('p'); } catch (error) { exports.said = error.message; }\n"
            "location.href = 'javascript:document.title=\"evil\"';\n"
            "module.exports = [first, exports.said, typeof document.body, location.pathname,\n"
            "  innerWidth > 0, new TextEncoder().encode('é').length];\n",
        },
        "--infer",
    )
    before = "<title>fine</title><script>document.cookie = 'a=1';</script>"

    shown = browser.open(page(served, before, APP), evaluate="[document.cookie, document.title]")

    assert shown.value == ["a=1; b=2", "fine"]
    denied = (
        "package 'dep' may not use global 'document.createElement'; grant it in the policy: "
        'resources["dep"].globals["document.createElement"] = true (critical: it allows a '
        "sandbox escape), or by --grant dep:document.createElement"
    )
    path = f"/{served.name}/index.html"
    assert shown.said == [f"a=1; b=2 {denied} undefined {path} true 2"]


def test_scripts_of_the_page_keep_working(browser: Browser, served: Path, script: Script) -> None:
    script(
        {"main.js": "export const answer = before + 41;\nconsole.log('app');\n"},
        *("--global-name", "App", "--policy", str(allowing(served, "before"))),
    )
    before = (
        "<script>var before = 1; console.log('before'); addEventListener('load', (event) => "
        "console.log('load', event.currentTarget === window));</script>"
    )
    after = (
        "<script>console.log('after', App.answer, before); "
        "class Own extends EventTarget {} const own = new Own(); own.name = 'own';"
        "own.addEventListener('x', (event) => console.log(event.type, event.currentTarget.name));"
        "own.dispatchEvent(new Event('x')); setTimeout('console.log(typeof before)', 0);"
        "document.body.append(new Error('page').stack.split('\\n').length > 1);</script>"
    )

    shown = browser.open(
        page(served, before, APP, after), evaluate="document.body.lastChild.textContent"
    )

    assert shown.said[:3] == ["before", "app", "after 42 1"]
    assert set(shown.said[3:]) == {"x own", "number", "load true"}
    assert (shown.value, shown.errors) == ("true", [])


def allowing(folder: Path, *names: str) -> Path:
    """Write a policy that grants globals to the application."""
    policy = folder / "policy.json"
    grants = dict.fromkeys((*names, "console"), True)
    policy.write_text(json.dumps({"entry": {"globals": grants}, "resources": {}}))
    return policy


def test_an_uncaught_error_is_reported_to_the_page(
    browser: Browser, served: Path, script: Script
) -> None:
    script({"main.js": "throw new TypeError('at once');\n"})
    script({"main.js": "await 0;\nthrow new TypeError('late');\n"}, name="late.js")
    listen = "<script>onerror = (message) => console.log('heard', message);</script>"

    shown = browser.open(page(served, listen, APP, '<script src="late.js"></script>'))

    assert [line.partition("Uncaught ")[2].rpartition(" ")[2] for line in shown.said] == [
        "once",
        "late",
    ]
    assert ["at once" in shown.errors[0], "late" in shown.errors[1]] == [True, True]


def test_modules_export_to_the_page(browser: Browser, served: Path, script: Script) -> None:
    files = {"main.js": "export let n = 0;\nexport const add = () => { n += 1; };\n"}
    script(files, "--format", "module", name="lib.mjs")
    use = (
        "<script type=module>import { n, add } from './lib.mjs'; add();"
        "console.log(n);</script><script type=module src=app.js></script>"
    )
    script({"main.js": "console.log('as a module');\n"})

    assert browser.open(page(served, use)).said == ["1", "as a module"]


def test_a_script_can_stand_in_the_page(browser: Browser, served: Path, script: Script) -> None:
    text = script({"main.js": "console.log('</script><!--<script>');\n"}).read_text("ascii")

    assert browser.open(page(served, f"<script>{text}</script>")).said == ["</script><!--<script>"]


@pytest.mark.parametrize("evaluates", [True, False])
def test_a_policy_for_content_names_the_script(
    browser: Browser, served: Path, script: Script, *, evaluates: bool
) -> None:
    output = script({"main.js": "console.log('ran');\n"})
    hashes = integrity(output.read_bytes(), "sha384")
    sources = f"'{hashes}'" + (" 'unsafe-eval'" if evaluates else "")
    (served / "index.html.csp").write_text(f"default-src 'none'; script-src {sources}")
    own = f'<script src="app.js" integrity="{hashes}"></script>'

    shown = browser.open(page(served, own, "<script>console.log('other')</script>"))

    assert ("ran" in shown.said) is evaluates
    assert "other" not in shown.said
    assert any("unsafe-eval" in error for error in shown.errors) is not evaluates


def test_a_page_chooses_among_entries(browser: Browser, served: Path, tmp_path: Path) -> None:
    for name in ("a.js", "b.js"):
        (tmp_path / name).write_text(f"console.log('{name}');\n")
    (tmp_path / "package.json").write_text('{"name": "app", "type": "module"}')
    entries = (tmp_path / "a.js", tmp_path / "b.js")
    mapper("bundle", *entries, "-o", served / "app.js", "--format", "script", check=True)

    chosen = '<script src="app.js" data-entry="b.js"></script>'
    assert browser.open(page(served, chosen, APP)).said == ["b.js", "a.js"]
