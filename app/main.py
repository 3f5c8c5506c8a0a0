"""The application: routes and middleware, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from api.caps import Caps
from api.context import Context
from api.cost import Estimate
from api.execution.engine import Engine
from api.http import GraphQLEndpoint
from api.persisted import trusted
from api.persisted.admission import Admission
from api.requests import OpenContext, opener
from api.schema import schema
from api.websocket import WebSocketEndpoint
from app.http.direct import Direct
from app.http.graphiql.page import graphiql_routes
from app.http.health import health_routes
from app.http.ingest import ingest_routes
from app.http.sign_in.routes import sign_in_routes
from app.http.tracing import TracedEngine, TraceRequests, charged
from app.lifespan import State, open_state
from app.settings import Settings
from app.telemetry.logs import configure_logs
from app.telemetry.metrics import QUOTA_DENIED
from app.telemetry.requests import OBSERVED, Observed, answered, opened
from tenancy.principals import Principal
from tenancy.quotas import QuotaExceeded


class Live:
    """The endpoints of a running application: they need the services that its lifespan opens."""

    http: GraphQLEndpoint
    websocket: WebSocketEndpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.websocket(scope, receive, send)
            return
        request = Request(scope, receive)
        observed, began = Observed(), perf_counter()
        OBSERVED.set(observed)  # a request is a task of its own: nothing has to be set back
        response = await self.http(request)
        answered(observed, request.method, response.status_code, perf_counter() - began)
        await response(scope, receive, send)


def create_app(settings: Settings) -> Starlette:
    """An ASGI application; its lifespan opens the database and Valkey of `settings`."""
    configure_logs(settings.log_level, plain_libraries=settings.environment == "development")
    traces = settings.otlp_endpoint is not None
    engine = (TracedEngine if traces else Engine)(
        schema, suggestions=settings.suggestions, query_seconds=settings.query_seconds
    )
    more = [] if settings.trusted_documents is None else [settings.trusted_documents]
    documents = trusted.load(engine, *more)
    names = operation_names(engine, documents.values())
    live = Live()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with open_state(settings) as state:
            open_ = opener(state["services"])
            open_context = measured(charged(open_) if traces else open_, names)
            authenticator = state["authenticator"]
            admission = Admission(engine, documents, state["stored"], introspection=settings.introspection)
            caps = Caps.of(settings.tenant_sockets, settings.tenant_operations)
            live.http = GraphQLEndpoint(engine, authenticator, open_context, admission, caps)
            live.websocket = WebSocketEndpoint(
                engine, authenticator, open_context, admission, caps, origins=settings.origins
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
            *ingest_routes(),
            *health_routes(),
            *sign_in_routes(demo=settings.demo_key is not None),
            *page,
        ],
        middleware=[
            *([Middleware(TraceRequests)] if traces else []),
            *([cross_origin(settings.origins)] if settings.origins else []),
            Middleware(Direct, "/graphql", live),
        ],
        lifespan=lifespan,
    )


def operation_names(engine: Engine, documents: Iterable[str]) -> frozenset[str]:
    """The names that figures are told by: those of trusted documents, and no caller's own."""
    operations = (name for text in documents for name in engine.documents.get(text).operations)
    return frozenset(name for name in operations if name is not None)


def measured(open_context: OpenContext, names: Collection[str]) -> OpenContext:
    """Counts what is let through, and what quotas refuse."""

    async def counted(principal: Principal, estimate: Estimate) -> Context:
        try:
            context = await open_context(principal, estimate)
        except QuotaExceeded as error:
            QUOTA_DENIED.labels(error.limit).inc()
            raise
        opened(estimate.operation, names, lambda: context.charge.cost - context.given_back)
        return context

    return counted


def cross_origin(origins: Sequence[str]) -> Middleware:
    """Lets pages of these origins ask, and read the answers, without cookies."""
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Encoding", "Content-Type", "Rap-Tenant", "Last-Event-ID"],
        expose_headers=["RateLimit", "RateLimit-Policy", "Retry-After"],
        max_age=3600,
    )
