"""The review as one page without network access: styles, program and data in one file.

The page loads nothing, evaluates no strings, and writes text as text only. Its policy for content
(CSP) names the hashes of its script and its styles, so that the browser refuses anything else.
"""

from __future__ import annotations

import json
from html import escape
from pkgutil import get_data

from compartment_mapper.archive.script import integrity
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.errors.environment import runtime_missing
from compartment_mapper.report.data import review_to_dict
from compartment_mapper.report.model import Review
from compartment_mapper.report.text import summary_text
from compartment_mapper.text import without_surrogates

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<noscript>{summary}. This page needs JavaScript.</noscript>
<script type="application/json" id="review">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def html(review: Review) -> str:
    """Return the page; equal reviews give equal pages.

    Raises:
        InputError: RUNTIME_MISSING.
    """
    script, style = _asset("report.js"), _asset("report.css")
    name = review.packages[0].name if review.packages else review.target
    return _PAGE.format(
        policy=escape(_content_policy(script, style)),
        title=escape(without_surrogates(f"{name}: capabilities")),
        style=style,
        summary=escape(_summary(review)),
        data=_json_in_html(review_to_dict(review)),
        script=script,
    )


def _content_policy(script: str, style: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{integrity(script.encode(), 'sha256')}'",
            f"style-src '{integrity(style.encode(), 'sha256')}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _summary(review: Review) -> str:
    files = sum(len(package.files) for package in review.packages)
    return summary_text(len(review.packages), files, review.size)


def _json_in_html(value: object) -> str:
    r"""Return *value* as JSON that HTML and JavaScript read alike, whatever its strings are.

    >>> _json_in_html("</script><!--&\u2028")
    '"\\u003c/script>\\u003c!--&\\u2028"'
    """
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _asset(name: str) -> str:
    try:
        content = get_data("compartment_mapper", f"_runtime/{name}")
    except OSError:
        content = None
    if content is None:
        raise InputError(runtime_missing())
    return content.decode("ascii")
