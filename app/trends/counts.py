"""Reading counts: from the rollups where they suffice, from the observations of single tracks elsewhere.

The rollups know months, years and languages. Days before the first whole month of a range and after its
last one are counted track by track, which is at most two months of tracks. Any other filter looks at the
tracks that it leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import asyncpg

from app.catalog.filters import TrackFilter
from app.trends.metrics import ANY, Metric
from app.trends.periods import Granularity, last_day
from tenancy.sql import Params

MAX_BEHIND = 100  # tracks that are named for a point of a filtered series, newest release first


@dataclass(frozen=True, slots=True)
class Question:
    """Which tracks of which days are followed; both days are included."""

    metric: Metric
    granularity: Granularity
    first_day: date | None = None
    last_day: date | None = None
    filter: TrackFilter | None = None

    @property
    def rolled_up(self) -> bool:
        return self.filter is None or self.filter == TrackFilter(languages=self.filter.languages)

    @property
    def languages(self) -> list[str] | None:
        return None if self.filter is None else self.filter.languages


@dataclass(slots=True)
class Counts:
    """What was counted: by key and period the tracks, the mean of their values, and ids where a filter
    had to look at each track; `observed` is how many tracks of a period could have had a key."""

    tracks: dict[str, dict[date, int]] = field(default_factory=dict)
    means: dict[str, dict[date, float]] = field(default_factory=dict)
    ids: dict[str, dict[date, list[UUID]]] = field(default_factory=dict)
    observed: dict[date, int] = field(default_factory=dict)

    def add(self, row: asyncpg.Record) -> None:
        if row["key"] == ANY:
            self.observed[row["period"]] = row["tracks"]
            return
        self.tracks.setdefault(row["key"], {})[row["period"]] = row["tracks"]
        self.means.setdefault(row["key"], {})[row["period"]] = row["mean"]
        if row["ids"] is not None:
            self.ids.setdefault(row["key"], {})[row["period"]] = row["ids"]


async def count(connection: asyncpg.Connection, tenant: UUID, question: Question) -> Counts:
    params = Params(tenant)
    rows = rolled_up(question, params) if question.rolled_up else looked_at(question, params)
    counts = Counts()
    for row in await connection.fetch(rows, *params.values):
        counts.add(row)
    return counts


async def count_by_artist(
    connection: asyncpg.Connection, tenant: UUID, artists: list[UUID], question: Question
) -> dict[UUID, Counts]:
    """The same for each of `artists`, in one statement; those without a track are left out."""
    params = Params(tenant)
    by_artist = looked_at(question, params, artists)
    found: dict[UUID, Counts] = {}
    for row in await connection.fetch(by_artist, *params.values):
        found.setdefault(row["artist_id"], Counts()).add(row)
    return found


def rolled_up(question: Question, params: Params) -> str:
    """Walks pk_trend_rollups; the days beyond whole months walk ix_trend_observations_day."""
    metric = params.bind(question.metric, "text")
    first, last = question.first_day, question.last_day
    begin = None if first is None else first_of_month(first)
    end = None if last is None else day_after(last).replace(day=1)
    yearly = question.granularity in (Granularity.YEAR, Granularity.DECADE)
    yearly = yearly and all(day is None or day.month == 1 for day in (begin, end))
    rollups = ["tenant_id = $1", f"metric = {metric}", f"granularity = '{'year' if yearly else 'month'}'"]
    singles: list[str] = []
    if begin is not None and first is not None:
        rollups.append(f"period >= {params.bind(begin, 'date')}")
        if begin > first:
            until = min(begin, day_after(last)) if last is not None else begin
            singles.append(f"o.day >= {params.bind(first, 'date')} and o.day < {params.bind(until, 'date')}")
    if end is not None and last is not None:
        rollups.append(f"period < {params.bind(end, 'date')}")
        since = end if begin is None else max(begin, end)
        if since <= last:
            singles.append(f"o.day >= {params.bind(since, 'date')} and o.day <= {params.bind(last, 'date')}")
    spoken = ""
    if question.languages is not None:
        spoken = f" and language = any({params.bind(question.languages, 'text[]')})"
    where = " and ".join(rollups) + spoken
    source = f"select period as day, key, tracks, total from trend_rollups where {where}"
    if singles:
        source += f"""
        union all
        select o.day, k.key, 1, (k.value)::numeric
        from trend_observations o, jsonb_each(o.observed -> {metric}) k
        where o.tenant_id = $1 and ({" or ".join(singles)}){spoken}"""
    return f"""
      select {period_sql(question.granularity, "day")} as period, key, sum(tracks)::bigint tracks,
        (sum(total) / sum(tracks))::float8 mean, null::uuid[] ids
      from ({source}) counted group by 1, 2"""


def looked_at(question: Question, params: Params, artists: list[UUID] | None = None) -> str:
    """Along an index of `tracks` if the filter has one; the observations of each by their key."""
    metric = params.bind(question.metric, "text")
    conditions = ["t.tenant_id = $1"]
    if artists is not None:
        conditions.append(f"t.artist_id = any({params.bind(artists, 'uuid[]')})")
    if question.first_day is not None:
        conditions.append(f"o.day >= {params.bind(question.first_day, 'date')}")
    if question.last_day is not None:
        conditions.append(f"o.day <= {params.bind(question.last_day, 'date')}")
    if question.filter is not None:
        conditions += question.filter.conditions("t", params)
    return f"""
      select {"t.artist_id, " if artists is not None else ""}
        {period_sql(question.granularity, "o.day")} as period, k.key,
        count(*) tracks, avg((k.value)::numeric)::float8 mean,
        (array_agg(t.id order by o.day desc, t.id desc))[1:{MAX_BEHIND}] ids
      from tracks t
      join trend_observations o on o.tenant_id = $1 and o.track_id = t.id
      cross join lateral jsonb_each(o.observed -> {metric}) k
      where {" and ".join(conditions)}
      group by 1, 2{", 3" if artists is not None else ""}"""


def period_sql(granularity: Granularity, day: str) -> str:
    # The first decade begins before the first year that there is.
    return f"greatest(date_trunc('{granularity}', {day}::timestamp)::date, date '0001-01-01')"


def first_of_month(day: date) -> date:
    """The first day of a month from `day` on."""
    return day if day.day == 1 else day_after(last_day(day, Granularity.MONTH))


def day_after(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day
