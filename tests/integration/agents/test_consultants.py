"""Runs that ask language models: which are asked, what is kept, what it costs, and when it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import update

from app.analysis import batch, registry, runs
from app.analysis.agents import LanguageModel, model_agents
from app.analysis.agents.budget import Budget
from app.analysis.agents.cascade import GONE, Cascade
from app.analysis.agents.conversation import NO_BUDGET
from app.analysis.agents.tasks import TASKS
from app.analysis.batch import Text
from app.analysis.consultants import Consultants
from app.analysis.models import Analyzer
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.slices import advance
from app.lyrics.text import Lyrics
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song
from tests.integration.agents.conftest import GOOD
from tests.model_server import TOKENS_IN, TOKENS_OUT, Asked, ModelServer, completion, fails

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


@pytest_asyncio.fixture(loop_scope="session")
async def purses(database: Database) -> AsyncIterator[Database]:
    purses = Database(database.url, readers=1, writers=2)
    yield purses
    await purses.close()


async def analyze(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
    return batch.analyze(texts, names)


async def parse(texts: Sequence[Text]) -> list[Lyrics]:
    return batch.parse(texts)


def consultants(
    purses: Database, *models: LanguageModel, below: float = 0.0, budget: float = 1.0
) -> Consultants:
    return Consultants(Cascade(model_agents(models), below), purses, budget, parse)


async def work_off(
    database: Database, tenant: UUID, tracks: Sequence[UUID], asked: Consultants, *names: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of a run for these tracks, and those of its analyses, by title and name."""
    await asked.meet(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, names)
    while True:
        await advance(database, tenant, run, analyze, asked)
        async with database.reading(tenant) as connection:
            row = await connection.fetchrow("select * from runs where id = $1", run)
            if row["finished_at"] is not None:
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


async def test_a_named_model_is_asked_and_its_provenance_kept(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(purses, server.model())
    run, rows = await work_off(
        database, tenant, tracks, asked, "emotion", "emotion.scripted", "rhyme.scripted"
    )
    assert [row["analyzer"] for row in rows] == ["emotion", "emotion.scripted", "rhyme.scripted"]
    local, model, _ = rows
    prompt = model_agents([server.model()])[1].task.prompt
    assert (model["status"], model["model"], model["prompt_hash"]) == (
        "COMPLETED",
        "openai:scripted",
        prompt.hash,
    )
    assert (model["tokens_in"], model["tokens_out"], model["cached"]) == (TOKENS_IN, TOKENS_OUT, False)
    assert model["input_hash"] != local["input_hash"]
    assert (local["model"], local["tokens_in"], local["cost_usd"]) == (None, None, None)
    assert (run["status"], run["cached"]) == ("COMPLETED", 0)
    assert run["cost_usd"] == pytest.approx(2 * COST)
    assert await spent(database, tenant) == pytest.approx(2 * COST)


async def test_nothing_is_asked_where_nobody_is_named_and_all_are_sure(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    _, rows = await work_off(database, tenant, tracks, consultants(purses, server.model(), below=0.0))
    assert {row["analyzer"] for row in rows} == LOCAL
    assert server.asked == []


async def test_the_unsure_are_helped_until_one_is_sure_enough(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    models = [server.model(name=name) for name in ("first", "second")]
    _, rows = await work_off(database, tenant, tracks, consultants(purses, *models, below=0.85))
    helped = {row["analyzer"] for row in rows} - LOCAL
    # .9 for the theme is enough; .75 for the emotion isn't, so that the second is asked as well.
    assert helped == {"themes.first", "emotion.first", "emotion.second"}


async def test_a_model_that_the_tenant_has_switched_off_is_not_asked(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(purses, server.model(), below=1.0)
    await asked.meet(tenant)
    async with database.transaction(tenant) as session:
        await session.execute(update(Analyzer).where(Analyzer.kind == "MODEL").values(enabled=False))
    _, rows = await work_off(database, tenant, tracks, asked)
    assert {row["analyzer"] for row in rows} == LOCAL
    assert server.asked == []


async def test_both_opinions_make_one_profile_that_says_how_far_they_agree(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(purses, server.model())
    _, rows = await work_off(
        database, tenant, tracks, asked, "themes", "themes.scripted", "rhyme", "rhyme.scripted"
    )
    whole = await profile(database, tracks[0], tenant)
    assert 0 < whole["model_agreement"] < 1
    details = {row["analyzer"]: orjson.loads(row["details"]) for row in rows}
    said = [
        {t["name"]: t["confidence"] for t in details[name]["themes"]}
        for name in ("themes", "themes.scripted")
    ]
    mean = sum(each.get("loss", 0.0) for each in said) / 2
    assert {t["name"]: t["confidence"] for t in whole["themes"]}["loss"] == pytest.approx(mean, abs=1e-4)


async def test_the_same_question_is_asked_once_whoever_sings_it(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database, VERSE, VERSE.replace("shore", "shore\u200b"))
    asked = consultants(purses, server.model())
    run, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert len(server.asked) == 1, "twins of one slice"
    assert sorted(row["cached"] for row in rows) == [False, True]
    assert (run["cached"], run["completed"]) == (1, 2)
    again, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert len(server.asked) == 1, "an earlier run"
    assert {(row["cached"], row["tokens_in"], row["cost_usd"]) for row in rows} == {(True, 0, 0.0)}
    assert (again["cached"], again["cost_usd"]) == (2, 0.0)
    # Lines are quoted as this track has them, whichever answered first.
    quoted = {row["title"]: orjson.loads(row["evidence"])[0]["text"] for row in rows}
    assert quoted["Song 2"] == quoted["Song 1"].replace("shore", "shore\u200b")
    assert quoted["Song 1"] in VERSE


async def test_another_model_prompt_or_tenant_asks_anew(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    await work_off(database, tenant, tracks, consultants(purses, server.model()), "themes.scripted")
    newer = consultants(purses, server.model(model="openai:scripted-2"))
    _, rows = await work_off(database, tenant, tracks, newer, "themes.scripted")
    assert (len(server.asked), rows[0]["cached"]) == (2, False)
    stranger, others = await one_song(database)
    _, rows = await work_off(database, stranger, others, newer, "themes.scripted")
    assert (len(server.asked), rows[0]["cached"]) == (3, False)


async def test_a_failure_is_not_remembered(database: Database, purses: Database, server: ModelServer) -> None:
    server.plays([fails(400)], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(purses, server.model())
    run, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert (run["status"], rows[0]["status"], rows[0]["details"]) == ("FAILED", "FAILED", "null")
    assert "400" in rows[0]["error"]
    run, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert (run["status"], rows[0]["status"], rows[0]["cached"]) == ("COMPLETED", "COMPLETED", False)


async def test_a_budget_stops_the_asking_and_is_never_overspent(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    songs = [f"{VERSE}\nAnd number {n} is the only one" for n in range(12)]
    tenant, tracks = await one_song(database, *songs)
    budget = 0.018
    most = server.model().most(str(TASKS["themes"].answer.model_json_schema()) + TASKS["themes"].prompt.text)
    asked = consultants(purses, server.model(), budget=budget)
    run, rows = await work_off(database, tenant, tracks, asked, "themes", "themes.scripted")
    models = [row for row in rows if row["analyzer"] == "themes.scripted"]
    answered = [row for row in models if row["status"] == "COMPLETED"]
    stopped = [row for row in models if row["status"] == "DEGRADED"]
    assert answered
    assert stopped
    assert len(answered) + len(stopped) == len(models) == 12
    assert {row["error"] for row in stopped} == {NO_BUDGET}
    assert len(server.asked) == len(answered)
    assert await spent(database, tenant) == pytest.approx(len(answered) * COST)
    assert run["cost_usd"] == pytest.approx(len(answered) * COST)
    # It stopped when another request might have cost more than is left, and not before.
    assert budget - len(answered) * COST < most + 0.001
    assert (run["status"], run["failed"]) == ("COMPLETED", 0)
    # The budget is the tenant's own: another one's is untouched.
    other, theirs = await one_song(database)
    _, rows = await work_off(database, other, theirs, asked, "themes.scripted")
    assert rows[0]["status"] == "COMPLETED"


async def test_many_purses_of_one_tenant_do_not_spend_a_dollar_twice(
    database: Database, purses: Database
) -> None:
    tenant = await new_tenant(database)
    settles = await asyncio.gather(*(Budget(purses, tenant, 1.0).reserve(0.3) for _ in range(20)))
    held = [settle for settle in settles if settle is not None]
    assert len(held) == 3
    await held[0](0.05)
    assert await spent(database, tenant) == pytest.approx(0.65)
    assert await Budget(purses, tenant, 1.0).reserve(0.36) is None
    assert await Budget(purses, tenant, 1.0).reserve(0.35) is not None
    assert await Budget(purses, tenant, 0.0).reserve(0.0) is not None, "a model of one's own needs no budget"


async def test_one_purse_waits_for_what_is_under_way_before_it_says_no(
    database: Database, purses: Database
) -> None:
    purse = Budget(purses, await new_tenant(database), 1.0)
    first = await purse.reserve(0.8)
    assert first is not None
    second, third = (asyncio.create_task(purse.reserve(0.8)) for _ in range(2))
    await asyncio.sleep(0)
    await first(0.1)
    done, waiting = await asyncio.wait({second, third}, return_when=asyncio.FIRST_COMPLETED)
    (settle,) = [task.result() for task in done]
    assert settle is not None
    await settle(0.7)
    assert [await task for task in waiting] == [None]


async def test_the_critic_comes_last_and_judges_what_was_said(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(purses, server.model())
    _, rows = await work_off(database, tenant, tracks, asked, "critic.scripted", "themes.scripted", "themes")
    critique = next(row for row in rows if row["analyzer"] == "critic.scripted")
    verdicts = orjson.loads(critique["details"])["verdicts"]
    assert {verdict["analyzer"] for verdict in verdicts} >= {"themes.scripted"}
    assert [verdict["upheld"] for verdict in verdicts] == [False] + [True] * (len(verdicts) - 1)


async def test_a_model_that_left_the_settings_is_no_longer_offered_and_says_so_in_old_runs(
    database: Database, purses: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    await consultants(purses, server.model()).meet(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, ["themes", "themes.scripted"])
    await advance(database, tenant, run, analyze, consultants(purses, server.model(name="new")))
    async with database.reading(tenant) as connection:
        rows = {row["analyzer"]: row for row in await connection.fetch(ROWS)}
    assert rows["themes"]["status"] == "COMPLETED"
    assert (rows["themes.scripted"]["status"], rows["themes.scripted"]["error"]) == ("FAILED", GONE)
    await registry.offer(database, model_agents([server.model(name="new")]))
    with pytest.raises(runs.AnalyzerUnavailable):
        async with database.transaction(tenant) as session:
            await runs.start(session, tenant, tracks, ["themes.scripted"])
    await registry.offer(database, ())
    async with database.reading(tenant) as connection:
        kinds = await connection.fetch("select distinct kind from analyzers where offered")
    assert [row["kind"] for row in kinds] == ["LOCAL"]
