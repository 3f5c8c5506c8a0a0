"""Turns of embedding: tracks whose vectors are out of date are claimed, embedded and committed together.

A turn is of one space, the first of the tenant's that has any: what answers is never kept waiting by what a
better model has still to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import Job, Priority, Turn, release, request, widen
from app.processes import WorkLost
from app.search import index, passes
from app.search.embeddings import Embedder, EmbedderAway, EmbedderUnusable, TextsRefused
from app.search.index import EmbeddedTrack, TrackLyrics
from app.search.spaces import Spaces
from tenancy.database import Database, driver_of

log = structlog.get_logger(__name__)

LANES = 8
MAX_ATTEMPTS = 3

# SKIP LOCKED: other lanes hold theirs. What stopped a process before comes last.
NEXT = """
    select e.track_id, e.attempts, e.urgent
    from embed_items e join tenants t on t.id = e.tenant_id and t.status = 'ACTIVE'
    where e.tenant_id = $1 and e.space = $2 order by e.attempts, e.urgent desc, e.track_id limit $3
    for update of e skip locked"""
DONE = "delete from embed_items where tenant_id = $1 and space = $2 and track_id = any($3)"
LOST = """
    update embed_items set attempts = attempts + 1
    where tenant_id = $1 and space = $2 and track_id = any($3)"""
GIVEN_UP = """
    delete from embed_items where tenant_id = $1 and space = $2 and attempts >= $3 returning track_id"""

Embed = Callable[[Embedder, Sequence[TrackLyrics]], Awaitable[list[EmbeddedTrack]]]


async def advance(database: Database, turn: Turn, spaces: Spaces, embed: Embed) -> None:
    """Embeds the tenant's next tracks and asks for its next turn, if any are left."""
    embedders = spaces.filling(await passes.spread(database, turn.tenant, spaces))
    away: list[Embedder] = []
    for embedder in embedders:
        try:
            if await step(database, turn, embedder, [e for e in embedders if e not in away], embed):
                return
        except (EmbedderAway, EmbedderUnusable) as error:
            # Its tracks wait; whoever looks for tenants with work asks for the next turn in a few seconds.
            log.warning("embedder_away", space=embedder.space, error=type(error).__qualname__)
            away.append(embedder)
    async with database.transaction(turn.tenant) as session:
        await hand_on(session, turn, [e for e in embedders if e not in away])


async def step(
    database: Database, turn: Turn, embedder: Embedder, embedders: Sequence[Embedder], embed: Embed
) -> bool:
    """Embeds the next tracks of one space and ends the turn; false where there are none."""
    tenant, space, tracks = turn.tenant, embedder.space, list[UUID]()
    try:
        async with database.transaction(tenant) as session:
            driver = await driver_of(session)
            rows = await driver.fetch(NEXT, tenant, space, embedder.at_once)
            # What stopped a process comes alone: only one of them may be at fault.
            fresh = [row for row in rows if row["attempts"] == 0] or rows[:1]
            tracks = [row["track_id"] for row in fresh]
            if not tracks:
                return False
            lyrics = await index.load(driver, tenant, tracks)
            stored = await index.store(session, tenant, space, await embed(embedder, lyrics))
            # What could not be stored stays for another turn; what has no words any more does not.
            left = {each.track_id for each in lyrics} - set(stored)
            await driver.execute(DONE, tenant, space, [track for track in tracks if track not in left])
            await hand_on(session, turn, embedders, more=len(rows) == embedder.at_once)
    except (WorkLost, TextsRefused):
        async with database.transaction(tenant) as session:
            driver = await driver_of(session)
            await driver.execute(LOST, tenant, space, tracks)
            for row in await driver.fetch(GIVEN_UP, tenant, space, MAX_ATTEMPTS):
                log.error("embedding_given_up", tenant=str(tenant), space=space, track=str(row["track_id"]))
            await hand_on(session, turn, embedders)
    return True


async def hand_on(
    session: AsyncSession, turn: Turn, embedders: Sequence[Embedder], *, more: bool = False
) -> None:
    """Ends the turn and asks for the next one of its lane; the first lane sees to the others."""
    await release(session, turn)
    driver = await driver_of(session)
    priority = await priority_of(driver, turn.tenant, embedders)
    if priority is not None:
        await request(session, Job.EMBED, turn.tenant, priority, turn.lane)
        if more and turn.lane == 0:
            await widen(session, Job.EMBED, turn.tenant, priority, LANES)


async def priority_of(
    driver: asyncpg.Connection, tenant: UUID, embedders: Sequence[Embedder]
) -> Priority | None:
    """Of the tenant's next turn; None where nothing waits."""
    found: list[Priority] = []
    if (urgent := await driver.fetchval(passes.UNSPREAD, tenant)) is not None:
        found.append(Priority.of(urgent))
    for number, embedder in enumerate(embedders):
        if left := await driver.fetch(NEXT, tenant, embedder.space, 1):
            found.append(Priority.BACKGROUND if number else Priority.of(left[0]["urgent"]))
            break
    return max(found, default=None)
