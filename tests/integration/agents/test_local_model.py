"""A real language model behind a real server goes the whole way of a run; see bench/local_model.py."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from hashlib import sha256

import orjson
import pytest
import pytest_asyncio

from app.analysis.agents import LanguageModel, model_agents
from app.analysis.evidence import holds
from app.analysis.results import Evidence
from app.lyrics.text import Lyrics
from bench import local_model
from tenancy.database import Database
from tests.integration.agents.consulting import consultants, one_song, spent, work_off

pytestmark = pytest.mark.skipif(
    not (local_model.installed() and os.environ.get("RAP_ANALYZER_LOCAL_MODEL")),
    reason="a model of 1.1 GB and a minute of both cores: `make local-model`, RAP_ANALYZER_LOCAL_MODEL=1",
)
VERSE = "You lying bastard, get out of my house\nI hate the damn day that I let you in\n"
SONG = f"{VERSE}I pack your bags and I throw out your clothes\nNobody hurts me like this again"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def model() -> AsyncIterator[LanguageModel]:
    with local_model.served() as address:
        yield local_model.model(address)


async def test_a_real_model_fits_the_schema_and_is_believed_as_far_as_the_song_bears_it_out(
    database: Database, model: LanguageModel
) -> None:
    tenant, tracks = await one_song(database, SONG)
    names = ("themes", "themes.local", "vocabulary.local")
    run, rows = await work_off(database, tenant, tracks, consultants(database, model), *names)
    assert (run["status"], run["cost_usd"]) == ("COMPLETED", 0)
    said = {row["analyzer"]: row for row in rows}
    assert set(said) == set(names)
    for name in names[1:]:
        row = said[name]
        agent = next(agent for agent in model_agents([model]) if agent.name == name)
        assert (row["status"], row["error"]) == ("COMPLETED", None)
        assert (row["model"], row["prompt_hash"]) == (model.model, agent.task.prompt.hash)
        # The server counts; the prompt alone is longer than that.
        assert row["tokens_in"] > 200
        assert 0 < row["tokens_out"] <= model.max_output_tokens
    quotes = [Evidence(**each) for each in orjson.loads(said["themes.local"]["evidence"])]
    assert quotes
    assert all(holds(Lyrics.parse(SONG), each) for each in quotes)
    assert await spent(database, tenant) == 0


def test_the_weights_are_those_that_were_measured() -> None:
    found = sha256()
    with local_model.weights().open("rb") as file:
        while chunk := file.read(1 << 24):
            found.update(chunk)
    assert found.hexdigest() == local_model.SHA256
