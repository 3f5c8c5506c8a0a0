"""Searching a tenant's tracks by meaning, by words, or by both."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import asyncpg

from app.catalog.filters import TrackFilter
from app.search import cursors, statement
from app.search.embeddings import Embedder
from app.search.errors import EmptyQuery
from app.search.homes import FEW_TRACKS, SHARED, Homes
from app.search.meaning import Meaning
from app.search.query_vectors import QueryVectors
from app.search.question import Question
from app.search.words import Words
from tenancy.database import Database
from tenancy.sql import Params

__all__ = ["Match", "SearchMode", "SearchPage", "SearchService"]

_CACHED_QUERIES = 4_096


class SearchMode(StrEnum):
    """What is compared: meanings (any language with any other), words and names, or both."""

    SEMANTIC = "SEMANTIC"
    LEXICAL = "LEXICAL"
    HYBRID = "HYBRID"


@dataclass(frozen=True, slots=True)
class Match:
    """A found track. `semantic` and `lexical` are null where they were not compared or have nothing to say;
    `start_line`..`end_line` are the stored lines that fit best, null where only a name matched."""

    track_id: UUID
    score: float
    semantic: float | None
    lexical: float | None
    start_line: int | None
    end_line: int | None
    cursor: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Best match first; `total_count` counts all pages, up to TOTAL_CAP. It `is_exact` where that is all of
    them, and no index has left out what it found to be further away."""

    matches: list[Match]
    has_next: bool
    total_count: int
    total_is_exact: bool


class SearchService:
    """Searches of any tenant; build one a process. Scores are explained in `search.statement`."""

    def __init__(self, database: Database, embedder: Embedder, homes: Homes | None = None) -> None:
        self._homes = homes or Homes(database)
        self._embedder = embedder
        self._vectors = QueryVectors(embedder)
        self._meanings: OrderedDict[str, Meaning] = OrderedDict()
        self._warm = False

    async def warm(self) -> None:
        """Loads the model and word frequencies, which takes seconds; without it the first search does."""
        await asyncio.to_thread(self._vectors.of, "warm")
        await asyncio.to_thread(Question.parse, "warm тепло")
        self._warm = True

    async def search(
        self,
        tenant: UUID,
        query: str,
        mode: SearchMode = SearchMode.HYBRID,
        filter: TrackFilter | None = None,  # noqa: A002
        first: int = 20,
        after: str | None = None,
        semantic_share: float = statement.SEMANTIC_SHARE,
    ) -> SearchPage:
        """A page of matches; ties are broken by id, so that pages have neither repeats nor holes.

        Text in quotes has to stand in the lyrics or the title word for word (not in SEMANTIC mode).
        A track that is not embedded yet is found by its words. `semantic_share`, 0..1, is what meaning counts
        in HYBRID mode; words and names count the rest. Raises QueryTooLong, InvalidCursor, or EmptyQuery, in
        LEXICAL mode also where there are only stop words and no quotes.
        """
        question = Question.parse(query)
        position = cursors.decode(after) if after is not None else None
        meaning = None if mode is SearchMode.LEXICAL else await self._meaning(question)

        async def look(connection: asyncpg.Connection, home: UUID) -> tuple[list[asyncpg.Record], bool]:
            words = None if mode is SearchMode.SEMANTIC else await Words.of(connection, question)
            if meaning is None and words is not None and not words.searchable:
                raise EmptyQuery(only_common_words=True)
            few = home != SHARED and filter is not None and await leaves_few(connection, tenant, filter)
            sql, values = statement.build(
                tenant,
                meaning,
                words,
                filter,
                first,
                position,
                home,
                exact=few,
                semantic_share=semantic_share,
            )
            return await connection.fetch(sql, *values), few or home == SHARED or meaning is None

        rows, compared_all = await self._homes.read(tenant, look)
        found = [row for row in rows if row["id"] is not None]
        return SearchPage(
            matches=[
                Match(
                    row["id"],
                    row["score"],
                    row["semantic"],
                    row["lexical"],
                    row["start_line"],
                    row["end_line"],
                    cursors.encode(row["score"], row["id"]),
                )
                for row in found[:first]
            ],
            has_next=len(found) > first,
            total_count=min(rows[0]["total"], statement.TOTAL_CAP),
            total_is_exact=compared_all and rows[0]["total"] <= statement.TOTAL_CAP,
        )

    async def _meaning(self, question: Question) -> Meaning:
        text = question.text
        meaning = self._meanings.get(text)
        if meaning is None:
            if not self._warm:
                await self.warm()
            # On the event loop: a query takes 1.5 ms, about as long as handing it to a thread and back.
            vector = self._vectors.of(text)
            meaning = self._meanings[text] = Meaning.of(self._embedder, vector, known=any(question.known))
            if len(self._meanings) > _CACHED_QUERIES:
                self._meanings.popitem(last=False)
        else:
            self._meanings.move_to_end(text)
        return meaning


async def leaves_few(connection: asyncpg.Connection, tenant: UUID, wanted: TrackFilter) -> bool:
    """Whether a filter leaves so few tracks that an index over all of them is no help."""
    params = Params(tenant)
    conditions = " and ".join(["t.tenant_id = $1", *wanted.conditions("t", params)])
    counted = f"select from tracks t where {conditions} limit {FEW_TRACKS + 1}"
    tracks: int = await connection.fetchval(f"select count(*) from ({counted}) few", *params.values)
    return tracks <= FEW_TRACKS
