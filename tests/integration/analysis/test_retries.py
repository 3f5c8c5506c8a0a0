"""Trying failures again, and runs that are filled while they run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, update

from app.analysis import batch, endings, runs
from app.analysis.batch import Text
from app.analysis.models import Run
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.results import Result, Status
from app.analysis.slices import Analysts, advance
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song, turn

BAD = "This line is not understood today"


async def poorly(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
    """Really analyses, but for the rhymes of some songs."""
    found = batch.analyze(texts, names)
    for text, (_, analysis) in zip(texts, found, strict=True):
        if BAD in text.lyrics:
            analysis.results["rhyme"] = Result(Status.FAILED, error="Not today.")
    return found


async def well(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
    return batch.analyze(texts, names)


async def row(database: Database, tenant: UUID, run: UUID) -> dict[str, Any]:
    async with database.reading(tenant) as connection:
        return dict(await connection.fetchrow("select * from runs where id = $1", run))


async def test_what_failed_is_tried_again_and_nothing_else(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    songs = [song(), song(lyrics=f"{VERSE}\n{BAD}"), song()]
    tracks = await add_tracks(jobs_database, tenant, songs)
    async with jobs_database.transaction(tenant) as session:
        first = await runs.start(session, tenant, tracks)
    await advance(jobs_database, turn(tenant), Analysts(poorly))
    assert (await row(jobs_database, tenant, first))["failed"] == 1
    async with jobs_database.transaction(tenant) as session:
        again = await runs.retry_failed(session, tenant, first)
        assert await runs.retry_failed(session, tenant, first) == again, "asked twice, tried once"
    await advance(jobs_database, turn(tenant), Analysts(well))
    tried = await row(jobs_database, tenant, again)
    assert (tried["status"], tried["total"], tried["analyzers"]) == ("COMPLETED", 1, ["rhyme"])
    assert tried["retry_of"] == first
    async with jobs_database.reading(tenant) as connection:
        newest = await connection.fetch("select track_id, status from analyses where run_id = $1", again)
        profile = await connection.fetchval("select profile is not null from tracks where id = $1", tracks[1])
    assert [tuple(each) for each in newest] == [(tracks[1], "COMPLETED")]
    assert profile
    for nothing in (again,):
        with pytest.raises(runs.NothingFailed):
            async with jobs_database.transaction(tenant) as session:
                await runs.retry_failed(session, tenant, nothing)


async def test_a_run_that_is_filled_ends_when_it_is_sealed_and_done(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(4)])
    async with jobs_database.transaction(tenant) as session:
        run = await runs.begin(session, tenant, ["content"])
        assert await runs.fill(session, tenant, run, tracks[:2])
    await advance(jobs_database, turn(tenant), Analysts(well))
    drained = await row(jobs_database, tenant, run)
    assert (drained["status"], drained["completed"], drained["total"]) == ("RUNNING", 2, 2)
    async with jobs_database.transaction(tenant) as session:
        assert await runs.fill(session, tenant, run, tracks[2:])
        await runs.seal(session, tenant, run)
    assert (await row(jobs_database, tenant, run))["finished_at"] is None
    await advance(jobs_database, turn(tenant), Analysts(well))
    ended = await row(jobs_database, tenant, run)
    assert (ended["status"], ended["completed"], ended["total"]) == ("COMPLETED", 4, 4)
    async with jobs_database.transaction(tenant) as session:
        assert not await runs.fill(session, tenant, run, tracks)


async def test_a_run_that_nobody_fills_any_more_ends_by_itself(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song()])
    async with jobs_database.transaction(tenant) as session:
        run = await runs.begin(session, tenant, ["content"])
        await runs.fill(session, tenant, run, tracks)
    for _ in range(2):
        await advance(jobs_database, turn(tenant), Analysts(well))
    assert (await row(jobs_database, tenant, run))["finished_at"] is None
    async with jobs_database.transaction(tenant) as session:
        await session.execute(update(Run).values(filling_until=func.now() - timedelta(seconds=1)))
    await advance(jobs_database, turn(tenant), Analysts(well))
    assert (await row(jobs_database, tenant, run))["status"] == "COMPLETED"


async def test_a_run_that_was_cancelled_is_not_filled(jobs_database: Database) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song()])
    async with jobs_database.transaction(tenant) as session:
        run = await runs.begin(session, tenant)
        await endings.cancel(session, tenant, run)
        assert not await runs.fill(session, tenant, run, tracks)
    assert (await row(jobs_database, tenant, run))["total"] == 0
