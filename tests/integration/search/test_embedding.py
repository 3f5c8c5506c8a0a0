"""Turns of embedding: every track gets its vectors, and one that stops the embedder is given up."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.catalog.tracks import update
from app.jobs import Job
from app.processes import WorkLost
from app.search import embedding, index
from app.search.embeddings import Embedder, FastEmbedder
from app.search.index import EmbeddedTrack, TrackLyrics
from app.search.spaces import Spaces
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song, turn

POISON = "This line stops whatever reads it"
EMBEDDER = FastEmbedder()
SPACES = Spaces([EMBEDDER])


async def embed(embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
    """Really embeds, and dies of poison as a process that runs out of memory does."""
    if any(POISON in each.text for each in lyrics):
        raise WorkLost
    return index.compute(embedder, lyrics)


async def waiting(database: Database, tenant: UUID) -> list[UUID]:
    async with database.reading(tenant) as connection:
        return [row[0] for row in await connection.fetch("select track_id from embed_items")]


async def embedded(database: Database, tenant: UUID) -> set[UUID]:
    async with database.reading(tenant) as connection:
        return {row[0] for row in await connection.fetch("select distinct track_id from passages")}


async def work_off(database: Database, tenant: UUID) -> int:
    """Takes turns until nothing waits; how many that took."""
    turns = 0
    while await waiting(database, tenant):
        await embedding.advance(database, turn(tenant, Job.EMBED), SPACES, embed)
        turns += 1
    return turns


async def test_what_stops_the_embedder_is_given_up_and_keeps_no_other_waiting(database: Database) -> None:
    tenant = await new_tenant(database)
    songs = [song() for _ in range(EMBEDDER.at_once)]
    songs.insert(3, song(lyrics=f"{VERSE}\n{POISON}"))
    tracks = await add_tracks(database, tenant, songs)
    assert set(await waiting(database, tenant)) == set(tracks)
    await work_off(database, tenant)
    assert await embedded(database, tenant) == set(tracks) - {tracks[3]}


async def test_a_track_that_changes_is_embedded_anew(database: Database) -> None:
    tenant = await new_tenant(database)
    (track,) = await add_tracks(database, tenant, [song()])
    assert await work_off(database, tenant) == 1
    async with database.transaction(tenant) as session:
        await update(session, tenant, track, {"popularity": 7})
    assert await waiting(database, tenant) == []
    async with database.transaction(tenant) as session:
        await update(session, tenant, track, {"title": "Another name"})
    assert await waiting(database, tenant) == [track]
    assert await work_off(database, tenant) == 1
