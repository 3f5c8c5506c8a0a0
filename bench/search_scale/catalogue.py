"""Tenants with synthetic passages, as a worker would leave them: small ones together, large ones apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import asyncpg
import numpy as np

from app.provision import create_tenant
from app.search.embeddings import Space
from app.search.homes import SHARED
from bench.search_scale.vectors import CARD, DIMENSION, LABEL, PASSAGES, WHOLE, Vectors, World
from tenancy.database import Database, driver_of
from tenancy.models import Plan

SPACE = Space("synthetic", DIMENSION)
COLUMNS = ("tenant_id", "space", "home", "track_id", "ordinal", "start_line", "end_line", "embedding")
ARTIST = "insert into artists (tenant_id, name, slug) values ($1, 'Synthetic', 'synthetic') returning id"
# One in ten is Russian.
TRACKS = """
    insert into tracks (tenant_id, artist_id, title, language, fingerprint)
    select $1, $2, 'Track ' || n, case when n % 10 = 0 then 'ru' else 'en' end, sha256((n::text)::bytea)
    from generate_series($3::int, $4) n returning id"""


async def tenant(
    owner: asyncpg.Connection, database: Database, slug: str, world: World, tracks: int, *, own: bool
) -> UUID:
    """`owner` is a superuser's connection: the rows are many."""
    id_ = await create_tenant(database, slug, slug, Plan.DEMO)
    home = SHARED
    if own:
        home = id_
        # The partition without its index: that is built once the rows are there.
        async with database.transaction(id_) as session:
            await (await driver_of(session)).execute(
                "select own_partition($1, $2, true)", SPACE.name, DIMENSION
            )
        for row in await owner.fetch(
            "select indexrelid::regclass::text name from pg_index i join pg_class c on c.oid = i.indexrelid"
            f" where indrelid = 'passages_{id_.hex}'::regclass and c.relname like '%\\_near'"
        ):
            await owner.execute(f"drop index {row['name']}")
    artist = await owner.fetchval(ARTIST, id_)
    await owner.execute("set session_replication_role = replica")  # as in `crowd`
    done = 0
    for batch in world.songs(tracks):
        ids = [row["id"] for row in await owner.fetch(TRACKS, id_, artist, done, done + len(batch) - 1)]
        done += len(batch)
        await owner.copy_records_to_table("passages", columns=COLUMNS, records=records(id_, home, ids, batch))
    await owner.execute("set session_replication_role = origin")
    if own:
        await owner.execute("insert into passage_homes (tenant_id, home) values ($1, $1)", id_)
        async with database.transaction(id_) as session:
            driver = await driver_of(session)
            await driver.execute("set local statement_timeout = 0; set local maintenance_work_mem = '3GB'")
            await driver.execute("select own_partition($1, $2, true)", SPACE.name, DIMENSION)
    return id_


CROWD = """
    with others as (
      insert into tenants (slug, name) select 'other-' || n, 'Other' from generate_series(1, $1::int) n
      returning id
    ), singers as (
      insert into artists (tenant_id, name, slug) select id, 'Synthetic', 'synthetic' from others
      returning tenant_id, id
    )
    insert into tracks (tenant_id, artist_id, title, fingerprint)
    select s.tenant_id, s.id, 'Track ' || n, sha256((n::text)::bytea)
    from singers s, generate_series(1, $2::int) n returning tenant_id, id"""


async def crowd(owner: asyncpg.Connection, world: World, tenants: int, tracks: int) -> None:
    """Tenants with so many tracks each, which share the place of small ones."""
    # Foreign keys hold by themselves here, and nobody looks at their trends.
    await owner.execute("set session_replication_role = replica")
    rows = iter(await owner.fetch(CROWD, tenants, tracks) if tenants else ())
    for batch in world.songs(tenants * tracks):
        of = list(islice(rows, len(batch)))
        made = (
            record
            for row, song in zip(of, batch, strict=True)
            for record in records(row["tenant_id"], SHARED, [row["id"]], song[None])
        )
        await owner.copy_records_to_table("passages", columns=COLUMNS, records=made)
    await owner.execute("set session_replication_role = origin")
    await owner.execute("vacuum analyze passages_shared")


def records(tenant: UUID, home: UUID, ids: list[UUID], batch: Vectors) -> Iterator[tuple[object, ...]]:
    ordinals = (*PASSAGES, WHOLE, CARD, LABEL)
    for id_, rows in zip(ids, batch, strict=True):
        for ordinal, row in zip(ordinals, rows, strict=True):
            yield tenant, SPACE.name, home, id_, ordinal, 1, 4, row


async def read_halves(connection: asyncpg.Connection) -> None:
    """Sends vectors in pgvector's binary form: the dimension, nothing, and the halves."""
    head = DIMENSION.to_bytes(2, "big") + b"\0\0"
    await connection.set_type_codec(
        "halfvec", schema="public", format="binary", decoder=bytes,
        encoder=lambda row: head + np.asarray(row).astype(">f2").tobytes(),
    )  # fmt: skip
