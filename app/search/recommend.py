"""Tracks like some and unlike others, and artists like another, each with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg
import numpy as np
import orjson

from app.catalog.filters import TrackFilter
from app.search.embeddings import Vectors
from app.search.errors import SeedAvoided
from app.search.likeness import AVOIDING, Candidate, Reason, closeness, reasons
from app.search.variety import middle, spread, unit
from tenancy.database import Database
from tenancy.sql import Params

POOL = 200  # tracks that are closest in meaning and compared in full

_CANDIDATE = """
    select t.id, t.artist_id, t.profile::text as profile, p.embedding::vector::real[] as vector
    from tracks t join passages p on p.tenant_id = t.tenant_id and p.track_id = t.id and p.ordinal = 0"""
# The pair of passages, one of each track, that are closest.
_CLOSEST = """
    select distinct on (c.track_id) c.track_id, c.start_line, c.end_line
    from unnest($3::uuid[], $4::uuid[]) as pair(seed, track)
    join passages s on s.tenant_id = $1 and s.space = $2 and s.track_id = pair.seed and s.ordinal > 0
    join passages c on c.tenant_id = $1 and c.space = $2 and c.track_id = pair.track and c.ordinal > 0
    order by c.track_id, s.embedding <=> c.embedding, c.ordinal"""


class SeedNotFound(LookupError):
    """A seed is not there, or has not been embedded yet: try again in a moment. `ids` lists which."""

    def __init__(self, ids: Sequence[UUID]) -> None:
        super().__init__("There is no such track, or its words are still being read. Try again in a moment.")
        self.ids = tuple(ids)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A track; the weights of its reasons add up to `score`, 0..1."""

    track_id: UUID
    score: float
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class ArtistMatch:
    """An artist; the weights of its reasons add up to `score`, 0..1."""

    artist_id: UUID
    score: float
    reasons: list[Reason]


class RecommendationService:
    """The same rows give the same answer: ties go by id, and nothing is drawn by chance."""

    def __init__(self, database: Database, space: str) -> None:
        self._database = database
        self._space = space

    async def recommend(
        self,
        tenant: UUID,
        seeds: Sequence[UUID],
        avoid: Sequence[UUID] = (),
        filter: TrackFilter | None = None,  # noqa: A002
        diversity: float = 0.3,
        first: int = 10,
    ) -> list[Recommendation]:
        """None of the seeds, none of `avoid`, at most PER_ARTIST of one artist.

        Raises SeedNotFound, and SeedAvoided where a seed is in `avoid` too.

        `diversity`, 0..1, is how much a track counts for being unlike those before it (maximal marginal
        relevance, Carbonell & Goldstein 1998).
        """
        avoided = set(avoid)
        if both := [track for track in dict.fromkeys(seeds) if track in avoided]:
            raise SeedAvoided(both)
        async with self._database.reading(tenant) as connection:
            given = await self._known(connection, tenant, [*seeds, *avoid])
            missing = [track for track in seeds if track not in given]
            if missing:
                raise SeedNotFound(missing)
            liked = [given[track] for track in dict.fromkeys(seeds)]
            toward = middle([seed.vector for seed in liked])
            disliked = [given[track].vector for track in avoid if track in given]
            away = middle(disliked) if disliked else None
            between = toward if away is None else unit(toward - AVOIDING * away)
            pool = await self._closest(connection, tenant, between, [*seeds, *avoid], filter)
            why = {candidate.id: reasons(candidate, liked, toward, away) for candidate in pool}
            pool = [candidate for candidate in pool if why[candidate.id]]
            chosen = spread(pool, {id_: score(why[id_]) for id_ in why}, diversity, first)
            return await self._with_passages(connection, tenant, chosen, why)

    async def similar_tracks(
        self,
        tenant: UUID,
        track: UUID,
        first: int = 10,
        filter: TrackFilter | None = None,  # noqa: A002
    ) -> list[Recommendation]:
        """The tracks most like one; none while it has not been embedded."""
        try:
            return await self.recommend(tenant, [track], (), filter, 0.0, first)
        except SeedNotFound:
            return []

    async def similar_artists(self, tenant: UUID, artist: UUID, first: int = 10) -> list[ArtistMatch]:
        """Artists whose tracks' middle is closest to that of this one's."""
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(
                "select artist_id, avg(p.embedding::vector)::real[] as vector"
                " from tracks t join passages p on p.tenant_id = t.tenant_id and p.track_id = t.id"
                " where t.tenant_id = $1 and p.space = $2 and p.ordinal = 0 group by 1 order by 1",
                tenant,
                self._space,
            )
        middles = {row["artist_id"]: unit(np.array(row["vector"], dtype=np.float32)) for row in rows}
        own = middles.pop(artist, None)
        if own is None:
            return []
        ranked = sorted((-closeness(own, vector), id_) for id_, vector in middles.items())
        return [
            ArtistMatch(id_, -negative, [Reason("meaning", "Close in meaning on average", -negative)])
            for negative, id_ in ranked[:first]
            if negative < 0
        ]

    async def _known(
        self, connection: asyncpg.Connection, tenant: UUID, ids: Sequence[UUID]
    ) -> dict[UUID, Candidate]:
        query = f"{_CANDIDATE} where t.tenant_id = $1 and p.space = $2 and t.id = any($3::uuid[])"
        rows = await connection.fetch(query, tenant, self._space, list(ids))
        return {row["id"]: candidate(row) for row in rows}

    async def _closest(
        self,
        connection: asyncpg.Connection,
        tenant: UUID,
        toward: Vectors,
        without: Sequence[UUID],
        wanted: TrackFilter | None,
    ) -> list[Candidate]:
        params = Params(tenant, self._space)
        conditions = ["t.tenant_id = $1", "p.space = $2"]
        conditions.append(f"t.id <> all({params.bind(list(without), 'uuid[]')})")
        conditions += wanted.conditions("t", params) if wanted else []
        vector = params.bind(orjson.dumps(toward, option=orjson.OPT_SERIALIZE_NUMPY).decode(), "text")
        space = f"halfvec({len(toward)})"
        # The sub-select is computed once; in a plan made for any values the cast would be, for every row.
        rows = await connection.fetch(
            f"{_CANDIDATE} where {' and '.join(conditions)}"
            f" order by p.embedding::{space} <=> (select {vector}::{space}), t.id limit {POOL}",
            *params.values,
        )
        return [candidate(row) for row in rows]

    async def _with_passages(
        self,
        connection: asyncpg.Connection,
        tenant: UUID,
        chosen: Sequence[Candidate],
        why: dict[UUID, list[Reason]],
    ) -> list[Recommendation]:
        """Puts the closest passage into each track's reason of meaning."""
        seeds = {c.id: next((r.seed for r in why[c.id] if r.kind == "meaning"), None) for c in chosen}
        pairs = [(seed, track) for track, seed in seeds.items() if seed is not None]
        rows = await connection.fetch(
            _CLOSEST, tenant, self._space, [seed for seed, _ in pairs], [track for _, track in pairs]
        )
        lines = {row["track_id"]: (row["start_line"], row["end_line"]) for row in rows}
        found: list[Recommendation] = []
        for track in chosen:
            start, end = lines.get(track.id, (None, None))
            passage = {"passage_track": track.id, "start_line": start, "end_line": end}
            shown = [
                replace(reason, **passage) if reason.kind == "meaning" and start else reason
                for reason in why[track.id]
            ]
            found.append(Recommendation(track.id, score(shown), shown))
        return found


def candidate(row: asyncpg.Record) -> Candidate:
    vector = np.array(row["vector"], dtype=np.float32)
    return Candidate(row["id"], row["artist_id"], vector, orjson.loads(row["profile"] or "{}"))


def score(why: Sequence[Reason]) -> float:
    return sum(reason.weight for reason in why)
