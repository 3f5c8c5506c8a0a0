"""Searching a tenant's tracks by meaning, by words, or by both."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import asyncpg

from app.catalog.filters import TrackFilter
from app.search import cursors, statement
from app.search.cursors import Position
from app.search.errors import EmptyQuery
from app.search.homes import FEW_TRACKS, SHARED, Homes, Standing
from app.search.question import Question
from app.search.senses import Senses
from app.search.words import Words
from tenancy.sql import Params

__all__ = ["Match", "SearchMode", "SearchPage", "SearchService"]

Found = tuple[list[asyncpg.Record], bool, int]  # rows, whether all were compared, and by which spaces


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

    def __init__(self, homes: Homes) -> None:
        self._homes = homes
        self._senses = Senses()

    async def warm(self) -> None:
        """Loads models and word frequencies, which takes seconds; without it the first search does."""
        await self._senses.warm(self._homes.spaces.embedders)
        await asyncio.to_thread(Question.parse, "warm тепло")

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
        LEXICAL mode also where there are only stop words and no quotes; MeaningUnavailable where the server
        that understands queries is away.
        """
        question = Question.parse(query)
        position = cursors.decode(after) if after is not None else None
        if mode is not SearchMode.LEXICAL:  # beforehand: what waits for a model should hold no connection
            await self._senses.of(question, self._homes.expected(tenant).embedders)

        async def look(connection: asyncpg.Connection, standing: Standing) -> Found:
            home, meaning = standing.home, None
            if mode is not SearchMode.LEXICAL:
                meaning = await self._senses.of(question, standing.embedders)
                meaning = meaning if position is None else meaning.as_of(position.by)
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
                (position.score, position.track) if position else None,
                home,
                exact=few,
                semantic_share=semantic_share,
            )
            rows = await connection.fetch(sql, *values)
            return rows, few or home == SHARED or meaning is None, meaning.by if meaning else 0

        rows, compared_all, by = await self._homes.read(tenant, look)
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
                    cursors.encode(Position(row["score"], row["id"], by)),
                )
                for row in found[:first]
            ],
            has_next=len(found) > first,
            total_count=min(rows[0]["total"], statement.TOTAL_CAP),
            total_is_exact=compared_all and rows[0]["total"] <= statement.TOTAL_CAP,
        )


async def leaves_few(connection: asyncpg.Connection, tenant: UUID, wanted: TrackFilter) -> bool:
    """Whether a filter leaves so few tracks that an index over all of them is no help."""
    params = Params(tenant)
    conditions = " and ".join(["t.tenant_id = $1", *wanted.conditions("t", params)])
    counted = f"select from tracks t where {conditions} limit {FEW_TRACKS + 1}"
    tracks: int = await connection.fetchval(f"select count(*) from ({counted}) few", *params.values)
    return tracks <= FEW_TRACKS
