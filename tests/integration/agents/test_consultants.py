"""Runs that ask language models: which are asked, and what is kept."""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import update

from app.analysis import registry, runs
from app.analysis.agents import model_agents
from app.analysis.agents.cascade import GONE
from app.analysis.models import Analyzer
from tenancy.database import Database
from tests.builders import VERSE
from tests.integration.agents.consulting import (
    COST,
    LOCAL,
    consultants,
    go_on,
    knows,
    one_song,
    profile,
    spent,
    work_off,
)
from tests.model_server import TOKENS_IN, TOKENS_OUT, ModelServer, fails


async def test_a_named_model_is_asked_and_its_provenance_kept(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model())
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
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    _, rows = await work_off(database, tenant, tracks, consultants(database, server.model(), below=0.0))
    assert {row["analyzer"] for row in rows} == LOCAL
    assert server.asked == []


async def test_the_unsure_are_helped_until_one_is_sure_enough(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    models = [server.model(name=name) for name in ("first", "second")]
    _, rows = await work_off(database, tenant, tracks, consultants(database, *models, below=0.85))
    helped = {row["analyzer"] for row in rows} - LOCAL
    # .9 for the theme is enough; .75 for the emotion isn't, so that the second is asked as well.
    assert helped == {"themes.first", "emotion.first", "emotion.second"}


async def test_a_model_that_the_tenant_has_switched_off_is_not_asked(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model(), below=1.0)
    await asked.of(tenant)
    async with database.transaction(tenant) as session:
        await session.execute(update(Analyzer).where(Analyzer.kind == "MODEL").values(enabled=False))
    _, rows = await work_off(database, tenant, tracks, asked)
    assert {row["analyzer"] for row in rows} == LOCAL
    assert server.asked == []


async def test_both_opinions_make_one_profile_that_says_how_far_they_agree(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model())
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
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database, VERSE, VERSE.replace("shore", "shore\u200b"))
    asked = consultants(database, server.model())
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


async def test_another_model_prompt_or_tenant_asks_anew(database: Database, server: ModelServer) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    await work_off(database, tenant, tracks, consultants(database, server.model()), "themes.scripted")
    newer = consultants(database, server.model(model="openai:scripted-2"))
    _, rows = await work_off(database, tenant, tracks, newer, "themes.scripted")
    assert (len(server.asked), rows[0]["cached"]) == (2, False)
    stranger, others = await one_song(database)
    _, rows = await work_off(database, stranger, others, newer, "themes.scripted")
    assert (len(server.asked), rows[0]["cached"]) == (3, False)


async def test_a_failure_is_not_remembered(database: Database, server: ModelServer) -> None:
    server.plays([fails(400)], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model())
    run, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert (run["status"], rows[0]["status"], rows[0]["details"]) == ("FAILED", "FAILED", None)
    assert "400" in rows[0]["error"]
    run, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert (run["status"], rows[0]["status"], rows[0]["cached"]) == ("COMPLETED", "COMPLETED", False)


async def test_the_critic_comes_last_and_judges_what_was_said(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    asked = consultants(database, server.model())
    _, rows = await work_off(database, tenant, tracks, asked, "critic.scripted", "themes.scripted", "themes")
    critique = next(row for row in rows if row["analyzer"] == "critic.scripted")
    verdicts = orjson.loads(critique["details"])["verdicts"]
    assert {verdict["analyzer"] for verdict in verdicts} >= {"themes.scripted"}
    assert [verdict["upheld"] for verdict in verdicts] == [False] + [True] * (len(verdicts) - 1)


async def test_a_model_that_left_the_settings_is_no_longer_offered_and_says_so_in_old_runs(
    database: Database, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant, tracks = await one_song(database)
    await consultants(database, server.model()).of(tenant)
    async with database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks, ["themes", "themes.scripted"])
    _, found = await go_on(database, tenant, run, consultants(database, server.model(name="new")))
    rows = {row["analyzer"]: row for row in found}
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
