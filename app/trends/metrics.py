"""What each metric observes of a track: SQL that gives `key` and `value` rows for the track `t`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Metric(StrEnum):
    """What can be followed in time."""

    THEME = "THEME"
    SENTIMENT = "SENTIMENT"
    EMOTION = "EMOTION"
    RHYME_DENSITY = "RHYME_DENSITY"
    VOCABULARY = "VOCABULARY"
    EXPLICITNESS = "EXPLICITNESS"
    TRACKS = "TRACKS"


class Granularity(StrEnum):
    """How long a period is; the values are Postgres's for `date_trunc`."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    DECADE = "decade"


@dataclass(frozen=True, slots=True)
class Observation:
    """A lateral join `o(key, value)` on the track `t`, and what `value` is.

    `shared` says that the series are shares: the tracks that have a key, by all that were observed. A
    track counts as observed where `known` holds, and `always` names the keys that have a series, of zeros if
    need be, as soon as any track was observed.
    """

    join: str
    known: str
    shared: bool
    always: tuple[str, ...] = ()


# The newest completed analysis of one analyzer, along ix_analyses_newest.
NEWEST = """
    cross join lateral (
        select details from analyses a
        where a.tenant_id = t.tenant_id and a.track_id = t.id and a.analyzer = '{analyzer}'
          and a.status = 'COMPLETED'
        order by a.created_at desc limit 1) n
    cross join lateral {values}"""


def newest(analyzer: str, values: str) -> str:
    return NEWEST.format(analyzer=analyzer, values=values)


OBSERVATIONS = {
    Metric.TRACKS: Observation("cross join lateral (values ('tracks', 1.0)) o(key, value)", "true", False),
    Metric.THEME: Observation(
        "cross join lateral (select l ->> 'name', 1.0"
        " from jsonb_array_elements(t.profile -> 'themes') l) o(key, value)",
        # Where the themes were judged; a track that was too short for that isn't one without any.
        "t.profile -> 'analyzers' ? 'themes'",
        True,
    ),
    Metric.SENTIMENT: Observation(
        "cross join lateral (values (t.profile ->> 'sentiment', 1.0)) o(key, value)",
        "t.profile ->> 'sentiment' is not null",
        True,
    ),
    Metric.EXPLICITNESS: Observation(
        newest("content", "(select 'explicit', 1.0 where (n.details ->> 'explicit')::boolean) o(key, value)"),
        "exists (select from analyses a where a.tenant_id = t.tenant_id and a.track_id = t.id"
        " and a.analyzer = 'content' and a.status = 'COMPLETED')",
        True,
        always=("explicit",),
    ),
    Metric.EMOTION: Observation(
        newest(
            "emotion",
            "(select e ->> 'name', (e ->> 'value')::float8"
            " from jsonb_array_elements(n.details -> 'emotions') e) o(key, value)",
        ),
        "true",
        False,
    ),
    Metric.RHYME_DENSITY: Observation(
        newest("rhyme", "(values ('rhyme_density', (n.details ->> 'density')::float8)) o(key, value)"),
        "true",
        False,
    ),
    Metric.VOCABULARY: Observation(
        newest("vocabulary", "(values ('mtld', (n.details ->> 'mtld')::float8)) o(key, value)"), "true", False
    ),
}
