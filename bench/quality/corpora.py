"""Tenants with real songs, for what is measured in a database: the demo's, and the shared ones if present."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from app.catalog import tracks
from app.catalog.new_track import NewTrack
from app.cli import demo
from app.provision import create_tenant
from app.search import index
from app.search.embeddings import Embedder, FastEmbedder
from app.search.index import EmbeddedTrack
from bench.reading.database import servers
from tenancy.database import Database, driver_of
from tenancy.models import Plan
from tests.bench.songs import SONGS, songs

BATCH = 200
# It takes minutes: once a process. By space and fingerprint.
EMBEDDED: dict[tuple[str, bytes], EmbeddedTrack] = {}
COMPLETE = """
    insert into passage_spaces (tenant_id, space, asked_after, complete_at)
    select $1, unnest($2::text[]), null, now()"""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A tenant whose tracks are embedded; `of` says in the table what it has."""

    name: str
    of: str
    database: Database
    tenant: UUID
    tracks: dict[UUID, NewTrack]


@asynccontextmanager
async def corpora(
    embedders: Sequence[Embedder] = (FastEmbedder(),), chosen: Callable[[], list[NewTrack]] = songs
) -> AsyncIterator[list[Corpus]]:
    """The demo catalogue, and the shared songs, or those `chosen`, unless they are missing, which is said."""
    async with servers() as of:
        found = [
            await corpus(
                of.database,
                "demo",
                "demo songs",
                [*demo.tracks("northside"), *demo.tracks("aurora")],
                embedders,
            )
        ]
        if SONGS.exists():
            found.append(await corpus(of.database, "songs", "shared songs", chosen(), embedders))
        else:
            print("The shared songs are not here: only the demo's are measured.")
        await of.owner.execute("vacuum analyze")
        yield found


async def corpus(
    database: Database, name: str, of: str, new: Sequence[NewTrack], embedders: Sequence[Embedder]
) -> Corpus:
    tenant = await create_tenant(database, name, name, Plan.DEMO)
    found: dict[UUID, NewTrack] = {}
    for at in range(0, len(new), BATCH):
        part = new[at : at + BATCH]
        async with database.transaction(tenant) as session:
            added = await tracks.add(session, tenant, part)
        ids = [each.id for each in added]
        found |= dict(zip(ids, part, strict=True))
        async with database.reading(tenant) as connection:
            lyrics = await index.load(connection, tenant, ids)
        for embedder in embedders:
            space = embedder.space
            fresh = [each for each in lyrics if (space, each.fingerprint) not in EMBEDDED]
            computed = index.compute(embedder, fresh)
            EMBEDDED.update({(space, each.fingerprint): each for each in computed})
            embedded = [replace(EMBEDDED[space, each.fingerprint], track_id=each.track_id) for each in lyrics]
            async with database.transaction(tenant) as session:
                await index.store(session, tenant, space, embedded)
    async with database.transaction(tenant) as session:
        spaces = [embedder.space for embedder in embedders]
        await (await driver_of(session)).execute(COMPLETE, tenant, spaces)
    return Corpus(name, of, database, tenant, found)
