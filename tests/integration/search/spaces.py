"""Tenants in two spaces, and what is seen of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from app.jobs import Job
from app.search import embedding, index, passes
from app.search.embeddings import Embedder, FastEmbedder
from app.search.homes import Homes
from app.search.index import EmbeddedTrack, TrackLyrics
from app.search.search import SearchMode, SearchService
from app.search.spaces import Spaces
from tenancy.database import Database
from tests.builders import VERSE, add_tracks, new_tenant, song, turn

FIRST = FastEmbedder()
SECOND = FastEmbedder(space="another-space")  # the same model under another name is quick, and is no other
ONE, BOTH, OTHER = Spaces([FIRST]), Spaces([FIRST, SECOND]), Spaces([SECOND])
QUERY = "letters folded in the drawer"


async def embed(embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
    return index.compute(embedder, lyrics)


async def step(database: Database, tenant: UUID, spaces: Spaces) -> None:
    await embedding.advance(database, turn(tenant, Job.EMBED), spaces, embed)


async def waiting(database: Database, tenant: UUID) -> int:
    async with database.reading(tenant) as connection:
        count: int = await connection.fetchval("select count(*) from embed_items")
        return count


async def work_off(database: Database, tenant: UUID, spaces: Spaces) -> None:
    while await waiting(database, tenant):
        await step(database, tenant, spaces)


async def embedded(database: Database, tenant: UUID, space: str) -> dict[UUID, int]:
    """How many wholes each track has in a space: one, unless something went wrong."""
    async with database.reading(tenant) as connection:
        rows = await connection.fetch(
            "select track_id, count(*) from passages where ordinal = 0 and space = $1 group by 1", space
        )
    return {row[0]: row[1] for row in rows}


async def states(database: Database, tenant: UUID) -> dict[str, bool]:
    """Whether each space that has begun is complete."""
    async with database.reading(tenant) as connection:
        return {
            row["space"]: row["complete_at"] is not None
            for row in await connection.fetch(passes.BEGUN, tenant)
        }


async def found(homes: Homes, tenant: UUID) -> tuple[list[UUID], list[str]]:
    """What a search by meaning finds, and in which spaces."""
    page = await SearchService(homes).search(tenant, QUERY, SearchMode.SEMANTIC, first=100)
    return [match.track_id for match in page.matches], [e.space for e in homes.expected(tenant).embedders]


@pytest.fixture
async def tenant(database: Database) -> UUID:
    """With twenty tracks in the first space, which is complete."""
    id_ = await new_tenant(database)
    await add_tracks(database, id_, [song(lyrics=f"{VERSE}\nFor the {n}th time") for n in range(20)])
    await work_off(database, id_, ONE)
    await passes.see_to(database, id_, ONE)
    assert await states(database, id_) == {FIRST.space: True}
    return id_
