"""The measured tasks of applications, including generated ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import growth
from benchmarks.applications import Application, changing, copy
from benchmarks.measure import Command
from benchmarks.ours import NODE, Ours
from benchmarks.peers import (
    BUNDLERS,
    ENDO,
    LAVAMOAT,
    WEBPACK,
    Bundler,
    run_by_endo,
    run_by_lavamoat,
    webpack,
)
from benchmarks.places import PEERS, ROOT, Work, emptied
from benchmarks.rounds import Step, Task
from benchmarks.series import Key

OURS = "compartment-mapper"
OURS_IN_NODE = "compartment-mapper's runtime"
NODE_ALONE = "node -e 0"
PLAIN = "node"
LOCKED = "node, after lockdown"

COLD, WARM, CHANGED, COMPRESSED, MEMORY, RUN, GROWTH, GROWTH_MEMORY = GROUPS = (
    "cold",
    "warm",
    "changed",
    "compressed",
    "memory",
    "run",
    "growth",
    "growth-memory",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The common parameters of all tasks."""

    ours: Ours
    work: Work
    #: Whether to measure the other tools.
    peers: bool


def application_tasks(application: Application, prints: str, bench: Bench) -> Iterator[Task]:
    """Yield the tasks of one application, with compared tasks close to each other.

    Args:
        application: An installed application.
        prints: The output of plain Node.
        bench: The tools and the working folder.
    """
    folder = bench.work.application(application.name)
    copy(application.source, folder)
    yield _cold(application, prints, bench)
    if bench.peers:
        for bundler in BUNDLERS:
            yield _cold_peer(bundler, application, prints, bench)
        yield _warm_webpack(application, bench)
    yield _warm(application, prints, bench)
    yield _changed(application, prints, bench)
    yield _compressed(application, prints, bench)
    yield _memory(application, bench)
    yield from _runs(application, prints, bench)


def _cold(application: Application, prints: str, bench: Bench) -> Task:
    folder = bench.work.application(application.name)
    archive = bench.work.product(OURS, f"{application.name}.zip")
    cache = bench.work.cache(f"cold-{application.name}")
    return Task(
        key=Key(COLD, application.name, OURS),
        command=bench.ours.bundle(folder, archive, cache=cache, cold=True),
        before=emptied(cache, archive),
        product=archive,
        product_run=bench.ours.run(archive, cache=cache),
        product_prints=prints,
    )


def _memory(application: Application, bench: Bench) -> Task:
    """A cold build under sampling of memory, whose time does not count."""
    cold = _cold(application, "", bench)
    key = Key(MEMORY, application.name, OURS)
    return dataclasses.replace(cold, key=key, family=True, product_run=None)


def _compressed(application: Application, prints: str, bench: Bench) -> Task:
    folder = bench.work.application(application.name)
    archive = bench.work.product(OURS, f"{application.name}-compressed.zip")
    cache = bench.work.cache(f"compressed-{application.name}")
    return Task(
        key=Key(COMPRESSED, application.name, OURS),
        command=bench.ours.bundle(folder, archive, "--compress", cache=cache, cold=True),
        before=emptied(cache, archive),
        product=archive,
        product_run=bench.ours.run(archive, cache=cache),
        product_prints=prints,
    )


def _warm(application: Application, prints: str, bench: Bench) -> Task:
    """A rebuild without changes."""
    folder = bench.work.application(application.name)
    archive = bench.work.product(OURS, f"{application.name}-warm.zip")
    cache = bench.work.cache(f"warm-{application.name}")
    command = bench.ours.bundle(folder, archive, cache=cache)
    return Task(
        key=Key(WARM, application.name, OURS),
        command=command,
        first=[Step(command=command)],
        product=archive,
        product_run=bench.ours.run(archive, cache=cache),
        product_prints=prints,
    )


def _changed(application: Application, prints: str, bench: Bench) -> Task:
    """A rebuild with a changed entry; packages are unchanged."""
    folder = bench.work.application(f"{application.name}-changed")
    copy(application.source, folder)
    archive = bench.work.product(OURS, f"{application.name}-changed.zip")
    cache = bench.work.cache(f"changed-{application.name}")
    command = bench.ours.bundle(folder, archive, cache=cache)
    return Task(
        key=Key(CHANGED, application.name, OURS),
        command=command,
        first=[Step(command=command)],
        before=changing(folder / "index.js"),
        product=archive,
        product_run=bench.ours.run(archive, cache=cache),
        product_prints=prints,
    )


def _cold_peer(bundler: Bundler, application: Application, prints: str, bench: Bench) -> Task:
    folder = bench.work.application(application.name)
    product = bench.work.product(bundler.name, f"{application.name}{bundler.suffix}")
    run = bundler.run and Command(arguments=bundler.run(product), folder=folder)
    return Task(
        key=Key(COLD, application.name, bundler.name),
        command=bundler.command(application, folder, product),
        before=emptied(product),
        product=product,
        product_run=run,
        product_prints=prints,
    )


def _warm_webpack(application: Application, bench: Bench) -> Task:
    folder = bench.work.application(application.name)
    product = bench.work.product("webpack warm", f"{application.name}.cjs")
    cache = bench.work.cache(f"webpack-{application.name}")
    arguments = webpack(application, folder / "index.js", product, cache=cache)
    command = Command(arguments=arguments, folder=folder)
    return Task(
        key=Key(WARM, application.name, WEBPACK.name),
        command=command,
        first=[Step(command=command)],
        product=product,
    )


def _runs(application: Application, prints: str, bench: Bench) -> Iterator[Task]:
    """Yield the runs of the application: plain, and confined by each tool."""
    name, folder = application.name, bench.work.application(application.name)
    plain = Command(arguments=(NODE, str(folder / "index.js")), folder=folder)
    nothing = Command(arguments=(NODE, "-e", "0"), folder=folder)
    yield Task(key=Key(RUN, name, NODE_ALONE), command=nothing, prints="")
    yield Task(key=Key(RUN, name, PLAIN), command=plain, prints=prints)
    yield from _our_runs(application, prints, bench)
    if bench.peers and name == "p":
        script = str(PEERS / "after-lockdown.cjs")
        locked = Command(arguments=(NODE, script, str(folder / "index.js")), folder=folder)
        yield Task(key=Key(RUN, name, LOCKED), command=locked, prints=prints)
    if bench.peers:
        yield from _peer_runs(application, prints, bench)


def _our_runs(application: Application, prints: str, bench: Bench) -> Iterator[Task]:
    """Yield our runs, from the second on: the first one fills the code cache."""
    name, ours = application.name, bench.ours
    archive = bench.work.product(OURS, f"{name}-run.zip")
    cache = bench.work.cache(f"run-{name}")
    bundle = ours.bundle(bench.work.application(name), archive, cache=cache)
    bundled = Step(command=bundle, creates=archive)
    for tool, command in (
        (OURS_IN_NODE, ours.run_in_node(archive, cache=cache)),
        (OURS, ours.run(archive, cache=cache)),
    ):
        first = [bundled, Step(command=command)]
        yield Task(key=Key(RUN, name, tool), command=command, first=first, prints=prints)


def _peer_runs(application: Application, prints: str, bench: Bench) -> Iterator[Task]:
    name, folder = application.name, bench.work.application(application.name)
    archive = bench.work.product(ENDO.name, f"{name}.zip")
    policy = bench.work.product(LAVAMOAT.name, f"{name}.json")
    for bundler, product, arguments in (
        (ENDO, archive, run_by_endo(archive)),
        (LAVAMOAT, policy, run_by_lavamoat(folder / "index.js", policy)),
    ):
        made = Step(command=bundler.command(application, folder, product), creates=product)
        yield Task(
            key=Key(RUN, name, bundler.name),
            command=Command(arguments=arguments, folder=folder),
            first=[made],
            prints=prints,
        )


def growth_tasks(generated: growth.Generated, bench: Bench) -> Iterator[Task]:
    """Yield the bundling of a generated application: time and memory."""
    folder = bench.work.application(generated.name.replace(" ", "-"))
    generated.write(folder, generated.count)
    archive = bench.work.product("growth", f"{folder.name}.zip")
    cache = bench.work.cache(folder.name)
    cold = Task(
        key=Key(GROWTH, generated.name, OURS),
        command=bench.ours.bundle(folder, archive, cache=cache, cold=True),
        before=emptied(cache, archive),
        product=archive,
        product_run=bench.ours.run(archive, cache=cache),
        product_prints=generated.prints,
    )
    yield cold
    key = Key(GROWTH_MEMORY, generated.name, OURS)
    yield dataclasses.replace(cold, key=key, family=True, product_run=None)


def plain_output(application: Application) -> Command:
    """Return the command whose output every tool must match."""
    entry = application.source / "index.js"
    return Command(arguments=(NODE, str(entry)), folder=ROOT)
