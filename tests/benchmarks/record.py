"""Store a benchmark and its machine as JSON, and load it."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.aims import judge, verdict
from benchmarks.measure import Sample
from benchmarks.ours import NODE
from benchmarks.rounds import Limits
from benchmarks.series import Key, Results, Series
from benchmarks.targets import TARGETS


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A benchmark: its figures and their conditions."""

    results: Results
    #: See `machine`.
    where: dict[str, object]
    #: Versions by package.
    peers: dict[str, str]
    limits: Limits


def machine() -> dict[str, object]:
    """Return the machine that the figures depend on."""
    node = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "processor": _processor(),
        "node": node.stdout.strip().removeprefix("v"),
        "python": platform.python_version(),
        "tree-sitter": version("tree-sitter"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not on Linux
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")


def as_json(record: Record) -> dict[str, object]:
    """Return every figure: milliseconds, megabytes, bytes; in the order of measurement."""
    return {
        "machine": record.where,
        "peers": record.peers,
        "limits": dataclasses.asdict(record.limits),
        "measurements": [
            {
                **dataclasses.asdict(key),
                "runs": [
                    {"wall": sample.wall, "cpu": sample.cpu, "memory": sample.memory}
                    for sample in series.samples
                ],
                "size": series.size,
                "failure": series.failure,
                "flaw": series.flaw,
            }
            for key, series in record.results.items()
        ],
        "targets": [
            {
                "what": target.what,
                "target": target.target,
                "measured": {
                    finding.label: finding.measured for finding in findings if finding.measured
                },
                "met": verdict(findings),
            }
            for target in TARGETS
            for findings in [[judge(aim, record.results) for aim in target.aims]]
        ],
    }


def from_json(text: str) -> Record:
    """Return the benchmark that `as_json` wrote, with targets evaluated again."""
    written = json.loads(text)
    results = {
        Key(entry["group"], entry["application"], entry["tool"]): Series(
            samples=[Sample(**run) for run in entry["runs"]],
            failure=entry["failure"],
            size=entry["size"],
            flaw=entry["flaw"],
        )
        for entry in written["measurements"]
    }
    limits = Limits(**written["limits"])
    return Record(results=results, where=written["machine"], peers=written["peers"], limits=limits)


def about(record: Record) -> str:
    """Return the sentences above the tables."""
    where, limits = record.where, record.limits
    tools = ", ".join(f"{name} {number}" for name, number in record.peers.items()) or "no peers"
    return (
        f"{where['cores']} cores ({where['processor']}), {where['system']}, Node {where['node']}, "
        f"Python {where['python']}, tree-sitter {where['tree-sitter']}; {tools}.\n\n"
        f"Medians of {limits.rounds} rounds, with the minimum and the maximum in brackets. Tasks of "
        f"more than {limits.slow:g} s run once."
    )
