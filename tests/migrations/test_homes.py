"""Passages in partitions: taken apart and put together by migrations, and restored from a dump."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.cli import demo
from app.embedded.binaries import postgres_bin
from app.embedded.postgres_server import PostgresServer
from app.migrate import downgrade, migrate
from app.search import moving
from app.search.embeddings import FastEmbedder, Space
from app.search.homes import SHARED, Homes
from app.search.search import SearchService
from tenancy.database import Database
from tenancy.rls import APP_ROLE, GATE_ROLE
from tests.builders import add_tracks, new_tenant
from tests.embedding import embed

EMBEDDER = FastEmbedder()
SPACE = Space(EMBEDDER.space, EMBEDDER.dimension)
OWNER = "passages_owner"
PASSAGES = """
    select tenant_id, space, track_id, ordinal, start_line, end_line, embedding::text from passages
    order by 1, 2, 3, 4"""


@pytest.fixture
async def owner_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """A migrated database whose owner is no superuser: the policies confine it, too."""
    url = await postgres_server.ensure_database("rap_homes")
    await migrate(url, "0001")  # what a cluster has once: its roles
    superuser = await postgres_server.connect()
    for statement in (
        "drop database rap_homes with (force)",
        f"create role {OWNER} login nosuperuser nobypassrls createrole password 'only-for-tests'",
        f"grant {APP_ROLE}, {GATE_ROLE} to {OWNER} with set true, admin true",
        f"create database rap_homes owner {OWNER}",
    ):
        await superuser.execute(statement)
    # As whoever runs a Postgres has to: vector is no trusted extension.
    inside = await asyncpg.connect(url)
    for extension in ("vector", "pg_trgm", "btree_gin"):
        await inside.execute(f"create extension {extension}")
    await inside.close()
    owner = f"{OWNER}:only-for-tests@127.0.0.1:{postgres_server.port}"
    owned = urlunsplit(urlsplit(url)._replace(netloc=owner))
    await migrate(owned)
    yield owned
    for statement in (
        "drop database rap_homes with (force)",
        f"drop owned by {OWNER} cascade",
        f"drop role {OWNER}",
    ):
        await superuser.execute(statement)
    await superuser.close()


@pytest.fixture
async def database(owner_url: str) -> AsyncIterator[Database]:
    database = Database(owner_url)  # acts as the application's role
    yield database
    await database.close()


async def fill(database: Database) -> tuple[UUID, UUID, UUID]:
    """A tenant that lives in a partition of its own, one that is on its way there, and one among others."""
    tenants = [await new_tenant(database) for _ in range(3)]
    for tenant in tenants:
        ids = await add_tracks(database, tenant, demo.tracks("aurora")[:4])
        await embed(database, tenant, ids, EMBEDDER)
    own, moves, shared = tenants
    await moving.see_to(database, own, [SPACE], 10)
    await moving.prepare(database, moves, SPACE, anew=False)

    async def stays(*_: object) -> bool:
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moving, "arrive", stays)
        assert not await moving.move(database, moves, SHARED, moves)
    return own, moves, shared


async def run(*command: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0


async def living(database: Database, tenants: tuple[UUID, ...]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for tenant in tenants:
        async with database.reading(tenant) as connection:
            home = await connection.fetchval("select home from passage_homes where tenant_id = $1", tenant)
            found = await connection.fetch(PASSAGES.replace("order", "where home = $1 order"), home or SHARED)
            rows += [tuple(row) for row in found]
    return sorted(rows, key=lambda row: row[:4])


async def test_passages_of_all_places_go_down_and_up_again(owner_url: str, database: Database) -> None:
    tenants = await fill(database)
    before = await living(database, tenants)
    assert len({row[0] for row in before}) == 3
    engine = create_async_engine(urlunsplit(urlsplit(owner_url)._replace(scheme="postgresql+asyncpg")))
    async with engine.connect() as connection:
        await connection.run_sync(downgrade, "0008b")
        await connection.commit()
    await engine.dispose()
    together: list[tuple[object, ...]] = []
    for tenant in tenants:
        async with database.reading(tenant) as reader:
            together += [tuple(row) for row in await reader.fetch(PASSAGES)]
    assert sorted(together, key=lambda row: row[:4]) == before
    await migrate(owner_url)
    assert await living(database, tenants) == before
    for tenant in tenants:  # the space that they had is whole
        async with database.reading(tenant) as reader:
            rows = await reader.fetch("select space from passage_spaces where complete_at is not null")
        assert [row["space"] for row in rows] == [EMBEDDER.space]
        await moving.see_to(database, tenant, [SPACE], 10)
    assert await living(database, tenants) == before


async def test_a_dump_brings_partitions_back(
    postgres_server: PostgresServer, database: Database, owner_url: str, tmp_path: Path
) -> None:
    tenants = await fill(database)
    before = await living(database, tenants)
    found = [
        (await SearchService(Homes(database, [EMBEDDER])).search(t, "songs about the sea")).matches
        for t in tenants
    ]
    programs = postgres_bin(None)
    source = postgres_server.url("rap_homes")
    dump = tmp_path / "all.dump"
    await run(programs / "pg_dump", f"--dbname={source}", "--format=custom", f"--file={dump}")
    target = await postgres_server.ensure_database("rap_homes_restored")
    await run(programs / "pg_restore", f"--dbname={target}", "--no-owner", "--exit-on-error", dump)
    restored = Database(urlunsplit(urlsplit(owner_url)._replace(path="/rap_homes_restored")))
    try:
        assert await living(restored, tenants) == before
        search = SearchService(Homes(restored, [EMBEDDER]))
        assert [(await search.search(t, "songs about the sea")).matches for t in tenants] == found
        async with restored.reading(tenants[0]) as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetchval(f"select count(*) from passages_{tenants[0].hex}")
        for tenant in tenants:  # the way that was begun is gone on, and one back is found
            await moving.see_to(restored, tenant, [SPACE], 10 if tenant != tenants[0] else 10_000)
        assert await living(restored, tenants) == before
    finally:
        await restored.close()
        connection = await postgres_server.connect()
        await connection.execute("drop database rap_homes_restored with (force)")
        await connection.close()
