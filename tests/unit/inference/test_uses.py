from __future__ import annotations

from collections.abc import Mapping

import pytest
from support import load, package

from compartment_mapper.authority.table import harmless_paths
from compartment_mapper.bundle.application import Application, Options
from compartment_mapper.errors.diagnostic import InputError
from compartment_mapper.inference.decision import PolicyFile
from compartment_mapper.inference.policies import denied
from compartment_mapper.locations import CanonicalName
from compartment_mapper.policy.model import Grant, PackagePolicy, Policy

A = CanonicalName("a")


def with_dependency(code: str, *, main: str = "require('a')", infer: bool = False) -> Application:
    """Return an application with a dependency ``a`` whose source is *code*."""
    files = {
        "package.json": package(name="app", version="1.0.0", dependencies={"a": "1"}),
        "main.js": main,
        "node_modules/a/package.json": package(name="a", version="1.0.0"),
        "node_modules/a/index.js": code,
    }
    return load(files, options=Options(infer=infer))


def uses(application: Application, name: str) -> list[str]:
    """Return the globals and builtins that a package uses, with harmless ones in brackets."""
    return [
        f"({use.path})" if use.harmless else use.path
        for use in application.uses
        if use.package == name and use.part != "packages" and not use.load
    ]


def granted(policy: PackagePolicy) -> list[str]:
    assert isinstance(policy.globals, Mapping)
    assert isinstance(policy.builtins, Mapping)
    named = (*sorted(policy.globals.items()), *sorted(policy.builtins.items()))
    return [f"({path})" if grant == "load" else path for path, grant in named]


def handed(*named: str) -> list[str]:
    """Return the grants of a package that passes its process on: harmless and named members."""
    harmless = [path for path in harmless_paths("globals") if path.startswith("process.")]
    shown = {path: f"({path})" for path in harmless} | {path: path for path in named}
    return [shown[path] for path in sorted(shown)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("fetch('/')", ["fetch"]),
        ("require('fs')", []),
        ("f(require('fs'))", ["fs"]),
        (
            "const fs = require('fs'); fs.readFileSync(x); fs.statSync(x)",
            ["fs.readFileSync", "fs.statSync"],
        ),
        ("const { stat } = require('node:fs/promises'); stat(x)", ["fs/promises.stat"]),
        ("const fs = require('fs'); fs.promises.stat(x); fs[y]", ["fs"]),
        ("process.getBuiltinModule('fs').statSync(x)", ["fs.statSync"]),
        ("globalThis.process?.getBuiltinModule?.('os').cpus()", ["os.cpus"]),
        ("process.getBuiltinModule(x)", ["process.getBuiltinModule"]),
        ("const os = require('os'); os.EOL; os.cpus()", ["(os.EOL)", "os.cpus"]),
        (
            "const w = require('worker_threads'); f(w); new w.Worker(x)",
            ["worker_threads", "worker_threads.Worker"],
        ),
        ("const v = require('vm'); f(v); v.isContext(x)", ["vm", "vm.isContext"]),
        (
            "const u = require('util'); u.inspect(x); u.setTraceSigInt(x)",
            ["(util)", "util.setTraceSigInt"],
        ),
        ("const m = require('module'); m.register(x)", ["(module)"]),
        ("require('path'); require('events')", ["(events)", "(path)"]),
        ("console.log(1); setTimeout(f); new URL(x)", ["(URL)", "(console)", "(setTimeout)"]),
        ("process.env.HOME", ["process.env.HOME"]),
        ("process.env.NODE_ENV", ["(process.env.NODE_ENV)"]),
        ("process.env[x]", ["process.env"]),
        ("process.platform; process.exit()", ["process.exit", "(process.platform)"]),
        ("process.stdout.write(x)", ["process.stdout.write"]),
        ("process.stdin._handle?.f()", ["process.stdin._handle", "process.stdin.isTTY"]),
        ("process.browser; process.__nwjs = 1", []),
        ("f(process)", handed()),
        ("process[x]", ["process"]),
        ("f(process); x.argv", handed("process.argv")),
        ("const p = process; f(p); p.env.A", handed("process.env.A")),
        ("f(process); function g(process) { process.argv }", handed("process.argv")),
        ("f(process); function g(nodeProcess) { nodeProcess.argv }", handed("process.argv")),
        ("function g(process) { process.argv }", []),
        ("const p = require('process'); f(p); p.exit()", handed("process.exit")),
        ("performance.now(); performance.mark('x')", ["performance.mark", "(performance.now)"]),
        ("crypto.subtle.digest(x)", ["crypto.subtle"]),
        ("Math.random(); Math.max(1, 2)", ["(Math)"]),
        ("Math.max(1, 2)", []),
        ("Date.now(); new Date()", ["(Date)"]),
        ("globalThis.fetch('/')", ["fetch"]),
        ("Math.random.call(Math)", ["(Math)"]),
        ("process.stdout.write.call(x)", ["process.stdout.write"]),
        ("typeof fetch", []),
        ("typeof setTimeout; typeof process", ["(setTimeout)"]),
        ("typeof console.log", ["(console)"]),
        ("typeof fetch; fetch", ["fetch"]),
        ("fetch(1); fetch(2)", ["fetch"]),
        ("const fetch = 1; fetch", []),
        ("Array; JSON; Reflect", []),
        ("new WebSocket(x)", ["WebSocket"]),
    ],
)
def test_what_a_package_uses_is_seen(code: str, expected: list[str]) -> None:
    assert uses(with_dependency(code), "a") == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("f(require('fs'))", ["fs"]),
        ("const fs = require('fs'); fs[x]; fs.statSync(x)", ["fs"]),
        ("require('fs').statSync(x)", []),
        ("require('path')[x]", []),
        ("process.env[x]; process.stdout.write(x)", ["process.env"]),
        ("process[x]", ["process"]),
        ("f(console); setTimeout[x]", []),
    ],
)
def test_more_may_be_used_of_an_escaping_object(code: str, expected: list[str]) -> None:
    application = with_dependency(code)

    assert [use.path for use in application.uses if use.uncertain] == expected


def test_what_a_builtin_is_used_for_is_not_seen_behind_another_name() -> None:
    application = load(
        {
            "package.json": package(name="app", imports={"#f": "fs", "#p": "path"}),
            "main.mjs": "import { statSync } from '#f'; import '#p'; statSync(1)",
        },
        entry="main.mjs",
    )

    found = [(use.path, use.uncertain) for use in application.uses if not use.load]
    assert found == [("fs", True), ("path", True)]


def test_the_first_use_in_the_first_file_is_the_place() -> None:
    application = with_dependency("\n\nfetch(1);\nfetch(2)")

    (use,) = [use for use in application.uses if use.path == "fetch"]

    assert use.module.endswith("/a/index.js")
    assert (use.span.start, use.span.end) == (2, 7)


def test_a_dependency_gets_the_harmless_part_of_what_it_uses() -> None:
    application = with_dependency(
        "fetch(console); require('fs').statSync(1); require('path'); process.env.A"
    )

    assert granted(application.policy.of(A)) == ["console", "(fs)", "path"]
    assert [use.path for use in application.denied] == [
        "fs.statSync",
        "fetch",
        "process.env.A",
    ]


def test_the_application_gets_what_it_uses() -> None:
    application = with_dependency("", main="fetch(1); f(require('fs')); require('a')")

    assert granted(application.policy.entry) == ["fetch", "fs"]
    assert application.denied == []


def test_the_application_is_granted_names_that_it_tests_and_passes_on() -> None:
    application = with_dependency("", main="typeof WebSocket; f(process); require('a')")

    assert granted(application.policy.entry) == ["WebSocket", "process"]
    assert granted(with_dependency("", main="typeof process; require('a')").policy.entry) == []


def test_members_of_a_passed_process_are_found_in_all_files_of_a_package() -> None:
    files = {
        "package.json": package(name="app", dependencies={"a": "1"}),
        "main.js": "require('a'); exports.f = ({ process }) => process.exit()",
        "node_modules/a/package.json": package(name="a"),
        "node_modules/a/index.js": "require('./own.js').f(process)",
        "node_modules/a/own.js": "exports.f = (x) => { this.process = x; this.process.argv };"
        "exports.g = (childProcess) => childProcess.exit()",
    }

    application = load(files)

    assert uses(application, "a") == handed("process.argv")
    (use,) = [use for use in application.uses if use.path == "process.argv"]
    assert use.module.endswith("/a/own.js")
    assert use.span.start == files["node_modules/a/own.js"].index("process.argv")


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [
        ("const r = createRequire(import.meta.url); export { r as t };", ["fs.statSync", "(path)"]),
        ("export const t = createRequire(import.meta.url);", ["fs.statSync", "(path)"]),
        ("createRequire(import.meta.url); export const t = (key) => key;", []),
    ],
)
def test_builtins_that_the_require_of_another_file_loads(runtime: str, expected: list[str]) -> None:
    files = {
        "package.json": package(name="app", dependencies={"a": "1"}),
        "main.js": "require('a')",
        "node_modules/a/package.json": package(name="a", type="module"),
        "node_modules/a/index.js": "import { t as e } from './runtime.js';"
        "const fs = e('fs'); fs.statSync(x); e('node:path').join; e('x'); e('os', 1); y.e('os')",
        "node_modules/a/runtime.js": f"import {{ createRequire }} from 'module'; {runtime}",
    }

    found = uses(load(files), "a")

    assert [path for path in found if path != "(module)"] == expected


def test_names_of_packages_may_have_dots() -> None:
    files = {
        "main.js": "require('a'); require('a.b')",
        "node_modules/a/index.js": "",
        "node_modules/a.b/index.js": "",
        "node_modules/a/package.json": package(name="a"),
        "node_modules/a.b/package.json": package(name="a.b"),
    }

    assert load(files).policy.entry.packages == {"a": True, "a.b": True}


def test_to_request_a_builtin_is_granted_where_nothing_of_it_is() -> None:
    code = "require('fs').statSync(x); require('os')"

    policy = with_dependency(code, infer=True).policy.of(A)

    assert policy.builtins == {"fs.statSync": True, "os": "load"}


def test_infer_grants_each_package_what_it_uses_and_no_other() -> None:
    application = with_dependency("fetch(1)", main="f(require('fs')); require('a')", infer=True)

    assert granted(application.policy.of(A)) == ["fetch"]
    assert granted(application.policy.entry) == ["fs"]
    assert application.denied == []


def test_packages_that_are_requested_are_granted() -> None:
    application = with_dependency("")

    assert application.policy.entry.packages == {"a": True}
    assert application.policy.of(A).packages == {}


def test_a_package_that_is_not_reached_has_nothing() -> None:
    assert with_dependency("").policy.of(CanonicalName("b")) == PackagePolicy()


def test_allow_all_grants_everything_to_every_package() -> None:
    files = {
        "main.js": "require('a')",
        "node_modules/a/package.json": package(name="a"),
        "node_modules/a/index.js": "fetch(require('fs'))",
    }

    application = load(files, options=Options(allow_all=True))

    everything = PackagePolicy(globals="any", builtins="any", packages="any")
    assert application.policy.of(A) == everything
    assert application.policy.entry == everything
    assert application.denied == []


def test_a_policy_file_decides_alone() -> None:
    files = {
        "main.js": "fetch(1); require('fs')",
    }
    policy = b'{"entry": {"globals": {"fetch": true}}}'

    application = load(files, options=Options(policy=PolicyFile(text=policy, name="policy.json")))

    assert [use.path for use in application.denied] == ["fs"]
    assert granted(application.policy.entry) == ["fetch"]


def test_writing_is_granted_as_such() -> None:
    written = "process.title; process.title = 1; process.exitCode = 1; process.exitCode"
    application = with_dependency("", main=f"{written}; process.env.A; require('a')")

    assert application.policy.entry.globals == {
        "process.exitCode": "write",
        "process.env.A": True,
        "process.title": "write",
    }


def test_reading_does_not_include_writing() -> None:
    policy = b'{"entry": {"globals": {"process.title": true, "process.exitCode": "write"}}}'
    file = PolicyFile(text=policy, name="policy.json")

    with pytest.raises(InputError) as caught:
        load({"main.js": "process.title = 1; process.exitCode = 1"}, options=Options(policy=file))

    (problem,) = caught.value.problems
    assert problem.code == "POLICY_TOO_NARROW"
    assert "process.title" in problem.message


def test_a_read_grant_does_not_allow_writing() -> None:
    uses = load({"main.js": "process.title = 1; process.exitCode = 1"}).uses
    granted: dict[str, Grant] = {"process.title": True, "process.exitCode": "write"}
    policy = Policy(entry=PackagePolicy(globals=granted), resources={})

    assert [(use.path, use.write) for use in denied(uses, policy)] == [("process.title", True)]
