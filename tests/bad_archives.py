"""Archives with one defect each, derived from a good one: every reader must reject them.

`BAD` has a function for each kind; `good` writes the same files without a defect.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

from zip_writer import END, End, Files, Made, entries_of, good, packed, written

MAP = "compartment-map.json"


Bad = Callable[[Files], bytes]


def _second(**changes: object) -> Bad:
    """An entry other than the map differs."""

    def made(files: Files) -> bytes:
        first, second, *rest = entries_of(files)
        return written([first, replace(second, **changes), *rest])  # type: ignore[arg-type]

    return made


def _packed_second(change: Callable[[Made], Made]) -> Bad:
    def made(files: Files) -> bytes:
        first, second, *rest = entries_of(files)
        return written([first, change(packed(second)), *rest])

    return made


def _ended(**changes: object) -> Bad:
    return lambda files: written(entries_of(files), End(**changes))  # type: ignore[arg-type]


def _more(*more: Made) -> Bad:
    return lambda files: written([*entries_of(files), *more])


def _named(name: bytes) -> Bad:
    return _more(Made(name=name, content=b"x"))


def _overlapping(files: Files) -> bytes:
    """The second entry lies within the data of the first."""
    first, second, *rest = entries_of(files)
    inner, _ = second.header(0)
    holder = Made(name=b"x", content=inner)
    hidden = replace(second, listed=True, offset=len(holder.header(0)[0]) - len(inner))
    data, central = holder.header(0)
    _, line = hidden.header(0)
    others = written([first, *rest])
    at = others.rindex(b"PK\5\6")
    start = struct.unpack("<L", others[at + 16 : at + 20])[0]
    moved = b"".join(
        replace(entry, offset=len(data) + place).header(0)[1]
        for entry, place in _places([first, *rest])
    )
    directory = central + line + moved
    tail = END.pack(b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)[:8]
    count = 2 + len([first, *rest])
    tail += struct.pack("<2H2LH", count, count, len(directory), len(data) + start, 0)
    return data + others[:start] + directory + tail


def _places(entries: Sequence[Made]) -> list[tuple[Made, int]]:
    found, at = [], 0
    for entry in entries:
        found.append((entry, at))
        at += len(entry.header(0)[0])
    return found


def _twice_the_same_data(files: Files) -> bytes:
    """Two names for one entry's data: its local header has one of them."""
    entries = entries_of(files)
    return written([*entries, replace(entries[1], name=b"y", offset=0, before=b"")])


def _counted(by: int) -> Bad:
    return lambda files: written(entries_of(files), End(count=len(files) + by))


def _zip64_locator(files: Files) -> bytes:
    """An invalid zip64 locator precedes the end record."""
    locator = b"PK\6\7" + struct.pack("<LQL", 0, 0, 1)
    entries = entries_of(files)
    return written([*entries[:-1], replace(entries[-1], comment=locator)])


def _zip64_sizes(files: Files) -> bytes:
    first, second, *rest = entries_of(files)
    extra = struct.pack("<2H2Q", 1, 16, len(second.content), len(second.content))
    large = replace(second, size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=extra, version=45)
    own = {"size": len(second.content), "packed": len(second.content), "version": 10}
    return written([first, replace(large, local=own), *rest])


def _many(files: Files) -> bytes:
    more = [Made(name=f"{number}".encode(), content=b"") for number in range(0xFFFF - len(files))]
    return written([*entries_of(files), *more])


def _mapped(change: Callable[[bytes], bytes]) -> Bad:
    """The map differs; the container is well formed."""

    def made(files: Files) -> bytes:
        return good([(name, change(text) if name == MAP else text) for name, text in files])

    return made


def _two_hashes(text: bytes) -> bytes:
    """List a file a second time, with the hash of another content."""
    found = json.loads(text)
    [compartment] = found["compartments"].values()
    first = next(each for each in compartment["modules"].values() if "sha512" in each)
    compartment["modules"]["./again.js"] = {**first, "sha512": "0" * 128}
    return json.dumps(found).encode()


def renamed(key: str, name: str) -> Callable[[bytes], bytes]:
    """Give the application another name, label or location."""

    def change(text: bytes) -> bytes:
        found = json.loads(text)
        [(old, compartment)] = found["compartments"].items()
        compartment[key] = name
        if key == "location":
            found["compartments"] = {name: found["compartments"].pop(old)}
            found["entry"]["compartment"] = name
        return json.dumps(found).encode()

    return change


def _params(depth: int) -> Callable[[bytes], bytes]:
    """Give the application an attenuation with a nested parameter."""

    def change(text: bytes) -> bytes:
        found = json.loads(text)
        for compartment in found["compartments"].values():
            policy = compartment.setdefault("policy", {})
            policy["options"] = {"x": 1}
        written_ = json.dumps(found).encode()
        return written_.replace(b'{"x": 1}', b'{"x": ' + b"[" * depth + b"]" * depth + b"}")

    return change


def _policied(policy: object, key: str = "policy") -> Bad:
    """Give a compartment an invalid policy."""

    def change(text: bytes) -> bytes:
        found = json.loads(text)
        for compartment in found["compartments"].values():
            compartment[key] = policy
        return json.dumps(found).encode()

    return _mapped(change)


_LARGE = 250 << 20


_CLAIMS = [
    Made(name=f"large{number}".encode(), content=b"", size=_LARGE, packed=_LARGE // 100, method=8)
    for number in range(5)
]


BAD: dict[str, Bad] = {
    "empty": lambda _files: b"",
    "no-zip": lambda _files: b"console.log('evaluated')",
    "magic-only": lambda _files: b"PK\3\4",
    "truncated": lambda files: good(files)[:-1],
    **{
        f"{key}-{name!r}": _mapped(renamed(key, name))
        for key in ("name", "label", "location")
        for name in ("..", "../../evil", "/etc", "a/../../b", "a\0b", "a\\b", ".")
    },
    "two-hashes-of-one-file": _mapped(_two_hashes),
    "half": lambda files: good(files)[: len(good(files)) // 2],
    "prefix": lambda files: b"#!/bin/sh\n" + good(files),
    "prefix-with-offsets": _ended(prefix=b"#!/bin/sh\n"),
    "suffix": _ended(suffix=b"\n"),
    "second-archive-after": lambda files: good(files) + good(files),
    "second-archive-before": lambda files: good(files)[:-22] + good(files),
    "comment": _ended(comment=3, suffix=b"abc"),
    "comment-announced": _ended(comment=3),
    "second-disk": _ended(disk=1),
    "second-disk-without-the-directory": _ended(disk=1, directory_disk=0),
    "directory-on-another-disk": _ended(directory_disk=1),
    "other-count-on-this-disk": _ended(here=1),
    "count-too-low": _counted(-1),
    "count-too-high": _counted(1),
    "count-of-zip64": _ended(count=0xFFFF),
    "offset-of-zip64": _ended(offset=0xFFFFFFFF),
    "length-of-zip64": _ended(length=0xFFFFFFFF),
    "locator-of-zip64": _zip64_locator,
    "sizes-of-zip64": _zip64_sizes,
    "many-entries": _many,
    "directory-elsewhere": _ended(offset=0),
    "directory-too-short": _ended(length=46),
    "header-that-is-none": _second(signatures=(b"PK\3\3", b"PK\1\2")),
    "line-that-is-none": _second(signatures=(b"PK\3\4", b"PK\1\1")),
    "line-that-is-cut-off": lambda files: written(
        entries_of(files), End(count=len(files) + 1, in_directory=b"PK\1\2\0\0")
    ),
    "gap-before-an-entry": _second(before=b"gap!"),
    "gap-after-an-entry": _second(after=b"gap!"),
    "gap-before-the-directory": _ended(before_directory=b"gap!"),
    "gap-after-the-directory": _ended(before_end=b"gap!"),
    "bytes-in-the-directory": _ended(in_directory=b"PK\5\5\0\0"),
    "hidden-entry": lambda files: written(
        [*entries_of(files), Made(name=b"hidden.js", content=b"x", listed=False)]
    ),
    "hidden-entry-first": lambda files: written(
        [Made(name=b"hidden.js", content=b"x", listed=False), *entries_of(files)]
    ),
    "hidden-entry-of-the-same-name": lambda files: written(
        [replace(entries_of(files)[1], content=b"x", listed=False), *entries_of(files)]
    ),
    "overlapping-entries": _overlapping,
    "one-entry-twice-listed": _twice_the_same_data,
    "offset-beyond": _second(offset=1 << 30),
    "offset-of-another": _second(offset=0),
    "duplicate-name": lambda files: written([*entries_of(files), entries_of(files)[1]]),
    "duplicate-map": lambda files: written([*entries_of(files), entries_of(files)[0]]),
    "encrypted": _second(flags=1),
    "strongly-encrypted": _second(flags=1 << 6),
    "masked-header": _second(flags=1 << 13),
    "data-descriptor": _second(flags=8),
    "patched-data": _second(flags=1 << 5),
    "unknown-flag": _second(flags=1 << 14),
    "flags-that-differ": _second(local={"flags": 0x800}),
    "method-that-differs": _second(local={"method": 8}),
    "crc-that-differs": _second(local={"crc": 1}),
    "size-that-differs": _second(local={"size": 1}),
    "packed-size-that-differs": _second(local={"packed": 1}),
    "name-that-differs": _second(local={"name": b"z"}),
    "name-that-is-longer": _second(local={"name": b"main.jsx"}),
    "bad-crc": _second(crc=1),
    "bad-crc-of-packed": _packed_second(lambda entry: replace(entry, crc=1)),
    "unknown-method": _second(method=12),
    "method-of-lzma": _second(method=14),
    "later-version": _second(version=45),
    "later-version-of-its-own": _second(local={"version": 63}),
    "extra-field": _second(extra=struct.pack("<2H", 0x9999, 0)),
    "extra-field-of-its-own": _second(local_extra=struct.pack("<2H", 0x9999, 0)),
    "other-name-in-an-extra-field": _second(extra=struct.pack("<2HBL", 0x7075, 6, 1, 0) + b"z"),
    "comment-of-an-entry": _second(comment=b"PK\5\6"),
    "entry-on-another-disk": _second(disk=1),
    "stored-with-two-sizes": _second(size=3),
    "packed-cut-off": _packed_second(
        lambda entry: replace(entry, stored=(entry.stored or b"")[:-1])
    ),
    "packed-that-goes-on": _packed_second(
        lambda entry: replace(entry, stored=(entry.stored or b"") + b"hidden")
    ),
    "packed-size-too-low": _packed_second(lambda entry: replace(entry, size=1)),
    "packed-size-too-high": _packed_second(
        lambda entry: replace(entry, size=len(entry.content) + 1)
    ),
    "packed-that-is-none": _packed_second(lambda entry: replace(entry, stored=b"\xff" * 9)),
    "bomb": lambda files: written(
        [*entries_of(files), packed(Made(name=b"x", content=b"\0" * (4 << 20)))]
    ),
    "slight-bomb": lambda files: written(
        [*entries_of(files), packed(Made(name=b"x", content=b"\0" * 300_000))]
    ),
    "file-too-large": _more(Made(name=b"x", content=b"", size=300 << 20, packed=3 << 20, method=8)),
    "all-too-large": _more(*_CLAIMS),
    "name-absolute": _named(b"/etc/x"),
    "name-of-a-folder-above": _named(b"../x"),
    "name-of-a-folder-above-inside": _named(b"a/../x"),
    "name-with-a-dot": _named(b"./x"),
    "name-with-an-empty-segment": _named(b"a//x"),
    "name-of-a-folder": _named(b"a/"),
    "name-of-nothing": _named(b""),
    "name-with-a-backslash": _named(b"a\\x"),
    "name-with-nul": _named(b"main.js\0.txt"),
    "name-with-a-drive": _named(b"C:x"),
    "name-that-is-no-utf8": _named(b"\xff"),
    "name-that-is-no-utf8-and-says-so": _more(Made(name=b"\xc0\xae", content=b"", flags=0x800)),
    "name-of-a-surrogate": _named(b"\xed\xa0\x80"),
    "file-that-the-map-has-not": _named(b"x.js"),
    "no-map": lambda files: good([file for file in files if file[0] != MAP]),
    "missing-file": lambda files: good(files[:-1]),
    "changed-file": lambda files: good([*files[:-1], (files[-1][0], files[-1][1] + b" ")]),
    "map-that-is-no-json": _mapped(lambda text: text[1:]),
    "map-with-bom": _mapped(lambda text: b"\xef\xbb\xbf" + text),
    "map-that-is-no-utf8": _mapped(lambda text: text.replace(b"app", b"\xff", 1)),
    "map-with-nan": _mapped(lambda text: text[:-1] + b',"tags":NaN}'),
    "map-with-nan-where-all-may-stand": _mapped(
        lambda text: _params(0)(text).replace(b'"x": ', b'"x": NaN')
    ),
    "map-of-many-values": _mapped(lambda text: text[:-1] + b"," * 600_001 + b"}"),
    "map-of-many-spaces": _mapped(lambda text: text + b" " * (16 << 20)),
    "map-with-deep-options": _mapped(_params(40)),
    "map-of-great-depth": _mapped(lambda text: text[:-1] + b',"x":' + b"[" * 9999 + b"}"),
    "module-of-two-kinds": _mapped(
        lambda text: text.replace(b'"parser":', b'"exit":"fs","parser":', 1)
    ),
    "writes-that-are-no-names": _policied({"options": {"writes": [1]}}),
    "loads-that-are-no-list": _policied({"options": {"loads": "fs"}}),
    "options-that-are-a-list": _policied({"options": []}),
    "map-with-unknown-keys": _mapped(lambda text: text[:-1] + b',"x":1}'),
    "map-with-unknown-keys-of-a-compartment": _policied({}, "compartment"),
    "policy-with-words-of-a-file": _policied({"version": "1"}),
    "policy-with-a-reason": _policied({"globals": {"fetch": {"grant": True, "why": "x"}}}),
    "policy-that-loads-by-word": _policied({"builtins": {"fs": "load"}}),
    "policy-that-writes-a-builtin": _policied({"builtins": {"fs": "write"}}),
    "policy-that-writes-a-package": _policied({"packages": {"a": "write"}}),
    "policy-with-an-odd-flag": _policied({"noGlobalFreeze": 1}),
    "policy-with-deep-parameters": _policied(
        {"builtins": {"fs": {"attenuate": "a", "params": json.loads("[" * 40 + "]" * 40)}}}
    ),
    "map-with-odd-tags": _mapped(lambda text: text.replace(b'"tags":[]', b'"tags":[1]')),
    "map-that-is-a-list": _mapped(lambda text: b"[" + text + b"]"),
}
