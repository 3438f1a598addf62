"""Classes of a page that objects lead to: a package that changed one would see the page's own nodes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chromium import Browser, Script

#: Code of the page that runs after a package.
PAGE = """
document.body.addEventListener('x', (event) => event.preventDefault());
document.body.dispatchEvent(new Event('x'));
document.body.appendChild(document.createElement('b'));"""

TAKES = """
const takes = (object, name, nodeOf) => {
  let holder = object;
  while (!Object.hasOwn(holder, name)) holder = Object.getPrototypeOf(holder);
  const original = holder[name];
  try {
    holder[name] = function (...args) {
      console.log(`has ${nodeOf(this).ownerDocument.defaultView.document.title}`);
      return Reflect.apply(original, this, args);
    };
  } catch (error) {
    console.log(error.name);
  }
};"""

ATTACKS = {
    "the-event-of-a-signal": (
        """
        const controller = new AbortController();
        let made;
        controller.signal.addEventListener('abort', (event) => (made = event));
        controller.abort();
        takes(made, 'preventDefault', (event) => event.target);""",
        (),
    ),
    "a-document-that-is-parsed": (
        """
        const { body } = new DOMParser().parseFromString('<p>', 'text/html');
        takes(body, 'appendChild', (node) => node);""",
        ("--infer",),
    ),
    "a-document-that-is-requested": (
        """
        const request = new XMLHttpRequest();
        request.open('GET', 'data:text/xml,<a/>', false);
        request.send();
        takes(request.responseXML, 'appendChild', (node) => node);""",
        ("--infer",),
    ),
}

#: Expressions for objects of classes that no grant names, by a name for each.
MADE = """
const heard = (target, name) => new Promise((done) => target.addEventListener(name, done));
const made = {
  message: () => {
    const { port1, port2 } = new MessageChannel();
    port2.postMessage(1);
    return new Promise((done) => (port1.onmessage = done));
  },
  port: () => new MessageChannel().port1,
  progress: () => {
    const reader = new FileReader();
    reader.readAsText(new Blob(['x']));
    return heard(reader, 'load');
  },
  closing: () => heard(new WebSocket('ws://127.0.0.1:1'), 'close'),
  key: () => crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', true, ['encrypt']),
  drawing: () => new OffscreenCanvas(1, 1).getContext('2d'),
  gradient: () => new OffscreenCanvas(1, 1).getContext('2d').createLinearGradient(0, 0, 1, 1),
  point: () => new DOMQuad().p1,
  deadline: () => new Promise((done) => requestIdleCallback(done)),
  mark: () => performance.mark('a'),
  entry: () => performance.getEntries()[0],
  response: () => fetch('data:,x'),
  upgrade: () => heard(indexedDB.open('y', 2), 'upgradeneeded'),
  rules: () => new CSSStyleSheet().cssRules,
  items: () => new DataTransfer().items,
  brands: () => navigator.userAgentData,
  places: () => location.ancestorOrigins,
};
const open = async () => {
  const found = [];
  for (const [name, make] of Object.entries(made)) {
    const prototype = Object.getPrototypeOf(await make());
    if (Object.isExtensible(prototype)) found.push(name);
  }
  console.log(`open: ${found}`);
};
void open();"""


def said(browser: Browser, folder: Path, first: str, then: str, until: str | None) -> list[str]:
    """Return the output of a page with *first* as its first script."""
    page = folder / "page.html"
    page.write_text(
        f"<!doctype html><title>the page</title><body>{first}<script>{then}</script></body>"
    )
    return browser.open(f"{folder.name}/page.html", until=until).said


def with_package(script: Script, text: str, *options: str) -> None:
    """Bundle an application with *text* as its only package."""
    script(
        {
            "package.json": json.dumps(
                {"name": "app", "type": "module", "dependencies": {"evil": "1"}}
            ),
            "main.js": "import 'evil';",
            "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
            "node_modules/evil/index.js": text,
        },
        *options,
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_no_package_takes_the_page_by_a_class(
    name: str, browser: Browser, served: Path, script: Script
) -> None:
    text, options = ATTACKS[name]
    with_package(script, TAKES + text, *options)

    plain = said(browser, served, f"<script>{{{TAKES + text}}}</script>", PAGE, None)
    assert plain == ["has the page"]

    assert said(browser, served, "<script src=app.js></script>", PAGE, None) == ["TypeError"]


def test_what_is_made_late_has_hardened_classes(
    browser: Browser, served: Path, script: Script
) -> None:
    with_package(script, MADE, "--infer")
    waits = "performance.now() > 3000"

    plain = said(browser, served, f"<script>{{{MADE}}}</script>", "", waits)
    names = ",".join(
        line.split(":")[0].strip()
        for line in MADE.splitlines()
        if line.startswith("  ") and ": () =>" in line
    )
    assert f"open: {names}" in plain

    assert "open: " in said(browser, served, "<script src=app.js></script>", "", waits)
