"""Run sloppy sources as a function body in Node and as a compiled module, and compare logs."""

from __future__ import annotations

import json
from collections.abc import Mapping

from support import ask_node

from compartment_mapper.compile import compile_cjs
from compartment_mapper.scan import scan_module

ASK = """
const seen = (run) => {
  const lines = [];
  try {
    run((...values) => lines.push(values));
  } catch (error) {
    lines.push(String(error));
  }
  return JSON.stringify(lines);
};
const rows = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(rows.map(([text, compiled]) => [
  seen((log) => new Function('log', text)(log)),
  seen((log) => (0, eval)(compiled)(undefined, { log }, undefined)),
])));
"""


def wrapper(text: str) -> str:
    """Return the source of a compiled module that evaluates *text*."""
    source = f"var log = exports.log; (function () {{ {text}\n}})()".encode()
    if text.startswith("'use strict'"):
        source = f"'use strict'; var log = exports.log; {text}".encode()
    stored = json.loads(compile_cjs(scan_module(source, "cjs"), source, exports=()))
    compiled: str = stored["source"]
    return compiled


def what_is_logged(texts: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return, by name, the log of each source in Node, and of its compiled form."""
    found = ask_node(ASK, [(text, wrapper(text)) for text in texts.values()])
    assert isinstance(found, list)
    return dict(zip(texts, found, strict=True))
