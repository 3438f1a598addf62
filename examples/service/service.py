"""A service that evaluates untrusted JavaScript: with a token, limits, health, metrics and OpenAPI.

    TOKEN=secret uvicorn service:app

The code can use the tools below, and nothing else.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from compartment_mapper import AsyncSandboxPool, Limits, SandboxError

PRICES = {"apple": 120, "pear": 95}


def price_of(fruit: str) -> int:
    """Return the price of a fruit in cents."""
    return PRICES[fruit]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the processes with the service, and end them with it."""
    limits = Limits(source=20_000, output=20_000, tool_calls=100, message_bytes=1_000_000)
    app.state.pool = AsyncSandboxPool(
        size=int(os.environ.get("PROCESSES", "2")),
        queue=100,
        tools={"price_of": price_of},
        timeout=2.0,
        memory_mb=64,
        limits=limits,
    )
    yield
    await app.state.pool.close()


app = FastAPI(title="Evaluate", version="1.0.0", lifespan=lifespan)


class Program(BaseModel):
    """What to evaluate."""

    source: str = Field(description="JavaScript or TypeScript.", max_length=20_000)
    globals: dict[str, object] = Field(default={}, description="Data for global variables.")


class Result(BaseModel):
    """What came of it."""

    value: object = None
    console: list[str] = []
    error: str | None = Field(default=None, description="For people and models.")


def pool() -> AsyncSandboxPool:
    """Return the pool of the service."""
    found: AsyncSandboxPool = app.state.pool
    return found


def authorized(
    given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> None:
    """Refuse requests without the token."""
    expected = os.environ.get("TOKEN", "")
    if not expected or not secrets.compare_digest(given.credentials.encode(), expected.encode()):
        raise HTTPException(401, "wrong token")


@app.post("/evaluate", dependencies=[Depends(authorized)])
async def evaluate(program: Program) -> Result:
    """Evaluate a program in a process of its own turn."""
    try:
        done = await pool().run(program.source, globals=program.globals, wait=5.0)
    except SandboxError as error:
        if error.code in {"POOL_FULL", "POOL_WAIT"}:
            raise HTTPException(503, "busy: try again later") from error
        return Result(error=error.for_model(), console=[line.text for line in error.console])
    return Result(value=done.value, console=[line.text for line in done.console])


@app.get("/health")
async def health() -> dict[str, int]:
    """Return the numbers of processes, and of programs that wait."""
    return dict(pool().health())


@app.get("/metrics")
async def metrics() -> Response:
    """Return counters for Prometheus."""
    return Response(pool().metrics(), media_type="text/plain; version=0.0.4")
