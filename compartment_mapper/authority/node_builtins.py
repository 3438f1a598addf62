"""The builtin modules of Node 24."""

from __future__ import annotations

#: ``module.builtinModules`` of Node 24; available with and without the prefix ``node:``.
_BUILTINS = frozenset(
    """
    _http_agent _http_client _http_common _http_incoming _http_outgoing _http_server
    _stream_duplex _stream_passthrough _stream_readable _stream_transform _stream_wrap
    _stream_writable _tls_common _tls_wrap assert assert/strict async_hooks buffer child_process
    cluster console constants crypto dgram diagnostics_channel dns dns/promises domain events fs
    fs/promises http http2 https inspector inspector/promises module net os path path/posix
    path/win32 perf_hooks process punycode querystring readline readline/promises repl stream
    stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls
    trace_events tty url util util/types v8 vm wasi worker_threads zlib
    """.split()
)

#: Builtins that require the prefix ``node:``; without it, the name is an npm package.
PREFIX_ONLY_BUILTINS = frozenset({"sea", "sqlite", "test", "test/reporters"})

#: The npm packages that usually replace builtins in pages, by the name of the builtin.
POLYFILLS = {
    **{
        name: name
        for name in (
            "assert buffer constants events process punycode string_decoder url util"
        ).split()
    },
    "console": "console@npm:console-browserify",
    "crypto": "crypto@npm:crypto-browserify",
    "domain": "domain@npm:domain-browser",
    "http": "http@npm:stream-http",
    "https": "https@npm:https-browserify",
    "os": "os@npm:os-browserify",
    "path": "path@npm:path-browserify",
    "querystring": "querystring@npm:querystring-es3",
    "stream": "stream@npm:stream-browserify",
    "timers": "timers@npm:timers-browserify",
    "tty": "tty@npm:tty-browserify",
    "vm": "vm@npm:vm-browserify",
    "zlib": "zlib@npm:browserify-zlib",
}

_PREFIX = "node:"


def is_builtin(specifier: str) -> str | None:
    """Return the name, without ``node:``, of the builtin that *specifier* names, or None.

    >>> is_builtin("node:fs"), is_builtin("fs/promises"), is_builtin("node:test")
    ('fs', 'fs/promises', 'test')
    >>> is_builtin("test"), is_builtin("punycode/"), is_builtin("NODE:fs")
    (None, None, None)
    """
    if specifier in _BUILTINS:
        return specifier
    if not specifier.startswith(_PREFIX):
        return None
    name = specifier[len(_PREFIX) :]
    return name if name in _BUILTINS or name in PREFIX_ONLY_BUILTINS else None


def known_builtins() -> frozenset[str]:
    """Return the names of all builtins, without ``node:``."""
    return _BUILTINS | PREFIX_ONLY_BUILTINS
