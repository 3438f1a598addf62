"""The zip reader rejects each kind of bad archive, and enforces its limits."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Literal

import pytest
from bad_archives import BAD
from support import bundled
from zip_writer import End, Files, Made, good, good_packed, packed, written

from compartment_mapper.archive.reader import unpack, verify
from compartment_mapper.archive.zip_reader import read_entries, read_file
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.limits import LIMITS

SOURCES = {"main.js": "require('./other.js');\n", "other.js": "exports.x = 1;\n"}


@pytest.fixture(scope="module")
def files() -> Files:
    with zipfile.ZipFile(BytesIO(bundled(SOURCES).content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


@pytest.mark.parametrize("kind", BAD)
def test_bad_archives_are_rejected(kind: str, files: Files) -> None:
    content = BAD[kind](files)

    for read in (unpack, lambda bad: verify(BytesIO(bad))):
        with pytest.raises(InputError) as caught:
            read(content)
        assert [problem.code for problem in caught.value.problems] == ["INVALID_ARCHIVE"]


@pytest.mark.parametrize("make", [good, good_packed])
def test_what_is_good_is_read(make: object, files: Files) -> None:
    assert callable(make)
    content = make(files)

    assert dict(files).items() >= unpack(content).files.items()
    assert verify(BytesIO(content)).sizes == {
        name: len(text) for name, text in files if name != "compartment-map.json"
    }


def test_only_files_that_are_read_are_stored(files: Files) -> None:
    content = good(files)

    assert unpack(content).files.keys() == dict(files).keys() - {"compartment-map.json"}
    assert verify(BytesIO(content)).files == {}


def test_whether_files_are_packed_is_known(files: Files) -> None:
    assert not unpack(good(files)).deflated
    assert unpack(good_packed(files)).deflated


def values_of(text: bytes) -> int:
    return sum(text.count(sign) for sign in (b",", b"{", b"["))


@pytest.mark.parametrize(
    ("limit", "measure", "said"),
    [("values", values_of, "more than"), ("map", len, "larger than 16 MiB")],
)
def test_a_map_is_allowed_up_to_its_limit(
    limit: Literal["values", "map"],
    measure: Callable[[bytes], int],
    said: str,
    files: Files,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content, size = good(files), measure(dict(files)["compartment-map.json"])

    monkeypatch.setitem(LIMITS, limit, size)
    assert unpack(content).files
    monkeypatch.setitem(LIMITS, limit, size - 1)
    with pytest.raises(InputError, match=said):
        unpack(content)


def read(content: bytes) -> dict[str, bytes]:
    file = BytesIO(content)
    return {name: read_file(file, entry) for name, entry in read_entries(file).items()}


def problem(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(content)
    return caught.value.problems[0].message.removeprefix("the archive can't be used: ")


ONE = Made(name=b"one", content=b"1")
TWO = Made(name=b"two", content=b"2" * 100)


def test_the_order_in_the_directory_does_not_matter() -> None:
    first = replace(ONE, listed=False)
    size = len(first.header(0)[0])
    listed = replace(ONE, offset=0)
    both = written([first, TWO], End(in_directory=listed.header(0)[1], count=2))

    assert read(both) == {"one": b"1", "two": b"2" * 100}
    assert read_entries(BytesIO(both))["two"].offset == size


def test_names_are_utf8_whatever_the_flag_says() -> None:
    name = "ü/ß.js"
    for flags in (0, 0x800, 0x802, 0x806):
        assert read(written([Made(name=name.encode(), content=b"x", flags=flags)])) == {name: b"x"}


@pytest.mark.parametrize("name", ["a", "a/b", "a.b", "..a", "a..", "a/..b/c", ".a", "ab:c", "1:b"])
def test_a_plain_path_is_one(name: str) -> None:
    assert read(written([Made(name=name.encode(), content=b"")])) == {name: b""}


def test_the_ratio_is_allowed_up_to_its_limit() -> None:
    data = zlib.compressobj(9, zlib.DEFLATED, -15)
    stored = data.compress(b"\0" * 100_000) + data.flush()
    most = len(stored) * LIMITS["ratio"] + LIMITS["slack"]
    assert most < 100_000
    fits = packed(Made(name=b"x", content=b"\0" * 4_000))

    assert read(written([fits])) == {"x": b"\0" * 4_000}
    claim = Made(name=b"x", content=b"", stored=stored, method=8, size=most)
    assert "does not inflate" in problem(written([claim]))
    assert "zip bomb" in problem(written([replace(claim, size=most + 1)]))


def test_a_file_is_allowed_up_to_its_limit() -> None:
    claim = Made(name=b"x", content=b"", stored=b"\3\0", method=8, packed=2 << 20)
    for more, said in ((0, "zip bomb"), (1, "larger than 256 MiB")):
        assert said in problem(written([replace(claim, size=LIMITS["file"] + more, packed=9)]))


def test_all_files_are_allowed_up_to_their_limit() -> None:
    stored = b"\3\0" + bytes((LIMITS["file"] // LIMITS["ratio"]) + 1)
    claims = [
        Made(name=str(n).encode(), content=b"", stored=stored, method=8, size=LIMITS["file"])
        for n in range(4)
    ]

    assert len(read_entries(BytesIO(written(claims)))) == 4
    assert "larger than 1 GiB" in problem(written([*claims, ONE]))


def test_a_directory_is_allowed_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(ONE.header(0)[1])

    monkeypatch.setitem(LIMITS, "directory", size)
    assert read(written([ONE])) == {"one": b"1"}
    monkeypatch.setitem(LIMITS, "directory", size - 1)
    assert "directory is larger" in problem(written([ONE]))


def test_the_version_that_a_reader_needs_is_allowed_up_to_ours() -> None:
    assert read(written([replace(ONE, version=20)])) == {"one": b"1"}
    assert "unknown method" in problem(written([replace(ONE, version=21)]))


def test_large_contents_come_in_pieces() -> None:
    content = b"".join(number.to_bytes(4, "big") for number in range(900_000))

    assert read(written([Made(name=b"x", content=content)])) == {"x": content}
    assert read(written([packed(Made(name=b"x", content=content))])) == {"x": content}


def test_the_last_piece_may_come_of_what_is_read_already() -> None:
    """The number of letters with nine bits determines the bit at which the data ends."""
    for nines in range(8):
        eights = bytes(number * number % 251 for number in range((1 << 20) - 100 - nines))
        content = eights + bytes(range(200, 200 + nines)) + b"a" * 200
        packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_FIXED)
        stored = packer.compress(content) + packer.flush()
        entry = Made(name=b"x", content=content, stored=stored, method=8)

        assert read(written([entry])) == {"x": content}


def test_an_archive_of_nothing_is_read() -> None:
    assert read(written([])) == {}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("empty", "not a zip archive, truncated, or followed by other data"),
        ("suffix", "not a zip archive, truncated, or followed by other data"),
        ("comment-announced", "the archive has a comment or spans several disks"),
        ("second-disk", "the archive has a comment or spans several disks"),
        ("other-count-on-this-disk", "the archive has a comment or spans several disks"),
        ("count-of-zip64", "zip64 is not supported"),
        ("offset-of-zip64", "zip64 is not supported"),
        ("length-of-zip64", "zip64 is not supported"),
        ("locator-of-zip64", "zip64 is not supported"),
        ("prefix", "the central directory is not at its offset (data before the archive?)"),
        ("count-too-low", "the central directory is damaged, or has more entries than it declares"),
        (
            "count-too-high",
            "the central directory is damaged, or has fewer entries than it declares",
        ),
        ("extra-field", "an entry has an extra field, a comment, or another disk number"),
        ("comment-of-an-entry", "an entry has an extra field, a comment, or another disk number"),
        (
            "entry-on-another-disk",
            "an entry has an extra field, a comment, or another disk number",
        ),
        ("gap-before-the-directory", "unexpected data between the files and the central directory"),
        (
            "overlapping-entries",
            "unexpected data before 'app-v1.0.0/main.js', or overlapping entries",
        ),
        ("name-that-is-no-utf8", "the name of an entry is not UTF-8"),
        ("name-absolute", "the entry name '/etc/x' is not a plain relative path"),
    ],
)
def test_the_problem_of_a_bad_archive_is_named(kind: str, said: str, files: Files) -> None:
    assert problem(BAD[kind](files)) == said


def test_data_goes_on_after_its_end_wherever_the_end_is() -> None:
    """Including where a chunk ends at the same byte."""
    blocks = [65535] * 15 + [(1 << 20) - 15 * 65540 - 5]
    stored = b"".join(
        bytes([number == 15]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little")
        + bytes(size)
        for number, size in enumerate(blocks)
    )  # fmt: skip
    assert len(stored) == 1 << 20
    entry = Made(name=b"x", content=bytes(sum(blocks)), stored=stored, method=8)

    assert read(written([entry])) == {"x": bytes(sum(blocks))}
    assert "too long" in problem(written([replace(entry, stored=stored + b"hidden")]))
