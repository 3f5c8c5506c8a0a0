"""Storing passages: repeatable, current, and confined to their tenant."""

from __future__ import annotations

import asyncio
import pickle
from uuid import UUID

import numpy as np
import pytest

from app.catalog import tracks
from app.search import index
from app.search.embeddings import FastEmbedder
from app.search.index import Ordinal
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song
from tests.embedding import embed

EMBEDDER = FastEmbedder()
ROWS = (
    "select ordinal, start_line, end_line, embedding::text from passages where track_id = $1 order by ordinal"
)


async def rows_of(database: Database, tenant: UUID, track: UUID) -> list[tuple[object, ...]]:
    async with database.reading(tenant) as connection:
        return [tuple(row) for row in await connection.fetch(ROWS, track)]


async def test_a_track_has_its_passages_its_whole_its_card_and_its_labels(database: Database) -> None:
    tenant = await new_tenant(database)
    new = song("Harbor", lyrics=f"[Verse]\n{VERSE}\n\n{VERSE.upper()}", tags=("grief", "sea"))
    (track,) = await add_tracks(database, tenant, [new])
    assert await embed(database, tenant, [track], EMBEDDER) == [track]
    rows = await rows_of(database, tenant, track)
    ordinals = [row[0] for row in rows]
    # Title, "grief" and "sea"; the card; the whole; two quatrains, of which the shouted ones are the same.
    assert ordinals == [
        Ordinal.LABEL - 2,
        Ordinal.LABEL - 1,
        Ordinal.LABEL,
        Ordinal.CARD,
        Ordinal.WHOLE,
        1,
        2,
    ]
    assert [(row[1], row[2]) for row in rows[-2:]] == [(2, 5), (7, 10)]
    lengths = [np.linalg.norm(np.fromstring(str(row[3])[1:-1], sep=",")) for row in rows]
    assert lengths == pytest.approx([1] * len(rows), abs=2e-3)


async def test_embedding_twice_leaves_the_same_rows(database: Database) -> None:
    tenant = await new_tenant(database)
    (track,) = await add_tracks(database, tenant, [song()])
    await embed(database, tenant, [track], EMBEDDER)
    before = await rows_of(database, tenant, track)
    await embed(database, tenant, [track], EMBEDDER)
    assert await rows_of(database, tenant, track) == before


async def test_two_workers_with_the_same_track_leave_its_rows_once(database: Database) -> None:
    tenant = await new_tenant(database)
    (track,) = await add_tracks(database, tenant, [song()])
    await asyncio.gather(*(embed(database, tenant, [track], EMBEDDER) for _ in range(4)))
    once = await rows_of(database, tenant, track)
    await embed(database, tenant, [track], EMBEDDER)
    assert await rows_of(database, tenant, track) == once


async def test_vectors_of_old_words_are_not_stored(database: Database) -> None:
    tenant = await new_tenant(database)
    changed, deleted, kept = await add_tracks(database, tenant, [song(), song(), song()])
    async with database.reading(tenant) as connection:
        lyrics = await index.load(connection, tenant, [changed, deleted, kept])
    embedded = index.compute(EMBEDDER, lyrics)
    async with database.transaction(tenant) as session:
        await tracks.update(
            session, tenant, changed, {}, lyrics="Other words have come\nwhile these were read"
        )
        await tracks.delete(session, tenant, [deleted])
    async with database.transaction(tenant) as session:
        assert await index.store(session, tenant, EMBEDDER.space, embedded) == [kept]
    assert await rows_of(database, tenant, changed) == []


async def test_arguments_and_answers_travel_to_another_process(database: Database) -> None:
    tenant = await new_tenant(database)
    ids = await add_tracks(database, tenant, [song()])
    async with database.reading(tenant) as connection:
        lyrics = await index.load(connection, tenant, ids)
    sent = pickle.loads(pickle.dumps((EMBEDDER, lyrics)))  # noqa: S301
    (answer,) = pickle.loads(pickle.dumps(index.compute(*sent)))  # noqa: S301
    assert answer.track_id == ids[0]
    assert answer.vectors.shape == (len(answer.ordinals), EMBEDDER.dimension)


async def test_another_tenant_neither_reads_nor_replaces_passages(database: Database) -> None:
    ours, theirs = await new_tenant(database), await new_tenant(database)
    (track,) = await add_tracks(database, ours, [song()])
    await embed(database, ours, [track], EMBEDDER)
    before = await rows_of(database, ours, track)
    async with database.reading(ours) as connection:
        lyrics = await index.load(connection, ours, [track])
    async with database.reading(theirs) as connection:
        assert await index.load(connection, theirs, [track]) == []
        assert await index.load(connection, ours, [track]) == []
    embedded = index.compute(EMBEDDER, lyrics)
    async with database.transaction(theirs) as session:
        assert await index.store(session, theirs, EMBEDDER.space, embedded) == []
    async with database.transaction(theirs) as session:
        # Even where the code named the wrong tenant, the policy would stand.
        assert await index.store(session, ours, EMBEDDER.space, embedded) == []
    assert await rows_of(database, theirs, track) == []
    assert await rows_of(database, ours, track) == before
