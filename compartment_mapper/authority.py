"""What a host offers beyond the language, and which part of it is harmless.

Harmless is what can neither read nor change anything outside of the compartment that holds it.
Everything else is a power. ``docs/security.md`` has the reason for each entry.
"""

from __future__ import annotations

#: Aliases of the global object that Node has; ``self`` and ``window`` are absent there.
GLOBAL_ALIASES = frozenset({"globalThis", "global"})

HARMLESS_GLOBALS = frozenset(
    """
    AbortController AbortSignal Buffer ByteLengthQueuingStrategy CountQueuingStrategy CustomEvent
    DOMException Date Event EventTarget Math ReadableStream TextDecoder TextEncoder TransformStream
    URL URLSearchParams WritableStream atob btoa clearImmediate clearInterval clearTimeout console
    queueMicrotask setImmediate setInterval setTimeout structuredClone
    """.split()
)

#: Members of host objects that are harmless although their object is not.
HARMLESS_PATHS = frozenset(
    {
        "crypto.getRandomValues",
        "crypto.randomUUID",
        "performance.now",
        "process.arch",
        "process.env.NODE_ENV",
        "process.nextTick",
        "process.platform",
        "process.release",
        "process.version",
        "process.versions",
    }
)

HARMLESS_BUILTINS = frozenset(
    """
    assert assert/strict buffer events module path path/posix path/win32 punycode querystring stream
    stream/promises string_decoder url util util/types
    """.split()
)

#: Host objects that are granted by path; any other global is granted whole.
VIEWED_GLOBALS = frozenset({"crypto", "performance", "process"})

#: Globals of Node 24 that ECMA-262 does not have (and ``Date``, ``Math``, which hold powers).
HOST_GLOBALS = HARMLESS_GLOBALS | frozenset(
    """
    Blob BroadcastChannel CloseEvent CompressionStream Crypto CryptoKey DecompressionStream
    EventSource File FormData Headers MessageChannel MessageEvent MessagePort Navigator Performance
    PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver
    PerformanceObserverEntryList PerformanceResourceTiming ReadableByteStreamController
    ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController
    ReadableStreamDefaultReader Request Response Storage SubtleCrypto TextDecoderStream
    TextEncoderStream TransformStreamDefaultController URLPattern WebAssembly WebSocket
    WritableStreamDefaultController WritableStreamDefaultWriter crypto fetch localStorage navigator
    performance process sessionStorage
    """.split()
)

#: The language's own globals that a package may assign, and then must stay variables.
INTRINSICS = frozenset(
    """
    AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array
    BigUint64Array Boolean DataView DisposableStack Error EvalError FinalizationRegistry
    Float16Array Float32Array Float64Array Function Int16Array Int32Array Int8Array Intl Iterator
    JSON Map Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set
    SharedArrayBuffer String SuppressedError Symbol SyntaxError TypeError URIError Uint16Array
    Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet decodeURI decodeURIComponent
    encodeURI encodeURIComponent escape globalThis global isFinite isNaN parseFloat parseInt
    unescape
    """.split()
)


def is_harmless_global(path: str) -> bool:
    """Return whether the global (or member of one) *path* is no power.

    >>> is_harmless_global("Buffer.from"), is_harmless_global("process.env.HOME")
    (True, False)
    """
    if path.partition(".")[0] in HARMLESS_GLOBALS:
        return True
    return any(path == known or path.startswith(known + ".") for known in HARMLESS_PATHS)


def is_harmless_builtin(name: str) -> bool:
    """Return whether the builtin module *name* (without ``node:``) is no power."""
    return name in HARMLESS_BUILTINS
