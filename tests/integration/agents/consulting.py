"""Runs over songs that ask the scripted models, and what they leave in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.analysis import batch, policy, runs
from app.analysis.agents import LanguageModel, model_agents
from app.analysis.agents.cascade import Cascade
from app.analysis.agents.shared import SharedAnswers
from app.analysis.batch import Text
from app.analysis.consultants import Consultants
from app.analysis.consultations import consult
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.policy import Offer, Policy
from app.analysis.slices import Analysts, advance
from app.jobs import Job
from app.lyrics.text import Lyrics
from app.provision import SETUP
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song, turn
from tests.integration.agents.conftest import GOOD
from tests.model_server import TOKENS_IN, TOKENS_OUT, Asked, completion

COST = (TOKENS_IN * 1.0 + TOKENS_OUT * 2.0) / 1e6
LOCAL = {"content", "emotion", "rhyme", "themes", "vocabulary"}
ROWS = (
    """select t.title, a.* from analyses a join tracks t on t.id = a.track_id order by t.title, a.analyzer"""
)


def knows(asked: Asked) -> Any:
    """Answers every task well; the critic upholds everything without a quote."""
    task = asked["response_format"]["json_schema"]["name"]
    if task == "critic":
        claims = asked["messages"][1]["content"].split("<<<claims", 1)[1].count("| ")
        verdicts = [{"claim": n, "upheld": n > 1, "quotes": []} for n in range(1, claims + 1)]
        return completion(orjson.dumps({"verdicts": verdicts}).decode())
    return completion(orjson.dumps(GOOD[task]).decode())


async def analyze(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
    return batch.analyze(texts, names)


async def parse(texts: Sequence[Text]) -> list[Lyrics]:
    return batch.parse(texts)


def consultants(
    database: Database,
    *models: LanguageModel,
    below: float = 0.0,
    budget: float = 1.0,
    shared: SharedAnswers | None = None,
) -> Consultants:
    return Consultants(Cascade(model_agents(models)), database, Offer(below, budget), parse, shared)


async def decide(database: Database, tenant: UUID, **changes: Any) -> Policy:
    """The tenant's policy, with these changes."""
    async with database.transaction(tenant) as session:
        return await policy.change(session, tenant, SETUP, changes)


async def work_off(
    database: Database, tenant: UUID, tracks: Sequence[UUID], asked: Consultants, *names: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of a run for these tracks, and those of its analyses, by title and name."""
    await asked.of(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, names)
    return await go_on(database, tenant, run, asked)


async def go_on(
    database: Database, tenant: UUID, run: UUID, asked: Consultants
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Takes the turns that are due until the run has ended or pauses."""
    while True:
        await advance(database, turn(tenant), Analysts(analyze, concerns=asked.concerns))
        await consult(database, turn(tenant, Job.CONSULT), asked)
        async with database.reading(tenant) as connection:
            row = await connection.fetchrow("select * from runs where id = $1", run)
            if row["finished_at"] is not None or row["status"] == "PAUSED":
                rows = await connection.fetch(ROWS)
                return dict(row), [dict(each) for each in rows if each["run_id"] == run]


async def spent(database: Database, tenant: UUID) -> float:
    async with database.reading(tenant) as connection:
        return float(await connection.fetchval("select coalesce(sum(usd), 0) from model_spend"))


async def profile(database: Database, track: UUID, tenant: UUID) -> dict[str, Any]:
    async with database.reading(tenant) as connection:
        stored = await connection.fetchval("select profile::json from tracks where id = $1", track)
    found: dict[str, Any] = orjson.loads(stored)
    return found


async def one_song(database: Database, *lyrics: str) -> tuple[UUID, list[UUID]]:
    tenant = await new_tenant(database)
    songs = [song(f"Song {n}", lyrics=text) for n, text in enumerate(lyrics or (VERSE,), 1)]
    return tenant, await add_tracks(database, tenant, songs)
