"""Inference restricts grants to the hosts and files that the source shows, and checks them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import invoke, refused, write
from support import package

A = "node_modules/a/index.js"


def app(folder: Path, text: str) -> Path:
    """Return the folder of an application with the dependency ``a``."""
    files = {
        "package.json": package(name="app", version="1.0.0", dependencies={"a": "1"}),
        "main.js": "require('a');\nfetch('https://own.example/');\n",
        "node_modules/a/package.json": package(name="a", version="1.0.0"),
        A: text,
    }
    return write(folder, files)


def inferred(folder: Path, *options: str) -> dict[str, object]:
    """Return the grants of ``a`` after `policy infer`, by path, without the reasons."""
    result = invoke("policy", "infer", *options, str(folder / "main.js"))
    assert result.exit_code == 0, result.output
    policy = json.loads((folder / "compartment-policy.json").read_text())
    assert policy["entry"]["globals"]["fetch"]["grant"] is True
    own = policy["resources"]["a"]
    grants = {**own.get("globals", {}), **own.get("builtins", {})}
    return {path: grant["grant"] for path, grant in grants.items()}


HOSTS = [
    ("fetch('https://api.example.com/v1')", ["api.example.com"]),
    ("fetch('https://api.example.com')", ["api.example.com"]),
    ("fetch('HTTP://API.example.com:8080/v1')", ["api.example.com:8080"]),
    ("fetch(`https://api.example.com/users/${id}`)", ["api.example.com"]),
    ("fetch('https://api.example.com/' + id, {method: 'POST'})", ["api.example.com"]),
    ("const U = 'https://a.example'; fetch(U + '/x'); fetch('https://b.example/')", ["a", "b"]),
    ("const U = 'https://a.example/'; fetch(U); fetch('https://b.example/')", ["a", "b"]),
    ("fetch(x ? 'https://a.example/' : 'https://b.example/')", ["a", "b"]),
    ("fetch('https://api.example.com/'); fetch(url)", None),
    ("fetch('https://api.example.com/'); const f = fetch", None),
    ("fetch('https://api.example.com/'); globalThis.fetch(x)", None),
    ("fetch(`https://${host}/x`)", None),
    ("fetch(`https://api.${name}.com/x`)", None),
    ("fetch('https://api.example.com' + path)", None),
    ("fetch(`https://api.example.com${path}`)", None),
    ("fetch('https://user@api.example.com/')", None),
    ("fetch('//api.example.com/')", None),
    ("fetch('/relative')", None),
    ("fetch(new URL('https://api.example.com/'))", None),
    ("fetch(...args)", None),
    ("fetch()", None),
]


@pytest.mark.parametrize(("text", "hosts"), HOSTS)
def test_hosts(text: str, hosts: list[str] | None, tmp_path: Path) -> None:
    short = {"a": "a.example", "b": "b.example"}
    expected = hosts if hosts is None else {"hosts": [short.get(each, each) for each in hosts]}

    found = inferred(app(tmp_path, f"exports.f = async (x, id, url) => {{ {text} }};\n"))

    assert found["fetch"] == (True if expected is None else expected)


PATHS = [
    ("fs.readFileSync('/proc/version')", "fs.readFileSync", ["/proc/version"]),
    ("fs.readFileSync('config.json')", "fs.readFileSync", ["./config.json"]),
    ("fs.writeFileSync('./cache/' + name, '')", "fs.writeFileSync", ["./cache/**"]),
    ("fs.promises.readFile(`./data/${name}.json`)", "fs.promises.readFile", ["./data/**"]),
    ("fs.readFileSync('../outside')", "fs.readFileSync", None),
    ("fs.readFileSync(__dirname + '/x')", "fs.readFileSync", None),
    ("fs.readFileSync(name)", "fs.readFileSync", None),
    ("fs.readFileSync('/etc/a'); fs.readFileSync(name)", "fs.readFileSync", None),
    ("fs.copyFileSync('/etc/a', name)", "fs.copyFileSync", None),
    ("fs.openSync('/etc/a')", "fs.openSync", None),
    ("fs.watch('/etc/a')", "fs.watch", None),
]


@pytest.mark.parametrize(("text", "path", "paths"), PATHS)
def test_paths(text: str, path: str, paths: list[str] | None, tmp_path: Path) -> None:
    source = f"const fs = require('fs');\nexports.f = async (name) => {{ {text} }};\n"

    found = inferred(app(tmp_path, source))

    access = "write" if "write" in path else "read"
    assert found[path] == (True if paths is None else {access: paths})


def test_other_builtins(tmp_path: Path) -> None:
    text = """
    const https = require('https'), dns = require('dns/promises'), net = require('net');
    exports.f = () => https.get('https://api.example.com/x');
    exports.g = () => dns.lookup('name.example');
    exports.h = () => net.connect(80, 'name.example');
    """

    assert inferred(app(tmp_path, text)) == {
        "dns/promises.lookup": {"hosts": ["name.example"]},
        "https.get": {"hosts": ["api.example.com"]},
        "net.connect": True,
    }


IMPORTED = [
    ("get('https://a.example/x'); get('https://b.example/y');", ["a.example", "b.example"]),
    ("get('https://a.example/x'); { const get = 1; use(get); }", ["a.example"]),
    ("get('https://a.example/x'); get(url);", None),
    ("get('https://a.example/x'); export { get };", None),
    ("get('https://a.example/x'); export default get;", None),
    ("get('https://a.example/x'); const other = get;", None),
    ("get('https://a.example/x'); use({ get });", None),
    ("get('https://a.example/x'); use(get);", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "hosts"), IMPORTED)
@pytest.mark.parametrize("name", ["get", "request as get"])
def test_imported_names(name: str, text: str, hosts: list[str] | None, tmp_path: Path) -> None:
    folder = app(tmp_path, f"import {{ {name} }} from 'https';\n{text}\n")
    write(folder, {"node_modules/a/package.json": package(name="a", version="1", type="module")})

    expected = True if hosts is None else {"hosts": hosts}
    assert inferred(folder) == {f"https.{name.partition(' ')[0]}": expected}


def test_scopes_can_be_left_out(tmp_path: Path) -> None:
    folder = app(tmp_path, "fetch('https://api.example.com/');\n")

    assert inferred(folder, "--no-scopes") == {"fetch": True}
    # What stands in the file stays.
    assert inferred(folder) == {"fetch": True}


ONE = "exports.f = () => fetch('https://a.example/');\n"
TWO = ONE + "\nexports.g = () => fetch('https://b.example/');\n"


def test_a_new_host_is_not_covered(tmp_path: Path) -> None:
    folder = app(tmp_path, ONE)
    inferred(folder)
    write(folder, {A: TWO})

    checked = invoke("policy", "check", str(folder / "main.js"))
    found = json.loads(invoke("policy", "check", "--json", str(folder / "main.js")).stdout)
    message = refused("bundle", str(folder / "main.js"), "-o", str(folder / "app.zip"))

    assert checked.exit_code == 1
    assert "! a uses global fetch for hosts: b.example (high), not covered" in checked.stdout
    assert f"{A}:3" in checked.stdout
    missing = next(each for each in found["findings"] if each["kind"] == "missing")
    assert missing["scope"] == {"hosts": ["b.example"]}
    assert f"{A}:3:19: error [POLICY_TOO_NARROW]" in message
    assert 'add "b.example" to resources["a"].globals["fetch"].hosts' in message


def test_infer_adds_hosts_and_keeps_those_of_a_person(tmp_path: Path) -> None:
    folder = app(tmp_path, ONE)
    inferred(folder)
    file = folder / "compartment-policy.json"
    file.write_text(file.read_text().replace('["a.example"]', '["*.example.org", "a.example"]'))
    write(folder, {A: TWO})

    assert inferred(folder) == {"fetch": {"hosts": ["*.example.org", "a.example", "b.example"]}}
    write(folder, {A: ONE})
    assert inferred(folder) == {"fetch": {"hosts": ["*.example.org", "a.example", "b.example"]}}


def test_run_with_infer_grants_all_hosts(tmp_path: Path) -> None:
    folder = app(tmp_path, ONE)

    result = invoke("inspect", "--infer", "--json", str(folder / "main.js"))

    assert '"hosts"' not in result.stdout
