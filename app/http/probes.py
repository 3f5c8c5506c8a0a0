"""A worker's own small HTTP server: /livez, /readyz and /metrics, and nothing else."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette

from app.http.health import health_routes
from app.lifespan import ProbedState


class QuietServer(uvicorn.Server):
    """uvicorn without signal handlers of its own: the command decides what ends in which order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def probed(host: str, port: int | None, state: ProbedState) -> AsyncIterator[None]:
    """Answers on that port within the block; without one, nobody does. Raises OSError for one in use."""
    if port is None:
        yield
        return

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[ProbedState]:
        yield state

    config = uvicorn.Config(
        Starlette(routes=health_routes(), lifespan=lifespan),
        loop="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server, sock = QuietServer(config), socket.create_server((host, port))
    serving = asyncio.create_task(server.serve([sock]), name="The probes of the worker")
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait([serving])
