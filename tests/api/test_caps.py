"""What a tenant may hold open in a process: said in words, of no other tenant, and free after a kill -9."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from app.embedded.ports import free_port
from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tests.api.live.client import opened
from tests.api.live.holding import FOLLOW
from tests.builders import new_key, new_tenant
from tests.integration.events.helpers import PATIENCE, until
from tests.service import Service, serving

ROOT = Path(__file__).resolve().parents[2]
SOCKETS, OPERATIONS = 2, 3
VIEWER = "{ viewer { principal } }"


@pytest_asyncio.fixture(loop_scope="session")
async def capped(database_url: str, valkey_server: ValkeyServer) -> AsyncIterator[Service]:
    async with serving(
        database_url,
        valkey_server.url,
        worker=False,
        tenant_sockets=SOCKETS,
        tenant_operations=OPERATIONS,
    ) as service:
        yield service


@pytest.fixture
async def key(database: Database) -> str:
    return await new_key(database, await new_tenant(database))


@pytest.fixture
async def another(database: Database) -> str:
    """Another tenant's key."""
    return await new_key(database, await new_tenant(database))


def address(url: str) -> str:
    return url.replace("http", "ws") + "/graphql"


@asynccontextmanager
async def streamed(url: str, key: str) -> AsyncIterator[httpx.Response]:
    """A stream of events, once its status is known."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http,
        http.stream("POST", "/graphql", json={"query": FOLLOW}) as response,
    ):
        yield response


async def has_room(url: str, key: str) -> bool:
    """Whether the tenant gets a socket with an operation, and a stream; they are closed again."""
    async with opened(address(url)) as socket:
        await socket.say(type="connection_init", payload={"authorization": f"Bearer {key}"})
        await socket.subscribe("1", VIEWER)
        try:
            answers = [await socket.hear(), await socket.hear()]
        except ConnectionClosed:
            return False
    async with streamed(url, key) as response:
        return [each["type"] for each in answers] == ["connection_ack", "next"] and response.is_success


async def test_streams_are_counted_with_the_operations_of_sockets(
    capped: Service, key: str, another: str
) -> None:
    async with (
        opened(address(capped.url), key) as socket,
        streamed(capped.url, key) as first,
        streamed(capped.url, key) as second,
    ):
        assert (first.status_code, second.status_code) == (200, 200)
        await socket.subscribe("1", FOLLOW)
        await until(lambda: refused(capped.url, key))
        async with streamed(capped.url, key) as third:
            (error,) = (await told(third))["errors"]
            assert error["extensions"]["code"] == "TOO_MANY_OPEN"
            assert "3 operations" in error["message"]
            assert third.headers["retry-after"]
        await socket.subscribe("2", VIEWER)
        answer = await socket.hear()
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", "TOO_MANY_OPEN")
        # Requests that are answered at once hold nothing, and another tenant has seats of its own.
        assert await capped.data(key, VIEWER)
        assert await has_room(capped.url, another)
        await socket.say(id="1", type="complete")
        await until(lambda: has_room(capped.url, key))
    await until(lambda: has_room(capped.url, key))


async def refused(url: str, key: str) -> bool:
    async with streamed(url, key) as response:
        return response.status_code == 429


async def told(response: httpx.Response) -> Any:
    await response.aread()
    return response.json()


async def test_one_socket_more_is_closed_with_4429(capped: Service, key: str, another: str) -> None:
    async with opened(address(capped.url), key), opened(address(capped.url), key):
        async with opened(address(capped.url)) as third:
            await third.say(type="connection_init", payload={"authorization": f"Bearer {key}"})
            assert await third.closed() == (
                4429,
                "Your tenant has 2 sockets open here: close some, and try again.",
            )
        assert await has_room(capped.url, another)
    await until(lambda: has_room(capped.url, key))


@asynccontextmanager
async def running(*command: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "graphql")])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path} | environment,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def holding(url: str, key: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A client that has all seats of its tenant."""
    async with running("-m", "tests.api.live.holding", url, key, str(SOCKETS)) as client:
        assert client.stdout is not None
        async with asyncio.timeout(PATIENCE):
            assert await client.stdout.readline() == b"held\n"
        yield client


async def test_a_client_that_is_killed_gives_its_seats_back(capped: Service, key: str) -> None:
    async with holding(capped.url, key) as client:
        assert not await has_room(capped.url, key)
        client.kill()
        await until(lambda: has_room(capped.url, key))


async def test_a_server_that_is_killed_takes_its_seats_along(
    database_url: str, valkey_server: ValkeyServer, key: str
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "RAP_ANALYZER_DATABASE_URL": database_url,
        "RAP_ANALYZER_REDIS_URL": valkey_server.url,
        "RAP_ANALYZER_TENANT_SOCKETS": str(SOCKETS),
        "RAP_ANALYZER_TENANT_OPERATIONS": str(OPERATIONS),
        "RAP_ANALYZER_LOG_LEVEL": "ERROR",
    }
    for _ in range(2):  # the second server finds nothing of the first
        async with running("-m", "app.cli", "serve", "--port", str(port), **settings) as server:
            await until(lambda: answers(url))
            async with holding(url, key):
                assert not await has_room(url, key)
                server.kill()
                await server.wait()


async def answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient() as http:
            return (await http.get(f"{url}/readyz")).is_success
    except httpx.HTTPError:
        return False
