"""Load applications and policies for the ``policy`` commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

from compartment_mapper.bundle.application import Application, Options
from compartment_mapper.cli.building import Hosting, loaded_application, tree_shakes
from compartment_mapper.cli.shared import (
    CACHE_OPTION,
    CONDITION_OPTION,
    JOBS_OPTION,
    NODE_OPTION,
    SHIM_OPTION,
    TREE_SHAKING_OPTION,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """The options for loading an application."""

    condition: tuple[str, ...]
    tree_shaking: bool | None
    shim: tuple[str, ...]
    hosting: Hosting


def load_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for loading an application to *command*, as its argument ``loading``."""

    @wraps(command)
    def with_loading(
        *,
        condition: tuple[str, ...],
        tree_shaking: bool | None,
        shim: tuple[str, ...],
        node: str | None,
        no_cache: bool,
        jobs: int | None,
        **arguments: object,
    ) -> None:
        hosting = Hosting(node=node, jobs=jobs, no_cache=no_cache)
        loading = LoadOptions(
            condition=condition, tree_shaking=tree_shaking, shim=shim, hosting=hosting
        )
        command(loading=loading, **arguments)

    return CONDITION_OPTION(
        TREE_SHAKING_OPTION(SHIM_OPTION(NODE_OPTION(CACHE_OPTION(JOBS_OPTION(with_loading)))))
    )


def load(entry: str, loading: LoadOptions) -> Application:
    """Return the application at *entry*, without looking for its policy."""
    options = Options(
        conditions=frozenset(loading.condition),
        tree_shakes=tree_shakes(loading.tree_shaking, loading.condition),
        shims=loading.shim,
        finds_policy=False,
        reads_install_scripts=True,
    )
    return loaded_application(entry, options, loading.hosting)


def shown_path(path: str) -> str:
    """Return *path* relative to the working directory, if it is below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path
