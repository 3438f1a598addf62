"""Evaluations on a real cluster of two workers, each a process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from compartment_mapper import SandboxError, SandboxTimeoutError
from compartment_mapper.adapters.dask import ClusterPool

pytestmark = pytest.mark.filterwarnings("ignore")  # of the cluster


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with (
        LocalCluster(  # type: ignore[no-untyped-call]  # of distributed
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        Client(cluster) as opened,  # type: ignore[no-untyped-call]  # of distributed
    ):
        yield opened


def where() -> int:
    return os.getpid()


def test_sources_are_evaluated_on_all_workers(client: Client) -> None:
    with ClusterPool(client, tools={"where": where}) as pool:
        assert pool.map([f"{n} * 2" for n in range(40)]) == [2 * n for n in range(40)]
        assert pool.map(["n + 1"] * 3, globals=[{"n": n} for n in range(3)]) == [1, 2, 3]
        workers = set(pool.map(["await tools.where()"] * 40))
        assert len(workers) == 2
        assert os.getpid() not in workers


def test_errors_come_back_in_order(client: Client) -> None:
    with ClusterPool(client, timeout=0.5) as pool:
        found = pool.run_all(["1", "throw new TypeError('no')", "while (true) {}", "4"])
        assert [getattr(each, "value", None) for each in found] == [1, None, None, 4]
        assert isinstance(found[1], SandboxError)
        assert (found[1].name, found[1].line) == ("TypeError", 1)
        assert isinstance(found[2], SandboxTimeoutError)
        with pytest.raises(SandboxError, match="no"):
            pool.map(["1", "throw new TypeError('no')"])
        with pytest.raises(ValueError, match="2 sources, but globals for 1"):
            pool.map(["1", "2"], globals=[{}])


def test_a_worker_that_ends_is_replaced(client: Client) -> None:
    with ClusterPool(client, tools={"where": where}) as pool:
        (victim,) = {pool.map(["await tools.where()"])[0]}
        assert isinstance(victim, int)
        os.kill(victim, 9)
        assert pool.map([f"{n}" for n in range(20)]) == list(range(20))


def test_closing_ends_the_processes(client: Client) -> None:
    client.wait_for_workers(2)
    with ClusterPool(client) as pool:
        pool.map(["1"] * 4)
        children = client.run(children_of_worker)
        processes = [pid for pids in children.values() for pid in pids]
        assert len(processes) >= 2
        assert all(Path(f"/proc/{pid}").exists() for pid in processes)
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in processes):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children_of_worker() -> list[int]:
    """Return the processes of sandboxes below this worker."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"sandbox.cjs" in (path.parent / "cmdline").read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
