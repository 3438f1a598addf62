"""SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote

from compartment_mapper.authority.table import Severity
from compartment_mapper.report.alerts import LEAK_RULE, Alert, alerts_of
from compartment_mapper.report.model import Review
from compartment_mapper.report.places import SourceRoot

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_DOCS = "https://github.com/compartment-mapper/compartment-mapper/blob/main/docs"
_ROOT = "%SRCROOT%"

#: GitHub orders alerts by this number: from 9.0 critical, from 7.0 high, from 4.0 medium.
_SCORES: dict[Severity, str] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.0",
    "low": "2.0",
    "harmless": "0.0",
}


def sarif(review: Review, root: SourceRoot) -> str:
    """Return the log: one run, with a rule for each capability and a result for each alert."""
    alerts = list(alerts_of(review))
    firsts = {alert.rule: alert for alert in reversed(alerts)}
    rules = sorted(firsts)
    numbers = {rule: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "compartment-mapper",
                "semanticVersion": review.tool_version,
                "informationUri": f"{_DOCS}/README.md",
                "rules": [_rule(firsts[rule]) for rule in rules],
            }
        },
        "automationDetails": {"id": f"compartment-mapper/{root.fallback}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The root of the repository."}},
        },
        "results": [_result(alert, numbers[alert.rule], root) for alert in alerts],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _rule(alert: Alert) -> dict[str, object]:
    title, text, page = _help(alert)
    found: dict[str, object] = {
        "id": alert.rule,
        "shortDescription": {"text": title},
        "fullDescription": {"text": text},
        "help": {"text": f"{text} See {page}", "markdown": f"{_markdown(text)} [Details]({page})."},
        "helpUri": page,
        "defaultConfiguration": {"level": alert.level},
    }
    if alert.capability is not None or alert.rule == LEAK_RULE:
        severity = "high" if alert.capability is None else alert.capability.severity
        found["properties"] = {
            "tags": ["security", "supply-chain", severity],
            "precision": "high",
            "security-severity": _SCORES[severity],
        }
    return found


def _help(alert: Alert) -> tuple[str, str, str]:
    """Return the title of a rule, its explanation and its page."""
    if alert.capability is not None:
        kind, _, path = alert.rule.partition("/")
        text = (
            f"A package is granted, or uses and is denied, the {kind} {path}: "
            f"{alert.capability.reason}. `compartment-mapper policy explain` shows the code that "
            "uses it; a policy denies it with false."
        )
        return f"{kind} {path}: {alert.capability.reason}", text, f"{_DOCS}/authority.md"
    if alert.rule == LEAK_RULE:
        text = (
            "A dependency can read secrets, and can reach the network, so it can leak them. Deny "
            "one of the two in the policy unless the package needs both."
        )
        return "reads secrets and reaches the network", text, f"{_DOCS}/authority.md"
    page = f"{_DOCS}/errors.md#{alert.rule.lower()}"
    return alert.rule, f"The build reports {alert.rule}.", page


def _markdown(text: str) -> str:
    return text.replace("[", "\\[").replace("<", "&lt;")


def _result(alert: Alert, rule: int, root: SourceRoot) -> dict[str, object]:
    digest = sha256("\0".join(alert.key).encode("utf-8", "surrogatepass")).hexdigest()
    found: dict[str, object] = {
        "ruleId": alert.rule,
        "ruleIndex": rule,
        "level": alert.level,
        "message": {"text": _plain(alert.message)},
        "locations": [_location(alert, root)],
        # The keys: ours, and the one that GitHub reads.
        "partialFingerprints": {
            "compartmentMapperKey/v1": digest,
            "primaryLocationLineHash": f"{digest[:16]}:1",
        },
    }
    if alert.is_new is not None:
        found["baselineState"] = "new" if alert.is_new else "unchanged"
    if alert.capability is not None:
        found["properties"] = {
            "package": alert.package,
            "severity": alert.capability.severity,
            "status": alert.capability.status,
            "used": alert.capability.used,
        }
    return found


def _plain(text: str) -> str:
    r"""Return *text* without links, which brackets make in a message (SARIF 3.11.6).

    >>> print(_plain("package '[a](https://b.example)'"))
    package '\[a\](https://b.example)'
    """
    return re.sub(r"([\\\[\]])", r"\\\1", text)


def _location(alert: Alert, root: SourceRoot) -> dict[str, object]:
    place = alert.place
    path = None if place is None else root.path_of(place.file)
    physical: dict[str, object] = {
        "artifactLocation": {
            "uri": _uri(root.fallback if path is None else path),
            "uriBaseId": _ROOT,
        }
    }
    if place is not None and path is not None and place.position is not None:
        line, column = place.position
        physical["region"] = {"startLine": line, "startColumn": column}
    else:
        physical["region"] = {"startLine": 1}
    return {
        "physicalLocation": physical,
        "logicalLocations": list(_packages([alert.package])),
    }


def _packages(names: Iterable[str]) -> Iterable[dict[str, str]]:
    return ({"name": name, "kind": "module"} for name in names)


def _uri(path: str) -> str:
    """Return *path* as a relative reference.

    >>> _uri("a b/é.js"), _uri("c:d.js")
    ('a%20b/%C3%A9.js', 'c%3Ad.js')
    """
    return quote(path, safe="/@!$&'()*+,;=-._~", errors="surrogateescape")
