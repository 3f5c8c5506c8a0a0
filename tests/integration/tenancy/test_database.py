"""Connections: confined to one tenant, pinned, shared between tenants without a leak."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import asyncpg
import orjson
import pytest
from sqlalchemy import text

from tenancy.database import Database
from tests.builders import add_tracks, new_tenant, song


async def test_tenants_that_share_connections_see_their_own_rows(database_url: str) -> None:
    database = Database(database_url, readers=2)
    tenants = [await new_tenant(database) for _ in range(5)]
    for count, tenant in enumerate(tenants, 1):
        await add_tracks(database, tenant, [song() for _ in range(count)])

    async def read(index: int) -> None:
        async with database.reading(tenants[index]) as connection:
            rows = await connection.fetch("select tenant_id from tracks")
        assert [row["tenant_id"] for row in rows] == [tenants[index]] * (index + 1)

    await asyncio.gather(*(read(n % 5) for n in range(100)))
    await database.close()


async def test_a_pinned_connection_is_used_again(database_url: str) -> None:
    database = Database(database_url, readers=4)
    tenant, other = await new_tenant(database), await new_tenant(database)
    backends = []
    for asked in (tenant, other, tenant, other):
        async with database.reading(asked) as connection:
            backends.append(await connection.fetchval("select pg_backend_pid()"))
    assert backends[0] == backends[2] != backends[1] == backends[3]
    await database.close()


async def test_tenants_in_turn_open_no_more_connections_than_there_are_readers(database_url: str) -> None:
    database = Database(database_url, readers=2)
    backends = set()
    for tenant in [await new_tenant(database) for _ in range(5)] * 2:
        async with database.reading(tenant) as connection:
            backends.add(await connection.fetchval("select pg_backend_pid()"))
    assert len(backends) == 2
    await database.close()


async def test_reads_cannot_write(database: Database) -> None:
    tenant = await new_tenant(database)
    async with database.reading(tenant) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("delete from tracks")


async def test_a_write_for_another_tenant_is_refused(database: Database) -> None:
    tenant, other = await new_tenant(database), await new_tenant(database)
    await add_tracks(database, other, [song()])
    async with database.transaction(tenant) as session:
        changed = await session.execute(text("update tracks set title = 'x'"))
        assert changed.rowcount == 0  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
    with pytest.raises(Exception, match="row-level security"):
        async with database.transaction(tenant) as session:
            statement = "insert into artists (tenant_id, name, slug) values (:other, 'x', 'x')"
            await session.execute(text(statement), {"other": other})


async def test_an_exception_rolls_back_and_frees_the_connection(database_url: str) -> None:
    database = Database(database_url, readers=1, writers=1)
    tenant = await new_tenant(database)
    with pytest.raises(RuntimeError):
        async with database.transaction(tenant) as session:
            await session.execute(text("update tenants set name = 'changed'"))
            raise RuntimeError
    with pytest.raises(asyncpg.PostgresSyntaxError):
        async with database.reading(tenant) as connection:
            await connection.execute("nonsense")
    async with database.reading(tenant) as connection:
        assert await connection.fetchval("select name from tenants") != "changed"
    await database.close()


async def test_writing_on_the_driver_is_confined_and_commits_or_rolls_back(database_url: str) -> None:
    database = Database(database_url)
    tenant, other = await new_tenant(database), await new_tenant(database)
    await add_tracks(database, other, [song()])
    async with database.writing(tenant) as connection:
        first = await connection.fetchval("select pg_backend_pid()")
        await connection.execute("update tenants set name = 'kept'")
        assert await connection.execute("delete from tracks") == "DELETE 0"
    with pytest.raises(RuntimeError):
        async with database.writing(tenant) as connection:
            await connection.execute("update tenants set name = 'changed'")
            raise RuntimeError
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with database.writing(tenant) as connection:
            await connection.execute(
                "insert into artists (tenant_id, name, slug) values ($1, 'x', 'x')", other
            )
    async with database.writing(other) as connection:
        assert await connection.fetchval("select pg_backend_pid()") == first
        assert await connection.fetchval("select count(*) from tracks") == 1
    async with database.reading(tenant) as connection:
        assert await connection.fetchval("select name from tenants") == "kept"
    await database.close()


async def test_writing_goes_on_after_a_connection_was_lost_or_a_task_cancelled(
    database_url: str, owner_url: str
) -> None:
    database = Database(database_url)
    tenant = await new_tenant(database)
    owner = await asyncpg.connect(owner_url)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError)):
        async with database.writing(tenant) as connection:
            backend = await connection.fetchval("select pg_backend_pid()")
            sleeping = asyncio.create_task(connection.execute("select pg_sleep(30)"))
            await asyncio.sleep(0.1)  # before, the end may be read while nothing is asked
            await owner.execute("select pg_terminate_backend($1)", backend)
            await sleeping
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), database.writing(tenant) as connection:
            await connection.execute("update tenants set name = 'changed'")
            await connection.execute("select pg_sleep(30)")
    async with database.writing(tenant) as connection:
        assert await connection.fetchval("select name from tenants") != "changed"
        backend = await connection.fetchval("select pg_backend_pid()")
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
    # Lost while nobody writes with it.
    await owner.execute("select pg_terminate_backend($1)", backend)
    await owner.close()
    await lost.wait()
    async with database.writing(tenant) as connection:
        assert await connection.fetchval("select pg_backend_pid()") != backend
    await database.close()


async def test_a_broken_connection_is_replaced(database_url: str, owner_url: str) -> None:
    database = Database(database_url, readers=1)
    tenant = await new_tenant(database)
    async with database.reading(tenant) as connection:
        backend = await connection.fetchval("select pg_backend_pid()")
    owner = await asyncpg.connect(owner_url)
    await owner.execute("select pg_terminate_backend($1)", backend)
    await owner.close()
    await asyncio.sleep(0.1)
    async with database.reading(tenant) as connection:
        assert await connection.fetchval("select count(*) from tenants") == 1
    await database.close()


async def test_transactions_go_on_when_all_connections_of_the_pool_were_lost(
    database_url: str, owner_url: str
) -> None:
    database = Database(database_url, writers=3)
    tenant = await new_tenant(database)
    owner = await asyncpg.connect(owner_url)
    together = asyncio.Barrier(3)

    async def backend() -> int:
        async with database.transaction(tenant) as session:
            await together.wait()
            return int(await session.scalar(text("select pg_backend_pid()")))

    lost = await asyncio.gather(*(backend() for _ in range(3)))
    for each in lost:
        await owner.execute("select pg_terminate_backend($1)", each)
    await asyncio.sleep(0.1)
    found = await asyncio.gather(*(backend() for _ in range(3)))
    assert not set(found) & set(lost)
    await owner.close()
    await database.close()


async def test_an_unknown_tenant_has_no_rows(database: Database) -> None:
    async with database.reading(uuid4()) as connection:
        assert await connection.fetchval("select count(*) from tracks") == 0


@pytest.mark.parametrize("pooled", [False, True])
async def test_a_statement_that_says_for_whom_it_asks_sees_theirs_alone(
    database_url: str, pooled: bool
) -> None:
    """As planned statements do, on connections that others were pinned to, or nobody, and behind a pooler."""
    database = Database(database_url, readers=1, pooled=pooled)
    one, other = [await new_tenant(database) for _ in range(2)]
    for tenant in (one, other):
        await add_tracks(database, tenant, [song(), song()])
    whose = """
        select json_build_object('tracks', array(select tenant_id from tracks),
          'tenants', (select array_agg(id) from tenants), 'count', (select count(*) from lyrics)) told
        from set_config('app.tenant_id', $1::uuid::text, true) as pinned where pinned is not null"""
    for _ in range(8):  # past the fifth Postgres may plan for any tenant
        for tenant in (one, other):
            async with database.unpinned() as connection:
                told = orjson.loads(await connection.fetchval(whose, tenant))
                assert told == {"tracks": [str(tenant)] * 2, "tenants": [str(tenant)], "count": 2}
            async with database.reading(one) as connection:
                assert {row[0] for row in await connection.fetch("select tenant_id from tracks")} == {one}
    async with database.unpinned() as connection:  # and nothing of it stays
        last = "" if pooled else str(one)
        assert await connection.fetchval("select current_setting('app.tenant_id')") == last
    await database.close()
