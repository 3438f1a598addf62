"""The rejections of SES, to check that it accepts our compiled programs."""

from __future__ import annotations

import re

#: The three patterns in ses/src/transforms.js, 2.3.0, with ``\s`` as in JavaScript.
_SPACE = "[\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]*"
CENSORS = {
    "html comment": re.compile("<!--|-->"),
    "import expression": re.compile(rf"(?:^|[^.]|\.\.\.)\bimport{_SPACE}(?:\(|/[/*])", re.ASCII),
    # Also rejected by the runtime: runtime/src/lockdown/import-phases.js.
    "import of a phase": re.compile(
        rf"(?:^|[^.]|\.\.\.)\bimport{_SPACE}\.{_SPACE}(?:(?:source|defer)\b|/[/*])", re.ASCII
    ),
    "direct eval": re.compile(rf"(?:^|[^.])\beval{_SPACE}\(", re.ASCII),
}
