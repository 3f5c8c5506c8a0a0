"""Time series over release periods, read from the tracks and their newest analyses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.catalog.filters import TrackFilter
from app.trends.metrics import OBSERVATIONS, Granularity, Metric, Observation
from app.trends.statistics import Direction, confidence, direction, slope
from tenancy.database import Database
from tenancy.sql import Params

MAX_TRACKS = 500  # of those behind a series that are named, newest first
MAX_PERIODS = 400  # of a series: a chart shows no more, and every pair of them is compared


class TooManyPeriods(ValueError):
    """The dates span more periods than a series can have."""

    def __init__(self, periods: int) -> None:
        super().__init__(
            f"The dates span {periods:,} periods, and a series has at most {MAX_PERIODS}:"
            " choose a longer granularity, or narrow `from` and `to`."
        )


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One period: `value` is the share where there is one, else the mean or the count of `tracks`."""

    period: date
    value: float
    share: float | None
    tracks: int


@dataclass(frozen=True, slots=True)
class Trend:
    """One series. `change`, `slope` (a period) and `direction` speak of its values."""

    metric: Metric
    key: str
    granularity: Granularity
    points: list[TrendPoint]
    change: float
    slope: float
    confidence: float
    direction: Direction
    track_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class Series:
    """What the database says of one key, by period."""

    values: dict[date, float]
    tracks: dict[date, int]
    track_ids: list[UUID]


class TrendService:
    """Tracks without a release date are left out of every series."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def trends(
        self,
        tenant: UUID,
        metric: Metric,
        granularity: Granularity = Granularity.YEAR,
        first_day: date | None = None,
        last_day: date | None = None,
        filter: TrackFilter | None = None,  # noqa: A002
        first: int = 20,
    ) -> list[Trend]:
        """At most `first` series, those of most tracks first. Both days are included.

        Raises TooManyPeriods.
        """
        observed, totals = await self._observe(tenant, metric, granularity, first_day, last_day, filter)
        periods = all_periods(totals, granularity) if metric is Metric.TRACKS else sorted(totals)
        if len(periods) > MAX_PERIODS:
            raise TooManyPeriods(len(periods))
        shared = OBSERVATIONS[metric].shared
        for key in OBSERVATIONS[metric].always if totals else ():
            observed.setdefault(key, Series({}, {}, []))
        ranked = sorted(observed.items(), key=lambda item: (-sum(item[1].tracks.values()), item[0]))
        return [
            trend(
                metric, key, granularity, points(series, periods, totals if shared else None, metric), series
            )
            for key, series in ranked[:first]
        ]

    async def evolution(
        self, tenant: UUID, artist: UUID, metric: Metric, granularity: Granularity = Granularity.YEAR
    ) -> list[TrendPoint]:
        """The points of one artist; where a metric has several series, those of the commonest key."""
        found = await self.trends(tenant, metric, granularity, filter=TrackFilter(artists=[artist]), first=1)
        return found[0].points if found else []

    async def _observe(
        self,
        tenant: UUID,
        metric: Metric,
        granularity: Granularity,
        first_day: date | None,
        last_day: date | None,
        wanted: TrackFilter | None,
    ) -> tuple[dict[str, Series], dict[date, int]]:
        params = Params(tenant)
        conditions = ["t.tenant_id = $1", "t.released_on is not null"]
        if first_day is not None:
            conditions.append(f"t.released_on >= {params.bind(first_day, 'date')}")
        if last_day is not None:
            conditions.append(f"t.released_on <= {params.bind(last_day, 'date')}")
        if wanted is not None:
            conditions += wanted.conditions("t", params)
        where = " and ".join(conditions)
        observation = OBSERVATIONS[metric]
        async with self._database.reading(tenant) as connection:
            rows = await connection.fetch(observed_sql(observation, granularity, where), *params.values)
            counts = await connection.fetch(totals_sql(observation, granularity, where), *params.values)
        return collect(rows), {row["period"]: row["tracks"] for row in counts}


def period_sql(granularity: Granularity) -> str:
    # The first decade begins before the first year that there is.
    return f"greatest(date_trunc('{granularity}', t.released_on)::date, date '0001-01-01')"


def observed_sql(observation: Observation, granularity: Granularity, where: str) -> str:
    return f"""
        select {period_sql(granularity)} as period, o.key,
               avg(o.value)::float8 as value, count(*)::int as tracks,
               (array_agg(t.id order by t.released_on desc, t.id))[1:{MAX_TRACKS}] as ids
        from tracks t {observation.join}
        where {where} and o.key is not null and o.value is not null
        group by 1, 2 order by 1 desc, 2"""


def totals_sql(observation: Observation, granularity: Granularity, where: str) -> str:
    return f"""
        select {period_sql(granularity)} as period, count(*)::int as tracks
        from tracks t where {where} and {observation.known} group by 1"""


def collect(rows: Sequence[Mapping[str, Any]]) -> dict[str, Series]:
    """The series of each key; rows come newest period first, which is the order of their tracks."""
    found: dict[str, Series] = {}
    for row in rows:
        series = found.setdefault(row["key"], Series({}, {}, []))
        series.values[row["period"]] = row["value"]
        series.tracks[row["period"]] = row["tracks"]
        series.track_ids.extend(row["ids"][: MAX_TRACKS - len(series.track_ids)])
    return found


def points(
    series: Series, periods: Sequence[date], totals: Mapping[date, int] | None, metric: Metric
) -> list[TrendPoint]:
    """A point a period. Shares and counts are 0 where the key is absent; a mean has no point there."""
    found: list[TrendPoint] = []
    for period in periods:
        tracks = series.tracks.get(period, 0)
        if totals is not None:
            share = tracks / totals[period]
            found.append(TrendPoint(period, share, share, tracks))
        elif metric is Metric.TRACKS:
            found.append(TrendPoint(period, float(tracks), None, tracks))
        elif tracks:
            found.append(TrendPoint(period, series.values[period], None, tracks))
    return found


def trend(
    metric: Metric, key: str, granularity: Granularity, its_points: list[TrendPoint], series: Series
) -> Trend:
    values = [point.value for point in its_points]
    times = [number_of(point.period, granularity) for point in its_points]
    its_slope = slope(times, values)
    sure = confidence(values, sum(series.tracks.values()))
    return Trend(
        metric=metric,
        key=key,
        granularity=granularity,
        points=its_points,
        change=values[-1] - values[0] if values else 0.0,
        slope=its_slope,
        confidence=sure,
        direction=direction(values, [point.tracks for point in its_points], its_slope, sure),
        track_ids=series.track_ids,
    )


def number_of(period: date, granularity: Granularity) -> int:
    """Periods counted without a gap, so that a slope is a change a period."""
    match granularity:
        case Granularity.MONTH:
            return period.year * 12 + period.month - 1
        case Granularity.QUARTER:
            return period.year * 4 + (period.month - 1) // 3
        case Granularity.YEAR:
            return period.year
    return period.year // 10


def period_of(number: int, granularity: Granularity) -> date:
    match granularity:
        case Granularity.MONTH:
            return date(number // 12, number % 12 + 1, 1)
        case Granularity.QUARTER:
            return date(number // 4, number % 4 * 3 + 1, 1)
        case Granularity.YEAR:
            return date(number, 1, 1)
    return date(max(1, number * 10), 1, 1)


def all_periods(totals: Mapping[date, int], granularity: Granularity) -> list[date]:
    """Every period from the first to the last, those without a track too. Raises TooManyPeriods."""
    numbers = [number_of(period, granularity) for period in totals]
    if not numbers:
        return []
    if max(numbers) - min(numbers) >= MAX_PERIODS:
        raise TooManyPeriods(max(numbers) - min(numbers) + 1)
    return [period_of(number, granularity) for number in range(min(numbers), max(numbers) + 1)]
