"""Language models as a client of the running service meets them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.embedded.valkey import ValkeyServer
from app.model_settings import LanguageModelSettings
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_key, new_tenant, song
from tests.integration.agents.conftest import GOOD
from tests.integration.agents.consulting import COST, knows
from tests.model_server import TOKENS_IN, ModelServer
from tests.service import Service, serving

PATIENCE = 120.0  # seconds; a busy machine fails nothing
ANALYZERS = "{ analyzers { name kind title costPerTrackUsd enabled } }"
START = """mutation ($names: [String!]) { analyzeTracks(input: {filter: {}, analyzers: $names}) {
  __typename ... on AnalyzeTracksPayload { run { id } } ... on InvalidInput { message } } }"""
RUN = """query ($id: ID!) { run(id: $id) { status pausedFor costUsd progress { completed failed cached }
  analyses(first: 20) { edges { node { status analyzer { name kind }
    provenance { model promptHash tokensIn tokensOut costUsd cached shared }
    evidence { startLine text supports }
    details { __typename ... on CritiqueDetails { verdicts { analyzer kind name upheld } } } } } } } }"""
CHANGE = """mutation ($i: ChangeModelPolicyInput!) { changeModelPolicy(input: $i) {
  ... on ChangeModelPolicyPayload { tenant { modelPolicy { spentUsd } } }
  ... on InvalidInput { message } } }"""
PROFILE = "{ tracks(first: 1) { edges { node { profile { modelAgreement analyzers } } } } }"


def house(server: ModelServer) -> dict[str, Any]:
    """Settings with the scripted model, which is asked where it is named."""
    model = LanguageModelSettings.model_validate(
        {
            "name": "house", "model": "openai:scripted", "base_url": f"{server.url}/v1",
            "api_key": "sk-secret", "input_usd_per_million": 1, "output_usd_per_million": 2,
            "max_output_tokens": 1_000,
        }
    )  # fmt: skip
    return {"models": (model,), "models_below": 0}


async def models_shown(service: Service, key: str, wanted: set[str]) -> list[dict[str, Any]]:
    """Every analyzer, once those of kind MODEL are the wanted ones."""
    async with asyncio.timeout(PATIENCE):
        while True:
            shown: list[dict[str, Any]] = (await service.data(key, ANALYZERS))["analyzers"]
            if {each["name"] for each in shown if each["kind"] == "MODEL"} == wanted:
                return shown
            await asyncio.sleep(0.05)


async def ended(service: Service, key: str, run: str, *statuses: str) -> dict[str, Any]:
    """The run, once it has ended or has one of these statuses."""
    async with asyncio.timeout(PATIENCE):
        while True:
            row: dict[str, Any] = (await service.data(key, RUN, id=run))["run"]
            if row["status"] in (statuses or ("COMPLETED", "FAILED", "CANCELLED")):
                return row
            await asyncio.sleep(0.05)


async def test_models_are_offered_asked_and_withdrawn_with_the_settings(
    agents_url: str, database: Database, valkey_server: ValkeyServer, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant = await new_tenant(database)
    await add_tracks(database, tenant, [song(lyrics=VERSE)])
    key = await new_key(database, tenant)
    settings = house(server)
    async with serving(agents_url, valkey_server.url, **settings) as service:
        assert "sk-secret" not in repr(service.settings)
        shown = await models_shown(service, key, {f"{task}.house" for task in (*GOOD, "critic")})
        prices = {each["name"]: each["costPerTrackUsd"] for each in shown}
        assert prices["emotion"] == 0 < prices["emotion.house"]
        names = ["themes", "themes.house", "critic.house"]
        started = (await service.data(key, START, names=names))["analyzeTracks"]
        run = await ended(service, key, started["run"]["id"])
        assert (run["status"], run["progress"]) == ("COMPLETED", {"completed": 1, "failed": 0, "cached": 0})
        found = {edge["node"]["analyzer"]["name"]: edge["node"] for edge in run["analyses"]["edges"]}
        assert set(found) == set(names)
        themes = found["themes.house"]
        assert (themes["status"], themes["provenance"]["tokensIn"]) == ("COMPLETED", TOKENS_IN)
        assert len(themes["provenance"]["promptHash"]) == 64
        assert {quote["supports"] for quote in themes["evidence"]} == {"loss"}
        assert found["critic.house"]["details"]["__typename"] == "CritiqueDetails"
        assert found["critic.house"]["details"]["verdicts"]
        profile = (await service.data(key, PROFILE))["tracks"]["edges"][0]["node"]["profile"]
        assert profile["modelAgreement"] is not None
        assert "themes.house" in profile["analyzers"]
    async with serving(agents_url, valkey_server.url) as service:
        await models_shown(service, key, set())
        refused = (await service.data(key, START, names=names))["analyzeTracks"]
        assert (refused["__typename"], "themes.house" in refused["message"]) == ("InvalidInput", True)
        # What it said stays, under its name.
        kept = await ended(service, key, started["run"]["id"])
        assert {edge["node"]["analyzer"]["name"] for edge in kept["analyses"]["edges"]} == set(names)


async def test_a_tenants_policy_holds_for_runs_that_are_under_way_and_for_what_others_share(
    agents_url: str, database: Database, valkey_server: ValkeyServer, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    verses = [f"{VERSE}\nAnd song {n} of the policy is the last" for n in range(12)]
    payer, sharer, loner = [await new_tenant(database) for _ in range(3)]
    keys = [await new_key(database, tenant) for tenant in (payer, sharer, loner)]
    for tenant in (payer, sharer, loner):
        await add_tracks(database, tenant, [song(lyrics=verse) for verse in verses])

    async def change(key: str, **values: Any) -> float:
        changed = (await service.data(key, CHANGE, i=values))["changeModelPolicy"]
        return float(changed["tenant"]["modelPolicy"]["spentUsd"])

    async def start(key: str) -> str:
        started = (await service.data(key, START, names=["themes.house"]))["analyzeTracks"]
        return str(started["run"]["id"])

    async with serving(agents_url, valkey_server.url, **house(server)) as service:
        await models_shown(service, keys[0], {f"{task}.house" for task in (*GOOD, "critic")})
        await change(keys[0], monthlyBudgetUsd=0.018, sharesAnswers=True)
        run = await start(keys[0])
        paused = await ended(service, keys[0], run, "PAUSED")
        assert paused["pausedFor"] == "BUDGET"
        assert 0 < paused["progress"]["completed"] <= len(server.asked) < 12
        assert await change(keys[0]) <= 0.018
        # It goes on as soon as there is more, not when it would have been tried again.
        await change(keys[0], monthlyBudgetUsd=1)
        whole = await ended(service, keys[0], run)
        assert (whole["status"], whole["progress"]["completed"], len(server.asked)) == ("COMPLETED", 12, 12)
        assert whole["costUsd"] == pytest.approx(12 * COST)

        await change(keys[1], monthlyBudgetUsd=0, sharesAnswers=True)
        taken = await ended(service, keys[1], await start(keys[1]))
        assert (taken["status"], taken["costUsd"], len(server.asked)) == ("COMPLETED", 0, 12)
        assert taken["progress"] == {"completed": 12, "failed": 0, "cached": 12}
        assert await change(keys[1]) == 0
        sources = [edge["node"]["provenance"] for edge in taken["analyses"]["edges"]]
        assert {(each["cached"], each["shared"], each["tokensIn"]) for each in sources} == {(True, True, 0)}

        paid = await ended(service, keys[2], await start(keys[2]))
        assert (paid["status"], paid["progress"]["cached"], len(server.asked)) == ("COMPLETED", 0, 24)
        assert paid["costUsd"] == pytest.approx(12 * COST)
