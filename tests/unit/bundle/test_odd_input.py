from __future__ import annotations

from pathlib import Path

import pytest
from command_line import invoke, refused, write
from process import mapper
from support import package

_ODD: dict[str, str | bytes] = {
    "binary": bytes(range(256)) * 20,
    "empty": "",
    "nul": "\0" * 1000,
    "not-utf-8": b"var a = '\xff\xfe';",
    "utf-16": "var a = 1".encode("utf-16"),
    "huge-line": "var a = [" + "1," * 500_000 + "];",
    "huge-error": "var a = [" + "1," * 100_000 + "@@;",
    "deep": "[" * 20_000 + "]" * 20_000,
    "deep-parentheses": "(" * 20_000,
    "deep-blocks": "{" * 20_000 + "}" * 20_000,
    "deep-templates": "`${" * 5_000,
    "many-requests": "require('./main.js');" * 5_000,
    "surrogates": "require('\\ud800'); require('./\\udfff.js')",
    "line-ends": "a\r\nb\rc\u2028d\u2029e\r\nrequire('./gone')",
    "only-bom": b"\xef\xbb\xbf",
    "only-hashbang": "#!/usr/bin/env node",
    "unended-comment": "/* import('x') <!--",
    "unended-regexp": "x = /import(",
}


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("name", _ODD)
@pytest.mark.parametrize("extension", ["js", "mjs", "cjs"])
def test_odd_sources_are_bundled_or_rejected(name: str, extension: str) -> None:
    content = _ODD[name]
    write(Path(), {f"main.{extension}": content})

    result = invoke("bundle", f"main.{extension}", "-o", "app.zip")

    assert result.exit_code in {0, 1}
    assert Path("app.zip").exists() is (result.exit_code == 0)
    assert max(map(len, result.output.splitlines())) < 400


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "content",
    [
        '{"name": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"name": "app", "exports": ' + '{"node":' * 50_000 + "1" + "}" * 50_001,
        b"\xff",
        b"",
        '{"name": "app", "version": "' + "1" * 100_000 + '"}',
        '{"name": "../../../etc/passwd", "version": "../x"}',
        '{"name": "\\ud800"}',
        '{"name": "__proto__", "version": "constructor"}',
    ],
    ids=lambda content: str(content[:20]),
)
def test_odd_descriptors_are_read_or_refused(content: str | bytes) -> None:
    write(Path(), {"package.json": content, "main.js": ""})

    result = invoke("bundle", "main.js", "-o", "app.zip")

    assert result.exit_code in {0, 1}


def test_loops_of_links_are_nothing(app: Path) -> None:
    (app / "loop.js").symlink_to("loop.js")
    (app / "up").symlink_to("..")
    (app / "node_modules" / "again").symlink_to(".")
    write(app, {"main.js": "require('./up/app/x'); require('./loop')"})

    text = refused("bundle", "main.js", "-o", "app.zip")

    assert text.count("error") == 1
    assert "Cannot find module './loop'" in text
    assert "ENTRY_NOT_FOUND" in refused("bundle", "loop.js", "-o", "app.zip")


def test_a_folder_with_the_name_of_a_file_is_not_a_file(app: Path) -> None:
    (app / "folder.js").mkdir()
    write(app, {"main.js": "require('./folder.js')"})

    assert "MODULE_NOT_FOUND" in refused("bundle", "main.js", "-o", "app.zip")


def test_malicious_source_does_not_control_the_terminal(tmp_path: Path) -> None:
    app = write(
        tmp_path,
        {
            "package.json": package(name="app", dependencies={"a": "1"}),
            "main.js": "require('a')\n",
            "node_modules/a/package.json": package(name="a", version="1\x1b[2J"),
            "node_modules/a/index.js": "import { \x1b]0;owned\x07 } from 'x'\n",
        },
    )
    policy = tmp_path / "p.json"
    policy.write_text('{"resources": {"\\u001b[31mred": {"globals": {"fetch": true}}}}')
    empty = tmp_path / "e.json"
    empty.write_text("{}")

    outputs = [
        invoke("bundle", str(app / "main.js"), "-o", str(tmp_path / "a.zip")),
        invoke("policy", "diff", str(empty), str(policy)),
    ]

    for result in outputs:
        assert result.exit_code == 1
        assert "\x1b" not in result.output
    assert "import { \ufffd]0;owned\ufffd }" in outputs[0].output
    assert "\\x1b[31mred" in outputs[1].output


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(60) + b"require('x')", "machine code"),
        (b"MZ\x90\x00\x03", "machine code"),
        (b"\x00asm\x01\x00\x00\x00", "WebAssembly"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"SQLite format 3\x00", "a database"),
        (bytes(range(256)) * 100, "binary data"),
        (b"\x00\x00\x00\x01" * 100, "binary data"),
    ],
)
def test_binary_files_are_not_parsed(content: bytes, kind: str, app: Path) -> None:
    (app / "big.node.so.1").write_bytes(content)
    write(app, {"main.js": "require('./big.node.so.1')"})

    text = refused("bundle", "main.js", "-o", "app.zip")

    assert f"error [BINARY_FILE]: this is {kind}, not JavaScript" in text


def test_a_NUL_does_not_make_a_source_binary(app: Path) -> None:  # noqa: N802 - the character
    write(app, {"main.js": "console.log('a\0b') // é\0"})

    made = invoke("bundle", "main.js", "-o", "app.zip")
    assert (made.exit_code, "BINARY_FILE" in made.stderr) == (0, False)


def test_a_NUL_does_not_end_the_source(app: Path) -> None:  # noqa: N802 - the character
    text = "const a = 'x\0y', b = /\0/, c = `\0`; /* \0 */ console.log(a.length, require('./b.mjs').c);"
    write(app, {"main.js": text, "b.mjs": "const exports = '\0'; export const c = exports.length;"})

    assert mapper("run", app / "main.js", check=True).stdout == "3 1\n"


def test_packages_in_yarn_archives_are_explained(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".pnp.cjs": "",
            "packages/app/package.json": package(name="app", dependencies={"b": "1"}),
            "packages/app/main.js": "require('b')",
        },
    )

    text = invoke("bundle", str(tmp_path / "packages/app/main.js"), "-o", "-").stderr

    assert "MODULE_NOT_FOUND" in text
    assert "yarn config set nodeLinker node-modules" in text
