"""Whether the process lives, whether it can answer, and its figures."""

from __future__ import annotations

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.lifespan import ProbedState
from tenancy.valkey import AWAY

VALKEY_SECONDS = 1.0  # a client tries for longer than whoever asks us waits


async def live(_: Request) -> Response:
    """200 while the event loop turns."""
    return PlainTextResponse("ok")


async def ready(request: Request[ProbedState]) -> Response:
    """200 when all that is needed answers, else 503; the body names what does not.

    Valkey is not needed where requests go on without it: to take every process out of service then would
    make the outage that `quota_without_valkey` is there to prevent.
    """
    checks = {"database": "ok", "valkey": "ok"}
    try:
        async with request.state["database"].unpinned() as connection:
            await connection.fetchval("select 1")
    except Exception as error:  # whatever it is, the database can't be used
        checks["database"] = type(error).__name__
    try:
        async with asyncio.timeout(VALKEY_SECONDS):
            await request.state["valkey"].ping()
    except AWAY as error:
        checks["valkey"] = type(error).__name__
    needed = ["database", "valkey"] if request.state["needs_valkey"] else ["database"]
    return JSONResponse(checks, 200 if all(checks[name] == "ok" for name in needed) else 503)


async def metrics(request: Request[ProbedState]) -> Response:
    await request.state["figures"].refresh()
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def health_routes() -> list[BaseRoute]:
    return [Route("/livez", live), Route("/readyz", ready), Route("/metrics", metrics)]
