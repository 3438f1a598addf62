"""Globals that packages define for each other: as in Node if granted, otherwise absent."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_line import write
from process import mapper
from support import NODE, package

#: The code of the defining package, of another package, and of the program.
SAME = {
    "assigned": ("globalThis.thing = { a: 1 }", "() => thing.a"),
    "defined": (
        "Object.defineProperties(globalThis, { thing: { value: 7, configurable: true } })",
        "() => [typeof thing, thing, globalThis.thing]",
    ),
    "made-later": (
        "setTimeout(() => { globalThis.thing = 'late' }); globalThis.thing = 'early'",
        "() => new Promise((done) => setTimeout(() => done(thing), 20))",
    ),
    "of-a-parameter": ("(function (g) { g.thing = () => 5 })(globalThis)", "() => thing()"),
    "instead-of-the-host's": (
        "globalThis.URL = class URL { constructor(x) { this.mine = x } }",
        "() => new URL('x').mine",
    ),
    "the-host's": ("if (!globalThis.URL) globalThis.URL = 1", "() => new URL('file:///x').href"),
    "member-of-a-namespace": (
        "Reflect.decorate = (x) => x + 1",
        "() => [typeof Reflect.decorate, Reflect.decorate(1), Reflect.ownKeys({ a: 1 })]",
    ),
    "by-a-helper": (
        """
        const exporter = (target) => (key, value) =>
          Object.defineProperty(target, key, { configurable: true, writable: true, value });
        const put = exporter(Reflect); put("metadata", (x) => [x]);""",
        "() => Reflect.metadata(3)",
    ),
    "static-of-a-constructor": (
        "Promise.method = (f) => (...args) => Promise.resolve(f(...args))",
        "() => Promise.method((x) => x * 2)(4)",
    ),
    "both-make-it": (
        "globalThis.thing = globalThis.thing || []; thing.push('one')",
        "(globalThis.thing = globalThis.thing || [], thing.push('two'), () => thing)",
    ),
}


def application(folder: Path, maker: str, reader: str) -> None:
    write(
        folder,
        {
            "package.json": package(name="app", dependencies={"maker": "1", "reader": "1"}),
            "main.js": "require('maker');\n"
            "Promise.resolve(require('reader')()).then((x) => console.log(JSON.stringify(x)));",
            "node_modules/maker/package.json": package(name="maker"),
            "node_modules/maker/index.js": maker,
            "node_modules/reader/package.json": package(name="reader"),
            "node_modules/reader/index.js": f"module.exports = {reader};",
        },
    )


@pytest.mark.parametrize("name", SAME)
def test_it_is_as_in_node(name: str, tmp_path: Path) -> None:
    application(tmp_path, *SAME[name])

    plain = subprocess.run(
        [NODE, tmp_path / "main.js"], capture_output=True, text=True, check=True, timeout=60
    )
    confined = mapper("run", "--infer", tmp_path / "main.js", check=True)

    assert confined.stdout == plain.stdout != ""


@pytest.mark.parametrize(
    ("maker", "reader"),
    [
        ({"thing": False}, {"thing": True}),
        ({"thing": True}, {"thing": True}),
        ({"thing": "write"}, {"thing": False}),
    ],
)
def test_without_both_grants_there_is_nothing(
    maker: Mapping[str, object], reader: Mapping[str, object], tmp_path: Path
) -> None:
    application(tmp_path, "globalThis.thing = 1", "() => typeof thing")
    policy = {
        "entry": {"globals": {"console": True}, "packages": {"maker": True, "reader": True}},
        "resources": {"maker": {"globals": maker}, "reader": {"globals": reader}},
    }
    write(tmp_path, {"policy.json": json.dumps(policy)})

    done = mapper("run", "--policy", tmp_path / "policy.json", tmp_path / "main.js", check=True)

    assert done.stdout == '"undefined"\n'


def test_a_policy_that_lets_it_be_read_does_not_let_it_be_made(tmp_path: Path) -> None:
    application(tmp_path, "globalThis.thing = 1", "() => typeof thing")
    archive, file = tmp_path / "app.zip", tmp_path / "policy.json"
    mapper("bundle", "--infer", tmp_path / "main.js", "-o", archive, check=True)
    policy = {
        "entry": {"globals": {"console": True}, "packages": {"maker": True, "reader": True}},
        "resources": {name: {"globals": {"thing": True}} for name in ("maker", "reader")},
    }
    file.write_text(json.dumps(policy))

    assert mapper("run", archive, check=True).stdout == '"number"\n'
    assert mapper("run", archive, "--policy", file, check=True).stdout == '"undefined"\n'
    assert "global thing (write)" in mapper("verify", archive, "--policy", file).stderr


def test_exports_to_other_packages_are_hardened(tmp_path: Path) -> None:
    """As with exports: one reader cannot modify the defining package's functions for another."""
    application(
        tmp_path,
        "globalThis.thing = function thing() { return 'the maker\\'s' }; thing.part = () => 1",
        "() => { try { thing.part = () => 2 } catch (e) { return [e.name, thing.part()] } }",
    )

    done = mapper("run", "--infer", tmp_path / "main.js", check=True)

    assert json.loads(done.stdout) == ["TypeError", 1]


def test_what_is_read_while_its_maker_is_evaluated_is_not_changed(tmp_path: Path) -> None:
    """It cannot be hardened yet: as in a cycle, it is seen through a view. Data is unchanged."""
    maker = """
        globalThis.thing = { check: (password) => password === 'right', Tool: class { name() { return 'own' } } };
        globalThis.list = [];
        require('reader')();
        thing.late = () => 'late';
        module.exports = [thing.check('wrong'), new thing.Tool().name(), list];"""
    attacker = """() => {
        const yes = () => true;
        for (const change of [
          () => { thing.check = yes; },
          () => Object.defineProperty(thing, 'check', { get: () => yes, set() {} }),
          () => { thing.Tool.prototype.name = () => 'replaced'; },
        ]) try { change(); } catch {}
        list.push(typeof thing.check);
        return 1;
      }"""
    application(tmp_path, maker, attacker)
    main = "console.log(JSON.stringify([require('maker'), thing.check('x'), thing.late()]))"
    declared = package(name="maker", dependencies={"reader": "1"})
    write(tmp_path, {"main.js": main, "node_modules/maker/package.json": declared})

    plain = subprocess.run(
        [NODE, tmp_path / "main.js"], capture_output=True, text=True, check=True, timeout=60
    )
    confined = mapper("run", "--infer", tmp_path / "main.js", check=True)

    assert json.loads(plain.stdout) == [[True, "replaced", ["function"]], True, "late"]
    assert json.loads(confined.stdout) == [[False, "own", ["function"]], False, "late"]


def test_what_is_read_first_at_the_end_of_the_stack_is_locked_all_the_same(tmp_path: Path) -> None:
    attacker = """() => {
        let times = 0;
        const deep = () => {
          try { deep(); } catch {}
          if (times < 3000) try { times += 1; thing; } catch {}
        };
        deep();
        try { thing.check = () => 'replaced'; } catch {}
        return thing.check();
      }"""
    application(tmp_path, "globalThis.thing = { check: () => 'own' }", attacker)

    plain = subprocess.run(
        [NODE, tmp_path / "main.js"], capture_output=True, text=True, check=True, timeout=60
    )
    confined = mapper("run", "--infer", tmp_path / "main.js", check=True)

    assert (plain.stdout, confined.stdout) == ('"replaced"\n', '"own"\n')


def test_an_object_of_the_language_is_changed_for_its_package_alone(tmp_path: Path) -> None:
    application(
        tmp_path,
        "Math.max = () => 'mine'; Promise.all = () => 'mine'; module.exports = Math.max()",
        "() => [Math.max(1, 2), typeof Promise.all([]), require('maker')]",
    )

    done = mapper("run", "--infer", tmp_path / "main.js", check=True)

    assert json.loads(done.stdout) == [2, "object", "mine"]


def test_a_test_runner_hands_the_global_object_to_a_module_of_its_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "package.json": package(name="app", dependencies={"runner": "1"}),
            "main.js": "require('runner').run(() => require('./test'));",
            "test.js": "describe('a', () => { it('b', () => console.log('ran')); });",
            "node_modules/runner/package.json": package(name="runner"),
            "node_modules/runner/index.js": """
                const suite = new (require('events'))();
                require('./bdd')(suite);
                exports.run = (load) => { suite.emit('before', global, load.name); load(); };""",
            "node_modules/runner/bdd.js": """
                const made = { it(name, f) { console.log('it', name); f(); } };
                module.exports = (suite) => suite.on('before', function (context, name) {
                  context.describe = context.context = function (title, f) { console.log(title); f(); };
                  context.it = made.it;
                });""",
        },
    )

    ran = mapper("run", "--infer", tmp_path / "main.js", check=True)

    assert ran.stdout == "a\nit b\nran\n"
    denied = mapper("run", tmp_path / "main.js")
    assert "describe is not a function" in denied.stderr
