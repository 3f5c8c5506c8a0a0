"""The running service: a real HTTP server and a real worker; a pytest plugin, named in tests/conftest.py."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from app.cli.hosting import hosting
from app.embedded.valkey import ValkeyServer
from app.settings import IdentityProvider, Settings


@dataclass(frozen=True, slots=True)
class Service:
    """Where the service answers; `settings` are those it runs with."""

    url: str
    settings: Settings
    http: httpx.AsyncClient

    async def post(
        self, key: str | None, query: str, variables: dict[str, Any] | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        return await self.http.post(
            "/graphql", json={"query": query, "variables": variables}, headers=headers
        )

    async def data(self, key: str, query: str, /, **variables: Any) -> Any:
        """The data of an operation that has no errors."""
        response = await self.post(key, query, variables)
        body = response.json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def errors(self, key: str | None, query: str, /, **variables: Any) -> list[dict[str, Any]]:
        """The errors of an operation that has some."""
        errors: list[dict[str, Any]] = (await self.post(key, query, variables)).json()["errors"]
        return errors

    async def metric(self, name: str) -> float:
        """A figure of /metrics that has no labels."""
        lines = (await self.http.get("/metrics")).text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    async def followed_by(self, subscribers: int) -> None:
        """Returns once so many follow: before that, an event could pass those who have no cursor."""
        while await self.metric("rap_analyzer_subscribers") < subscribers:  # noqa: ASYNC110 - a server
            await asyncio.sleep(0.02)


# People can be invited by way of a provider that nobody asks: tests/oidc has real ones.
SIGN_IN: dict[str, Any] = {
    "public_url": "https://rap.example",
    "identity_providers": (
        IdentityProvider(name="okta", issuer="https://okta.example", client_id="rap-analyzer"),
    ),
}


@asynccontextmanager
async def serving(
    database_url: str,
    redis_url: str,
    *,
    sock: socket.socket | None = None,
    worker: bool = True,
    **options: Any,
) -> AsyncIterator[Service]:
    """A service, on a socket of yours or on a free port; `options` are settings."""
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        worker_processes=1,
        log_level="WARNING",
        **{**SIGN_IN, **options},
    )
    sock = sock or socket.create_server(("127.0.0.1", 0))
    async with hosting(settings, sock=sock, worker=worker):
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        # Sooner than the server, which would close a connection just as something is sent on it.
        limits = httpx.Limits(keepalive_expiry=2)
        async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as http:
            yield Service(url, settings, http)
    await asyncio.sleep(0)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def service(database_url: str, valkey_server: ValkeyServer) -> AsyncIterator[Service]:
    """One service with its worker for the session; take a tenant and a key of your own."""
    async with serving(database_url, valkey_server.url) as service:
        yield service
