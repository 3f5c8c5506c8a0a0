"""A tenant with very many tracks."""

from __future__ import annotations

from itertools import islice
from uuid import UUID

from sqlalchemy import delete

from app.catalog import tracks
from app.catalog.models import EmbedItem
from app.catalog.new_track import NewTrack
from app.provision import SETUP, create_tenant
from bench.throughput.tracks import texts
from tenancy import api_keys
from tenancy.database import Database
from tenancy.models import Plan
from tenancy.scopes import ROLES

ARTISTS = 345  # as many as the tenant that this is made after


async def tenant(database: Database) -> tuple[UUID, UUID]:
    """Its id, and that of the key that pays."""
    tenant = await create_tenant(database, "bench", "Bench", Plan.ENTERPRISE)
    async with database.transaction(tenant) as session:
        key, _ = await api_keys.create(session, tenant, "bench", ROLES["admin"], SETUP)
    return tenant, key.id


async def load(database: Database, tenant: UUID, count: int) -> None:
    """Adds tracks, and leaves out their vectors."""
    source = enumerate(islice(texts(), count))
    stored = 0
    while some := list(islice(source, tracks.MAX_BATCH)):
        new = [
            NewTrack(f"{text.title} {n}", f"Artist {n % ARTISTS}", text.lyrics, language=text.language)
            for n, text in some
        ]
        async with database.transaction(tenant) as session:
            stored += len(await tracks.add(session, tenant, new))
            await session.execute(delete(EmbedItem).where(EmbedItem.tenant_id == tenant))
        if stored % 10_000 == 0:
            print(f"{stored:,} tracks stored", flush=True)
