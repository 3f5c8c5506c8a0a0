"""Words in SQL: which of the query's words a track has, and names that look alike."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from app.search.names import ALIKE, NAMED, NameSql, fold
from app.search.phrases import Phrase
from app.search.question import Question, weight, words_of
from tenancy.sql import Params

# ts_rank_cd of a word that stands once in an average verse; with it, half of what density gives is earned.
USUAL_DENSITY = 0.03
PARTS = 0.9  # of the likeness of names is earned by some of their words: the whole name comes first
LINE_BREAK = r"'\r\n|\r|\n'"  # as `lyrics.cleaning` counts stored lines

# Which of a query's words are no stop words. `russian` stems Latin words as English, and is what
# `lyrics.document` is made with.
TERMS = """
    select term::text, word, weight from unnest($1::text[], $2::float8[]) as words (word, weight),
      lateral plainto_tsquery('russian', word) term where numnode(term) > 0"""


@dataclass(frozen=True, slots=True)
class Words:
    """The query as words: each telling one as a tsquery, as part of a name (folded) and with its weight;
    exact phrases, with the weight of those that are all stop words; and the whole as a name (folded), of
    which one word may be `misspelt`, beside the `topic` of it."""

    terms: tuple[str, ...]
    names: tuple[str, ...]
    weights: tuple[float, ...]
    phrases: tuple[str, ...]
    phrased: float
    name: str
    topic: str
    misspelt: bool

    @classmethod
    async def of(cls, connection: asyncpg.Connection, question: Question) -> Words:
        rows = await connection.fetch(TERMS, question.words, question.weights)
        telling = {row["word"] for row in rows}
        unsaid = [words for phrase in question.phrases if telling.isdisjoint(words := words_of(phrase))]
        return cls(
            tuple(row["term"] for row in rows),
            tuple(fold(row["word"]) for row in rows),
            tuple(row["weight"] for row in rows),
            question.phrases,
            float(sum(weight(word) for words in unsaid for word in words)),
            question.name,
            question.topic,
            not all(question.known),
        )

    @property
    def searchable(self) -> bool:
        """Whether there is anything to look for in lyrics: stop words alone stand in every track."""
        return bool(self.terms or self.phrases)


class WordsSql:
    """The parts of a statement that compare words and names; tenant is `$1`."""

    def __init__(self, words: Words, params: Params) -> None:
        self._telling = bool(words.terms)
        self._names = params.bind(words.names, "text[]")
        if self._telling:
            # A sub-select is computed once; in a plan made for any values the cast would be, for every row.
            terms = params.bind(" | ".join(f"({term})" for term in words.terms), "text")
            self._any = f"(select {terms}::tsquery)"
            self._terms = params.bind(words.terms, "text[]")
            self._weights = params.bind(words.weights, "float8[]")
            self._phrased = params.bind(words.phrased, "float8")
            self._topic = params.bind(words.topic, "text")
        self._name = NameSql(words.name, params, misspelt=words.misspelt)
        self._phrases = [Phrase(phrase, params) for phrase in words.phrases]

    def conditions(self, track: str) -> list[str]:
        """A track has each phrase: in lyrics or title, the same words side by side in this order and form."""
        return [phrase.stands_in(track) for phrase in self._phrases]

    def scores(self, wanted: str) -> str:
        """Rows (id, score, named) of those of `wanted`, rows of tracks, that match.

        `named` says how alike the query is to the whole title, artist or both together; null below NAMED.
        Along the indexes of migration 0008b: only what shares a word or enough trigrams is looked at.
        """
        return f"""
  select w.id, round(greatest(
      {self._worded()},
      case when named.alike >= {ALIKE} then {PARTS} * named.alike + (1 - {PARTS}) * named.whole end,
      case when named.whole >= {NAMED} then named.whole end)::numeric, 6)::float8 score,
    case when named.whole >= {NAMED} then named.whole end named
  from {self._candidates()} found(id)
  join {wanted} w on w.id = found.id
  join artists a on a.tenant_id = $1 and a.id = w.artist_id
  join lyrics l on l.tenant_id = $1 and l.track_id = w.id,
  -- `offset 0`: computed once a track, not at each mention
  lateral (
    select w.words || a.words names, array(
        select part from unnest({self._names}) part where strict_word_similarity(part, a.folded) >= {ALIKE}
      ) parts
    offset 0
  ) worded,
  lateral (
    select greatest({self._part("a.folded")}, {self._part("w.folded")}) alike,
      greatest({self._name.alike("a.folded")}, {self._name.alike("w.folded")}, {self._both()}, 0) whole
    offset 0
  ) named
  where {self._matches()}"""

    def _candidates(self) -> str:
        if self._phrases:
            return "(select id from wanted)"  # the tracks that have them
        words = self._any if self._telling else "''::tsquery"
        topic = self._topic if self._telling else "''"
        name = f"{self._name.value}, {self._names}, {self._name.least}::real"
        return f"lexical_candidates({words}, {topic}, {name})"

    def _part(self, folded: str) -> str:
        """How alike what the query is about and some words of a name are; stop words alone are no part."""
        return f"strict_word_similarity({self._topic}, {folded})" if self._telling else "0"

    def _both(self) -> str:
        both = self._name.alike("(a.folded || ' ' || w.folded)")
        return f"case when cardinality(parts) > 0 then {both} end"

    def _has_word(self) -> str:
        return f"(cardinality(parts) > 0 or names @@ {self._any} or l.document @@ {self._any})"

    def _matches(self) -> str:
        if self._phrases:
            return "true"  # `wanted` are the tracks that have them
        named = f"named.alike >= {ALIKE} or named.whole >= {NAMED}"
        return named + (f" or {self._has_word()}" if self._telling else "")

    def _worded(self) -> str:
        """How much of the query a track says, times how densely; without a telling word, whether it does."""
        if not self._telling:
            return "1" if self._phrases else "null"
        return f"""case when {self._phrased} > 0 or {self._has_word()} then (
        select ({self._phrased} + coalesce(sum(weight) filter (
            where part = any(parts) or l.document @@ term::tsquery or names @@ term::tsquery), 0))
          / ({self._phrased} + sum(weight))
        from unnest({self._terms}, {self._names}, {self._weights}) as terms (term, part, weight)
      ) ^ 1.5 * (
        select 0.6 + 0.4 * density / (density + {USUAL_DENSITY})
        from greatest(ts_rank_cd(l.document, {self._any}, 1), ts_rank_cd(names, {self._any}, 1)) density
      ) end"""

    def lines(self, track: str, *, phrases_only: bool) -> str:
        """One row (start_line, end_line) at most: that with the first phrase, or with most words."""
        if self._phrases:
            fits, order = f"to_tsvector('simple', line) @@ {self._phrases[0].exact}", ""
        elif phrases_only or not self._telling:
            fits, order = "false", ""
        else:
            fits = f"to_tsvector('russian', line) @@ {self._any}"
            order = f"ts_rank(to_tsvector('russian', line), {self._any}) desc,"
        return f"""
  select number::int start_line, number::int end_line
  from lyrics l, regexp_split_to_table(l.text, {LINE_BREAK}) with ordinality as lines (line, number)
  where l.tenant_id = $1 and l.track_id = {track} and {fits}
  order by {order} number limit 1"""
