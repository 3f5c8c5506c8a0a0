"""Vectors from a server: as good as those of this machine, and its failures keep nobody from searching."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import numpy as np
import pytest
import structlog

from api.errors import code_of
from app.jobs import Job
from app.search import embedding, index
from app.search.embeddings import (
    Embedder,
    EmbedderAway,
    EmbedderUnusable,
    FastEmbedder,
    TextsRefused,
    WrongDimension,
)
from app.search.errors import MeaningUnavailable
from app.search.homes import Homes
from app.search.index import EmbeddedTrack, TrackLyrics
from app.search.search import SearchMode, SearchService
from app.search.spaces import Spaces
from tenancy.database import Database
from tests.builders import add_tracks, new_tenant, song, turn
from tests.embedding_server import EmbeddingServer, embedding_server

FAST = FastEmbedder()
TEXTS = ["letters folded in the drawer", "Ночной перрон"]


@pytest.fixture
async def server() -> AsyncIterator[EmbeddingServer]:
    async with embedding_server() as found:
        yield found


async def test_vectors_come_from_the_server(server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    embedder = server.embedder(passage_prefix="passage: ", query_prefix="query: ")
    assert embedder.space == "openai:scripted/model:512"
    vectors = await asyncio.to_thread(embedder.embed, TEXTS)
    queries = await asyncio.to_thread(embedder.embed_queries, TEXTS[:1])
    asked = [f"passage: {text}" for text in TEXTS]
    assert server.asked == [*asked, f"query: {TEXTS[0]}"]
    assert np.allclose(vectors, FAST.embed(asked), atol=1e-3)
    assert np.allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-5)
    assert set(server.authorizations) == {"Bearer none"}  # nobody else's key
    await asyncio.to_thread(server.embedder(api_key="sk-ours").embed, TEXTS)
    assert server.authorizations[-1] == "Bearer sk-ours"
    assert "sk-ours" not in repr(server.embedder(api_key="sk-ours"))
    assert (await asyncio.to_thread(embedder.embed, [])).shape == (0, 512)


async def test_each_failure_says_what_it_is_and_nothing_of_the_texts(server: EmbeddingServer) -> None:
    for status, kind in ((400, TextsRefused), (401, EmbedderAway), (429, EmbedderAway), (500, EmbedderAway)):
        server.status = status
        with pytest.raises(kind) as caught:
            await asyncio.to_thread(server.embedder().embed, TEXTS)
        assert str(caught.value) == f"openai:scripted/model:512 gave no vectors ({status})."
        assert caught.value.__cause__ is None
    server.status, server.cut = None, 100
    with pytest.raises(WrongDimension, match=r"have 100 numbers, and not 512\. Set"):
        await asyncio.to_thread(server.embedder().embed, TEXTS)
    away = server.embedder(base_url="http://127.0.0.1:9/v1")
    with pytest.raises(EmbedderAway):
        await asyncio.to_thread(away.embed, TEXTS)


async def test_a_server_that_failed_is_left_alone_for_a_while(server: EmbeddingServer) -> None:
    embedder, server.status = server.embedder(), 500
    for _ in range(3):
        with pytest.raises(EmbedderAway):
            await asyncio.to_thread(embedder.embed, TEXTS[:1])
    assert len(server.asked) == 1


async def test_a_start_tells_a_wrong_dimension_from_a_server_that_is_away(server: EmbeddingServer) -> None:
    await Spaces([FAST, server.embedder()]).check()
    await Spaces([FAST, server.embedder(base_url="http://127.0.0.1:9/v1")]).check()
    with pytest.raises(WrongDimension):
        await Spaces([FAST, server.embedder(dimension=384)]).check()
    with pytest.raises(EmbedderUnusable, match="unheard:model:512 of RAP_ANALYZER_EMBEDDERS can't be used"):
        await Spaces([FAST, server.embedder(model="unheard:model")]).check()


async def embed(embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
    return await asyncio.to_thread(index.compute, embedder, lyrics)


async def step(database: Database, tenant: UUID, spaces: Spaces) -> None:
    await embedding.advance(database, turn(tenant, Job.EMBED), spaces, embed)


async def test_search_goes_on_without_the_server_and_says_where_it_can_not(
    database: Database, server: EmbeddingServer
) -> None:
    tenant = await new_tenant(database)
    (track,) = await add_tracks(database, tenant, [song()])
    spaces = Spaces([server.embedder()])
    await step(database, tenant, spaces)
    search = SearchService(Homes(database, spaces.embedders))
    page = await search.search(tenant, TEXTS[0], SearchMode.SEMANTIC)
    assert [match.track_id for match in page.matches] == [track]
    server.status = 500
    assert (await search.search(tenant, TEXTS[0], SearchMode.SEMANTIC)).matches == page.matches  # remembered
    assert code_of(MeaningUnavailable()) == "SEARCH_UNAVAILABLE"
    with pytest.raises(MeaningUnavailable), structlog.testing.capture_logs() as logs:
        await search.search(tenant, "the ink has gone pale")
    assert {(line["event"], line["error"]) for line in logs} == {("query_not_embedded", "EmbedderAway")}
    by_words = await search.search(tenant, "the ink has gone pale", SearchMode.LEXICAL)
    assert [match.track_id for match in by_words.matches] == [track]


async def test_a_text_that_the_server_refuses_is_given_up(
    database: Database, server: EmbeddingServer
) -> None:
    tenant = await new_tenant(database)
    await add_tracks(database, tenant, [song()])
    server.status = 400
    for _ in range(embedding.MAX_ATTEMPTS + 1):
        await step(database, tenant, Spaces([server.embedder()]))
    async with database.reading(tenant) as connection:
        assert await connection.fetchval("select count(*) from embed_items") == 0
    assert len(server.asked) > 0
