"""Reading what is compared: tracks with their vectors and analyses, and those that are worth comparing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
import orjson

from app.catalog.filters import TrackFilter
from app.search.embeddings import Embedder, Vectors, unit
from app.search.homes import NEAREST, SHARED
from app.search.likeness import Candidate, Lines
from tenancy.sql import Params

NEAR = 200  # tracks that are closest in meaning, and compared in full
LIKE = 100  # tracks that share most themes, are of the same mood and rhyme alike: compared beside those

# The newest completed analysis of one analyzer, along ix_analyses_newest.
_NEWEST = """(select {} from analyses a where a.tenant_id = $1 and a.track_id = t.id and a.analyzer = '{}'
      and a.status = 'COMPLETED' order by a.created_at desc limit 1)"""
_RHYME = """jsonb_build_array(details -> 'density', jsonb_array_length(details -> 'scheme'),
      details -> 'multisyllabic_rhymes', details -> 'internal_rhymes', details -> 'perfect_rhymes',
      details -> 'slant_rhymes')::text"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One tenant's passages of one space, where they live."""

    connection: asyncpg.Connection
    tenant: UUID
    embedder: Embedder
    home: UUID

    async def tracks(self, ids: Sequence[UUID], wanted: TrackFilter | None = None) -> list[Candidate]:
        """Those of `ids` that the tenant has and the filter leaves, by id."""
        params = Params(self.tenant)
        conditions = [f"t.id = any({params.bind(list(ids), 'uuid[]')})"]
        conditions += wanted.conditions("t", params) if wanted else []
        rows = await self.connection.fetch(
            f"""
            select t.id, t.artist_id, t.profile::text profile, halfvec_send(p.embedding) vector,
              {_NEWEST.format("(details -> 'arc')::text", "emotion")} arc,
              {_NEWEST.format(_RHYME, "rhyme")} rhyme
            from tracks t left join passages p on {self._passages("p", params)}
              and p.track_id = t.id and p.ordinal = 0
            where t.tenant_id = $1 and {" and ".join(conditions)} order by t.id""",
            *params.values,
        )
        return [candidate(row) for row in rows]

    async def near(self, toward: Vectors, wanted: TrackFilter | None) -> list[UUID]:
        """The tracks whose whole is closest to a vector, at most NEAR of those that the filter leaves."""
        params = Params(self.tenant)
        text = params.bind(orjson.dumps(toward, option=orjson.OPT_SERIALIZE_NUMPY).decode(), "text")
        dimension = self.embedder.dimension
        conditions = [self._passages("p", params), "p.ordinal = 0"]
        chosen = "null"
        if wanted is not None and (filters := wanted.conditions("t", params)):
            chosen = f"array(select t.id from tracks t where t.tenant_id = $1 and {' and '.join(filters)})"
        if self.home != SHARED:
            space = params.bind(self.embedder.space, "text")
            near = f"near_tracks('{self.home}', {space}, {dimension}, {text}, {chosen}, {NEAREST})"
            conditions.append(f"p.track_id = any(array(select {near}))")
        elif chosen != "null":
            conditions.append(f"p.track_id = any({chosen})")
        # The sub-select is computed once; in a plan made for any values the cast would be, for every row.
        rows = await self.connection.fetch(
            f"select p.track_id from passages p where {' and '.join(conditions)}"
            f" order by p.embedding::halfvec({dimension}) <=> (select {text}::halfvec({dimension})),"
            f" p.track_id limit {NEAR}",
            *params.values,
        )
        return [row["track_id"] for row in rows]

    async def like(self, seeds: Sequence[Candidate]) -> list[UUID]:
        """Tracks that share themes with seeds, most of them first; along ix_tracks_themes."""
        themes = sorted({theme for seed in seeds for theme in seed.themes})
        if not themes:
            return []
        moods = sorted({seed.profile["mood"] for seed in seeds if seed.profile.get("mood")})
        figures = [t for seed in seeds if (t := seed.profile.get("technique")) is not None]
        technique = sum(figures) / len(figures) if figures else None
        rows = await self.connection.fetch(
            "select id from theme_candidates($1, $2, $3, $4) found(id)", themes, moods, technique, LIKE
        )
        return [row["id"] for row in rows]

    async def closest_pairs(self, pairs: Sequence[tuple[UUID, UUID]]) -> dict[UUID, tuple[Lines, Lines]]:
        """By track, of (seed, track): the two passages that are closest, the track's and the seed's."""
        params = Params(self.tenant)
        seeds, tracks = ([pair[at] for pair in pairs] for at in (0, 1))
        rows = await self.connection.fetch(
            f"""
            select distinct on (c.track_id) c.track_id, c.start_line, c.end_line, pair.seed,
              s.start_line seed_start, s.end_line seed_end
            from unnest({params.bind(seeds, "uuid[]")}, {params.bind(tracks, "uuid[]")}) as pair(seed, track)
            join passages s on {self._passages("s", params)} and s.track_id = pair.seed and s.ordinal > 0
            join passages c on {self._passages("c", params)} and c.track_id = pair.track and c.ordinal > 0
            order by c.track_id, s.embedding <=> c.embedding, c.ordinal, s.ordinal""",
            *params.values,
        )
        return {
            row["track_id"]: (
                Lines(row["track_id"], row["start_line"], row["end_line"]),
                Lines(row["seed"], row["seed_start"], row["seed_end"]),
            )
            for row in rows
        }

    def _passages(self, alias: str, params: Params) -> str:
        # The home stands in the text: only so is its partition known when the statement is planned.
        space = params.bind(self.embedder.space, "text")
        return f"{alias}.tenant_id = $1 and {alias}.home = '{self.home}' and {alias}.space = {space}"


def candidate(row: asyncpg.Record) -> Candidate:
    profile: dict[str, Any] = orjson.loads(row["profile"] or "{}")
    arc, rhyme = orjson.loads(row["arc"] or "[]"), orjson.loads(row["rhyme"] or "[]")
    vector = None if row["vector"] is None else vector_of(row["vector"])
    return Candidate(row["id"], row["artist_id"], vector, profile or {}, tuple(arc or ()), shares(rhyme))


def vector_of(sent: bytes) -> Vectors:
    """pgvector's binary form: two numbers of 16 bits, of which the first is the dimension, and the halves."""
    return unit(np.frombuffer(sent, dtype=">f2", offset=4).astype(np.float32))


def shares(counted: Sequence[float | None]) -> tuple[float, ...]:
    """What `Candidate.rhyme` has, of density, lines and the four counts; nothing where one is not known."""
    known = [figure for figure in counted if figure is not None]
    if len(known) < 6:
        return ()
    density, lines, multisyllabic, internal, perfect, slant = known
    lines, ends = max(1.0, lines), max(1.0, perfect + slant)
    return density, min(1.0, multisyllabic / lines), min(1.0, internal / lines), perfect / ends
