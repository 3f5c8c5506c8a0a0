"""What tests of homes start from, and look at."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.cli import demo
from app.search.embeddings import FastEmbedder, Space
from app.search.homes import settle
from tenancy.database import Database
from tests.builders import add_tracks, new_tenant
from tests.embedding import embed

EMBEDDER = FastEmbedder()
SPACE = Space(EMBEDDER.space, EMBEDDER.dimension)
ALL = """select space, track_id, ordinal, start_line, end_line, embedding::text from passages
    where tenant_id = $1 and home = $2 order by 1, 2, 3"""


async def passages(database: Database, tenant: UUID, home: UUID) -> list[tuple[object, ...]]:
    async with database.reading(tenant) as connection:
        return [tuple(row) for row in await connection.fetch(ALL, tenant, home)]


async def home_of(database: Database, tenant: UUID) -> UUID:
    async with database.transaction(tenant) as session:
        return (await settle(session, tenant)).home


@pytest.fixture
async def tenant(database: Database) -> UUID:
    """With the songs of the demo."""
    id_ = await new_tenant(database)
    new = [*demo.tracks("northside"), *demo.tracks("aurora")]
    await embed(database, id_, await add_tracks(database, id_, new), EMBEDDER)
    return id_
