"""What Postgres does for a client ends when the client goes, or when it takes too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tests.api.live.client import opened
from tests.builders import VERSE, Tenant, add_tracks, new_key, new_tenant, song
from tests.integration.events.helpers import until
from tests.service import Service, serving

SLOW = "query Slow { artists(first: 1) { nodes { name } } }"
ADD = "mutation ($i: AddTracksInput!) { addTracks(input: $i) { ... on AddTracksPayload { added } } }"
WAITING = """select count(*) from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query ilike $1"""
HOURS = 3_600.0


@pytest.fixture
async def tenant(database: Database) -> Tenant:
    id_ = await new_tenant(database)
    return Tenant(id_, await add_tracks(database, id_, [song()]), await new_key(database, id_))


@pytest_asyncio.fixture(loop_scope="session")
async def patient(database_url: str, valkey_server: ValkeyServer) -> AsyncIterator[Service]:
    """A service whose own limits would not end a statement during a test."""
    async with serving(
        database_url, valkey_server.url, worker=False, statement_seconds=HOURS, query_seconds=HOURS
    ) as service:
        yield service


class Locked:
    """The table of artists, locked: every statement that reads it waits."""

    def __init__(self, owner: asyncpg.Connection, watcher: asyncpg.Connection) -> None:
        self._owner, self._watcher = owner, watcher

    async def waiting(self, statement: str) -> int:
        return int(await self._watcher.fetchval(WAITING, f"%{statement}%"))

    async def begun(self, statement: str = "from artists", count: int = 1) -> None:
        async def waits() -> bool:
            return await self.waiting(statement) == count

        await until(waits)

    async def gone(self, statement: str = "from artists") -> None:
        async def nobody() -> bool:
            return await self.waiting(statement) == 0

        await until(nobody)

    async def release(self) -> None:
        await self._owner.execute("rollback")


@asynccontextmanager
async def locked(owner_url: str) -> AsyncIterator[Locked]:
    owner, watcher = await asyncpg.connect(owner_url), await asyncpg.connect(owner_url)
    await owner.execute("begin")
    await owner.execute("lock table artists in access exclusive mode")
    try:
        yield Locked(owner, watcher)
    finally:
        await owner.close()
        await watcher.close()


def request(service: Service, key: str, **options: Any) -> asyncio.Task[httpx.Response]:
    headers = {"Authorization": f"Bearer {key}", **options.pop("headers", {})}
    method = options.pop("method", "POST")
    return asyncio.create_task(service.http.request(method, "/graphql", headers=headers, **options))


async def leave(task: asyncio.Task[Any]) -> None:
    """The client closes its connection, as a browser does for a page that is left."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"query": SLOW}},
        {"json": {"query": SLOW}, "headers": {"Accept": "text/event-stream"}},
        {"method": "GET", "params": {"query": SLOW}},
        # Beside what graphql-core runs:
        {"json": {"query": SLOW.replace("{ artists", "{ __schema { queryType { name } } artists")}},
    ],
    ids=["POST", "SSE", "GET", "mixed"],
)
async def test_a_client_that_goes_takes_its_statement_along(
    patient: Service, tenant: Tenant, owner_url: str, options: dict[str, Any]
) -> None:
    async with locked(owner_url) as table:
        asking = request(patient, tenant.key, **options)
        await table.begun()
        await leave(asking)
        await table.gone()  # though the lock is still there
    assert (await patient.data(tenant.key, SLOW))["artists"]["nodes"]


async def test_as_many_clients_as_there_are_connections(
    patient: Service, tenant: Tenant, owner_url: str
) -> None:
    async with locked(owner_url) as table:
        asking = [request(patient, tenant.key, json={"query": SLOW}) for _ in range(12)]
        await table.begun(count=8)  # the readers of a process
        await asyncio.gather(*map(leave, asking))
        await table.gone()
        assert await patient.data(tenant.key, "{ tracks(first: 1) { nodes { title } } }")


@pytest.mark.parametrize("ending", ["complete", "close", "abort"])
async def test_an_operation_that_is_completed_takes_its_statement_along(
    patient: Service, tenant: Tenant, owner_url: str, ending: str
) -> None:
    async with (
        locked(owner_url) as table,
        opened(patient.url.replace("http", "ws") + "/graphql", tenant.key) as socket,
    ):
        await socket.subscribe("slow", SLOW)
        await table.begun()
        if ending == "complete":
            await socket.say(id="slow", type="complete")
        elif ending == "close":
            await socket.connection.close()
        else:
            socket.connection.transport.abort()
        await table.gone()
        if ending == "complete":
            await socket.subscribe("next", "{ viewer { principal } }")
            assert (await socket.hear())["id"] == "next"


async def test_a_mutation_goes_on_to_its_end(patient: Service, tenant: Tenant, owner_url: str) -> None:
    track = {"title": "Kept", "artist": "Somebody New", "lyrics": VERSE}
    async with locked(owner_url) as table:
        adding = request(patient, tenant.key, json={"query": ADD, "variables": {"i": {"tracks": [track]}}})
        await table.begun("artists")
        await leave(adding)
        await table.release()

        async def kept() -> bool:
            found = await patient.data(tenant.key, "{ tracks(first: 9) { nodes { title } } }")
            return {"title": "Kept"} in found["tracks"]["nodes"]

        await until(kept)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"statement_seconds": 0.2}, "narrow the filter"),
        ({"query_seconds": 0.2}, "0.2 s"),
    ],
    ids=["statement", "query"],
)
async def test_what_takes_too_long_is_ended_and_said(
    database_url: str,
    valkey_server: ValkeyServer,
    tenant: Tenant,
    owner_url: str,
    limits: dict[str, float],
    told: str,
) -> None:
    both: dict[str, Any] = {"statement_seconds": HOURS, "query_seconds": HOURS, **limits}
    async with serving(database_url, valkey_server.url, worker=False, **both) as service:
        async with locked(owner_url) as table:
            (error,) = await service.errors(tenant.key, SLOW)
            assert error["extensions"]["code"] == "TIMEOUT"
            assert told in error["message"]
            await table.gone()
        assert (await service.data(tenant.key, SLOW))["artists"]["nodes"]
