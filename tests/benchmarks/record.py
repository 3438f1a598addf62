"""The results as JSON, and where results came to be."""

from __future__ import annotations

import dataclasses
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.aims import judge, verdict
from benchmarks.ours import NODE
from benchmarks.rounds import Limits
from benchmarks.series import Results
from benchmarks.targets import TARGETS


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
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
    except OSError:  # not Linux
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")


def as_json(
    results: Results, *, where: dict[str, object], peers: dict[str, str], limits: Limits
) -> dict[str, object]:
    """Return every figure: milliseconds, megabytes, bytes; in the order of measuring."""
    return {
        "machine": where,
        "peers": peers,
        "limits": dataclasses.asdict(limits),
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
            for key, series in results.items()
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
            for findings in [[judge(aim, results) for aim in target.aims]]
        ],
    }


def about(where: dict[str, object], peers: dict[str, str], limits: Limits) -> str:
    """Return the sentences over the tables."""
    tools = ", ".join(f"{name} {number}" for name, number in peers.items()) or "no peers"
    return (
        f"{where['cores']} cores ({where['processor']}), {where['system']}, Node {where['node']}, Python "
        f"{where['python']}, tree-sitter {where['tree-sitter']}; {tools}.\n"
        f"Medians of {limits.rounds} rounds, with the least and the most in brackets; what takes more "
        f"than {limits.slow:g} s is run once."
    )
