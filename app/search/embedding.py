"""Turns of embedding: tracks whose vectors are out of date are claimed, embedded and committed together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog.tracks import EMBED_AT_ONCE
from app.jobs import Job, Priority, Turn, release, request, widen
from app.processes import WorkLost
from app.search import index
from app.search.index import EmbeddedTrack, TrackLyrics
from tenancy.database import Database, driver_of

log = structlog.get_logger(__name__)

LANES = 8
MAX_ATTEMPTS = 3

# SKIP LOCKED: other lanes hold theirs. What stopped a process before comes last.
NEXT = """
    select e.track_id, e.attempts, e.urgent
    from embed_items e join tenants t on t.id = e.tenant_id and t.status = 'ACTIVE'
    where e.tenant_id = $1 order by e.attempts, e.urgent desc, e.track_id limit $2
    for update of e skip locked"""
DONE = "delete from embed_items where tenant_id = $1 and track_id = any($2)"
LOST = "update embed_items set attempts = attempts + 1 where tenant_id = $1 and track_id = any($2)"
GIVEN_UP = "delete from embed_items where tenant_id = $1 and attempts >= $2 returning track_id"

Embed = Callable[[Sequence[TrackLyrics]], Awaitable[list[EmbeddedTrack]]]


async def advance(database: Database, turn: Turn, space: str, embed: Embed) -> None:
    """Embeds the tenant's next tracks and asks for its next turn, if any are left."""
    tracks: list[UUID] = []
    try:
        async with database.transaction(turn.tenant) as session:
            driver = await driver_of(session)
            rows = await driver.fetch(NEXT, turn.tenant, EMBED_AT_ONCE)
            # What stopped a process comes alone: only one of them may be at fault.
            fresh = [row for row in rows if row["attempts"] == 0] or rows[:1]
            tracks = [row["track_id"] for row in fresh]
            if tracks:
                lyrics = await index.load(driver, turn.tenant, tracks)
                stored = await index.store(session, turn.tenant, space, await embed(lyrics))
                # What could not be stored stays for another turn; what has no words any more does not.
                left = {each.track_id for each in lyrics} - set(stored)
                await driver.execute(DONE, turn.tenant, [track for track in tracks if track not in left])
            await hand_on(session, turn, more=len(rows) == EMBED_AT_ONCE)
    except WorkLost:
        async with database.transaction(turn.tenant) as session:
            driver = await driver_of(session)
            await driver.execute(LOST, turn.tenant, tracks)
            for row in await driver.fetch(GIVEN_UP, turn.tenant, MAX_ATTEMPTS):
                log.error("embedding_given_up", tenant=str(turn.tenant), track=str(row["track_id"]))
            await hand_on(session, turn)


async def hand_on(session: AsyncSession, turn: Turn, *, more: bool = False) -> None:
    """Ends the turn and asks for the next one of its lane; the first lane sees to the others."""
    await release(session, turn)
    left = await (await driver_of(session)).fetch(NEXT, turn.tenant, 1)
    if left:
        priority = Priority.of(left[0]["urgent"])
        await request(session, Job.EMBED, turn.tenant, priority, turn.lane)
        if more and turn.lane == 0:
            await widen(session, Job.EMBED, turn.tenant, priority, LANES)
