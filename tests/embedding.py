"""Embedding a tenant's tracks as the worker does, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.search import index
from app.search.embeddings import Embedder
from tenancy.database import Database


async def embed(database: Database, tenant: UUID, tracks: Sequence[UUID], embedder: Embedder) -> list[UUID]:
    """Answers with the tracks that were stored."""
    async with database.reading(tenant) as connection:
        lyrics = await index.load(connection, tenant, tracks)
    embedded = index.compute(embedder, lyrics)
    async with database.transaction(tenant) as session:
        return await index.store(session, tenant, embedder.space, embedded)
