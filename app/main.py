"""The application: routes and middleware, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from api.websocket import WebSocketEndpoint
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from api.http import GraphQLEndpoint
from api.planner.engine import Engine
from api.requests import opener
from api.schema import schema
from app.http.graphiql.page import graphiql_routes
from app.http.health import health_routes
from app.lifespan import State, open_state
from app.settings import Settings
from app.telemetry import REQUESTS, SECONDS, configure_logs


def create_app(settings: Settings) -> Starlette:
    """An ASGI application; its lifespan opens the database and Valkey of `settings`."""
    configure_logs(settings.log_level)
    engine = Engine(schema)
    endpoints: dict[str, Any] = {}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with open_state(settings) as state:
            open_context = opener(state["services"])
            endpoints["http"] = GraphQLEndpoint(engine, state["authenticator"], open_context)
            endpoints["websocket"] = WebSocketEndpoint(engine, state["authenticator"], open_context)
            yield state

    async def graphql(request: Request) -> Response:
        with SECONDS.time():
            response: Response = await endpoints["http"](request)
        REQUESTS.labels(request.method, response.status_code).inc()
        return response

    async def graphql_socket(websocket: Any) -> None:
        await endpoints["websocket"](websocket)

    async def home(_: Request) -> Response:
        return RedirectResponse("/graphiql")

    return Starlette(
        routes=[
            Route("/", home),
            # Every method: the endpoint answers the wrong ones in GraphQL's way.
            Route("/graphql", graphql, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
            WebSocketRoute("/graphql", graphql_socket),
            *health_routes(),
            *graphiql_routes(demo_key=settings.demo_key),
        ],
        lifespan=lifespan,
    )
