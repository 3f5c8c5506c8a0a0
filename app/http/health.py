"""Whether the process lives, whether it can answer, and its figures."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.lifespan import State


async def live(_: Request) -> Response:
    """200 while the event loop turns."""
    return PlainTextResponse("ok")


async def ready(request: Request[State]) -> Response:
    """200 when the database and Valkey answer, 503 with the name of the one that does not."""
    services = request.state["services"]
    checks = {"database": "ok", "valkey": "ok"}
    try:
        async with services.database.unpinned() as connection:
            await connection.fetchval("select 1")
    except Exception as error:  # whatever it is, the database can't be used
        checks["database"] = type(error).__name__
    try:
        await request.state["valkey"].ping()
    except (RedisError, OSError) as error:
        checks["valkey"] = type(error).__name__
    return JSONResponse(checks, 200 if set(checks.values()) == {"ok"} else 503)


async def metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def health_routes() -> list[BaseRoute]:
    return [Route("/livez", live), Route("/readyz", ready), Route("/metrics", metrics)]
