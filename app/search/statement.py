"""The one SQL statement of a search: meaning, words, their fusion, and a page of it.

Every score is 0..1 and depends on the query and the track alone, which is what keeps pages stable:

- semantic: how alike the query and the track are in an embedding space (see `search.meaning`);
- lexical: the larger of two. Words: the share of the query's words, weighted by how telling they are,
  that the lyrics, title, tags or artist have, times how densely they have them. Names: how alike the
  query and the title or artist are in trigrams, which forgives typos and other alphabets;
- hybrid: share · semantic + (1 - share) · lexical, with SEMANTIC_SHARE unless another share is given. A
  convex combination of scores does better than reciprocal ranks (Bruch, Gai & Ingber 2023,
  arXiv:2210.11934), and unlike ranks it stays what it is when other tracks come or go. Where the query is
  the name of the track or its artist, meaning has little to say: how alike the names are counts instead,
  NAMED_SHARE of the score.
"""

from __future__ import annotations

from uuid import UUID

from app.catalog.filters import TrackFilter
from app.search.homes import SHARED
from app.search.meaning import Meaning, MeaningSql
from app.search.words import Words, WordsSql
from tenancy.sql import Params

# The best of a sweep over the labelled queries: see bench/quality.
SEMANTIC_SHARE = 0.7

# Matches that are counted: by meaning nearly every track is one, and nobody turns so many pages.
TOTAL_CAP = 1_000

# Also the most that a track can have without the name, so that one which speaks of nobody else does not pass
# those of that name. What is left above it orders the tracks of one artist.
NAMED_SHARE = 0.99

_NO_SCORES = "\n  select null::uuid id, null::float8 score, null::float8 named where false"
_NO_LINES = "\n  select null::int start_line, null::int end_line where false"


def build(
    tenant: UUID,
    meaning: Meaning | None,
    words: Words | None,
    filter: TrackFilter | None,  # noqa: A002
    first: int,
    after: tuple[float, UUID] | None,
    home: UUID = SHARED,
    *,
    exact: bool = False,
    semantic_share: float = SEMANTIC_SHARE,
) -> tuple[str, list[object]]:
    """The statement and its values. A row is a match of the page, one more than `first` where there are more.

    Each has the `total` beside it, at most TOTAL_CAP + 1; an empty page is one row whose `id` is null. `home`
    is where the tenant's passages live, and `exact` compares them all even where they have an index.
    """
    params = Params(tenant)
    by_meaning = MeaningSql(meaning, params, home, exact=exact) if meaning else None
    by_words = WordsSql(words, params) if words else None
    wanted = ["t.tenant_id = $1"]
    wanted += filter.conditions("t", params) if filter else []
    wanted += by_words.conditions("t") if by_words else []
    mixed = "semantic" if by_meaning else "lexical"
    if by_meaning and by_words:
        share = params.bind(semantic_share, "float8")
        mixed = f"{share} * coalesce(semantic, 0) + (1 - {share}) * coalesce(lexical, 0)"
    # A track that has the words is a match by them, however little it means the query.
    matches = f"lexical > 0 or semantic >= {by_meaning.least}" if by_meaning else "true"
    named, ceiling = (NAMED_SHARE, NAMED_SHARE) if by_meaning and by_words else (0.0, 1.0)
    position = ""
    if after is not None:
        position = f"where (score, id) < ({params.bind(after[0], 'float8')}, {params.bind(after[1], 'uuid')})"
    filtered = len(wanted) > 1
    semantic = _NO_SCORES
    if by_meaning:
        semantic = by_meaning.scores(filtered=filtered, worded=by_words is not None)
    # Materialized: without fresh statistics the planner takes each for one row and would compute one anew for
    # every row of another.
    sql = f"""
with wanted as {"" if filtered else "not "}materialized (
  select t.id, t.artist_id, t.folded, t.words from tracks t where {" and ".join(wanted)}
), lexical as materialized ({by_words.scores("wanted") if by_words else _NO_SCORES}
), semantic as materialized ({semantic}
), fused as (
  select id, semantic, lexical, round(
      greatest(least(mixed, {ceiling}), {named} * named + (1 - {named}) * mixed)::numeric, 6)::float8 score
  from (select *, {mixed} mixed from ({_scores(by_meaning, by_words)}
    ) scored) mixed
), matched as materialized (
  select * from fused where score > 0 and ({matches})
), page as (
  select * from matched {position} order by score desc, id desc limit {params.bind(first + 1, "int")}
)
select counted.total, page.id, page.score, page.lexical, round(page.semantic::numeric, 6)::float8 semantic,
  coalesce(worded.start_line, meant.start_line) start_line,
  coalesce(worded.end_line, meant.end_line) end_line
from (select count(*) total from (select from matched limit {TOTAL_CAP + 1}) counted) counted
left join page on true
left join lateral ({by_meaning.lines("page.id") if by_meaning else _NO_LINES}
) meant on true
left join lateral ({by_words.lines("page.id", phrases_only=meaning is not None) if by_words else _NO_LINES}
) worded on true
order by page.score desc, page.id desc"""
    return sql, params.values


def _scores(by_meaning: MeaningSql | None, by_words: WordsSql | None) -> str:
    """Rows (id, semantic, lexical, named), one a track, of the CTEs `semantic` and `lexical`."""
    if by_words is None:
        return "\n    select id, score semantic, null::float8 lexical, null::float8 named from semantic"
    if by_meaning is None:
        return "\n    select id, null::float8 semantic, score lexical, named from lexical"
    # United rather than joined, for the same reason as they are materialized.
    return """
    select id, max(semantic) semantic, max(lexical) lexical, max(named) named
    from (
      select id, score semantic, null::float8 lexical, null::float8 named from semantic
      union all select id, null, score, named from lexical
    ) united
    group by id"""
