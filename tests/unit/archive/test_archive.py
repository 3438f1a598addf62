from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compartment_mapper.archive.compartment_map import (
    CompartmentDescriptor,
    CompartmentMap,
    FileModule,
)
from compartment_mapper.archive.reader import unpack
from compartment_mapper.archive.writer import map_bytes, pack, sha512_hex
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.locations import ROOT_NAME, ModuleName
from compartment_mapper.policy.model import PackagePolicy

MAIN = b'{"source":"main"}'
LIB = b"\x00binary\xff" * 50
FILES = {"app-v1/main.js": MAIN, "app-v1/lib/x.bin": LIB}


def file_module(location: str, content: bytes) -> FileModule:
    parser = "pre-cjs-json" if location.endswith(".js") else "bytes"
    return FileModule(location=location, parser=parser, sha512=sha512_hex(content))


MAP = CompartmentMap(
    entry_compartment="app-v1",
    entry_module=ModuleName("./main.js"),
    compartments={
        "app-v1": CompartmentDescriptor(
            name="app",
            label=ROOT_NAME,
            location="app-v1",
            modules={
                "./main.js": file_module("main.js", MAIN),
                "./lib/x.bin": file_module("lib/x.bin", LIB),
            },
            policy=PackagePolicy(),
        )
    },
)
ARCHIVE = pack(MAP, FILES, compress=False)
ENTRIES = [
    ("compartment-map.json", map_bytes(MAP)),
    ("app-v1/lib/x.bin", LIB),
    ("app-v1/main.js", MAIN),
]


def zip_of(entries: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def problem_of(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        unpack(content)
    (problem,) = caught.value.problems
    assert problem.code == "INVALID_ARCHIVE"
    assert problem.hint
    return problem.message


def result(content: bytes) -> str:
    try:
        archive = unpack(content)
    except InputError as error:
        return ", ".join(problem.code for problem in error.problems)
    return "the same" if archive == unpack(ARCHIVE) else "another archive"


def test_an_archive_is_read_back() -> None:
    archive = unpack(ARCHIVE)

    assert archive.map == MAP
    assert archive.files == FILES
    assert archive.sizes == {path: len(content) for path, content in FILES.items()}
    assert archive.sha512 == sha512_hex(map_bytes(MAP))


def test_the_order_of_files_and_modules_does_not_change_the_bytes() -> None:
    root = MAP.compartments["app-v1"]
    reordered = replace(
        MAP,
        compartments={
            "app-v1": replace(root, modules=dict(sorted(root.modules.items(), reverse=True)))
        },
    )

    assert pack(reordered, dict(sorted(FILES.items(), reverse=True)), compress=False) == ARCHIVE


def test_the_bytes_are_those_of_the_recipe_of_endo() -> None:
    """As written by makeArchive: stored, DOS date 0, Unix, the map first."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in ENTRIES:
            info = zipfile.ZipInfo(name, (1980, 0, 0, 0, 0, 0))
            info.create_system, info.create_version, info.extract_version = 3, 30, 10
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content)

    assert buffer.getvalue() == ARCHIVE
    assert map_bytes(MAP) == json.dumps(MAP.to_dict(), separators=(",", ":")).encode()


def test_nothing_follows_the_end_of_the_directory_and_nothing_streams() -> None:
    """Endo's reader requires the end record in the last 22 bytes, and no data descriptors."""
    with zipfile.ZipFile(BytesIO(ARCHIVE)) as archive:
        entries = archive.infolist()

    assert ARCHIVE[-22:-18] == b"PK\x05\x06"
    assert [(e.flag_bits, e.compress_type, e.extra, e.comment) for e in entries] == [
        (0, zipfile.ZIP_STORED, b"", b"")
    ] * len(entries)


def test_a_compressed_archive_is_smaller_and_holds_the_same() -> None:
    compressed = pack(MAP, FILES, compress=True)

    assert len(compressed) < len(ARCHIVE)
    assert unpack(compressed) == unpack(ARCHIVE)
    assert pack(MAP, FILES, compress=True) == compressed


def test_names_beyond_ascii_are_read_back() -> None:
    root = MAP.compartments["app-v1"]
    modules = {**root.modules, "./é 变.js": file_module("é 变.js", MAIN)}
    wider = replace(MAP, compartments={"app-v1": replace(root, modules=modules)})

    content = pack(wider, {**FILES, "app-v1/é 变.js": MAIN}, compress=False)

    assert unpack(content).map == wider


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "not a zip archive, truncated, or followed by other data", id="empty"),
        pytest.param(
            b"PK\x03\x04",
            "not a zip archive, truncated, or followed by other data",
            id="magic-only",
        ),
        pytest.param(
            b"hello" * 100,
            "not a zip archive, truncated, or followed by other data",
            id="text",
        ),
        pytest.param(zip_of([]), "it does not contain compartment-map.json", id="empty-zip"),
        pytest.param(
            zip_of([("a.txt", b"")]), "it does not contain compartment-map.json", id="any-other-zip"
        ),
        pytest.param(
            zip_of([ENTRIES[0], ENTRIES[1]]),
            "the file 'app-v1/main.js' is missing",
            id="file-missing",
        ),
        pytest.param(
            zip_of([*ENTRIES, ("app-v1/extra.js", b"")]),
            "the file 'app-v1/extra.js' is not in the compartment map",
            id="extra-file",
        ),
        pytest.param(
            zip_of([*ENTRIES[:2], ("app-v1/main.js", b"changed")]),
            "the sha512 of 'app-v1/main.js' ('./main.js') does not match the compartment map",
            id="changed-file",
        ),
        pytest.param(
            zip_of([("compartment-map.json", b"{")]),
            "compartment-map.json is not JSON: "
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            id="map-not-json",
        ),
        pytest.param(
            zip_of([("compartment-map.json", b"[]")]),
            "compartment-map.json: the map must be an object",
            id="map-no-object",
        ),
        pytest.param(
            zip_of([*ENTRIES, ("../x", b"")]),
            "the entry name '../x' is not a plain relative path",
            id="slip",
        ),
        pytest.param(
            zip_of([*ENTRIES, ("/etc/x", b"")]),
            "the entry name '/etc/x' is not a plain relative path",
            id="absolute",
        ),
        pytest.param(
            zip_of([*ENTRIES, ("a/../../x", b"")]),
            "the entry name 'a/../../x' is not a plain relative path",
            id="slip-within",
        ),
        pytest.param(
            zip_of([*ENTRIES, ("..\\x", b"")]),
            "the entry name '..\\x' is not a plain relative path",
            id="back",
        ),
    ],
)
def test_the_problem_is_named(content: bytes, message: str) -> None:
    assert problem_of(content) == message


def test_a_map_of_very_deep_json_is_refused() -> None:
    deep = zip_of([("compartment-map.json", b"[" * 100_000)])

    assert problem_of(deep).startswith("compartment-map.json is not JSON: ")


def test_a_name_that_stands_twice_is_refused() -> None:
    twice = zip_of([*ENTRIES, ("app-v1/Main.js", MAIN)]).replace(
        b"app-v1/Main.js", b"app-v1/main.js"
    )

    assert problem_of(twice) == "two entries are named 'app-v1/main.js'"


def _declaring(size: int, name: bytes = b"app-v1/main.js") -> bytes:
    """Return the archive with another uncompressed size in the directory."""
    place = ARCHIVE.rindex(name) - 46
    assert ARCHIVE[place : place + 4] == b"PK\x01\x02"
    return ARCHIVE[: place + 24] + struct.pack("<I", size) + ARCHIVE[place + 28 :]


def test_a_file_that_claims_to_be_huge_is_refused_before_it_is_unpacked() -> None:
    assert problem_of(_declaring(300 << 20)) == "'app-v1/main.js' is larger than 256 MiB"


def test_a_compressed_bomb_does_not_fill_the_memory() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("compartment-map.json", b"\0" * (2 << 20))
    bomb = buffer.getvalue()
    place = bomb.rindex(b"PK\x01\x02")
    lying = bomb[: place + 24] + struct.pack("<I", 10) + bomb[place + 28 :]

    assert problem_of(lying)


@pytest.mark.parametrize(
    ("field", "value"),
    [pytest.param(8, 1, id="encrypted"), pytest.param(10, 12, id="bz2"),
     pytest.param(10, 14, id="lzma"), pytest.param(10, 99, id="unknown")],
)  # fmt: skip
def test_other_ways_to_store_a_file_are_refused(field: int, value: int) -> None:
    place = ARCHIVE.rindex(b"app-v1/main.js") - 46 + field
    changed = ARCHIVE[:place] + struct.pack("<H", value) + ARCHIVE[place + 2 :]

    message = "'app-v1/main.js' is encrypted, streamed, or compressed with an unknown method"
    assert problem_of(changed) == message


@pytest.mark.parametrize("length", [1, 21, 22, 30, 100, len(ARCHIVE) // 2, len(ARCHIVE) - 1])
def test_a_truncated_archive_is_refused(length: int) -> None:
    assert problem_of(ARCHIVE[:length])


@given(st.integers(0, len(ARCHIVE) * 8 - 1))
@settings(max_examples=300)
def test_no_flipped_bit_of_a_file_or_the_map_goes_unseen(bit: int) -> None:
    """A flipped bit may be in a date, which no reader reads; the archive is then equivalent."""
    flipped = bytearray(ARCHIVE)
    flipped[bit // 8] ^= 1 << bit % 8

    assert result(bytes(flipped)) in {"INVALID_ARCHIVE", "the same"}


@given(st.binary(max_size=300))
def test_any_bytes_are_an_archive_or_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        unpack(content)
