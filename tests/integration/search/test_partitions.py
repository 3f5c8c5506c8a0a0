"""A partition is one tenant's own, and is made while everybody reads and writes."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog import tracks
from app.search import index, moving, upkeep
from app.search.homes import SHARED, Homes
from app.search.recommend import RecommendationService
from app.search.spaces import Spaces
from tenancy.database import Database, driver_of
from tests.builders import add_tracks, new_tenant, song
from tests.integration.search.homes import EMBEDDER, SPACE, home_of, passages, tenant

__all__ = ["tenant"]


async def embed_in(session: AsyncSession, tenant: UUID, ids: list[UUID]) -> None:
    lyrics = await index.load(await driver_of(session), tenant, ids)
    await index.store(session, tenant, SPACE.name, index.compute(EMBEDDER, lyrics))


async def test_a_partition_is_made_while_passages_are_read_and_written(
    database: Database, tenant: UUID
) -> None:
    other = await new_tenant(database)
    others = await add_tracks(database, other, [song()])
    async with database.transaction(other) as writer, database.transaction(tenant) as reader:
        await embed_in(writer, other, others)
        assert await (await driver_of(reader)).fetchval("select count(*) from passages") > 0
        await moving.prepare(database, tenant, SPACE, anew=False)  # LockNotAvailable if it had to wait
    assert await passages(database, other, SHARED)


async def test_who_writes_tracks_for_long_holds_a_partition_up_and_nobody_else(
    database: Database, tenant: UUID
) -> None:
    other = await new_tenant(database)
    async with database.transaction(other) as session:
        await tracks.add(session, other, [song()])
        with pytest.raises(asyncpg.LockNotAvailableError):
            await moving.prepare(database, tenant, SPACE, anew=False)
        await upkeep.sweep(database, Spaces([EMBEDDER]), 100)  # passes over it
        assert await home_of(database, tenant) == SHARED
    await upkeep.sweep(database, Spaces([EMBEDDER]), 100)
    assert await home_of(database, tenant) == tenant


async def test_every_partition_has_a_policy_and_nobody_may_read_it(
    database: Database, tenant: UUID, owner_url: str
) -> None:
    await moving.see_to(database, tenant, [SPACE], 100)
    owner = await asyncpg.connect(owner_url, database="search_test")
    partitions = await owner.fetch(
        "select c.relname, relrowsecurity and relforcerowsecurity confined,"
        " (select array_agg(qual) from pg_policies where tablename = c.relname) policies,"
        " (select array_agg(with_check) from pg_policies where tablename = c.relname) checks,"
        " (select array_agg(grantee::regrole) from aclexplode(relacl) where grantee <> relowner) grants"
        " from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'passages'::regclass"
    )
    (parent,) = await owner.fetch("select qual, with_check from pg_policies where tablename = 'passages'")
    await owner.close()
    assert {"passages_shared", f"passages_{tenant.hex}"} <= {row["relname"] for row in partitions}
    for row in partitions:
        assert row["confined"], row["relname"]
        assert (row["policies"], row["checks"]) == ([parent["qual"]], [parent["with_check"]]), row["relname"]
        assert row["grants"] is None, row["relname"]


async def test_a_partition_is_its_tenants_own(database: Database, tenant: UUID) -> None:
    other = await new_tenant(database)
    await moving.see_to(database, tenant, [SPACE], 100)
    partition = f"passages_{tenant.hex}"
    async with database.reading(other) as connection:
        assert await connection.fetchval("select count(*) from passages where home = $1", tenant) == 0
        assert await connection.fetchval("select count(*) from passage_homes") == 0
    async with database.reading(tenant) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval(f"select count(*) from {partition}")
    async with database.transaction(other) as session:
        driver = await driver_of(session)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await driver.execute(f"insert into passages select * from {partition}")


@pytest.mark.parametrize(
    ("space", "dimension"), [("x'); drop table tracks; --", 3), ("", 3), ("fine", 0), ("fine", 9_999)]
)
async def test_no_partition_is_made_for_what_is_no_space(
    database: Database, space: str, dimension: int
) -> None:
    tenant = await new_tenant(database)
    async with database.transaction(tenant) as session:
        with pytest.raises(asyncpg.RaiseError):
            await (await driver_of(session)).execute("select own_partition($1, $2, true)", space, dimension)


async def test_recommendations_are_the_same_in_both_places(database: Database, tenant: UUID) -> None:
    service = RecommendationService(Homes(database, [EMBEDDER]))
    async with database.reading(tenant) as connection:
        seeds = [row["id"] for row in await connection.fetch("select id from tracks order by id limit 3")]
        artist = await connection.fetchval("select id from artists order by id limit 1")
    before = await service.recommend(tenant, seeds), await service.similar_artists(tenant, artist)
    await moving.see_to(database, tenant, [SPACE], 100)
    assert (await service.recommend(tenant, seeds), await service.similar_artists(tenant, artist)) == before
