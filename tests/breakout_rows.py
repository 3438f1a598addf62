"""Programs that break out of a process that confines nothing, and what each of them needs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from command_line import write

PROGRAMS = Path(__file__).parent / "run" / "confinement" / "breakouts"


MARKER = "the-secret-of-this-host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakout:
    """The attacker's final output."""

    #: The programs, in sequence: the first prepares the next.
    parts: tuple[str, ...]
    #: In plain Node.
    succeeds: str
    #: Confined: a regular expression for the whole output.
    held: str
    options: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    #: In plain Node, if not 0: negative for a signal.
    status: int = 0


BREAKOUTS = {
    "structuredClone-makes-a-file-handle": Breakout(
        parts=("_clone", "clone"),
        succeeds=MARKER,
        held="refused: copy.createReadStream is not a function",
    ),
    "structuredClone-of-something-deep": Breakout(
        parts=("_clone", "clone-nested"),
        succeeds=MARKER,
        held="refused: copy.createReadStream is not a function",
    ),
    "a-message-makes-a-file-handle": Breakout(
        parts=("_clone", "message-port"),
        succeeds=MARKER,
        held="TypeError: copy.createReadStream is not a function",
        options=("--infer",),
    ),
    "the-hash-that-names-cached-code": Breakout(
        parts=("code-cache",),
        succeeds="swapped",
        held="2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    ),
    "prototypes-that-no-name-leads-to": Breakout(
        parts=("_hidden", "hidden"),
        succeeds=r"closed: \n",
        held=r"open: \nclosed: .*,an event\nmissing: the handle of an exchange\n$",
    ),
    "diagnostics-of-require": Breakout(
        parts=("diagnostics",),
        succeeds="got function",
        held="got x",
        options=("--grant", "evil:diagnostics_channel"),
    ),
    "vm-runs-past-every-compartment": Breakout(
        parts=("contexts",),
        succeeds="read by: runInThisContext, a script, compileFunction, .*a function of the host",
        held="read by: $",
    ),
    "the-constructors-of-functions": Breakout(
        parts=("made-functions",),
        succeeds="read by: Function, AsyncFunction, GeneratorFunction, AsyncGeneratorFunction; left for others by: F",
        held="read by: ; left for others by: $",
    ),
    "cluster-is-one-object": Breakout(
        parts=("own-cluster",),
        succeeds="shared: true; seen: mine,the-secret-of-this-host; forks: true",
        held="shared: false; seen: ; forks: false$",
    ),
    "sqlite-loads-an-extension": Breakout(
        parts=("sqlite",),
        succeeds="cannot open shared object file",
        held=r"(ERR_ACCESS_DENIED: '\w+' loads machine code.*\n){3}$",
        options=("--infer",),
    ),
    "sqlite-calls-an-address": Breakout(
        parts=("sqlite-tokenizer",),
        succeeds=r"(taken\n){4}found: running",
        held=r"(ERR_ACCESS_DENIED: 'fts3_tokenizer' loads machine code.*\n){4}found: running\n$",
        options=("--infer",),
    ),
    "a-folder-of-WASI": Breakout(
        parts=("wasi",),
        succeeds="read: true",
        held="ERR_ACCESS_DENIED: package 'evil' may not use builtin 'wasi.WASI'",
        options=("--infer",),
        env={"NAME_OF_A_SECRET": "1"},
    ),
    "an-engine-for-TLS": Breakout(
        parts=("engines",),
        succeeds="engines loaded: context,inherited,key",
        held="engines loaded: $",
        options=("--infer",),
    ),
    "the-event-worker": Breakout(
        parts=("worker-event",),
        succeeds="a worker, and function",
        held="nothing",
        options=("--infer", "--grant", "victim:worker_threads.Worker"),
    ),
    "the-frame-of-async-contexts": Breakout(
        parts=("context-frame",),
        succeeds="stores seen by: AsyncResource, EventEmitterAsyncResource, AsyncLocalStorage.bind, AsyncLocalStorage.snapshot, AsyncResource.bind, a bound method, a zlib handle",
        held="stores seen by: $",
    ),
    "import-source": Breakout(
        parts=("import-phases",),
        succeeds="imported by: eval source, eval comments, eval lines, eval template, Function source.*, a compartment of its own source",
        held="imported by: $",
    ),
    "assert-reads-source-maps": Breakout(
        parts=("_source-map", "source-maps"),
        succeeds=MARKER,
        held="ERR_ASSERTION: The expression evaluated to a falsy value$",
        env={"NODE_OPTIONS": "--enable-source-maps"},
    ),
    "source-maps-switched-on": Breakout(
        parts=("_source-map", "set-source-maps"),
        succeeds=MARKER,
        held="ERR_ASSERTION: The expression evaluated to a falsy value$",
        options=("--infer",),
    ),
    "streams-of-files-lead-to-fs": Breakout(
        parts=("file-streams",),
        succeeds="fs by: createReadStream, createWriteStream",
        held="fs by: $",
        options=(
            *("--grant", "evil:fs.createReadStream"),
            *("--grant", "evil:fs.createWriteStream"),
        ),
    ),
    "fs-reads-the-process-itself": Breakout(
        parts=("proc-self",),
        succeeds="read by: path, .*promises, stream, .*memory, memory",
        held="read by: $",
        options=("--grant", "evil:fs"),
        env={"NAME_OF_A_SECRET": "1"},
    ),
    "the-end-of-the-stack": Breakout(
        parts=("_edge", "end-of-stack"),
        succeeds="got: fs,URL,readline,net,stream/web",
        held="got: $",
        options=("--infer", "--grant", "evil:fs"),
        env={"NAME_OF_A_SECRET": "1"},
    ),
    "descriptors-of-others": Breakout(
        parts=("descriptors",),
        succeeds=r"used: 3,\d.*\nown: 5, then EBADF",
        held="used: \nown: 5, then EBADF$",
        options=("--grant", "evil:fs", "--report", "report.jsonl"),
    ),
    "the-decoder-of-a-stream": Breakout(
        parts=("decoders",), succeeds=f"heard: {MARKER}", held="heard: $"
    ),
    "the-event-of-a-signal": Breakout(
        parts=("made-events",), succeeds=f"heard: {MARKER}", held="heard: $"
    ),
    "classes-of-what-is-made-late": Breakout(
        parts=("made-late",),
        succeeds="open: watcher,stat watcher,statfs,context,group,import of WASI,rows,response,key,",
        held="open: \nlooked at: 22$",
        options=("--infer", "--grant", "evil:wasi"),
    ),
    "fs-opens-what-a-path-leads-to-by-then": Breakout(
        parts=("fs-race",),
        succeeds="read by: readFile, promises.readFile, createReadStream, open, promises.open",
        held="read by: $",
        options=("--grant", "evil:fs"),
        env={"NAME_OF_A_SECRET": "1"},
    ),
    "hooks-of-promises": Breakout(
        parts=("promise-hooks",),
        succeeds="values of others: true",
        held="values of others: false",
        options=("--infer",),
    ),
    "a-TextDecoder-takes-another-handle": Breakout(
        parts=("text-decoder",), succeeds="", held="decoded A", status=-11
    ),
    "parseArgs-tells-the-arguments": Breakout(
        parts=("parse-args",),
        succeeds="secret-argument",
        held=r'{"values":{},"positionals":\[\]}',
        arguments=("--token=secret-argument",),
    ),
    "accessors-keep-what-they-are-given": Breakout(
        parts=("_accessors", "accessors"), succeeds="heard: true", held="heard: false"
    ),
    "console-hands-out-inspect": Breakout(
        parts=("console-inspect",),
        succeeds="changed for all: true",
        held="shown\nchanged for all: false",
    ),
    "the-sockets-of-a-server": Breakout(
        parts=("server-socket",),
        succeeds="connects outwards: true",
        held="connects outwards: false",
        options=("--grant", "evil:http.createServer", "--grant", "victim:http.get"),
    ),
    "relative-names-tell-the-folder": Breakout(
        parts=("cwd",),
        succeeds="/app-of-the-user/",
        held=r"file:///x\nfile:///x\n(/x\n|x\n|/\n){6}$",
    ),
    "the-lists-of-timers": Breakout(
        parts=("timer-lists",),
        succeeds="timers of others by: socket, timer",
        held="timers of others by: $",
        options=("--grant", "evil:net"),
    ),
}


def application(folder: Path, parts: tuple[str, ...]) -> Path:
    """Write the program below *folder*, and return its entry."""
    secret = folder / "secret.txt"
    secret.write_text(MARKER)
    constants = f"const FILE = {json.dumps(str(secret))};\nconst SECRET = {json.dumps(MARKER)};\nconst SECRET_NAME = 'NAME_OF_A_SECRET';\n"
    texts = [(PROGRAMS / f"{name}.js").read_text() for name in ("_common", *parts)]
    victim = PROGRAMS / f"{parts[-1]}.victim.js"
    sees = "const victim = require('victim');\n" if victim.is_file() else ""
    app = write(
        folder / "app-of-the-user",
        {
            "package.json": json.dumps(
                {"name": "app", "dependencies": {"evil": "1", "victim": "1"}}
            ),
            "main.js": "(async () => require('evil')())().then(console.log, (error) => console.log(`refused: ${error.message}`));\n",
            "node_modules/evil/package.json": json.dumps(
                {"name": "evil", "version": "1.0.0", "dependencies": {"victim": "1"}}
            ),
            "node_modules/evil/index.js": "".join([constants, sees, *texts]),
            "node_modules/victim/package.json": '{"name": "victim", "version": "1.0.0"}',
            "node_modules/victim/index.js": "".join(
                [constants, *texts[:-1], victim.read_text() if sees else ""]
            ),
        },
    )
    return app / "main.js"


def started(
    command: Sequence[str | Path], *, folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Return the result of *command*."""
    return subprocess.run(
        command,
        env={**os.environ, "NODE_NO_WARNINGS": "1", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=folder,
    )
