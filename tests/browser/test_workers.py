"""Workers and service workers of a page: they run modules of the application, confined as there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from chromium import Browser, Script

PACKAGES = Path(__file__).parents[1] / "packages" / "node_modules"

APP = '<!doctype html><meta charset="utf-8"><body><script src="app.js"></script></body>'
MODULE = '<!doctype html><body><script type="module" src="app.js"></script></body>'
END = "document.title === 'done'"

ECHO = """
import { shown } from './shown.js';
self.onmessage = ({ data }) => postMessage(shown(data));
"""

MAIN = """
const worker = new Worker(new URL('./echo.js', import.meta.url), { type: 'module', name: 'echo' });
worker.onmessage = (event) => {
  console.log(event.data, event.target === worker, event.currentTarget === worker);
  document.title = 'done';
};
worker.postMessage({ n: 20 });
"""

FILES = {
    "main.js": MAIN,
    "echo.js": ECHO,
    "shown.js": "export const shown = (data) => `${name} ${data.n + 1} ${typeof document}`;\n",
}
ECHOED = ["echo 21 undefined true true"]


def page(folder: Path, content: str = APP) -> str:
    """Write a page, and return its path on the server."""
    (folder / "index.html").write_text(content)
    return f"{folder.name}/index.html"


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (APP, "script"),
        (MODULE, "module"),
        ("<!doctype html><body><script>{script}</script></body>", "script"),
    ],
    ids=["script", "module", "inline"],
)
def test_a_worker_runs_a_module_of_the_application(
    browser: Browser, served: Path, script: Script, content: str, form: str
) -> None:
    output = script(FILES, "--format", form)
    text = content.replace("{script}", output.read_text("ascii"))

    shown = browser.open(page(served, text), until=END)

    assert (shown.said, shown.errors) == (ECHOED, [])


def test_the_url_of_the_script_may_have_a_fragment(
    browser: Browser, served: Path, script: Script
) -> None:
    script(FILES)

    shown = browser.open(page(served, APP.replace("app.js", "app.js#part")), until=END)

    assert (shown.said, shown.errors) == (ECHOED, [])


def test_a_script_of_another_origin_starts_workers(
    browser: Browser, served: Path, script: Script
) -> None:
    script(FILES)
    other = f"""<!doctype html><body><script>
        const script = document.createElement('script');
        script.src = `http://localhost:${{location.port}}/{served.name}/app.js`;
        document.body.append(script);
        </script></body>"""

    shown = browser.open(page(served, other), until=END)

    assert (shown.said, shown.errors) == (ECHOED, [])


def test_the_place_of_a_module_script_is_not_guessed(
    browser: Browser, served: Path, script: Script
) -> None:
    script(FILES)

    (error,) = browser.open(page(served, MODULE)).errors

    assert "load it with <script src" in error


def test_workers_that_the_page_starts_run_the_entry_or_need_a_start(
    browser: Browser, served: Path, script: Script
) -> None:
    main = "if (typeof document === 'undefined') postMessage(`entry ${typeof importScripts}`);\n"
    script({"main.js": main})
    own = """<!doctype html><body><script src="app.js"></script><script>
        const plain = new Worker('app.js');
        plain.onmessage = ({ data }) => {
          console.log(data);
          const waiting = new Worker('app.js#compartment-mapper');
          waiting.onerror = (event) => {
            event.preventDefault();
            console.log(event.message.replace(/.*: /, ''));
            document.title = 'done';
          };
          waiting.postMessage({ compartment: 5, module: './main.js', starter: '' });
        };
        </script></body>"""

    shown = browser.open(page(served, own), until=END)

    assert shown.said == [
        "entry function",
        "Uncaught the first message of a worker must say what it starts",
    ]


def test_messages_errors_and_ends(browser: Browser, served: Path, script: Script) -> None:
    files = {
        "main.js": """
            const next = (target, type) =>
              new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
            const one = new Worker(new URL('./one.js', import.meta.url));
            const { port1, port2 } = new MessageChannel();
            const bytes = new Uint8Array([1, 2, 3]);
            one.postMessage({ port: port2, bytes }, [port2, bytes.buffer]);
            const heard = new Promise((resolve) => (port1.onmessage = resolve));
            console.log('port', (await heard).data, bytes.length);
            one.postMessage('throw');
            const error = await next(one, 'error');
            error.preventDefault();
            console.log(error.message.endsWith('on purpose'), error.colno);
            one.postMessage('nested');
            console.log((await next(one, 'message')).data);
            one.onmessage = () => console.log('heard after the end');
            one.terminate();
            one.postMessage('nested');
            try { new Worker(new URL('./one.js', import.meta.url)).postMessage(() => 1); }
            catch (thrown) { console.log(thrown.name); }
            const closed = new Worker(new URL('./close.js', import.meta.url));
            console.log((await next(closed, 'message')).data);
            closed.onmessage = null;
            console.log(closed.onmessage, closed instanceof EventTarget, `${closed}`);
            document.title = 'done';
            """,
        "one.js": """
            addEventListener('message', ({ data }) => {
              if (data.port) data.port.postMessage([...data.bytes].join());
              if (data === 'throw') throw new TypeError('on purpose');
              if (data !== 'nested') return;
              const inner = new Worker(new URL('./inner.js', import.meta.url));
              inner.onmessage = (event) => postMessage(`inner says ${event.data}`);
              inner.postMessage(5);
            });
            """,
        "inner.js": "onmessage = ({ data }) => postMessage(data * 2);\n",
        "close.js": "postMessage('last'); close(); setTimeout(() => postMessage('no'), 0);\n",
    }
    script(files)

    shown = browser.open(page(served), until=END)

    assert shown.said == [
        "port 1,2,3 0",
        "true 43",
        "inner says 10",
        "DataCloneError",
        "last",
        "null true [object EventTarget]",
    ]
    assert [error.splitlines()[0] for error in shown.errors] == ["TypeError: on purpose"]


def test_listeners_use_the_scope_as_their_target(
    browser: Browser, served: Path, script: Script
) -> None:
    files = {
        "main.js": """
            const worker = new Worker(new URL('./w.ts', import.meta.url), { name: 'one' });
            worker.onmessage = ({ data }) => {
              console.log(data);
              if (data === 'end') document.title = 'done';
            };
            worker.postMessage(1);
            """,
        "w.ts": """
            const isWorker: boolean = self instanceof DedicatedWorkerGlobalScope;
            self.addEventListener('message', function (event: MessageEvent) {
              this.postMessage([isWorker, this.name].join());
              event.target.postMessage('end');
            });
            """,
    }
    script(files)

    shown = browser.open(page(served), until=END)

    assert (shown.said, shown.errors) == (["true,one", "end"], [])


@pytest.mark.parametrize("first", ["app", "dep"])
def test_listeners_of_other_events_take_no_ports(
    browser: Browser, served: Path, script: Script, first: str
) -> None:
    port = "scope.addEventListener('message', ({ data }) => data.postMessage('heard'));"
    other = "scope.addEventListener('unhandledrejection', () => {});"
    own, dependency = (port, other) if first == "app" else (other, port)
    entry = {"MessageChannel": True, "MessagePort": True, "Worker": {"modules": "own"}}
    policy_of = json.loads(policy(DedicatedWorkerGlobalScope=True))
    policy_of["entry"]["globals"] |= entry
    script(
        {
            "main.js": """
                const worker = new Worker(new URL('./w.js', import.meta.url));
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = ({ data }) => { console.log(data); document.title = 'done'; };
                worker.postMessage(port2, [port2]);
                """,
            "w.js": f"import 'dep';\n((scope = self) => {{ {own} }})();\n",
            "compartment-policy.json": json.dumps(policy_of),
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
            "node_modules/dep/index.js": f"((scope = self) => {{ {dependency} }})();\n",
        }
    )

    shown = browser.open(page(served), until=END)

    assert (shown.said, shown.errors) == (["heard"], [])


def test_comlink(browser: Browser, served: Path, script: Script, tmp_path: Path) -> None:
    files = {
        "main.js": """
            import { proxy, wrap } from 'comlink';
            const worker = new Worker(new URL('./calc.js', import.meta.url), { type: 'module' });
            const calc = wrap(worker);
            console.log(await calc.add(1, 2), await calc.call(proxy((n) => n * 2)));
            document.title = 'done';
            """,
        "calc.js": """
            import { expose } from 'comlink';
            expose({ add: (a, b) => a + b, call: (f) => f(21) });
            """,
    }
    (tmp_path / "app.js" / "node_modules").mkdir(parents=True)
    (tmp_path / "app.js" / "node_modules" / "comlink").symlink_to(PACKAGES / "comlink")
    script(files, "--infer")

    shown = browser.open(page(served), until=END)

    assert (shown.said, shown.errors) == (["3 42"], [])


#: A dependency that attacks the page from a worker, and the worker from inside.
DEPENDENCY = r"""
const attempts = {
  message: () => postMessage('stolen'),
  listener: () => addEventListener('message', () => {}),
  handler: () => { if ('onmessage' in globalThis) return 'has onmessage'; throw new Error('none'); },
  scripts: () => importScripts('/stolen.js'),
  network: () => fetch('/stolen'),
  worker: () => new Worker('/stolen.js'),
  blob: () => new Worker(URL.createObjectURL(new Blob(['postMessage(1)']))),
  own: () => new Worker(new URL('./index.js', import.meta.url)),
  self: () => self.postMessage('stolen'),
  nobody: () => EventTarget.prototype.addEventListener.call(undefined, 'message', () => {}),
  ends: () => close(),
  constructor: () => (() => {}).constructor('return this')().postMessage('stolen'),
  prototype: () => { EventTarget.prototype.dispatchEvent = () => 'evil'; },
  events: () => { MessageEvent.prototype.evil = 1; },
  scope: () => DedicatedWorkerGlobalScope.prototype,
  location: () => location.href,
};
export const results = () => Object.fromEntries(Object.entries(attempts).map(([name, attempt]) => {
  try { return [name, `got ${attempt()}`]; } catch (error) { return [name, error.name]; }
}));
"""

ATTACKED = {
    "main.js": """
        import { results } from 'dep';
        const worker = new Worker(new URL('./w.js', import.meta.url), { type: 'module' });
        let count = 0;
        worker.onmessage = ({ data }) => {
          console.log(data);
          if (data.startsWith('{')) document.title = 'done';
        };
        """,
    "w.js": """
        import { results } from 'dep';
        postMessage('control');
        postMessage(JSON.stringify(results()));
        """,
    "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
    "node_modules/dep/index.js": DEPENDENCY,
}


def test_a_dependency_gets_nothing_in_a_worker(
    browser: Browser, served: Path, script: Script
) -> None:
    script(ATTACKED)

    shown = browser.open(page(served), until=END)

    assert shown.said[0] == "control"
    results = json.loads(shown.said[1])
    assert {name: said for name, said in results.items() if said.startswith("got")} == {}
    assert (len(shown.said), shown.errors) == (2, [])


def policy(**grants: object) -> str:
    """Return a policy of the application and of ``dep``, which has *grants*."""
    entry = {"console": True, "Worker": {"modules": "own"}, "document": True}
    return json.dumps(
        {
            "harmless": True,
            "entry": {"globals": entry, "packages": {"dep": True}},
            "resources": {"dep": {"globals": grants}},
        }
    )


def test_a_grant_for_own_modules_starts_no_others(
    browser: Browser, served: Path, script: Script
) -> None:
    dependency = r"""
        const start = (url) => {
          try { new Worker(url); return 'started'; } catch (error) { return error.message; }
        };
        export const attempts = () => [
          start(new URL('./w.js', import.meta.url)),
          start(new URL('/app-v0.0.0/main.js', 'file:///')),
          start({ href: 'file:///app-v0.0.0/secret.js' }),
          start(URL.createObjectURL(new Blob(['postMessage(1)']))),
          start('data:text/javascript,postMessage(1)'),
          start('app.js'),
          start({ href: 'file:///dep/none.js', toString: () => 'app.js' }),
        ];
        """
    script(
        {
            "main.js": "import { attempts } from 'dep';\nimport './secret.js';\n"
            "for (const line of attempts()) console.log(line);\ndocument.title = 'done';\n",
            "secret.js": "export {};\n",
            "compartment-policy.json": policy(
                Worker={"modules": "own"}, postMessage=False, Blob=True
            ),
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
            "node_modules/dep/index.js": dependency,
            "node_modules/dep/w.js": "postMessage('own');\n",
        }
    )

    shown = browser.open(page(served), until=END)

    assert shown.said[0] == "started"
    assert len(shown.said) == 7
    for said in shown.said[1:]:
        assert said.startswith("package 'dep' may not"), said
    assert "new URL('./worker.js', import.meta.url)" in shown.said[3]


def test_the_module_of_a_dependency_has_its_grants_in_a_worker(
    browser: Browser, served: Path, script: Script
) -> None:
    """It has the messages, since it is the module that was started, and no other global."""
    script(
        {
            "main.js": """
                import { start } from 'dep';
                start((data) => { console.log(data); document.title = 'done'; });
                """,
            "compartment-policy.json": policy(Worker={"modules": "own"}, fetch=False),
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
            "node_modules/dep/index.js": """
                export const start = (heard) => {
                  const worker = new Worker(new URL('./w.js', import.meta.url));
                  worker.onmessage = ({ data }) => heard(data);
                };
                """,
            "node_modules/dep/w.js": """
                let said;
                try { fetch('/stolen'); } catch (error) { said = error.message; }
                postMessage(said);
                """,
        }
    )

    shown = browser.open(page(served), until=END)

    assert re.match(r"package 'dep' may not use global 'fetch'; grant it", shown.said[0])
    assert shown.errors == []


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ({}, "function,function,true"),
        ({"DedicatedWorkerGlobalScope": False}, "undefined,undefined,false"),
    ],
    ids=["control", "denied"],
)
def test_a_denial_keeps_the_messages_of_its_own_worker_from_a_package(
    browser: Browser, served: Path, script: Script, grants: dict[str, object], expected: str
) -> None:
    policies = json.loads(policy(Worker={"modules": "own"}, **grants))
    policies["resources"]["dep"]["packages"] = {"dep>tell": True}
    policies["resources"]["dep>tell"] = {"globals": {"DedicatedWorkerGlobalScope": True}}
    package = '{{"name": "{}", "version": "1.0.0", "type": "module"}}'
    script(
        {
            "main.js": """
                import { start } from 'dep';
                start((data) => { console.log(data); document.title = 'done'; });
                """,
            "compartment-policy.json": json.dumps(policies),
            "node_modules/dep/package.json": package.format("dep"),
            "node_modules/dep/index.js": """
                export const start = (heard) => {
                  const worker = new Worker(new URL('./w.js', import.meta.url));
                  worker.onmessage = ({ data }) => heard(data);
                };
                """,
            "node_modules/dep/w.js": """
                import { tell } from 'tell';
                tell(`${[typeof postMessage, typeof addEventListener, 'onmessage' in globalThis]}`);
                """,
            "node_modules/tell/package.json": package.format("tell"),
            "node_modules/tell/index.js": """
                export const tell = (data, scope = self) => scope.postMessage(data);
                """,
        }
    )

    shown = browser.open(page(served), until=END)

    assert (shown.said, shown.errors) == ([expected], [])


def test_the_class_of_the_global_object_does_not_lead_to_it(
    browser: Browser, served: Path, script: Script
) -> None:
    """Libraries test for a worker with these classes, so inference grants them."""
    attack = r"""
        const found = (type) => {
          const classes = [], names = new Set();
          for (let each = type; each !== null; each = Object.getPrototypeOf(each)) {
            classes.push(each.name);
            for (let held = each.prototype; held; held = Object.getPrototypeOf(held))
              for (const name of Object.getOwnPropertyNames(held)) names.add(name);
          }
          return [self instanceof type, {} instanceof type, classes[0], names.has('self'),
            names.has('importScripts'), names.has('fetch')].join();
        };
        """
    dependency = (
        f"{attack}export const all = () => "
        "[found(DedicatedWorkerGlobalScope), found(WorkerGlobalScope)];\n"
    )
    script(
        {
            "main.js": """
                const worker = new Worker(new URL('./w.js', import.meta.url));
                worker.onmessage = ({ data }) => { console.log(data); document.title = 'done'; };
                """,
            "w.js": "import { all } from 'dep';\npostMessage(all().join(' '));\n",
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
            "node_modules/dep/index.js": dependency,
        },
        "--infer",
    )
    control = f"""new Promise((resolve) => {{
        const source = `{attack}; postMessage(found(WorkerGlobalScope))`;
        new Worker(URL.createObjectURL(new Blob([source]))).onmessage = ({{ data }}) => resolve(data);
        }})"""

    shown = browser.open(page(served), until=END, evaluate=control)

    assert shown.value == "true,false,WorkerGlobalScope,true,true,true"
    (said,) = shown.said
    assert said.split() == [
        "true,false,DedicatedWorkerGlobalScope,false,false,false",
        "true,false,WorkerGlobalScope,false,false,false",
    ]
    assert shown.errors == []


def test_packages_with_the_messages_have_their_own_copies(
    browser: Browser, served: Path, script: Script
) -> None:
    files = {
        "main.js": """
            const worker = new Worker(new URL('./w.js', import.meta.url), { type: 'module' });
            const heard = [];
            worker.onmessage = ({ data }) => {
              heard.push(data);
              if (heard.length === 2) { console.log(heard.sort().join()); document.title = 'done'; }
            };
            worker.postMessage({ list: [1] });
            """,
        "w.js": """
            import 'dep';
            onmessage = ({ data }) => { data.list.push('app'); postMessage(`app ${data.list}`); };
            """,
        "compartment-policy.json": policy(DedicatedWorkerGlobalScope=True),
        "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
        "node_modules/dep/index.js": """
            const listen = (scope = self) => scope.addEventListener('message', ({ data }) => {
              data.list.push('dep');
              scope.postMessage(`dep ${data.list}`);
            });
            listen();
            """,
    }
    script(files)

    shown = browser.open(page(served), until=END)

    assert (shown.said, shown.errors) == (["app 1,app,dep 1,dep"], [])


def test_a_port_has_one_owner(browser: Browser, served: Path, script: Script) -> None:
    policies = json.loads(policy(DedicatedWorkerGlobalScope=True))
    policies["entry"]["globals"] |= {"MessageChannel": True, "MessagePort": True}
    script(
        {
            "main.js": """
                const worker = new Worker(new URL('./w.js', import.meta.url));
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = ({ data }) => console.log(data);
                worker.onmessage = ({ data }) => {
                  console.log(data);
                  if (data === 'no copy') document.title = 'done';
                };
                worker.postMessage(port2, [port2]);
                """,
            "w.js": """
                import 'dep';
                onmessage = ({ data }) => data.postMessage('heard by app');
                """,
            "compartment-policy.json": json.dumps(policies),
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
            "node_modules/dep/index.js": """
                const listen = (scope = self) => {
                  scope.addEventListener('message', ({ data }) => {
                    data.postMessage('heard by dep');
                    scope.postMessage('no copy');
                  });
                  scope.addEventListener('messageerror', () => scope.postMessage('no copy'));
                };
                listen();
                """,
        }
    )

    shown = browser.open(page(served), until=END)

    assert len([said for said in shown.said if said.startswith("heard")]) == 1
    assert shown.said[-1] == "no copy"


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ({"addEventListener": True, "postMessage": True}, "function undefined EventTarget"),
        ({"DedicatedWorkerGlobalScope": True}, "function undefined EventTarget"),
        ({"DedicatedWorkerGlobalScope.name": True}, "undefined"),
    ],
    ids=["functions", "class", "member"],
)
def test_a_grant_leads_to_messages_and_not_to_the_global_object(
    browser: Browser, served: Path, script: Script, grants: dict[str, object], expected: str
) -> None:
    script(
        {
            "main.js": """
                const worker = new Worker(new URL('./w.js', import.meta.url));
                worker.onmessage = ({ data }) => { console.log(data); document.title = 'done'; };
                worker.postMessage(1);
                """,
            "w.js": """
                import { heard } from 'dep';
                onmessage = async () => postMessage(await heard);
                """,
            "compartment-policy.json": policy(**grants),
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
            "node_modules/dep/index.js": """
                const type = (scope = self) => typeof scope.addEventListener;
                const seen = ({ target }) =>
                  [type(), typeof target.importScripts, target.constructor.name].join(' ');
                export const heard = new Promise((resolve) => {
                  if (type() === 'undefined') resolve(type());
                  else ((scope) => scope.addEventListener('message', (e) => resolve(seen(e))))(self);
                });
                """,
        }
    )

    shown = browser.open(page(served), until=END)

    assert (shown.said, shown.errors) == ([expected], [])


def test_a_script_outside_of_compartments_is_refused_clearly(
    browser: Browser, served: Path, script: Script
) -> None:
    script(
        {
            "main.js": """
                const worker = new Worker(new URL('./w.js', import.meta.url));
                worker.onmessage = ({ data }) => { console.log(data); document.title = 'done'; };
                """,
            "w.js": """
                try { importScripts('/x.js'); } catch ({ message }) { postMessage(message); }
                """,
        }
    )

    (said,) = browser.open(page(served), until=END).said

    assert said == "importScripts would run a script outside of any compartment; import a module"


def test_a_service_worker_runs_a_module_of_the_application(
    browser: Browser, served: Path, script: Script
) -> None:
    script(
        {
            "main.js": """
                const { serviceWorker } = navigator;
                await serviceWorker.register(new URL('./sw.js', import.meta.url), { type: 'module' });
                await new Promise((resolve) =>
                  serviceWorker.controller ? resolve() : (serviceWorker.oncontrollerchange = resolve));
                console.log(await (await fetch('made')).text());
                document.title = 'done';
                """,
            "sw.js": """
                import { answer } from 'dep';
                self.addEventListener('install', () => skipWaiting());
                self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
                self.onfetch = (event) => {
                  if (event.request.url.endsWith('/made')) event.respondWith(new Response(answer()));
                };
                """,
            "node_modules/dep/package.json": '{"name": "dep", "version": "1.0.0", "type": "module"}',
            "node_modules/dep/index.js": r"""
                const denied = (attempt) => {
                  try { return `got ${attempt()}`; } catch (error) { return error.name; }
                };
                export const answer = () => [
                  'made by the service worker',
                  denied(() => clients.matchAll()),
                  denied(() => registration.unregister()),
                  denied(() => addEventListener('fetch', () => {})),
                  denied(() => caches.keys()),
                  denied(() => importScripts('/stolen.js')),
                ].join();
                """,
        }
    )

    shown = browser.open(page(served), until=END)

    assert shown.said == ["made by the service worker" + ",Error" * 5]
    assert shown.errors == []
