"""Embedding a tenant's tracks: read the words, compute in a process of its own, store.

lyrics = await index.load(connection, tenant, ids)
embedded = await loop.run_in_executor(pool, index.compute, embedder, lyrics)
async with database.transaction(tenant) as session:
    stored = await index.store(session, tenant, embedder.space, embedded)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

import asyncpg
import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncSession

from app.lyrics.text import Lyrics
from app.search.embeddings import Embedder, Vectors, mean
from app.search.homes import SHARED, settle
from app.search.passages import Span, passages
from tenancy.database import driver_of

MAX_TAGS = 12  # of a track that are embedded


@dataclass(frozen=True, slots=True)
class TrackLyrics:
    """What there is to embed. `fingerprint` tells at the end whether the words are still the same."""

    track_id: UUID
    fingerprint: bytes
    text: str
    title: str
    language: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ordinal:
    """What the rows of `passages` are, by their `ordinal`; those above WHOLE are passages in order."""

    WHOLE = 0
    CARD = -1  # title and tags together
    LABEL = -2  # from here downwards: the title alone, then each tag


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedTrack:
    """A track's vectors: `ordinals[n]` and the stored lines `spans[n]` (first, last) belong to `vectors[n]`.

    The whole is the mean of its passages. Vectors are float16, shape (n, dimension).
    """

    track_id: UUID
    fingerprint: bytes
    ordinals: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    vectors: NDArray[np.float16]


async def load(connection: asyncpg.Connection, tenant: UUID, tracks: Sequence[UUID]) -> list[TrackLyrics]:
    """The words of those of `tracks` that the tenant has."""
    rows = await connection.fetch(
        "select t.id, t.fingerprint, l.text, t.title, t.language, t.tags::text tags"
        " from tracks t join lyrics l on l.tenant_id = t.tenant_id and l.track_id = t.id"
        " where t.tenant_id = $1 and t.id = any($2) order by t.id",
        tenant,
        list(tracks),
    )
    return [
        TrackLyrics(
            row["id"],
            row["fingerprint"],
            row["text"],
            row["title"],
            row["language"],
            tuple(orjson.loads(row["tags"])),
        )
        for row in rows
    ]


def compute(embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
    """One answer a track, in order. CPU-bound (about 20 ms a song); arguments and answer can be pickled."""
    cut = [texts(song) for song in lyrics]
    said = [[*(span.text for span in spans), *labels] for spans, labels in cut]
    vectors = embedder.embed([text for own in said for text in own])
    starts = np.cumsum([0, *map(len, said)])
    return [
        _embedded(song, spans, vectors[start:end])
        for song, (spans, _), (start, end) in zip(lyrics, cut, pairwise(starts), strict=True)
    ]


def texts(song: TrackLyrics) -> tuple[list[Span], list[str]]:
    """What of a track is embedded: its passages; and what it is called, all of it at once, then each part
    where there are several."""
    parts = [song.title, *song.tags[:MAX_TAGS]]
    card = f"{song.title}. {', '.join(parts[1:])}" if len(parts) > 1 else song.title
    labels = [card, *parts] if len(parts) > 1 else [card]
    return passages(Lyrics.parse(song.text, song.title, song.language)), labels


def _embedded(song: TrackLyrics, spans: Sequence[Span], vectors: Vectors) -> EmbeddedTrack:
    lines = [(span.start_line, span.end_line) for span in spans]
    whole = (lines[0][0], max(end for _, end in lines)) if lines else (1, 1)
    ordinals = [*range(1, len(lines) + 1), *range(Ordinal.CARD, Ordinal.CARD - len(vectors) + len(lines), -1)]
    lines += [whole] * (len(vectors) - len(lines))
    if spans:
        ordinals.insert(0, Ordinal.WHOLE)
        lines.insert(0, whole)
        vectors = np.concatenate([mean(vectors[: len(spans)])[None], vectors])
    return EmbeddedTrack(
        song.track_id, song.fingerprint, tuple(ordinals), tuple(lines), vectors.astype(np.float16)
    )


# The join leaves out a track that was deleted or got other words meanwhile (its own job follows). The lock
# keeps it from being either until this transaction ends, and another worker with the same track waiting.
_CURRENT = """
    select t.id from tracks t
    join unnest($2::uuid[], $3::bytea[]) as e (id, fingerprint) using (id, fingerprint)
    where t.tenant_id = $1 order by t.id for no key update of t skip locked"""
# In both places: copies that a move left behind would be older than what is written now.
_DELETE = """
    delete from passages
    where tenant_id = $1 and home = any($2) and space = $3 and track_id = any($4)"""
_INSERT = """
    insert into passages (tenant_id, space, home, track_id, ordinal, start_line, end_line, embedding)
    select $1, $2, h.home, p.track_id, p.ordinal, p.start_line, p.end_line, p.embedding::halfvec
    from unnest($3::uuid[]) as h (home), unnest($4::uuid[], $5::int[], $6::int[], $7::int[], $8::text[])
      as p (track_id, ordinal, start_line, end_line, embedding)"""


async def store(
    session: AsyncSession, tenant: UUID, space: str, embedded: Sequence[EmbeddedTrack]
) -> list[UUID]:
    """Replaces the passages of these tracks in `space`; answers with the tracks that were current.

    Doing it twice leaves the same rows. A track whose words changed since `load`, or that somebody is
    changing at this moment, is left alone: whoever changes a track asks for its embedding with the track
    locked, so that to wait here would be to wait for each other.
    """
    place = await settle(session, tenant)
    connection = await driver_of(session)
    rows = await connection.fetch(
        _CURRENT, tenant, [e.track_id for e in embedded], [e.fingerprint for e in embedded]
    )
    current = {row["id"] for row in rows}
    await connection.execute(_DELETE, tenant, [SHARED, tenant], space, list(current))
    passage_rows = [
        (e.track_id, ordinal, start, end, _halfvec(vector))
        for e in embedded
        if e.track_id in current
        for ordinal, (start, end), vector in zip(e.ordinals, e.spans, e.vectors, strict=True)
    ]
    if passage_rows:
        columns = [list(column) for column in zip(*passage_rows, strict=True)]
        await connection.execute(_INSERT, tenant, space, place.written, *columns)
    return sorted(current)


def _halfvec(vector: NDArray[np.float16]) -> str:
    """pgvector's text form: `[0.1,-0.2,…]`."""
    return orjson.dumps(vector.astype(np.float32), option=orjson.OPT_SERIALIZE_NUMPY).decode()
