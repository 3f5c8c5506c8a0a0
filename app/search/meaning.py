"""Meaning in SQL: how close a query is to a track's passages, to all of it, and to its title and tags.

likeness = .3 closest passage + .3 whole + .2 title and tags together + .2 closest of these by itself, each
a cosine; the score is where it lies between the model's `background` and `foreground`. Title and tags
say what verses only show: without them nDCG@10 of the demo's labelled queries fell from .91 to .61.

Where several spaces answer, each gives a score of its own, by vectors of its own, and a track has the mean of
those that know it.

Small tenants' vectors are all compared, at about a microsecond each; of a large tenant those of the tracks
that its index finds near (see `search.homes`), or that a filter leaves where these are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from uuid import UUID
from zlib import crc32

import orjson

from app.search.embeddings import Embedder, Vectors
from app.search.errors import CursorOutdated
from app.search.homes import NEAREST, SHARED
from app.search.index import Ordinal
from tenancy.sql import Params

# Scores from which on a track is a match, measured with the labelled queries of bench/quality, over 3,427
# tracks, and with 300 made-up words or pairs of them:
# - of the answers among the first ten the faintest is at .039, the next at .075; half of those that answer
#   well are above .41. A cut at .05 lowers nDCG@10 by .002, one at .1 by .013.
# - the median made-up word has 31 tracks at .2 or more, which would take a fifth of the good answers. At .55
#   it is 4 in 100 that have any, so that is asked where no word of the query exists. Rare words that no list
#   has ("Mummia", "Prospice") were at .89 and more with the tracks that they name.
FAINT = 0.035
CLEAR = 0.55


@dataclass(frozen=True, slots=True)
class Sense:
    """The query in one embedding space; `vector` is in pgvector's text form."""

    space: str
    dimension: int
    background: float
    foreground: float
    vector: str

    @classmethod
    def of(cls, embedder: Embedder, vector: Vectors) -> Sense:
        return cls(
            embedder.space,
            embedder.dimension,
            embedder.background,
            embedder.foreground,
            orjson.dumps(vector, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
        )


@dataclass(frozen=True, slots=True)
class Meaning:
    """The query in each space that answers, one at least. `least` is the score of a match: CLEAR where the
    query has no word that exists, else FAINT."""

    senses: tuple[Sense, ...]
    least: float

    @classmethod
    def of(cls, senses: Sequence[Sense], *, known: bool) -> Meaning:
        return cls(tuple(senses), FAINT if known else CLEAR)

    @property
    def by(self) -> int:
        """Tells the spaces from others, for cursors."""
        return crc32("\n".join(sense.space for sense in self.senses).encode())

    def as_of(self, by: int) -> Meaning:
        """In those of the spaces that an earlier page was of: one that has joined meanwhile would give other
        scores. Raises CursorOutdated."""
        for size in range(len(self.senses), 0, -1):
            for senses in combinations(self.senses, size):
                if (earlier := replace(self, senses=senses)).by == by:
                    return earlier
        raise CursorOutdated


class SenseSql:
    """The parts of a statement that compare in one space; tenant is `$1`."""

    def __init__(self, sense: Sense, params: Params, home: UUID) -> None:
        self._home, self._dimension = home, sense.dimension
        self._text = params.bind(sense.vector, "text")
        # A sub-select is computed once; in a plan made for any values the cast would be, for every row.
        self._query = f"(select {self._text}::halfvec({sense.dimension}))"
        self._space = params.bind(sense.space, "text")
        self._background = params.bind(sense.background, "float8")
        self._foreground = params.bind(sense.foreground, "float8")

    def scores(self, compared: str) -> str:
        """Rows (id, score) of those embedded tracks that the condition `compared` leaves."""
        return f"""
  select id, least(1, greatest(0, (
        0.3 * coalesce(passage, label) + 0.3 * coalesce(whole, card) + 0.2 * card + 0.2 * label
        - {self._background}) / ({self._foreground} - {self._background}))) score
  from (
    select id, max(cosine) filter (where ordinal > {Ordinal.WHOLE}) passage,
      max(cosine) filter (where ordinal = {Ordinal.WHOLE}) whole,
      max(cosine) filter (where ordinal = {Ordinal.CARD}) card,
      max(cosine) filter (where ordinal < {Ordinal.WHOLE}) label
    from (
      select p.track_id id, p.ordinal, 1 - (p.embedding <=> {self._query}) cosine
      from {self._passages()} and {compared}
    ) compared
    group by id
  ) alike"""

    def near(self, wanted: str) -> str:
        """The tracks that the space's index finds, of those of the array `wanted`, or of all for null."""
        arguments = f"'{self._home}', {self._space}, {self._dimension}, {self._text}, {wanted}, {NEAREST}"
        return f"select near_tracks({arguments}) id"

    def lines(self, track: str) -> str:
        """One row (start_line, end_line) at most: the closest passage of `track`."""
        return f"""
  select p.start_line, p.end_line from {self._passages()}
    and p.track_id = {track} and p.ordinal > {Ordinal.WHOLE}
  order by p.embedding <=> {self._query}, p.ordinal limit 1"""

    def _passages(self) -> str:
        # The home stands in the text: only so is its partition known when the statement is planned.
        return f"passages p where p.tenant_id = $1 and p.home = '{self._home}' and p.space = {self._space}"


class MeaningSql:
    """The parts of a statement that compare meanings; tenant is `$1`."""

    def __init__(self, meaning: Meaning, params: Params, home: UUID, *, exact: bool) -> None:
        """`home` is where the tenant's passages live; `exact` compares all of them even so."""
        self._exact = exact or home == SHARED
        self._senses = [SenseSql(sense, params, home) for sense in meaning.senses]
        self.least = params.bind(meaning.least, "float8")

    def scores(self, *, filtered: bool, worded: bool) -> str:
        """Rows (id, score) of embedded tracks of the tenant: of those of the CTE `wanted` where `filtered`.
        With `worded` the best of the CTE `lexical` are among them in any case."""
        near, compared = "", "true"
        if not self._exact:  # what one space's index finds is compared in all
            found = [
                sense.near("array(select id from wanted)" if filtered else "null") for sense in self._senses
            ]
            if worded:
                found.append(f"(select id from lexical order by score desc, id desc limit {NEAREST})")
            near = f"\n  with near as materialized ({' union '.join(found)})"
            compared = "p.track_id = any(array(select id from near))"
        elif filtered:
            compared = "p.track_id = any(array(select id from wanted))"
        scores = [sense.scores(compared) for sense in self._senses]
        if len(scores) == 1:
            return near + scores[0]
        return f"{near} select id, avg(score) score from ({' union all '.join(scores)}) judged group by id"

    def lines(self, track: str) -> str:
        """One row (start_line, end_line) at most: the closest passage of `track` in the first space."""
        return self._senses[0].lines(track)
