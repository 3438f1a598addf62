"""What SES refuses in the text of a program, to see that it finds nothing in ours."""

from __future__ import annotations

import re

#: The meaning of the three patterns in ses/src/transforms.js, 2.3.0; ``\s`` as JavaScript has it.
_SPACE = "[\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]*"
CENSORS = {
    "html comment": re.compile("<!--|-->"),
    "import expression": re.compile(rf"(?:^|[^.]|\.\.\.)\bimport{_SPACE}(?:\(|/[/*])", re.ASCII),
    # As the runtime has it refused: runtime/src/lockdown/import-phases.js.
    "import of a phase": re.compile(
        rf"(?:^|[^.]|\.\.\.)\bimport{_SPACE}\.{_SPACE}(?:(?:source|defer)\b|/[/*])", re.ASCII
    ),
    "direct eval": re.compile(rf"(?:^|[^.])\beval{_SPACE}\(", re.ASCII),
}
