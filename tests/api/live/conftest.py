"""A real server on a free port with the live endpoints, and a real relay behind it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest_asyncio
import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from api import sse
from api.caps import Caps
from api.context import Context, Services
from api.cost import Estimate
from api.execution.engine import Engine
from api.requests import caller, opener
from api.watch import Watch
from api.websocket import WebSocketEndpoint
from app.embedded.valkey import ValkeyServer
from app.events.hub import Hub
from app.events.relay import run_relay
from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.principals import Principal
from tenancy.quotas import QuotaExceeded, Quotas
from tests.api.live.schema import schema
from tests.builders import new_key, new_tenant
from tests.integration.events.helpers import until


@dataclass(slots=True)
class Live:
    """Where the endpoints answer. `broke` tenants have no points left."""

    port: int
    database: Database
    hub: Hub
    broke: set[UUID] = field(default_factory=set)

    def socket(self, path: str = "/graphql") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"


@dataclass(frozen=True, slots=True)
class Client:
    tenant: UUID
    key: str


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def live(database: Database, valkey_server: ValkeyServer) -> AsyncIterator[Live]:
    sock = socket.create_server(("127.0.0.1", 0))
    async with Redis.from_url(valkey_server.url) as valkey, Hub(database, valkey) as hub:
        here = Live(sock.getsockname()[1], database, hub)
        engine, authenticator, quotas = Engine(schema), Authenticator(database), Quotas(valkey, database)
        services = cast(Services, SimpleNamespace(database=database, hub=hub, quotas=quotas, replica=None))

        opened = opener(services)

        async def open_context(principal: Principal, estimate: Estimate) -> Context:
            if principal.tenant in here.broke:
                raise QuotaExceeded("burst", estimate.requested, 0, timedelta(seconds=3))
            return await opened(principal, estimate)

        async def events(request: Request) -> Response:
            if not sse.wants_stream(request.headers.get("accept", "*/*")):
                return PlainTextResponse("JSON")
            watch = Watch(authenticator, request.headers.get("authorization"), caller(request))
            principal = await watch.authenticate()
            asked: dict[str, Any] = await request.json()
            document = engine.documents.get(asked["query"])
            bound = engine.bind(document, document.operation(None), asked.get("variables"))
            context = await open_context(principal, Estimate(1))
            return await sse.stream(engine, bound, context, request, watch)

        def endpoint(**options: Any) -> WebSocketEndpoint:
            return WebSocketEndpoint(engine, authenticator, open_context, **options)

        app = Starlette(
            routes=[
                Route("/graphql", events, methods=["POST"]),
                WebSocketRoute("/graphql", endpoint(origins=["https://friend.example"])),
                WebSocketRoute("/capped", endpoint(caps=Caps.of(sockets=2, operations=3))),
                WebSocketRoute("/impatient", endpoint(init_seconds=0.1)),
                WebSocketRoute("/pinging", endpoint(ping_seconds=0.2)),
                # For programs beside us, which a busy machine may hold up.
                WebSocketRoute("/patient", endpoint(init_seconds=2.0, ping_seconds=1.0)),
            ]
        )
        config = uvicorn.Config(
            app, ws="websockets-sansio", log_config=None, access_log=False, timeout_graceful_shutdown=1
        )
        server, stop = uvicorn.Server(config), asyncio.Event()
        tasks = [
            asyncio.create_task(server.serve(sockets=[sock])),
            asyncio.create_task(run_relay(database, valkey, stop)),
        ]
        await until(lambda: server.started)
        yield here
        server.should_exit = True
        stop.set()
        await asyncio.gather(*tasks)
        await quotas.close()


@pytest_asyncio.fixture
async def client(database: Database) -> Client:
    """A tenant of the test's own, and a key for it."""
    tenant = await new_tenant(database)
    return Client(tenant, await new_key(database, tenant))
