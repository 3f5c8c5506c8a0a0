"""Tenants take turns: how many slices of others come before one's own, whatever they have queued."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

import asyncpg
from sqlalchemy import delete, text

from app.analysis import batch, runs
from app.analysis.batch import Text
from app.analysis.models import RunItem
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.slices import SLICE, Analysts, advance
from app.jobs import Job, Priority, request, widen
from app.queue import Queue
from tenancy.database import Database
from tests.builders import add_tracks, new_tenant, song, turn
from tests.integration.events.helpers import until

LANES = 8
AT_ONCE = 2
BACKLOG = 60 * SLICE
# Slices of a tenant whose transaction began in a span of time.
SLICES = "select count(*) from events where kind = 'RunProgressed' and at between $1 and $2"


async def analyze(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
    await asyncio.sleep(0.01)  # as in another process: others have their turn meanwhile
    return batch.analyze(texts, names)


@asynccontextmanager
async def working(url: str, database: Database) -> AsyncIterator[None]:
    """A worker with its real queue, and nothing that would find lost turns."""
    stop = asyncio.Event()
    handle = partial(advance, database, analysts=Analysts(analyze, lanes=LANES))
    task = asyncio.create_task(Queue(url, {Job.ANALYZE: handle}, AT_ONCE).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def start(database: Database, tenant: UUID, tracks: Sequence[UUID]) -> UUID:
    async with database.transaction(tenant) as session:
        return await runs.start(session, tenant, tracks)


async def times(database: Database, tenant: UUID, run: UUID) -> tuple[datetime, datetime] | None:
    """When the run was asked for, and when its last slice began; None before it has ended."""
    async with database.reading(tenant) as connection:
        row = await connection.fetchrow("select created_at, finished_at from runs where id = $1", run)
    return None if row["finished_at"] is None else (row["created_at"], row["finished_at"])


async def slices_between(database: Database, theirs: UUID, tenant: UUID, run: UUID) -> int:
    """How many slices of another tenant were begun between a run's start and its last slice."""

    async def ended() -> bool:
        return await times(database, tenant, run) is not None

    await until(ended)
    span = await times(database, tenant, run)
    assert span is not None
    async with database.reading(theirs) as connection:
        return int(await connection.fetchval(SLICES, *span))


async def done(database: Database, tenant: UUID) -> int:
    async with database.reading(tenant) as connection:
        return int(await connection.fetchval("select coalesce(sum(completed), 0) from runs"))


@asynccontextmanager
async def backlog(database: Database, each: int = BACKLOG) -> AsyncIterator[UUID]:
    """A tenant with very much to do, in runs of so many tracks; what is left at the end is dropped."""
    tenant = await new_tenant(database)
    tracks = [
        id_
        for _ in range(0, BACKLOG, 320)
        for id_ in await add_tracks(database, tenant, [song() for _ in range(320)])
    ]
    for at in range(0, BACKLOG, each):
        await start(database, tenant, tracks[at : at + each])
    yield tenant
    async with database.transaction(tenant) as session:
        await session.execute(delete(RunItem).where(RunItem.tenant_id == tenant))


async def left(database: Database, tenant: UUID) -> int:
    return BACKLOG - await done(database, tenant)


async def test_a_single_track_waits_for_what_is_under_way_and_no_more(
    jobs_url: str, jobs_database: Database
) -> None:
    tenant = await new_tenant(jobs_database)
    (track,) = await add_tracks(jobs_database, tenant, [song()])
    async with backlog(jobs_database) as busy, working(jobs_url, jobs_database):
        await until(partial(has_begun, jobs_database, busy))
        run = await start(jobs_database, tenant, [track])
        assert await slices_between(jobs_database, busy, tenant, run) <= AT_ONCE + 1
        assert await left(jobs_database, busy) > 0


async def test_a_person_who_waits_goes_before_the_tenants_own_batch(
    jobs_url: str, jobs_database: Database
) -> None:
    async with backlog(jobs_database) as tenant, working(jobs_url, jobs_database):
        (track,) = await add_tracks(jobs_database, tenant, [song()])
        await until(partial(has_begun, jobs_database, tenant))
        run = await start(jobs_database, tenant, [track])
        assert await slices_between(jobs_database, tenant, tenant, run) <= AT_ONCE + 1
        assert await left(jobs_database, tenant) > 0


async def test_two_batches_share_the_worker(jobs_url: str, jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(3 * SLICE)])
    async with backlog(jobs_database) as busy, working(jobs_url, jobs_database):
        await until(partial(has_begun, jobs_database, busy))
        run = await start(jobs_database, tenant, tracks)
        # Its first turn comes after one of each lane; then it has lanes of its own.
        assert await slices_between(jobs_database, busy, tenant, run) <= 2 * LANES + 3 * AT_ONCE
        assert await left(jobs_database, busy) > 0


async def test_very_many_small_runs_are_no_way_past_others(jobs_url: str, jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    (track,) = await add_tracks(jobs_database, tenant, [song()])
    async with backlog(jobs_database, each=4) as busy, working(jobs_url, jobs_database):
        await until(partial(has_begun, jobs_database, busy))
        run = await start(jobs_database, tenant, [track])
        span = await slices_between(jobs_database, busy, tenant, run)
        assert span <= LANES + AT_ONCE + 1
        assert await left(jobs_database, busy) > 0


async def has_begun(database: Database, tenant: UUID) -> bool:
    """All of its lanes have work."""
    return len(await turns(database, tenant)) == LANES


async def turns(database: Database, tenant: UUID) -> list[tuple[str, int, bool]]:
    """Lane, priority and whether it is queued, of the tenant's turns."""
    query = "select dedupe_key, priority, status = 'queued' from pgqueuer where dedupe_key like $1 order by 1"
    async with database.unpinned() as connection:
        rows = await connection.fetch(query, f"analyze:{tenant}:%")
    return [(row[0].rsplit(":", 1)[1], row[1], row[2]) for row in rows]


async def test_a_tenant_has_one_turn_a_lane_and_no_more(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(5 * SLICE)])
    for _ in range(3):
        await start(jobs_database, tenant, tracks)
    assert await turns(jobs_database, tenant) == [("0", Priority.BATCH, True)]
    await start(jobs_database, tenant, tracks[:1])
    assert await turns(jobs_database, tenant) == [("0", Priority.INTERACTIVE, True)]
    await advance(jobs_database, turn(tenant), Analysts(analyze, lanes=3))  # the urgent one, alone
    await advance(jobs_database, turn(tenant), Analysts(analyze, lanes=3))
    assert [key for key, *_ in await turns(jobs_database, tenant)] == ["0", "1", "2"]
    async with jobs_database.transaction(tenant) as session:
        await widen(session, Job.ANALYZE, tenant, Priority.BATCH, 3)
        await request(session, Job.ANALYZE, tenant, Priority.BATCH, 1)
    assert [key for key, *_ in await turns(jobs_database, tenant)] == ["0", "1", "2"]
    async with jobs_database.transaction(tenant) as session:
        await session.execute(text("delete from pgqueuer"))


async def test_work_that_comes_as_a_turn_ends_is_not_forgotten(
    jobs_database: Database, owner_url: str
) -> None:
    watching = await asyncpg.connect(owner_url)
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(2)])
    await start(jobs_database, tenant, tracks[:1])
    taken = replace(turn(tenant), id=await pick(jobs_database, tenant))
    async with jobs_database.transaction(tenant) as session:
        await runs.start(session, tenant, tracks[1:])  # asks for the turn that is running, and commits late
        ending = asyncio.create_task(advance(jobs_database, taken, Analysts(analyze)))

        async def waits_or_has_ended() -> bool:
            waiting = await watching.fetchval(
                "select count(*) from pg_stat_activity"
                " where wait_event_type = 'Lock' and query like 'update pgqueuer set dedupe_key%'"
            )
            return ending.done() or waiting == 1

        await until(waits_or_has_ended)
    await watching.close()
    await ending
    assert await turns(jobs_database, tenant) == [("0", Priority.INTERACTIVE, True)]
    await advance(jobs_database, turn(tenant), Analysts(analyze))
    assert await done(jobs_database, tenant) == 2


async def pick(database: Database, tenant: UUID) -> int:
    """Takes the tenant's turn from the queue, as a worker does."""
    async with database.transaction(tenant) as session:
        picked = text("update pgqueuer set status = 'picked' where dedupe_key = :key returning id")
        return int((await session.execute(picked, {"key": f"analyze:{tenant}:0"})).scalar_one())


async def test_no_run_is_forgotten_however_turns_end_and_begin(
    jobs_url: str, jobs_database: Database
) -> None:
    """Runs that are asked for just as the tenant's last turn ends: without the lock of `request` some would
    wait for a turn that is over."""
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(8)])

    async def ask(number: int) -> UUID:
        await asyncio.sleep(number * 0.013)
        return await start(jobs_database, tenant, tracks[number % 8 :][:1])

    async with working(jobs_url, jobs_database):
        asked = await asyncio.gather(*(ask(number) for number in range(150)))

        async def all_ended() -> bool:
            async with jobs_database.reading(tenant) as connection:
                ended = await connection.fetchval("select count(*) from runs where status = 'COMPLETED'")
            return bool(ended == len(asked))

        await until(all_ended)
