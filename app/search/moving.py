"""Moving a tenant's passages into a partition of their own as it grows, and back as it shrinks.

1. The row of the tenant in `passage_homes` says that they are moving: from now on, whoever writes passages
   of a track writes them in both places.
2. Batch by batch, those that were there before are copied. Searches don't look there yet.
3. The row says that they live in the new place. That is one small transaction, however many they are.
4. Batch by batch, those in the old place are deleted.

A mover that dies leaves all passages where they live, and the next one begins again at 1: what is there
already is passed over. What nobody counts any more, after a move that was called off too, is deleted by 4.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog

from app.search.embeddings import Space
from app.search.homes import SHARED, Place, place_of, settle
from tenancy.database import Database, driver_of

log = structlog.get_logger(__name__)

BATCH = 500  # passages that are copied while nobody else writes any of the tenant: about half a second
BUSY_SECONDS = 0.1

Key = tuple[str, UUID, int]
FIRST: Key = ("", UUID(int=0), -(2**31))

# Of the home; stops counting where the answer is known.
COUNT = "select count(*) from (select from passages where tenant_id = $1 and home = $2 limit $3) counted"
BEGIN = """
    insert into passage_homes as h (tenant_id, home, moving_to, since) values ($1, $2, $3, clock_timestamp())
    on conflict (tenant_id) do update set moving_to = excluded.moving_to,
      since = case when h.moving_to = excluded.moving_to then h.since else excluded.since end
    returning home, moving_to, since"""
# Along the keys of both places. SKIP LOCKED: to wait for a track that somebody deletes, while others are
# held here, could be to wait for each other. `held` tells whether the batch was whole.
COPY = """
    with batch as materialized (
      select * from passages where tenant_id = $1 and home = $2 and (space, track_id, ordinal) > ($4, $5, $6)
      order by space, track_id, ordinal limit $7
    ), held as materialized (
      select id from tracks where tenant_id = $1 and id = any(array(select track_id from batch))
      order by id for key share skip locked
    ), copied as (
      insert into passages (tenant_id, space, track_id, ordinal, start_line, end_line, embedding, home)
      select tenant_id, space, track_id, ordinal, start_line, end_line, embedding, $3
      from batch where track_id in (select id from held)
      on conflict do nothing
    )
    select space, track_id, ordinal, count(*) over () as size,
      count(*) filter (where track_id in (select id from held)) over () as held
    from batch order by space desc, track_id desc, ordinal desc limit 1"""
ARRIVE = "update passage_homes set home = moving_to, moving_to = null, since = now() where tenant_id = $1"
TOGETHER = "delete from passage_homes where tenant_id = $1"
STAY = "update passage_homes set moving_to = null, since = now() where tenant_id = $1"
CLEAR = """
    with left_over as materialized (
      select space, track_id, ordinal from passages
      where tenant_id = $1 and home = $2 limit $3 for update skip locked
    )
    delete from passages p using left_over l
    where p.tenant_id = $1 and p.home = $2
      and (p.space, p.track_id, p.ordinal) = (l.space, l.track_id, l.ordinal)
    returning 1"""


async def see_to(database: Database, tenant: UUID, spaces: Sequence[Space], threshold: int) -> None:
    """Moves what a tenant has to where it should live: more than `threshold` passages by themselves, fewer
    than half as many with those of others, and in between where they are. Those of all spaces count."""
    own = UUID(int=tenant.int)
    async with database.reading(tenant) as connection:
        place = await place_of(connection, tenant)
        passages = await connection.fetchval(COUNT, tenant, place.home, threshold + 1)
    large = passages > threshold or (place.home == own and passages * 2 >= threshold)
    wanted = own if large else SHARED
    if large:
        for space in spaces:  # before there is much of a new one: an index over nothing is made at once
            await prepare(database, tenant, space, anew=False)
    if wanted != place.home:
        if await move(database, tenant, place.home, wanted):
            log.info("passages_moved", tenant=str(tenant), own=large)
            if large:
                for space in spaces:
                    await prepare(database, tenant, space, anew=True)
    elif place.moving_to is not None:
        await call_off(database, tenant)
    await clear(database, tenant)


async def prepare(database: Database, tenant: UUID, space: Space, *, anew: bool) -> None:
    """The tenant's partition with an index of the space. Nothing where both are there, but that `anew` brings
    the planner new figures of what is in it."""
    async with database.transaction(tenant) as session:
        connection = await driver_of(session)
        await connection.execute("select own_partition($1, $2, $3)", space.name, space.dimension, anew)


async def move(database: Database, tenant: UUID, old: UUID, new: UUID) -> bool:
    """Copies all that lives at `old`, then lets it live at `new`; false where somebody else decided
    otherwise meanwhile."""
    async with database.transaction(tenant) as session:
        if (await settle(session, tenant, moving=True)).home != old:
            return False
        place = Place(*await (await driver_of(session)).fetchrow(BEGIN, tenant, old, new))
    after: Key | None = FIRST
    while after is not None:
        async with database.transaction(tenant) as session:
            if await settle(session, tenant, moving=True) != place:
                return False
            row = await (await driver_of(session)).fetchrow(COPY, tenant, old, new, *after, BATCH)
        if row is not None and row["held"] < row["size"]:
            await asyncio.sleep(BUSY_SECONDS)  # holding nothing
        else:
            whole = row is not None and row["size"] == BATCH
            after = (row["space"], row["track_id"], row["ordinal"]) if whole else None
    return await arrive(database, tenant, place)


async def arrive(database: Database, tenant: UUID, place: Place) -> bool:
    """Lets passages live where they were moving to, if that is still so."""
    async with database.transaction(tenant) as session:
        if await settle(session, tenant, moving=True) != place:
            return False
        end = TOGETHER if place.moving_to == SHARED else ARRIVE
        await (await driver_of(session)).execute(end, tenant)
    return True


async def call_off(database: Database, tenant: UUID) -> None:
    """Leaves passages where they live, and has none written elsewhere."""
    async with database.transaction(tenant) as session:
        place = await settle(session, tenant, moving=True)
        await (await driver_of(session)).execute(TOGETHER if place.home == SHARED else STAY, tenant)


async def clear(database: Database, tenant: UUID) -> None:
    """Deletes what is in neither of the places that passages are written to."""
    deleted = BATCH
    while deleted == BATCH:
        async with database.transaction(tenant) as session:
            place = await settle(session, tenant, moving=True)
            (elsewhere,) = {SHARED, UUID(int=tenant.int)} - {UUID(int=place.home.int)}
            if elsewhere in place.written:
                return
            driver = await driver_of(session)
            deleted = len(await driver.fetch(CLEAR, tenant, elsewhere, BATCH))
