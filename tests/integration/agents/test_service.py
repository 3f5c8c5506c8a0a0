"""Language models as a client of the running service meets them."""

from __future__ import annotations

import asyncio
from typing import Any

from app.embedded.valkey import ValkeyServer
from app.model_settings import LanguageModelSettings
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_key, new_tenant, song
from tests.integration.agents.conftest import GOOD
from tests.integration.agents.consulting import knows
from tests.model_server import TOKENS_IN, ModelServer
from tests.service import Service, serving

PATIENCE = 120.0  # seconds; a busy machine fails nothing
ANALYZERS = "{ analyzers { name kind title costPerTrackUsd enabled } }"
START = """mutation ($names: [String!]) { analyzeTracks(input: {filter: {}, analyzers: $names}) {
  __typename ... on AnalyzeTracksPayload { run { id } } ... on InvalidInput { message } } }"""
RUN = """query ($id: ID!) { run(id: $id) { status costUsd progress { completed failed cached }
  analyses(first: 20) { edges { node { status analyzer { name kind }
    provenance { model promptHash tokensIn tokensOut costUsd cached }
    evidence { startLine text supports }
    details { __typename ... on CritiqueDetails { verdicts { analyzer kind name upheld } } } } } } } }"""
PROFILE = "{ tracks(first: 1) { edges { node { profile { modelAgreement analyzers } } } } }"


async def models_shown(service: Service, key: str, wanted: set[str]) -> list[dict[str, Any]]:
    """Every analyzer, once those of kind MODEL are the wanted ones."""
    async with asyncio.timeout(PATIENCE):
        while True:
            shown: list[dict[str, Any]] = (await service.data(key, ANALYZERS))["analyzers"]
            if {each["name"] for each in shown if each["kind"] == "MODEL"} == wanted:
                return shown
            await asyncio.sleep(0.05)


async def ended(service: Service, key: str, run: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while True:
            row: dict[str, Any] = (await service.data(key, RUN, id=run))["run"]
            if row["status"] not in ("QUEUED", "RUNNING"):
                return row
            await asyncio.sleep(0.05)


async def test_models_are_offered_asked_and_withdrawn_with_the_settings(
    agents_url: str, database: Database, valkey_server: ValkeyServer, server: ModelServer
) -> None:
    server.plays([], otherwise=knows)
    tenant = await new_tenant(database)
    await add_tracks(database, tenant, [song(lyrics=VERSE)])
    key = await new_key(database, tenant)
    model = LanguageModelSettings.model_validate(
        {
            "name": "house", "model": "openai:scripted", "base_url": f"{server.url}/v1",
            "api_key": "sk-secret", "input_usd_per_million": 1, "output_usd_per_million": 2,
        }
    )  # fmt: skip
    settings: dict[str, Any] = {"models": (model,), "models_below": 0}
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
