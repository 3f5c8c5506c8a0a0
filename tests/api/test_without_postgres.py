"""While Postgres is away requests are told so, and all goes on by itself when it is back."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest_asyncio

from app.embedded.ports import free_port
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.valkey import ValkeyServer
from app.migrate import migrate
from tenancy.away import is_away
from tenancy.database import Database
from tenancy.rls import APP_ROLE
from tests.builders import new_key, new_tenant
from tests.service import Service, serving

PASSWORD = "only-for-tests"
READ = "{ tracks(first: 1) { totalCount } }"
WRITE = """mutation { deleteTracks(input: { ids: ["trk_00000000000000000000000000000000"] }) {
  ... on DeleteTracksPayload { deletedIds } } }"""


class Mortal:
    """A Postgres that can be killed, and the URL of a service's login."""

    def __init__(self, folder: Path) -> None:
        self._postgres = EmbeddedPostgres(folder, port=free_port())

    async def live(self) -> None:
        self._running = await self._postgres.start()

    async def prepare(self) -> None:
        owner_url = await self._running.ensure_database("mortal")
        await migrate(owner_url)
        connection = await self._running.connect()
        await connection.execute(f"create role mortal login nosuperuser nobypassrls password '{PASSWORD}'")
        await connection.execute(f"grant {APP_ROLE} to mortal with inherit false, set true")
        await connection.close()
        place = f"mortal:{PASSWORD}@127.0.0.1:{self._running.port}"
        self.url = urlunsplit(urlsplit(owner_url)._replace(netloc=place))

    async def die(self) -> None:
        """kill -9; it stays away."""
        os.kill(self._running.pid, signal.SIGKILL)
        await self._postgres.stop()

    async def end(self) -> None:
        await self._postgres.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def mortal(tmp_path: Path) -> AsyncIterator[Mortal]:
    mortal = Mortal(tmp_path / "postgres")
    await mortal.live()
    await mortal.prepare()
    yield mortal
    await mortal.end()


async def told(service: Service, key: str, query: str) -> tuple[int, Any]:
    """The status, and the code of the error if there is one."""
    response = await service.post(key, query)
    errors = response.json().get("errors", [])
    return response.status_code, next((error["extensions"]["code"] for error in errors), None)


async def test_requests_are_told_and_go_on(mortal: Mortal, valkey_server: ValkeyServer) -> None:
    database = Database(mortal.url)
    tenant = await new_tenant(database)
    known, unknown = await new_key(database, tenant), await new_key(database, tenant)
    await database.close()
    async with serving(mortal.url, valkey_server.url, worker=False) as service:
        # To fork, for a server, may wait for ever while BLAS computes in a thread: the model is read first.
        await service.data(known, '{ searchTracks(query: "warm", first: 1) { totalCount } }')
        await mortal.die()
        assert await told(service, known, READ) == (200, "UNAVAILABLE")
        assert await told(service, known, WRITE) == (200, "UNAVAILABLE")
        response = await service.post(unknown, READ)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert response.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
        await mortal.live()
        async with asyncio.timeout(30):
            while (await told(service, unknown, READ)) != (200, None):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await told(service, known, READ) == (200, None)


async def test_whatever_a_killed_database_leaves_behind_is_known_for_that(mortal: Mortal) -> None:
    database, stop = Database(mortal.url), asyncio.Event()
    failures: list[Exception] = []
    tenant = await new_tenant(database)

    async def ask(n: int) -> None:
        while not stop.is_set():
            try:
                async with database.reading(tenant if n % 2 else uuid4()) as connection:
                    await connection.fetchval("select count(*) from tracks where title <> $1", "x" * 5_000)
                if n % 4 == 0:
                    async with database.transaction(tenant):
                        pass
                    async with database.writing(tenant):
                        pass
            except Exception as error:
                failures.append(error)
                await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        for n in range(16):
            group.create_task(ask(n))
        for _ in range(5):
            await asyncio.sleep(0.3)
            await mortal.die()
            await mortal.live()
        stop.set()
    assert failures
    assert [error for error in failures if not is_away(error)] == []
    async with database.reading(tenant) as connection:
        assert await connection.fetchval("select count(*) from tenants") == 1
    await database.close()
