"""Passes: all of a tenant's tracks into another space, in the background, before it answers.

1. A row of `passage_spaces` says that the space has begun: from now on, tracks that come or change are
   embedded in it, too.
2. Batch by batch, those that were there before are asked for: `embed_items` that name the space.
3. Once none of them waits any more, the space is complete. In the same transaction the rows of spaces that
   the settings don't name any longer go: from one search to the next, another model answers.
4. Batch by batch, passages of spaces without a row are deleted.

One worker at a time sees to this (`search.upkeep`), and takes up what a killed one left: each step is
committed with what says how far it has come.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import Job, Priority, request
from app.search.homes import SHARED, place_of
from app.search.moving import prepare
from app.search.spaces import Spaces
from tenancy.database import Database, driver_of

log = structlog.get_logger(__name__)

ASKED = 2_000  # tracks of one transaction
SPREAD = 1_000
DELETED = 2_000  # passages of one transaction
BUSY_SECONDS = 0.1

BEGUN = "select space, asked_after, complete_at from passage_spaces where tenant_id = $1"
# Until the transaction ends none of them goes: whoever lets one go takes what is asked for in it along.
HELD = f"{BEGUN} for key share"
BEGIN = "insert into passage_spaces (tenant_id, space) select $1, unnest($2::text[]) on conflict do nothing"
# Tracks of '' are asked for in each space. SKIP LOCKED: to wait for a track that somebody deletes, or changes
# again, could be to wait for each other. An item that is there already stays as it is: whoever works on it
# sees that the words have changed.
UNSPREAD = """
    select urgent from embed_items where tenant_id = $1 and space = ''
    order by attempts, urgent desc limit 1"""
SPREAD_OUT = """
    with fresh as materialized (
      select track_id, urgent from embed_items where tenant_id = $1 and space = ''
      order by attempts, urgent desc, track_id limit $2 for update skip locked
    ), held as materialized (
      select id from tracks where tenant_id = $1 and id = any(array(select track_id from fresh))
      order by id for key share skip locked
    ), taken as (
      delete from embed_items where tenant_id = $1 and space = '' and track_id in (select id from held)
    )
    insert into embed_items (tenant_id, track_id, space, urgent)
    select $1, track_id, space, urgent from fresh cross join
      (select space from passage_spaces where tenant_id = $1) spaces
    where track_id in (select id from held)
    on conflict do nothing"""
# `held` tells whether the batch was whole, as in `search.moving`.
ASK = """
    with batch as materialized (
      select id from tracks where tenant_id = $1 and id > $3 order by id limit $4
    ), wanted as materialized (
      select b.id from batch b join lyrics l on l.tenant_id = $1 and l.track_id = b.id
      where not exists (
        select from passages p where p.tenant_id = $1 and p.home = $5 and p.space = $2 and p.track_id = b.id)
    ), held as materialized (
      select id from tracks where tenant_id = $1 and id = any(array(select id from wanted))
      order by id for key share skip locked
    ), asked as (
      insert into embed_items (tenant_id, track_id, space, urgent) select $1, id, $2, false from held
      on conflict do nothing
    )
    select (select count(*) from batch) size, (select id from batch order by id desc limit 1) last,
      (select count(*) from wanted) wanted, (select count(*) from held) held"""
ASKED_TO = "update passage_spaces set asked_after = $3 where tenant_id = $1 and space = $2"
DONE = """
    select space from passage_spaces s
    where tenant_id = $1 and space = any($2) and complete_at is null and asked_after is null
      and not exists (
        select from embed_items e join tracks t on t.tenant_id = $1 and t.id = e.track_id
        where e.tenant_id = $1 and e.space = s.space and t.created_at <= s.begun_at)"""
COMPLETE = "update passage_spaces set complete_at = now() where tenant_id = $1 and space = any($2)"
RETIRE = """
    delete from passage_spaces where tenant_id = $1 and space <> all($2) and exists (
      select from passage_spaces where tenant_id = $1 and space = any($2) and complete_at is not null)
    returning space"""
FORGET = "delete from embed_items where tenant_id = $1 and space = any($2)"
# From one space to the next along the key, however many passages each has.
LEFT = """
    with recursive spaces as (
      (select space from passages where tenant_id = $1 and home = $2 order by space limit 1)
      union all
      select (select p.space from passages p where tenant_id = $1 and home = $2 and p.space > s.space
        order by p.space limit 1)
      from spaces s where s.space is not null
    )
    select space from spaces
    where space is not null and space not in (select space from passage_spaces where tenant_id = $1)"""
CLEAR = """
    with left_over as materialized (
      select track_id, ordinal from passages
      where tenant_id = $1 and home = $2 and space = $3 limit $4 for update skip locked
    )
    delete from passages p using left_over l
    where p.tenant_id = $1 and p.home = $2 and p.space = $3
      and (p.track_id, p.ordinal) = (l.track_id, l.ordinal)
    returning 1"""


async def spread(database: Database, tenant: UUID, spaces: Spaces) -> dict[str, bool]:
    """Asks for tracks that have come or changed in every space of the tenant; answers with these, and whether
    each is complete."""
    async with database.transaction(tenant) as session:
        driver = await driver_of(session)
        begun = await driver.fetch(HELD, tenant)
        if not begun:
            await driver.execute(BEGIN, tenant, spaces.names)
            begun = await driver.fetch(HELD, tenant)
        if await driver.fetchval(UNSPREAD, tenant) is not None:
            await driver.execute(SPREAD_OUT, tenant, SPREAD)
    return {row["space"]: row["complete_at"] is not None for row in begun}


async def see_to(database: Database, tenant: UUID, spaces: Spaces) -> None:
    """Takes a tenant as far as it can be taken now towards having just the spaces of the settings."""
    async with database.reading(tenant) as connection:
        begun = {row["space"]: row for row in await connection.fetch(BEGUN, tenant)}
    if begun:
        await clear(database, tenant)  # first: what a space left behind is older than its next pass
    if new := [name for name in spaces.names if name not in begun]:
        async with database.transaction(tenant) as session:
            await (await driver_of(session)).execute(BEGIN, tenant, new)
    for name in spaces.names:
        if name not in begun or begun[name]["asked_after"] is not None:
            await ask(database, tenant, name)
    if begun.keys() != set(spaces.names) or any(row["complete_at"] is None for row in begun.values()):
        await complete(database, tenant, spaces)


async def ask(database: Database, tenant: UUID, space: str) -> None:
    """Asks for all tracks that were there before the space, beginning where somebody left off."""
    more = True
    while more:
        async with database.transaction(tenant) as session:
            more = await asked(session, tenant, space)
        if more:
            await asyncio.sleep(BUSY_SECONDS)


async def asked(session: AsyncSession, tenant: UUID, space: str) -> bool:
    """Asks for a batch; whether there are more."""
    driver = await driver_of(session)
    after = await driver.fetchval(
        "select asked_after from passage_spaces where tenant_id = $1 and space = $2 for update", tenant, space
    )
    if after is None:
        return False
    home = (await place_of(driver, tenant)).home
    row = await driver.fetchrow(ASK, tenant, space, after, ASKED, home)
    if row["held"] == row["wanted"]:  # else some are being deleted: look at this batch again
        after = row["last"] if row["size"] == ASKED else None
        await driver.execute(ASKED_TO, tenant, space, after)
    if row["held"]:
        await request(session, Job.EMBED, tenant, Priority.BACKGROUND)
    return after is not None


async def complete(database: Database, tenant: UUID, spaces: Spaces) -> None:
    """Lets spaces answer whose passes are done, and those that no setting names go once another answers."""
    async with database.reading(tenant) as connection:
        home = (await place_of(connection, tenant)).home
        done = [row["space"] for row in await connection.fetch(DONE, tenant, spaces.names)]
    if home != SHARED:  # the planner has to know what is in the index by now
        for size in spaces.sizes:
            if size.name in done:
                await prepare(database, tenant, size, anew=True)
    async with database.transaction(tenant) as session:
        driver = await driver_of(session)
        await driver.execute(COMPLETE, tenant, done)
        gone = [row["space"] for row in await driver.fetch(RETIRE, tenant, spaces.names)]
        if gone:
            await driver.execute(FORGET, tenant, gone)
    if done or gone:
        log.info("spaces_changed", tenant=str(tenant), complete=done, retired=gone)


async def clear(database: Database, tenant: UUID) -> None:
    """Deletes passages of spaces that the tenant has no longer."""
    for home in (SHARED, UUID(int=tenant.int)):
        async with database.reading(tenant) as connection:
            left = [row["space"] for row in await connection.fetch(LEFT, tenant, home)]
        for space in left:
            deleted = DELETED
            while deleted == DELETED:
                async with database.transaction(tenant) as session:
                    driver: asyncpg.Connection = await driver_of(session)
                    deleted = len(await driver.fetch(CLEAR, tenant, home, space, DELETED))
