"""Embedding a tenant's tracks: read the words, compute in a process of its own, store.

The three steps are apart so that no connection waits for the model:

    async with database.reading(tenant) as connection:
        lyrics = await index.load(connection, tenant, ids)
    embedded = await loop.run_in_executor(pool, index.compute, embedder, lyrics)
    async with database.transaction(tenant) as session:
        stored = await index.store(session, tenant, embedder.space, embedded)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncSession

from app.analysis.lyrics import Lyrics
from app.search.embeddings import Embedder, mean
from app.search.passages import passages
from tenancy.database import driver_of


@dataclass(frozen=True, slots=True)
class TrackLyrics:
    """What there is to embed. `fingerprint` tells at the end whether the words are still the same."""

    track_id: UUID
    fingerprint: bytes
    text: str
    title: str
    language: str | None


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedTrack:
    """A track's passages: `spans[n]` are the stored lines (first, last) of `vectors[n]`.

    Row 0 is the whole track: the mean of its passages. Vectors are float16, shape (n, dimension).
    """

    track_id: UUID
    fingerprint: bytes
    spans: tuple[tuple[int, int], ...]
    vectors: NDArray[np.float16]


async def load(connection: asyncpg.Connection, tenant: UUID, tracks: Sequence[UUID]) -> list[TrackLyrics]:
    """The words of those of `tracks` that the tenant has."""
    rows = await connection.fetch(
        "select t.id, t.fingerprint, l.text, t.title, t.language"
        " from tracks t join lyrics l on l.tenant_id = t.tenant_id and l.track_id = t.id"
        " where t.tenant_id = $1 and t.id = any($2) order by t.id",
        tenant,
        list(tracks),
    )
    return [TrackLyrics(*row) for row in rows]


def compute(embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
    """One answer a track, in order. CPU-bound (about 20 ms a song); arguments and answer can be pickled."""
    cut = [passages(Lyrics.parse(song.text, song.title, song.language)) for song in lyrics]
    vectors = embedder.embed([span.text for spans in cut for span in spans])
    embedded: list[EmbeddedTrack] = []
    at = 0
    for song, spans in zip(lyrics, cut, strict=True):
        own = vectors[at : at + len(spans)]
        at += len(spans)
        lines = [(span.start_line, span.end_line) for span in spans]
        if len(spans) > 0:
            own = np.concatenate([mean(own)[None], own])
            lines.insert(0, (lines[0][0], max(end for _, end in lines)))
        embedded.append(EmbeddedTrack(song.track_id, song.fingerprint, tuple(lines), own.astype(np.float16)))
    return embedded


# The join leaves out a track that was deleted or got other words meanwhile (its own job follows), and
# the lock keeps it from being either until this transaction ends.
_CURRENT = """
    select t.id from tracks t
    join unnest($2::uuid[], $3::bytea[]) as e (id, fingerprint) using (id, fingerprint)
    where t.tenant_id = $1 order by t.id for key share of t"""
_DELETE = "delete from passages where tenant_id = $1 and space = $2 and track_id = any($3)"
_INSERT = """
    insert into passages (tenant_id, space, track_id, ordinal, start_line, end_line, embedding)
    select $1, $2, p.track_id, p.ordinal, p.start_line, p.end_line, p.embedding::halfvec
    from unnest($3::uuid[], $4::int[], $5::int[], $6::int[], $7::text[])
      as p (track_id, ordinal, start_line, end_line, embedding)"""


async def store(
    session: AsyncSession, tenant: UUID, space: str, embedded: Sequence[EmbeddedTrack]
) -> list[UUID]:
    """Replaces the passages of these tracks in `space`; answers with the tracks that were current.

    Doing it twice leaves the same rows. A track whose words changed since `load` is left alone.
    """
    connection = await driver_of(session)
    rows = await connection.fetch(
        _CURRENT, tenant, [e.track_id for e in embedded], [e.fingerprint for e in embedded]
    )
    current = {row["id"] for row in rows}
    await connection.execute(_DELETE, tenant, space, list(current))
    passage_rows = [
        (e.track_id, ordinal, start, end, _halfvec(vector))
        for e in embedded
        if e.track_id in current
        for ordinal, ((start, end), vector) in enumerate(zip(e.spans, e.vectors, strict=True))
    ]
    if passage_rows:
        columns = [list(column) for column in zip(*passage_rows, strict=True)]
        await connection.execute(_INSERT, tenant, space, *columns)
    return sorted(current)


def _halfvec(vector: NDArray[np.float16]) -> str:
    """pgvector's text form: `[0.1,-0.2,…]`."""
    return orjson.dumps(vector.astype(np.float32), option=orjson.OPT_SERIALIZE_NUMPY).decode()
