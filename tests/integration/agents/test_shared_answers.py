"""Answers go from one tenant to another where both allow it and have the same words, and no further."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any
from uuid import UUID

import orjson
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from app.analysis.agents.shared import KEPT, SharedAnswers
from app.analysis.consultants import Consultants
from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tests.builders import VERSE
from tests.integration.agents.asking import agent
from tests.integration.agents.conftest import GOOD, SHORE, quote
from tests.integration.agents.consulting import COST, consultants, decide, knows, one_song, spent, work_off
from tests.model_server import ModelServer

NUMBERS = count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def valkey(valkey_server: ValkeyServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(valkey_server.url) as valkey:
        yield valkey


@pytest_asyncio.fixture(loop_scope="session")
async def asked(database: Database, server: ModelServer, valkey: Redis) -> AsyncIterator[Consultants]:
    server.plays([], otherwise=knows)
    shared = SharedAnswers(valkey)
    yield consultants(database, server.model(), shared=shared)
    await shared.close()


@pytest.fixture
def words() -> str:
    """A song that no other test has asked about."""
    return f"{VERSE}\nAnd sharing number {next(NUMBERS)} is the last"


async def judged(
    database: Database, asked: Consultants, words: str, *, sharing: bool, name: str = "themes.scripted"
) -> tuple[UUID, dict[str, Any]]:
    """A new tenant that has the song, and what the model has said to it."""
    tenant, tracks = await one_song(database, words)
    await decide(database, tenant, shares_answers=sharing)
    run, rows = await work_off(database, tenant, tracks, asked, name)
    assert run["status"] == "COMPLETED"
    return tenant, rows[0]


def place(server: ModelServer, shared: SharedAnswers, text: str) -> Any:
    """Where the answer about themes to a question with this text is."""
    asking = agent(server, "themes")
    return shared.to(asking.name, asking.version, asking.task.prompt.hash, "openai:scripted", text)


async def test_one_that_shares_takes_the_answer_that_another_has_paid_for(
    database: Database, server: ModelServer, asked: Consultants, words: str
) -> None:
    giver, first = await judged(database, asked, words, sharing=True)
    assert (first["cached"], first["shared"], first["cost_usd"]) == (False, False, pytest.approx(COST))
    assert await spent(database, giver) == pytest.approx(COST)

    taker, second = await judged(database, asked, words.replace("shore", "shore\u200b"), sharing=True)
    assert len(server.asked) == 1
    assert (second["cached"], second["shared"], second["cost_usd"]) == (True, True, 0.0)
    assert (second["tokens_in"], second["tokens_out"]) == (0, 0)
    assert await spent(database, taker) == 0
    alike = ("model", "prompt_hash", "input_hash", "labels", "details", "scores")
    assert [second[part] for part in alike] == [first[part] for part in alike]
    # The taker's own lines, as it has them.
    quoted = [orjson.loads(row["evidence"])[0]["text"] for row in (first, second)]
    assert quoted[1] == quoted[0].replace("shore", "shore\u200b") != quoted[0]


@pytest.mark.parametrize(("gives", "takes"), [(False, True), (True, False), (False, False)])
async def test_without_both_sides_consent_each_pays(
    database: Database, server: ModelServer, asked: Consultants, words: str, gives: bool, takes: bool
) -> None:
    await judged(database, asked, words, sharing=gives)
    tenant, row = await judged(database, asked, words, sharing=takes)
    assert (len(server.asked), row["cached"], row["shared"]) == (2, False, False)
    assert await spent(database, tenant) == pytest.approx(COST)


async def test_other_words_are_another_question(
    database: Database, server: ModelServer, asked: Consultants, words: str
) -> None:
    await judged(database, asked, words, sharing=True)
    _, row = await judged(database, asked, f"{words} of all", sharing=True)
    assert (len(server.asked), row["shared"]) == (2, False)


async def test_where_it_came_from_stays_with_an_answer_that_is_used_again(
    database: Database, server: ModelServer, asked: Consultants, words: str
) -> None:
    await judged(database, asked, words, sharing=True)
    tenant, tracks = await one_song(database, words, words)
    await decide(database, tenant, shares_answers=True)
    for _ in range(2):  # twins of one run, and an earlier run's
        run, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
        assert {(row["cached"], row["shared"]) for row in rows} == {(True, True)}
        assert (run["cached"], run["cost_usd"]) == (2, 0.0)
    await decide(database, tenant, shares_answers=False)
    _, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert len(server.asked) == 1, "it keeps what it has been told"


async def test_a_shared_answer_needs_no_budget(
    database: Database, server: ModelServer, asked: Consultants, words: str
) -> None:
    await judged(database, asked, words, sharing=True)
    tenant, tracks = await one_song(database, words)
    await decide(database, tenant, shares_answers=True, monthly_budget_usd=0.0)
    _, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert (rows[0]["status"], rows[0]["shared"], len(server.asked)) == ("COMPLETED", True, 1)


async def test_who_reads_valkey_learns_neither_words_nor_answers_nor_whose_they_are(
    database: Database, valkey: Redis, asked: Consultants, words: str
) -> None:
    before = set(await valkey.keys("*"))
    tenant, row = await judged(database, asked, words, sharing=True)
    name: Any
    (name,) = {key for key in await valkey.keys("*") if b"rap:answer:" in key} - before
    kept: Any = await valkey.get(name)
    for told in ("shore", "loss", "themes", "quotes", str(tenant), tenant.hex, row["input_hash"]):
        assert told.encode() not in name + kept
    assert 0 < await valkey.ttl(name) <= KEPT.total_seconds()
    # Its name alone is not enough to read it, nor is the hash of the words that provenance shows.
    shared = SharedAnswers(valkey)
    other = shared.to(row["input_hash"])
    await valkey.set(other.name, kept)
    assert await other.find() is None
    await shared.close()


@pytest.mark.parametrize(
    "answer",
    [
        "not JSON",
        '{"themes": []}',  # another build's schema
        orjson.dumps(
            GOOD["themes"]
            | {"themes": [{"name": "loss", "confidence": 0.9, "quotes": [quote(1, "words of another song")]}]}
        ).decode(),
    ],
)
async def test_an_answer_that_does_not_fit_the_song_is_asked_for_anew(
    database: Database, server: ModelServer, valkey: Redis, asked: Consultants, words: str, answer: str
) -> None:
    _, row = await judged(database, asked, words, sharing=False)
    shared = SharedAnswers(valkey)
    kept = place(server, shared, server.asked[0]["messages"][1]["content"])
    await kept.keep(answer)
    _, row = await judged(database, asked, words, sharing=True)
    assert (row["status"], row["shared"], len(server.asked)) == ("COMPLETED", False, 2)
    # The good answer has taken its place.
    assert SHORE["text"] in (await kept.find() or "")
    await shared.close()


async def test_a_failure_is_not_shared(
    database: Database, server: ModelServer, valkey: Redis, asked: Consultants, words: str
) -> None:
    server.plays([], otherwise=lambda _: knows(_ | {"response_format": {"json_schema": {"name": "emotion"}}}))
    tenant, tracks = await one_song(database, words)
    await decide(database, tenant, shares_answers=True)
    _, rows = await work_off(database, tenant, tracks, asked, "themes.scripted")
    assert rows[0]["status"] == "FAILED"
    shared = SharedAnswers(valkey)
    assert await place(server, shared, server.asked[0]["messages"][1]["content"]).find() is None
    await shared.close()


async def test_without_valkey_the_model_is_asked(database: Database, server: ModelServer, words: str) -> None:
    server.plays([], otherwise=knows)
    async with Redis.from_url("redis://127.0.0.1:9") as nowhere:
        shared = SharedAnswers(nowhere)
        asked = consultants(database, server.model(), shared=shared)
        _, row = await judged(database, asked, words, sharing=True)
        assert (row["status"], row["shared"], len(server.asked)) == ("COMPLETED", False, 1)
        await shared.close()
