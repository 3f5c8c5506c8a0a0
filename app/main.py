"""The application: routes and middleware, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from api.http import GraphQLEndpoint
from api.persisted import trusted
from api.persisted.admission import Admission
from api.planner.engine import Engine
from api.requests import opener
from api.schema import schema
from api.websocket import WebSocketEndpoint
from app.http.graphiql.page import graphiql_routes
from app.http.health import health_routes
from app.http.sign_in.routes import sign_in_routes
from app.lifespan import State, open_state
from app.settings import Settings
from app.telemetry import REQUESTS, SECONDS, configure_logs


class Live:
    """The endpoints of a running application: they need the services that its lifespan opens."""

    http: GraphQLEndpoint
    websocket: WebSocketEndpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.websocket(scope, receive, send)
            return
        request = Request(scope, receive)
        with SECONDS.time():
            response = await self.http(request)
        method = request.method if request.method in ("GET", "POST") else "other"  # clients make up names
        REQUESTS.labels(method, response.status_code).inc()
        await response(scope, receive, send)


def create_app(settings: Settings) -> Starlette:
    """An ASGI application; its lifespan opens the database and Valkey of `settings`."""
    configure_logs(settings.log_level)
    engine = Engine(schema, suggestions=settings.suggestions, query_seconds=settings.query_seconds)
    more = [] if settings.trusted_documents is None else [settings.trusted_documents]
    documents = trusted.load(engine, *more)
    live = Live()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with open_state(settings) as state:
            open_context = opener(state["services"])
            authenticator = state["authenticator"]
            admission = Admission(engine, documents, state["stored"], introspection=settings.introspection)
            live.http = GraphQLEndpoint(engine, authenticator, open_context, admission)
            live.websocket = WebSocketEndpoint(
                engine, authenticator, open_context, admission, origins=settings.origins
            )
            yield state

    async def home(_: Request) -> Response:
        return RedirectResponse("/graphiql")

    page = [Route("/", home), *graphiql_routes(demo_key=settings.demo_key)] if settings.graphiql else []
    return Starlette(
        routes=[
            # An object gets every method, and answers the wrong ones in GraphQL's way.
            Route("/graphql", live),
            WebSocketRoute("/graphql", live),
            *health_routes(),
            *sign_in_routes(demo=settings.demo_key is not None),
            *page,
        ],
        middleware=[cross_origin(settings.origins)] if settings.origins else [],
        lifespan=lifespan,
    )


def cross_origin(origins: Sequence[str]) -> Middleware:
    """Lets pages of these origins ask, and read the answers, without cookies."""
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Rap-Tenant", "Last-Event-ID"],
        expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After"],
        max_age=3600,
    )
