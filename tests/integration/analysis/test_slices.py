"""A run slice by slice: what kills the analyzers is given up, everything else is analysed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from app.analysis import batch, endings, runs
from app.analysis.batch import Text
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.slices import MAX_ATTEMPTS, SLICE, Analysts, advance
from app.catalog import tracks as catalog
from app.processes import WorkLost
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song, turn

POISON = "This line stops whatever reads it"
ANALYSES = "select t.title, a.status, a.error from analyses a join tracks t on t.id = a.track_id"


async def analyze(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
    """Really analyses, and dies of poison as a process that runs out of memory does."""
    if any(POISON in text.lyrics for text in texts):
        raise WorkLost
    return batch.analyze(texts, names)


async def work_off(database: Database, tenant: UUID, run: UUID) -> dict[str, Any]:
    """Advances the run as its jobs do, again after each loss, and answers with its row."""
    for _ in range(100):
        await advance(database, turn(tenant), Analysts(analyze))
        async with database.reading(tenant) as connection:
            row = await connection.fetchrow("select * from runs where id = $1", run)
        if row["finished_at"] is not None:
            return dict(row)
    raise AssertionError("The run does not end.")


async def start(database: Database, tenant: UUID, tracks: Sequence[UUID]) -> UUID:
    async with database.transaction(tenant) as session:
        return await runs.start(session, tenant, tracks)


async def test_a_track_that_kills_the_analyzers_is_given_up_and_stops_no_other(
    jobs_database: Database,
) -> None:
    tenant = await new_tenant(jobs_database)
    songs = [song(f"Good {n}") for n in range(20)]
    songs.insert(7, song("Bad", lyrics=f"{VERSE}\n{POISON}"))
    tracks = await add_tracks(jobs_database, tenant, songs)
    row = await work_off(jobs_database, tenant, await start(jobs_database, tenant, tracks))
    assert (row["status"], row["total"], row["completed"], row["failed"]) == ("COMPLETED", 21, 20, 1)
    async with jobs_database.reading(tenant) as connection:
        analyses = await connection.fetch(ANALYSES)
    assert len(analyses) == 21 * 5
    for title, status, error in analyses:
        if title == "Bad":
            assert status == "FAILED"
            assert f"{MAX_ATTEMPTS} times" in error
            assert POISON not in error
        else:
            assert status in ("COMPLETED", "DEGRADED")


async def test_a_run_of_nothing_but_failures_has_failed(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song(lyrics=f"{VERSE}\n{POISON}")])
    row = await work_off(jobs_database, tenant, await start(jobs_database, tenant, tracks))
    assert (row["status"], row["completed"], row["failed"]) == ("FAILED", 0, 1)


async def test_a_track_that_no_analyzer_can_judge_has_no_profile(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(
        jobs_database, tenant, [song(lyrics="我爱你中国\n亲爱的母亲\n我为你流泪", language="zh")]
    )
    await work_off(jobs_database, tenant, await start(jobs_database, tenant, tracks))
    async with jobs_database.reading(tenant) as connection:
        assert await connection.fetchval("select profile is null from tracks")


async def test_a_run_of_no_tracks_is_complete(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    row = await work_off(jobs_database, tenant, await start(jobs_database, tenant, []))
    assert (row["status"], row["total"]) == ("COMPLETED", 0)


async def test_a_cancelled_run_keeps_what_it_has_and_does_no_more(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(SLICE + 1)])
    run = await start(jobs_database, tenant, tracks)
    await advance(jobs_database, turn(tenant), Analysts(analyze))
    async with jobs_database.transaction(tenant) as session:
        await endings.cancel(session, tenant, run)
    with pytest.raises(endings.RunEnded):
        async with jobs_database.transaction(tenant) as session:
            await endings.cancel(session, tenant, run)
    row = await work_off(jobs_database, tenant, run)
    assert (row["status"], row["completed"]) == ("CANCELLED", SLICE)
    async with jobs_database.reading(tenant) as connection:
        assert len(await connection.fetch(ANALYSES)) == SLICE * 5


async def test_a_track_deleted_meanwhile_does_not_hold_up_the_run(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song(), song()])
    run = await start(jobs_database, tenant, tracks)
    async with jobs_database.transaction(tenant) as session:
        await catalog.delete(session, tenant, tracks[:1])
    row = await work_off(jobs_database, tenant, run)
    assert (row["status"], row["completed"], row["failed"]) == ("COMPLETED", 1, 0)


async def test_cancelling_does_not_wait_for_those_who_work(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(SLICE + 4)])
    run = await start(jobs_database, tenant, tracks)
    working, cancelled = asyncio.Event(), asyncio.Event()

    async def slowly(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
        working.set()
        await cancelled.wait()
        return batch.analyze(texts, names)

    slice_ = asyncio.create_task(advance(jobs_database, turn(tenant), Analysts(slowly)))
    await working.wait()
    async with asyncio.timeout(5), jobs_database.transaction(tenant) as session:
        await endings.cancel(session, tenant, run)
    cancelled.set()
    await slice_
    row = await work_off(jobs_database, tenant, run)
    assert (row["status"], row["completed"]) == ("CANCELLED", SLICE)
    async with jobs_database.reading(tenant) as connection:
        assert await connection.fetchval("select count(*) from run_items") == 0
        kinds = await connection.fetch("select kind from events where kind = 'RunFinished'")
    assert len(kinds) == 1


async def test_a_run_ends_once_whatever_lanes_find_nothing_left(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(3)])
    run = await start(jobs_database, tenant, tracks)
    async with jobs_database.transaction(tenant) as session:
        await catalog.delete(session, tenant, tracks)
    await asyncio.gather(*(advance(jobs_database, turn(tenant), Analysts(analyze)) for _ in range(4)))
    row = await work_off(jobs_database, tenant, run)
    assert (row["status"], row["total"], row["completed"]) == ("COMPLETED", 0, 0)
    async with jobs_database.reading(tenant) as connection:
        assert await connection.fetchval("select count(*) from events where kind = 'RunFinished'") == 1
