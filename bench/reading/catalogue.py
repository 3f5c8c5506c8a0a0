"""Rows to read: tenants with tracks, artists and four analyses a track, made by Postgres itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import asyncpg
import orjson

from app.cli import demo
from app.provision import SETUP, create_tenant
from app.search.embeddings import FastEmbedder
from tenancy import api_keys
from tenancy.database import Database
from tenancy.models import Plan
from tenancy.scopes import ROLES

TRACKS_AN_ARTIST = 20
ANALYZERS = ("rhyme", "emotion", "themes", "vocabulary")

ARTISTS = """insert into artists (tenant_id, name, slug)
    select $1, 'Artist ' || n, 'artist-' || n from generate_series(1, $2) n"""
TRACKS = """insert into tracks (tenant_id, artist_id, title, album, released_on, language, popularity, tags,
        fingerprint, created_at)
    select $1, a.id, 'Track ' || n, 'Album ' || n / 10, date '1990-01-01' + n % 12000,
        case n % 2 when 0 then 'en' else 'ru' end, n % 100, '["bench", "rap"]', sha256((n::text)::bytea),
        now() - n * interval '1 second'
    from generate_series(1, $2) n join artists a on a.tenant_id = $1 and a.slug = 'artist-' || (n / $3 + 1)"""
ANALYSES = """insert into analyses (tenant_id, track_id, analyzer, status, sentiment, themes, scores,
        input_hash, analyzer_version, duration_ms, created_at)
    select $1, t.id, name, 'COMPLETED', 'MIXED', '{street,loss}', '[{"name": "density", "value": 0.5}]',
        'x', '1', 12, t.created_at + place * interval '1 second'
    from tracks t, unnest($2::text[]) with ordinality as of(name, place) where t.tenant_id = $1"""
# Songs of the demo over and over, each time a little elsewhere in the space.
LYRICS = """insert into lyrics (tenant_id, track_id, text, word_count)
    select $1, id, ($2::text[])[1 + n % cardinality($2::text[])], 100
    from (select id, row_number() over (order by created_at) as n from tracks where tenant_id = $1) t
    where n <= $3"""
PASSAGES = """insert into passages (tenant_id, space, track_id, ordinal, start_line, end_line, embedding)
    select $1, $2, id, 0, 1, 4, array(
        select value::real + 0.01 * (random() - 0.5)
        from jsonb_array_elements_text(($3::jsonb[])[1 + n % cardinality($3::jsonb[])]) value
        )::real[]::halfvec
    from (select id, row_number() over (order by created_at) as n from tracks where tenant_id = $1) t
    where n <= $4"""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A tenant, the text of a key that reads it, and ids of some of its rows."""

    tenant: UUID
    key: str
    tracks: list[UUID]
    artists: list[UUID]


async def make(owner: asyncpg.Connection, database: Database, tracks: int, searchable: int = 0) -> Catalogue:
    """`owner` is a superuser's connection: the rows are many, and no concern of the policies here."""
    tenant = await create_tenant(database, await free_slug(owner), "Bench", Plan.DEMO)
    async with database.transaction(tenant) as session:
        _, key = await api_keys.create(session, tenant, "bench", ROLES["analyst"], SETUP, environment="demo")
    await owner.execute(ARTISTS, tenant, tracks // TRACKS_AN_ARTIST + 1)
    await owner.execute(TRACKS, tenant, tracks, TRACKS_AN_ARTIST)
    await owner.execute(ANALYSES, tenant, list(ANALYZERS))
    if searchable:
        embedder, texts = FastEmbedder(), [song.lyrics for song in demo.tracks("northside")]
        vectors = embedder.embed([text[:300] for text in texts]).tolist()
        await owner.execute(LYRICS, tenant, texts, searchable)
        vectors = [orjson.dumps(vector).decode() for vector in vectors]
        await owner.execute(PASSAGES, tenant, embedder.space, vectors, searchable)
    some = "select id from {} where tenant_id = $1 order by created_at, id limit 100"
    return Catalogue(
        tenant,
        key.text,
        [row["id"] for row in await owner.fetch(some.format("tracks"), tenant)],
        [row["id"] for row in await owner.fetch(some.format("artists"), tenant)],
    )


async def free_slug(owner: asyncpg.Connection) -> str:
    return f"bench-{await owner.fetchval('select count(*) from tenants')}"
