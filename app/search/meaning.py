"""Meaning in SQL: how close the query is to the closest passage of each track.

The scan is exact over the tenant's passages, about a microsecond each.
"""

# ruff: noqa: S608  (every value is bound by Params; a Meaning's dimension is a number of ours)

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import orjson

from app.search.embeddings import Embedder
from tenancy.sql import Params


@dataclass(frozen=True, slots=True)
class Meaning:
    """The query in an embedding space; `vector` is in pgvector's text form."""

    space: str
    dimension: int
    background: float
    foreground: float
    vector: str

    @classmethod
    def of(cls, embedder: Embedder, text: str) -> Meaning:
        (row,) = embedder.embed([text])
        vector = orjson.dumps(row.astype(np.float32), option=orjson.OPT_SERIALIZE_NUMPY).decode()
        return cls(embedder.space, embedder.dimension, embedder.background, embedder.foreground, vector)


class MeaningSql:
    """The parts of a statement that compare meanings; tenant is `$1`."""

    def __init__(self, meaning: Meaning, params: Params) -> None:
        self._query = f"{params.bind(meaning.vector, 'text')}::halfvec({meaning.dimension})"
        self._space = params.bind(meaning.space, "text")
        self._background = params.bind(meaning.background, "float8")
        self._foreground = params.bind(meaning.foreground, "float8")

    def scores(self) -> str:
        """Rows (id, score) of all embedded tracks of the tenant."""
        return f"""
  select id, round(least(1, greatest(0,
      (cosine - {self._background}) / ({self._foreground} - {self._background})))::numeric, 6)::float8 score
  from (
    select p.track_id id, 1 - min(p.embedding <=> {self._query}) cosine
    from passages p where p.tenant_id = $1 and p.space = {self._space} group by p.track_id
  ) closest"""

    def lines(self, track: str) -> str:
        """One row (start_line, end_line) at most: the closest passage of `track`."""
        # Ordinal 0 is the whole track: it stands for itself only where it is the one passage.
        return f"""
  select p.start_line, p.end_line from passages p
  where p.tenant_id = $1 and p.space = {self._space} and p.track_id = {track}
  order by (p.ordinal = 0), p.embedding <=> {self._query}, p.ordinal limit 1"""
