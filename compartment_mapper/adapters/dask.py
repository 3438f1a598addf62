"""Evaluations on a cluster of Dask: a pool of sandboxes on each worker; extra ``dask``.

https://distributed.dask.org/en/stable/plugins.html
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Self, Unpack
from uuid import uuid4

from distributed import Client, Worker, WorkerPlugin, get_worker

from compartment_mapper.sandbox.failures import SandboxError
from compartment_mapper.sandbox.options import SandboxOptions
from compartment_mapper.sandbox.pool import SandboxPool
from compartment_mapper.sandbox.running import Evaluation


class _PoolPlugin(WorkerPlugin):
    """A pool on a worker, with a process for each of its threads."""

    def __init__(self, name: str, uses: int, options: SandboxOptions) -> None:
        self.name = name
        self._uses = uses
        self._options = options
        self.pool: SandboxPool | None = None

    def setup(self, worker: Worker) -> None:
        """Start the processes."""
        size = max(1, worker.state.nthreads)
        self.pool = SandboxPool(size=size, uses=self._uses, **self._options)

    def teardown(self, worker: Worker) -> None:
        """End the processes."""
        del worker
        if self.pool is not None:
            self.pool.close()


class ClusterPool:
    """Sandboxes on all workers of a cluster.

    Tools run on the workers, so they must be functions that can be pickled. An evaluation may run
    again if its worker is lost: tools should not mind to be called twice.

    Args:
        client: The client of the cluster.
        uses: The number of evaluations after which a process is replaced.
        options: The options of each `Sandbox`.

    >>> with ClusterPool(client, timeout=2.0) as pool:  # doctest: +SKIP
    ...     pool.map(["1 + 1", "2 + 2"])
    [2, 4]
    """

    def __init__(
        self, client: Client, *, uses: int = 1000, **options: Unpack[SandboxOptions]
    ) -> None:
        self._client = client
        self._name = f"compartment-mapper-{uuid4().hex}"
        client.register_plugin(_PoolPlugin(self._name, uses, options))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_problem: object) -> None:
        self.close()

    def map(
        self,
        sources: Iterable[str],
        *,
        globals: Iterable[Mapping[str, object]] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,
    ) -> list[object]:
        """Return the values of *sources*, in their order.

        Args:
            sources: See `Sandbox.run`.
            globals: The global variables of each source, in the same order.
            timeout: The timeout of each evaluation in seconds.

        Raises:
            SandboxError: The first error in the order of the sources.
        """
        results = self.run_all(sources, globals=globals, timeout=timeout)
        for result in results:
            if isinstance(result, SandboxError):
                raise result
        return [result.value for result in results if isinstance(result, Evaluation)]

    def run_all(
        self,
        sources: Iterable[str],
        *,
        globals: Iterable[Mapping[str, object]] | None = None,  # noqa: A002 - the term of SES
        timeout: float | None = None,
    ) -> list[Evaluation | SandboxError]:
        """Return the evaluations of *sources*, or their errors, in their order."""
        listed = list(sources)
        given = [{} for _ in listed] if globals is None else [dict(each) for each in globals]
        if len(given) != len(listed):
            raise ValueError(f"{len(listed)} sources, but globals for {len(given)}")
        futures = self._client.map(
            _evaluated, listed, given, plugin=self._name, timeout=timeout, pure=False
        )
        found: list[Evaluation | SandboxError] = self._client.gather(futures)  # type: ignore[no-untyped-call]  # of distributed
        return found

    def close(self) -> None:
        """End the processes on all workers."""
        with contextlib.suppress(ValueError):  # the workers are gone
            self._client.unregister_worker_plugin(self._name)  # type: ignore[no-untyped-call]  # as above


def _evaluated(
    source: str, given: Mapping[str, object], *, plugin: str, timeout: float | None
) -> Evaluation | SandboxError:
    found = get_worker().plugins[plugin]
    assert isinstance(found, _PoolPlugin)
    assert found.pool is not None
    try:
        return found.pool.run(source, globals=given, timeout=timeout)
    except SandboxError as error:
        return error
