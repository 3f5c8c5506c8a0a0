"""Queries are read from a standby while it follows, and nobody notices when it does not."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from app.embedded.binaries import postgres_bin
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.postgres_server import PostgresServer
from app.embedded.users import ServerUser
from app.embedded.valkey import ValkeyServer
from app.migrate import migrate
from tenancy.database import Database
from tenancy.replica import Replica
from tenancy.rls import APP_ROLE
from tests.builders import add_tracks, new_key, new_tenant, song
from tests.databases import LOGIN, PASSWORD, opened
from tests.service import Service, serving

LAG_SECONDS = 2.0
READS = f"select count(*) from pg_stat_activity where usename = '{LOGIN}' and query like '%totalCount%'"
COUNT = "{ tracks(first: 1) { totalCount } }"
ADD = """mutation ($input: AddTracksInput!) { addTracks(input: $input) {
    ... on AddTracksPayload { tracks { title } } } }"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary and its standby, for the service's login and as servers."""

    primary_url: str
    standby_url: str
    primary: PostgresServer
    standby: PostgresServer
    follower: EmbeddedPostgres

    async def ask(self, sql: str) -> Any:
        """The standby itself, as its superuser."""
        connection = await self.standby.connect()
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pair() -> AsyncIterator[Pair]:
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as name:
        first, second = Path(name) / "primary", Path(name) / "standby"
        async with EmbeddedPostgres(first) as primary:
            await migrate(await primary.ensure_database("rap"))
            superuser = await primary.connect()
            await superuser.execute(f"create role {LOGIN} login password '{PASSWORD}'")
            await superuser.execute(f"grant {APP_ROLE} to {LOGIN} with inherit false, set true")
            await superuser.close()
            copied = Path(name) / "copy"
            await asyncio.to_thread(copy, primary, copied)
            second.mkdir(mode=0o700)
            copied.rename(second / "pgdata")
            for each in ("password", "checked"):  # the same superuser, and a processor that was looked at
                shutil.copy(first / each, second / each)
            follower = EmbeddedPostgres(second)
            async with follower as standby:
                login = f"postgresql://{LOGIN}:{PASSWORD}@127.0.0.1"
                first_url, second_url = f"{login}:{primary.port}/rap", f"{login}:{standby.port}/rap"
                yield Pair(first_url, second_url, primary, standby, follower)


def copy(primary: PostgresServer, folder: Path) -> None:
    """What makes a standby, by Postgres's own tool, as the user who runs the servers."""
    user = ServerUser.current()
    folder.mkdir(mode=0o700)
    if user is not None:
        os.chmod(folder.parent, 0o711)  # noqa: S103 - that user has to reach it
        os.chown(folder, user.uid, user.gid)
    source = f"{primary.superuser_url}?application_name=standby"
    program = str(postgres_bin(user) / "pg_basebackup")
    command = [program, f"--dbname={source}", f"--pgdata={folder}", "-R", "-cfast"]
    uid = user.uid if user else None
    done = subprocess.run(command, user=uid, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr


@pytest.fixture
async def database(pair: Pair) -> AsyncIterator[Database]:
    async with opened(pair.primary_url) as database:
        yield database


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def count(service: Service, key: str) -> int:
    return int((await service.data(key, COUNT))["tracks"]["totalCount"])


async def test_queries_are_read_from_the_standby_while_it_follows(
    pair: Pair, database: Database, valkey_server: ValkeyServer
) -> None:
    tenant, stranger = await new_tenant(database), await new_tenant(database)
    await add_tracks(database, tenant, [song()])
    await add_tracks(database, stranger, [song(), song()])
    key = await new_key(database, tenant)
    options: dict[str, Any] = {"replica_database_url": pair.standby_url, "replica_lag_seconds": LAG_SECONDS}
    async with serving(pair.primary_url, valkey_server.url, worker=False, **options) as service:

        async def is_read_there() -> bool:
            assert await count(service, key) == 1
            return bool(await pair.ask(READS))

        await until(is_read_there)
        # What follows a write is read from the primary, whatever the standby has.
        await pair.ask("select pg_wal_replay_pause()")
        given = {"tracks": [{"title": "New", "artist": "A", "lyrics": "One line"}]}
        added = await service.data(key, ADD, input=given)
        assert added["addTracks"]["tracks"] == [{"title": "New"}]
        assert await count(service, key) == 1  # the standby's answer, which is a moment old

        async def is_left() -> bool:
            return await count(service, key) == 2

        await until(is_left)  # it is too far behind
        await pair.ask("select pg_wal_replay_resume()")
        for _ in range(3):
            assert await count(service, key) == 2


@pytest.fixture
async def replica(pair: Pair, database: Database) -> AsyncIterator[Replica]:
    replica = Replica(database, Database(pair.standby_url), LAG_SECONDS)
    keeping = asyncio.create_task(replica.keep())
    yield replica
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await replica.close()


# As planned statements tell the policies whose rows they may see.
WHOSE = """
    select array(select tenant_id from tracks)
    from set_config('app.tenant_id', $1::uuid::text, true) as pinned where pinned is not null"""


async def is_standby(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("select pg_is_in_recovery()"))


async def test_a_standby_that_goes_and_comes_back_is_no_error(
    pair: Pair, database: Database, replica: Replica
) -> None:
    async def there() -> bool:
        return await replica.read(is_standby)

    await until(there)
    await pair.follower.stop()
    for _ in range(5):
        assert not await replica.read(is_standby)
    await pair.follower.start()
    await until(there)


async def test_what_fails_on_the_standby_is_tried_on_the_primary(
    pair: Pair, database: Database, replica: Replica
) -> None:
    asked: list[bool] = []

    async def there() -> bool:
        return await replica.read(is_standby)

    await until(there)

    async def conflicting(connection: asyncpg.Connection) -> str:
        asked.append(await is_standby(connection))
        if asked[-1]:
            await connection.execute("do $$ begin raise sqlstate '40001'; end $$")
        return "answer"

    assert await replica.read(conflicting) == "answer"
    assert asked == [True, False]
    assert await there()  # it is used on

    async def slow(connection: asyncpg.Connection) -> None:
        asked.append(await is_standby(connection))
        await connection.execute("do $$ begin raise sqlstate '57014'; end $$")

    with pytest.raises(asyncpg.QueryCanceledError):
        await replica.read(slow)
    assert asked == [True, False, True]  # what took too long is not begun again


class Owning(Database):
    """Acts as its login does, which here is a superuser."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._settings.pop("role")


async def test_a_login_past_the_policies_is_never_used(pair: Pair, database: Database) -> None:
    past = Owning(pair.standby.url("rap"))
    replica = Replica(database, past, LAG_SECONDS)
    async with asyncio.timeout(20):
        await replica.keep()  # it gives up
    assert not replica.is_used
    await replica.close()


async def test_a_standby_shows_each_tenant_its_own(pair: Pair, database: Database, replica: Replica) -> None:
    tenants = [await new_tenant(database) for _ in range(2)]
    for tenant in tenants:
        await add_tracks(database, tenant, [song()])

    async def seen(tenant: UUID) -> tuple[bool, set[UUID]]:
        async def all_there_is(connection: asyncpg.Connection) -> tuple[bool, set[UUID]]:
            rows = await connection.fetchval(WHOSE, tenant)  # with no condition but the policy
            return await is_standby(connection), set(rows)

        return await replica.read(all_there_is)

    for tenant in (*tenants, *tenants):

        async def own(tenant: UUID = tenant) -> bool:
            return await seen(tenant) == (True, {tenant})

        await until(own)
