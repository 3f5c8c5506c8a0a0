"""Answers are kept as they come, and once, whoever is killed while the others are awaited."""

from __future__ import annotations

import asyncio
import gc
from typing import Any
from uuid import UUID

import pytest

from app.analysis import consultations, endings, runs
from app.analysis.consultations import consult
from app.analysis.slices import Analysts, advance
from app.catalog import tracks as catalog
from app.jobs import Job
from tenancy.database import Database
from tests.builders import VERSE, turn
from tests.integration.agents.consulting import (
    analyze,
    consultants,
    go_on,
    knows,
    one_song,
    spent,
)
from tests.integration.events.helpers import until
from tests.model_server import ModelServer, keeps_silent

# Connections to the model's server are cut off as by the end of their process: nobody closes them.
cuts_off = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
NAMES = ("themes", "emotion.quick", "themes.slow")


async def results(database: Database, tenant: UUID) -> dict[str, str]:
    async with database.reading(tenant) as connection:
        return dict(await connection.fetch("select analyzer, status from analyses"))


async def told(database: Database, tenant: UUID) -> list[str]:
    async with database.reading(tenant) as connection:
        return [row[0] for row in await connection.fetch("select kind from events order by id")]


async def kill(asking: asyncio.Task[None]) -> None:
    """Nothing of it goes on; what it had begun is left as it is."""
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    del asking
    gc.collect()


def one_keeps_silent(asked: dict[str, Any]) -> Any:
    """Answers about emotions; about themes it never does."""
    if asked["response_format"]["json_schema"]["name"] == "themes":
        return keeps_silent(30)(asked)
    return knows(asked)


@cuts_off
async def test_each_answer_is_there_as_soon_as_it_is_given(database: Database, server: ModelServer) -> None:
    server.plays([], otherwise=one_keeps_silent)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model(name="quick"), server.model(name="slow"))
    await asked.of(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, NAMES)
    await advance(database, turn(tenant), Analysts(analyze, concerns=asked.concerns))
    assert await results(database, tenant) == {"themes": "COMPLETED"}
    asking = asyncio.create_task(consult(database, turn(tenant, Job.CONSULT), asked))

    async def answered() -> bool:
        return "emotion.quick" in await results(database, tenant)

    await until(answered)
    assert not asking.done()
    assert await told(database, tenant) == ["AnalysisCompleted", "RunProgressed", "AnalysisCompleted"]
    async with database.reading(tenant) as connection:
        profile = await connection.fetchval("select profile->'analyzers' from tracks")
        counted = await connection.fetchval("select completed from runs")
    assert "emotion.quick" in profile
    assert counted == 0

    # Its worker is killed; the turn of the same lane comes again, and asks for what is missing alone.
    await kill(asking)
    server.plays([], otherwise=knows)
    row, rows = await go_on(database, tenant, run, asked)
    assert (row["status"], row["completed"]) == ("COMPLETED", 1)
    assert sorted(each["analyzer"] for each in rows) == sorted(NAMES)
    assert [each["response_format"]["json_schema"]["name"] for each in server.asked] == ["themes"]


@cuts_off
async def test_another_lane_leaves_songs_alone_that_are_being_asked_about(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=keeps_silent(30))
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model())
    await asked.of(tenant)
    async with database.transaction(tenant) as session:
        await runs.start(session, tenant, tracks, ["themes.scripted"])
    await advance(database, turn(tenant), Analysts(analyze, concerns=asked.concerns))
    asking = asyncio.create_task(consult(database, turn(tenant, Job.CONSULT), asked))
    await until(lambda: len(server.asked) == 1)
    await consult(database, turn(tenant, Job.CONSULT, lane=1), asked)
    assert len(server.asked) == 1
    await kill(asking)


@cuts_off
async def test_a_song_whose_workers_are_killed_again_and_again_is_given_up(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=keeps_silent(30))
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model())
    await asked.of(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, ["themes", "themes.scripted"])
    await advance(database, turn(tenant), Analysts(analyze, concerns=asked.concerns))
    for killed in range(1, consultations.MAX_ATTEMPTS + 1):
        asking = asyncio.create_task(consult(database, turn(tenant, Job.CONSULT), asked))
        await until(lambda killed=killed: len(server.asked) == killed)  # type: ignore[misc]
        await kill(asking)
    row, rows = await go_on(database, tenant, run, asked)
    assert (row["status"], row["completed"], row["failed"]) == ("FAILED", 0, 1)
    failed = next(each for each in rows if each["analyzer"] == "themes.scripted")
    assert (failed["status"], "killed" in failed["error"]) == ("FAILED", True)


async def test_a_cancelled_run_keeps_the_answers_that_were_under_way(
    database: Database, server: ModelServer
) -> None:
    tenant, tracks = await one_song(database, VERSE, f"{VERSE}\nAnd another line")
    server.plays([], otherwise=knows)
    server.together = asyncio.Barrier(3)  # with the test itself
    asked = consultants(database, server.model())
    await asked.of(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, ["themes.scripted"])
    await advance(database, turn(tenant), Analysts(analyze, concerns=asked.concerns))
    asking = asyncio.create_task(consult(database, turn(tenant, Job.CONSULT), asked))
    await until(lambda: len(server.asked) == 2)
    async with database.transaction(tenant) as session:
        await endings.cancel(session, tenant, run)
    await server.together.wait()
    await asking
    row, rows = await go_on(database, tenant, run, asked)
    assert (row["status"], row["completed"], len(rows)) == ("CANCELLED", 0, 2)
    assert row["cost_usd"] == pytest.approx(await spent(database, tenant))
    assert row["cost_usd"] > 0


async def test_a_track_that_is_deleted_meanwhile_stops_no_other(
    database: Database, server: ModelServer
) -> None:
    tenant, tracks = await one_song(database, VERSE, f"{VERSE}\nAnd another line")
    server.plays([], otherwise=knows)
    server.together = asyncio.Barrier(3)
    asked = consultants(database, server.model())
    await asked.of(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, ["themes.scripted"])
    await advance(database, turn(tenant), Analysts(analyze, concerns=asked.concerns))
    asking = asyncio.create_task(consult(database, turn(tenant, Job.CONSULT), asked))
    await until(lambda: len(server.asked) == 2)
    async with database.transaction(tenant) as session:
        await catalog.delete(session, tenant, tracks[:1])
    await server.together.wait()
    await asking
    row, _ = await go_on(database, tenant, run, asked)
    assert (row["status"], row["completed"], row["failed"]) == ("COMPLETED", 1, 0)
