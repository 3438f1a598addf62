"""Patterns of hosts in a policy: ``api.example.com``, ``*.example.org:8443``, ``10.0.0.0/8``.

A pattern without a port allows every port. ``*.example.org`` stands for the names below
``example.org``, and ``*`` for every host except ``localhost``. Addresses that are not public
(loopback, private, link-local: ``special`` in ``authority/scopes.json``) are allowed only by a
pattern that is an address or a network; the name ``localhost`` allows loopback addresses too.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from compartment_mapper.policy.patterns import cover
from compartment_mapper.tables import table

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_WITH_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>\d{1,5}))?")
_MOST_NAME = 253
_MOST_PORT = 65535
_LOOPBACK_NAME = "localhost"


@cache
def _special() -> tuple[_Network, ...]:
    """Return the networks whose addresses are not public."""
    listed = json.loads(table("authority/scopes.json"))["special"]
    return tuple(ipaddress.ip_network(each) for each in listed)


@dataclass(frozen=True, slots=True)
class _Pattern:
    #: ``any``: every name and every public address.
    kind: Literal["any", "name", "below", "network"]
    value: str = ""
    port: str | None = None
    network: _Network | None = None


def check_host(text: str) -> str:
    """Return why *text* is not a pattern of hosts, or an empty string.

    >>> check_host("*.example.org:8443"), check_host("[::1]:80")
    ('', '')
    >>> check_host("https://example.org/")
    "'https://example.org/' is not a host: write the host alone, such as api.example.com:8443"
    """
    found = _parsed(text)
    return found if isinstance(found, str) else ""


def hosts_cover(all_of: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Return whether the patterns *all_of* allow all that each of *others* allows."""
    return cover(all_of, others, lambda one, other: _covers(_known(one), _known(other)))


def hosts_within(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return patterns that allow what both lists allow.

    >>> hosts_within(("*.example.org", "10.0.0.0/8"), ("a.example.org:80", "10.1.0.0/16:53"))
    ('10.1.0.0/16:53', 'a.example.org:80')
    """
    found = {_common(_known(p), _known(q), p, q) for p in one for q in other}
    return tuple(sorted(found - {""}))


def _known(text: str) -> _Pattern:
    found = _parsed(text)
    assert isinstance(found, _Pattern), found
    return found


def _parsed(text: str) -> _Pattern | str:
    alone = f"'{text}' is not a host: write the host alone, such as api.example.com:8443"
    network, problem = _network_of(text)
    if problem:
        return problem
    if network is not None:
        return _Pattern("network", network[0], network[1], ipaddress.ip_network(network[0]))
    found = _WITH_PORT.fullmatch(text)
    if found is None or not found["host"] or found["host"].startswith("["):
        return alone
    host, port = found["host"], found["port"]
    if port is not None and not _is_port(port):
        return f"'{text}': a port is a number from 1 to {_MOST_PORT}, without leading zeros"
    if host == "*":
        return _Pattern("any", "", port)
    name = host.removeprefix("*.")
    problem = _name_problem(name, text)
    if problem:
        return problem
    return _Pattern("name" if name == host else "below", name, port)


def _is_port(text: str) -> bool:
    return not text.startswith("0") and int(text) <= _MOST_PORT


def _name_problem(name: str, text: str) -> str:
    """Return why *name* is not the canonical form of a host's name, or an empty string."""
    if not name.isascii():
        try:
            ascii_form = name.encode("idna").decode("ascii")
        except UnicodeError:
            return f"'{text}' is not a host: write the ASCII form of its name (xn--…)"
        return f"'{text}': write the ASCII form of the name, '{ascii_form}'"
    if name != name.lower() or name.endswith("."):
        return f"'{text}': write '{text.lower().replace(name.lower(), name.lower().rstrip('.'))}'"
    labels = name.split(".")
    is_name = all(map(_LABEL.fullmatch, labels)) and len(name) <= _MOST_NAME
    # A name whose last label is a number is an address: https://url.spec.whatwg.org/#ends-in-a-number-checker
    if not is_name or re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
        return f"'{text}' is not a host: write a name, an address or a network, without a URL"
    return ""


def _network_of(text: str) -> tuple[tuple[str, str | None] | None, str]:
    """Return the network and the port if *text* is an address or a network, and the problem."""
    found = re.fullmatch(
        r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>\d+\.\d+\.\d+\.\d+)|(?P<bare>[0-9a-fA-F.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*))"
        r"(?P<length>/\d{1,3})?(?::(?P<port>\d{1,5}))?",
        text,
    )
    if found is None:
        return None, ""
    address = found["six"] or found["four"] or found["bare"]
    written = f"{address}{found['length'] or ''}"
    try:
        network = ipaddress.ip_network(written)
    except ValueError as problem:
        return None, f"'{text}' is not an address or a network: {problem}"
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None:
        return None, f"'{text}': write the IPv4 address {mapped}"
    canonical = str(network if found["length"] else network.network_address)
    if written != canonical:
        return None, f"'{text}': write '{canonical}'"
    if found["bare"] and found["port"]:  # pragma: no cover - the pattern takes it for the address
        return None, f"'{text}': write the address in brackets"
    port = found["port"]
    if port is not None and not _is_port(port):
        return None, f"'{text}': a port is a number from 1 to {_MOST_PORT}, without leading zeros"
    return (canonical, port), ""


def _covers(one: _Pattern, other: _Pattern) -> bool:
    if one.port is not None and one.port != other.port:
        return False
    match one.kind:
        case "any":
            return _is_public(other)
        case "name":
            return other.kind == "name" and other.value == one.value
        case "below":
            return other.kind in {"name", "below"} and (
                other.value.endswith(f".{one.value}")
                or other == _Pattern("below", one.value, other.port)
            )
        case "network":
            return _holds(one.network, other.network)


def _is_public(pattern: _Pattern) -> bool:
    if pattern.network is not None:
        return not any(_overlap(pattern.network, special) for special in _special())
    return f".{pattern.value}".endswith(f".{_LOOPBACK_NAME}") is False


def _overlap(one: _Network, other: _Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _holds(one: _Network | None, other: _Network | None) -> bool:
    if isinstance(one, ipaddress.IPv4Network) and isinstance(other, ipaddress.IPv4Network):
        return other.subnet_of(one)
    if isinstance(one, ipaddress.IPv6Network) and isinstance(other, ipaddress.IPv6Network):
        return other.subnet_of(one)
    return False


def _common(p: _Pattern, q: _Pattern, p_text: str, q_text: str) -> str:
    """Return the pattern that allows what both allow, or an empty string."""
    if p.port is not None and q.port is not None and p.port != q.port:
        return ""
    port = p.port or q.port
    for one, other, text in ((p, q, q_text), (q, p, p_text)):
        if _covers(_without_port(one), _without_port(other)):
            return (
                text
                if other.port == port
                else f"{text}:{port}"
                if other.network is None
                else _bracketed(text, port)
            )
    return ""


def _without_port(pattern: _Pattern) -> _Pattern:
    return _Pattern(pattern.kind, pattern.value, None, pattern.network)


def _bracketed(text: str, port: str | None) -> str:
    """Return the pattern of a network with a port: ``[fe80::]/10:80``."""
    address, slash, length = text.partition("/")
    address = f"[{address}]" if ":" in address and not address.startswith("[") else address
    return f"{address}{slash}{length}:{port}"
