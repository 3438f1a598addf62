"""The capability table, compared with every member of every builtin of Node 22 and 24."""

from __future__ import annotations

import json
import subprocess

import pytest
from support import NODE, ROOT

from compartment_mapper.authority.node_builtins import known_builtins
from compartment_mapper.authority.table import (
    AUTHORITIES,
    MEMBERS_OF_PROCESS,
    authority_of,
    comes_with,
)

#: The reviewed members, by version and builtin.
REVIEWED: dict[str, dict[str, list[str]]] = {
    version: {name: members.split() for name, members in builtins.items()}
    for version, builtins in json.loads(
        (ROOT / "compartment_mapper/authority/node_members.json").read_text()
    ).items()
}
EVERY_MEMBER = sorted(
    {
        f"{name}.{member}"
        for builtins in REVIEWED.values()
        for name, members in builtins.items()
        for member in members
    }
)

#: Builtins that expose the engine, other threads or other packages: the table lists each of their
#: members, so that a new one requires a decision.
_NAMED = ("async_hooks", "v8", "worker_threads")

#: Capabilities that run native code or source outside of compartments, load code that is not in the
#: archive, expose objects of all packages, or change engine settings.
CRITICAL = """
    _http_agent.globalAgent _http_common.parsers _stream_wrap.StreamWrap
    _tls_common.SecureContext _tls_wrap.TLSSocket async_hooks.createHook
    async_hooks.executionAsyncResource child_process.spawn child_process.ChildProcess cluster.fork
    cluster.Worker crypto.setEngine crypto.setFips dgram._createSocketHandle
    diagnostics_channel.Channel diagnostics_channel.channel diagnostics_channel.hasSubscribers
    diagnostics_channel.subscribe diagnostics_channel.tracingChannel
    diagnostics_channel.unsubscribe dns.setDefaultResultOrder dns.setServers domain.create
    http.setGlobalProxyFromEnv http.setMaxIdleHTTPParsers inspector.Session inspector.open
    inspector/promises.Session module._load module.enableCompileCache module.findSourceMap
    module.register module.registerHooks module.runMain module.setSourceMapsSupport
    module.syncBuiltinESMExports net._createServerHandle net.setDefaultAutoSelectFamily
    net.setDefaultAutoSelectFamilyAttemptTimeout os.setPriority perf_hooks.PerformanceObserver
    repl.start stream.setDefaultHighWaterMark sys.setTraceSigInt test.mock test.run
    tls.setDefaultCACertificates trace_events.createTracing util.setTraceSigInt v8.getHeapSnapshot
    v8.promiseHooks v8.queryObjects v8.setFlagsFromString v8.setHeapSnapshotNearHeapLimit
    v8.startCpuProfile v8.startupSnapshot v8.stopCoverage v8.takeCoverage v8.writeHeapSnapshot
    vm.Script vm.compileFunction vm.runInThisContext worker_threads.Worker
    worker_threads.moveMessagePortToContext process._debugProcess process._events
    process._getActiveHandles process._linkedBinding process.binding process.debugPort
    process.dlopen process.domain process.execve process.getBuiltinModule process.kill
    process.mainModule process.setSourceMapsEnabled process.setUncaughtExceptionCaptureCallback
    process.setuid
""".split()


def _severity(path: str) -> str:
    return authority_of("globals" if path.startswith("process.") else "builtins", path).severity


def test_every_builtin_is_in_the_table() -> None:
    names = {name for builtins in REVIEWED.values() for name in builtins}

    assert names == known_builtins()
    assert {name for name in names if not _has_row(name)} == set()


def _has_row(name: str) -> bool:
    rows = AUTHORITIES["builtins"]
    return name in rows or any(path.startswith(f"{name}.") for path in rows)


def _said_by_node(*arguments: str) -> str:
    return subprocess.run([NODE, *arguments], capture_output=True, text=True, check=True).stdout


def test_every_member_of_this_node_is_reviewed() -> None:
    found = json.loads(_said_by_node(str(ROOT / "scripts" / "node_members.cjs")))
    reviewed = REVIEWED[_said_by_node("-p", "process.versions.node.split('.')[0]").strip()]
    new = [
        f"{name}.{member}"
        for name, members in {**found["builtins"], "process": found["process"]}.items()
        for member in members
        if member not in reviewed.get(name, ())
    ]

    assert new == []


@pytest.mark.parametrize("path", CRITICAL)
def test_sandbox_escapes_are_critical(path: str) -> None:
    assert path in EVERY_MEMBER
    assert _severity(path) == "critical"


@pytest.mark.parametrize(
    "path", [path for path in EVERY_MEMBER if path.partition(".")[0] in _NAMED]
)
def test_each_member_of_introspective_builtins_is_listed(path: str) -> None:
    assert path in AUTHORITIES["builtins"]


def test_an_unreviewed_member_of_process_is_critical() -> None:
    assert _severity("process.somethingNew") == "critical"
    assert not comes_with("globals", "process.somethingNew", "process")
    assert {path for path in MEMBERS_OF_PROCESS if _severity(f"process.{path}") == "medium"} > {
        "exit",
        "on",
        "stdout",
    }


def test_an_unreviewed_builtin_is_critical() -> None:
    assert authority_of("builtins", "ffi").severity == "critical"
    assert authority_of("builtins", "ffi.dlopen").severity == "critical"


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("fs.readFileSync", "high"),
        ("http.request", "high"),
        ("process.on", "medium"),
        ("perf_hooks.monitorEventLoopDelay", "medium"),
        ("v8.serialize", "low"),
        ("async_hooks.AsyncLocalStorage", "harmless"),
        ("util.inspect", "harmless"),
        ("sqlite.DatabaseSync", "high"),
    ],
)
def test_other_capabilities_are_not_critical(path: str, severity: str) -> None:
    assert _severity(path) == severity
