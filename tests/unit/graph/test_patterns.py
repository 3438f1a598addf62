"""Expansion of computed requests and asset references to existing files."""

from __future__ import annotations

import pytest

from compartment_mapper.graph.patterns import asset_files, glob_files, pattern_requests
from compartment_mapper.locations import location_of_path, path_of
from compartment_mapper.powers import MemoryFiles
from compartment_mapper.records.languages import Language
from compartment_mapper.scan import scan_module

FILES = MemoryFiles(
    dict.fromkeys(
        [
            "/app/main.js",
            "/app/locales/de.js",
            "/app/locales/en.json",
            "/app/locales/note.txt",
            "/app/locales/deep/fr.js",
            "/app/locales/it/index.js",
            "/app/locales/node_modules/x/index.js",
            "/app/data/table.csv",
            "/app/data/more/rows.csv",
            "/app/late.js",
            "/app/late.ts",
        ],
        b"",
    )
)
MAIN = location_of_path("/app/main.js")


def patterns(text: str, language: Language = "cjs") -> list[str]:
    record = scan_module(text.encode(), language)
    return [request.specifier for request in pattern_requests(record, location=MAIN, read=FILES)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("require(`./locales/${x}.js`)", ["de", "deep/fr", "it/index"], id="template"),
        pytest.param("require('./locales/' + x + '.js')", ["de", "deep/fr", "it/index"], id="plus"),
        pytest.param("require(`./locales/${x}/fr`)", ["deep/fr"], id="suffix-left-out"),
        pytest.param("require(`./locales/i${x}`)", ["it/index"], id="index-left-out"),
        pytest.param("require(`./locales/de.js`)", [], id="nothing-computed"),
        pytest.param("require(x)", [], id="nothing-known"),
        pytest.param("require(`${x}/de.js`)", [], id="folder-unknown"),
        pytest.param("require(`pkg/${x}.js`)", [], id="another-package"),
        pytest.param("'require(`./locales/${x}.js`)'", [], id="in-a-string"),
        pytest.param("require(`./absent/${x}.js`)", [], id="no-such-folder"),
    ],
)
def test_a_computed_require_stands_for_the_files_of_its_form(
    text: str, expected: list[str]
) -> None:
    assert patterns(text) == [f"./locales/{name}.js" for name in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("const x = './late.js'; import(x)", ["./late.js"], id="import"),
        pytest.param("const x = './locales/de'; require(x)", ["./locales/de"], id="require"),
        pytest.param("const x = './locales/de'; import(x)", [], id="import-is-exact"),
        pytest.param("const x = './data/table.csv'; import(x)", [], id="no-module"),
        pytest.param("const x = './late.js'; import('./y')", [], id="nothing-computed"),
        pytest.param("// './late.js'\nimport(x)", [], id="comment"),
    ],
)
def test_a_computed_request_may_match_a_path_in_the_source(text: str, expected: list[str]) -> None:
    assert patterns(text) == expected


def test_a_computed_import_is_exact_and_gives_json_its_attribute() -> None:
    record = scan_module(b"import('./locales/' + x)", "mjs")

    found = list(pattern_requests(record, location=MAIN, read=FILES))

    assert [(request.specifier[10:], request.attribute_type) for request in found] == [
        ("de.js", None),
        ("deep/fr.js", None),
        ("en.json", "json"),
        ("it/index.js", None),
    ]
    assert {request.reach for request in found} == {"guarded"}


def assets(text: str, language: Language = "mjs") -> list[str]:
    record = scan_module(text.encode(), language)
    found = asset_files(record, location=MAIN, read=FILES)
    return [path_of(location).removeprefix("/app/") for location in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("new URL('./data/table.csv', import.meta.url)", ["data/table.csv"], id="url"),
        pytest.param("path.join(__dirname, 'data', 'table.csv')", ["data/table.csv"], id="join"),
        pytest.param("resolve(__dirname, './data/table.csv')", ["data/table.csv"], id="resolve"),
        pytest.param("__dirname + '/data/table.csv'", ["data/table.csv"], id="plus"),
        pytest.param("`${__dirname}/data/table.csv`", ["data/table.csv"], id="template"),
        pytest.param(
            "join(__dirname, 'data', name)", ["data/more/rows.csv", "data/table.csv"], id="folder"
        ),
        pytest.param("new URL('./absent', import.meta.url)", [], id="absent"),
        pytest.param("new URL('./data/table.csv', base)", [], id="another-base"),
        pytest.param("// new URL('./data/table.csv', import.meta.url)", [], id="comment"),
    ],
)
def test_a_place_stands_for_its_file_or_the_files_of_its_folder(
    text: str, expected: list[str]
) -> None:
    assert assets(text) == expected


FONTS = MemoryFiles(
    dict.fromkeys(
        [
            "/app/lib/main.js",
            "/app/lib/other.js",
            "/app/lib/lib.es5.d.ts",
            "/app/lib/lib.dom.d.ts",
            "/app/lib/internal.d.ts",
            "/app/lib/page.html",
            "/app/lib/mail.html",
            "/app/lib/texts/a.txt",
            "/app/fonts/one.flf",
            "/app/fonts/two.flf",
            "/app/fonts/read.me",
            "/app/package.json",
            "/outside.txt",
        ],
        b"",
    )
)


def assets_in_lib(text: str) -> list[str]:
    record = scan_module(text.encode(), "mjs" if "import" in text else "cjs")
    here = location_of_path("/app/lib/main.js")
    found = asset_files(record, location=here, read=FONTS)
    return [path_of(location).removeprefix("/app/") for location in found]


ALL_FONTS = ["fonts/one.flf", "fonts/read.me", "fonts/two.flf"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "const at = path.join(__dirname, '/../fonts/'); read(at + name)",
            ALL_FONTS,
            id="variable",
        ),
        pytest.param(
            "const here = path.dirname(fileURLToPath(import.meta.url));\n"
            "read(path.join(here, '..', 'fonts'))",
            ALL_FONTS,
            id="variable-of-the-folder",
        ),
        pytest.param(
            "const me = fileURLToPath(import.meta.url); read(resolve(me, '../../fonts'))",
            ALL_FONTS,
            id="the-file-as-a-folder",
        ),
        pytest.param(
            "let d; try { d = typeof import.meta !== 'undefined' && import.meta.url\n"
            "  ? path.dirname(fileURLToPath(import.meta.url)) : __dirname } catch {}\n"
            "set({ fontPath: path.join(d, '../fonts') })",
            ALL_FONTS,
            id="either",
        ),
        pytest.param(
            "function here() { return __dirname }\nread(`${here()}/../fonts/${name}.flf`)",
            ["fonts/one.flf", "fonts/two.flf"],
            id="function-and-template",
        ),
        pytest.param(
            "exports.root = __dirname; read(exports.root + '/' + name + '.html')",
            ["lib/mail.html", "lib/page.html"],
            id="own-folder-by-suffix",
        ),
        pytest.param(
            "const root = new URL('..', import.meta.url); read(new URL('fonts/one.flf', root))",
            ["fonts/one.flf"],
            id="base-url",
        ),
        pytest.param(
            "const libs = { es5: 'lib.es5.d.ts', dom: \"lib.dom.d.ts\", code: 'other.js' };\n"
            "const sys = { executing() { return __filename } };\n"
            "read(folderOf(sys.executing()) + libs[name])",
            ["lib/lib.dom.d.ts", "lib/lib.es5.d.ts"],
            id="named-in-the-text",
        ),
        pytest.param(
            "load(__dirname, 'texts/a.txt')", ["lib/texts/a.txt"], id="named-below-the-folder"
        ),
        pytest.param("use(path.join(__dirname, '..'))", [], id="a-folder-around-is-not-taken"),
        pytest.param(
            "use(path.join(__dirname, '..'), 'package.json')",
            ["package.json"],
            id="named-in-a-folder-around",
        ),
        pytest.param("load('texts/a.txt')", [], id="no-place"),
        pytest.param("read(path.join(process.cwd(), '../fonts'))", [], id="another-folder"),
        pytest.param("// __dirname + '/../fonts'", [], id="comment"),
        pytest.param("const s = \"__dirname + '/../fonts'\"", [], id="string"),
    ],
)
def test_an_asset_reference_is_followed_through_the_source(text: str, expected: list[str]) -> None:
    assert sorted(assets_in_lib(text)) == expected


def test_a_very_common_name_is_not_an_asset_reference() -> None:
    text = "const e = __dirname;" + "f(e);" * 300 + "read(path.join(e, '../fonts'))"

    assert assets_in_lib(text) == []


def test_a_program_named_by_a_url_is_a_module() -> None:
    record = scan_module(b"new URL('./late.js', import.meta.url)", "mjs")

    assert assets("new URL('./late.js', import.meta.url)") == []
    assert [r.specifier for r in pattern_requests(record, location=MAIN, read=FILES)] == [
        "./late.js"
    ]


def test_the_url_of_typescript_is_a_module_in_applications_only() -> None:
    text = "new URL('./late.ts', import.meta.url)"
    record = scan_module(text.encode(), "mjs")
    installed = location_of_path("/app/node_modules/x/main.js")

    assert assets(text) == []
    assert [r.specifier for r in pattern_requests(record, location=MAIN, read=FILES)] == [
        "./late.ts"
    ]
    assert list(pattern_requests(record, location=installed, read=FILES)) == []


def test_a_folder_with_too_many_files_is_ignored() -> None:
    many = MemoryFiles({f"/app/many/{n}.js": b"" for n in range(401)})
    record = scan_module(b"require(`./many/${x}.js`)", "cjs")

    assert list(pattern_requests(record, location=MAIN, read=many)) == []


@pytest.mark.parametrize(
    ("glob", "expected"),
    [
        pytest.param("data/*.csv", ["data/table.csv"], id="star"),
        pytest.param("data/**/*.csv", ["data/more/rows.csv", "data/table.csv"], id="two-stars"),
        pytest.param("./lat?.js", ["late.js"], id="question-mark"),
        pytest.param("data", [], id="folder"),
        pytest.param("**/index.js", ["locales/it/index.js"], id="packages-are-left-out"),
    ],
)
def test_a_glob_names_files_of_the_application(glob: str, expected: list[str]) -> None:
    found = glob_files([glob], root=location_of_path("/app/"), read=FILES)

    assert [path_of(location).removeprefix("/app/") for location in found] == expected
