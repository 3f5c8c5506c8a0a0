"""Series made of counts: points, and where they are heading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.trends.counts import Counts, Question
from app.trends.metrics import ALWAYS, SHARED, Metric
from app.trends.periods import MAX_PERIODS, Granularity, TooManyPeriods, all_periods, last_day, number_of
from app.trends.statistics import Direction, confidence, direction, slope


@dataclass(frozen=True, slots=True)
class Behind:
    """Which tracks are behind a value: those of `days` with the key in these languages (None: in any), or
    where a filter had to look at each track the newest `ids` of them."""

    metric: Metric
    key: str
    first_day: date
    last_day: date
    languages: list[str] | None
    ids: list[UUID] | None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One period: `value` is the share where there is one, else the mean or the count of `tracks`."""

    period: date
    value: float
    share: float | None
    tracks: int
    behind: Behind


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
    behind: Behind


def all_series(question: Question, counts: Counts, first: int) -> list[Trend]:
    """At most `first`, those of most tracks first. Raises TooManyPeriods."""
    periods = periods_of(question, counts)
    found = {key: sum(tracks.values()) for key, tracks in counts.tracks.items()}
    if periods:
        found = dict.fromkeys(ALWAYS.get(question.metric, ()), 0) | found
    ranked = sorted(found, key=lambda key: (-found[key], key))
    return [trend(question, key, points(question, counts, key, periods)) for key in ranked[:first]]


def periods_of(question: Question, counts: Counts) -> list[date]:
    """In order: those of which something was observed, and of counts also the gaps between."""
    if question.metric is Metric.TRACKS:
        return all_periods({p for tracks in counts.tracks.values() for p in tracks}, question.granularity)
    seen: Iterable[date] = counts.observed
    if question.metric not in SHARED:
        seen = {period for tracks in counts.tracks.values() for period in tracks}
    periods = sorted(seen)
    if len(periods) > MAX_PERIODS:
        raise TooManyPeriods(len(periods))
    return periods


def points(question: Question, counts: Counts, key: str, periods: list[date]) -> list[TrendPoint]:
    """A point a period. Shares and counts are 0 where the key is absent; a mean has no point there."""
    found: list[TrendPoint] = []
    tracks, means, ids = counts.tracks.get(key, {}), counts.means.get(key, {}), counts.ids.get(key, {})
    for period in periods:
        n = tracks.get(period, 0)
        share: float | None = None
        if question.metric in SHARED:
            value = share = n / counts.observed[period]
        elif question.metric is Metric.TRACKS:
            value = float(n)
        elif n:
            value = means[period]
        else:
            continue
        found.append(TrendPoint(period, value, share, n, behind(question, key, period, ids.get(period, []))))
    return found


def behind(question: Question, key: str, period: date, ids: list[UUID]) -> Behind:
    last = last_day(period, question.granularity)
    return Behind(
        question.metric,
        key,
        period if question.first_day is None else max(period, question.first_day),
        last if question.last_day is None else min(last, question.last_day),
        question.languages,
        None if question.rolled_up else ids,
    )


def trend(question: Question, key: str, its_points: list[TrendPoint]) -> Trend:
    values = [point.value for point in its_points]
    times = [number_of(point.period, question.granularity) for point in its_points]
    tracks = [point.tracks for point in its_points]
    its_slope, sure = slope(times, values), confidence(values, sum(tracks))
    return Trend(
        metric=question.metric,
        key=key,
        granularity=question.granularity,
        points=its_points,
        change=values[-1] - values[0] if values else 0.0,
        slope=its_slope,
        confidence=sure,
        direction=direction(values, tracks, its_slope, sure),
        behind=whole(question, key, its_points),
    )


def whole(question: Question, key: str, its_points: list[TrendPoint]) -> Behind:
    """The tracks behind all points, newest release first."""
    ids = [id_ for point in reversed(its_points) for id_ in point.behind.ids or ()]
    first = its_points[0].behind.first_day if its_points else date.max
    last = its_points[-1].behind.last_day if its_points else date.min
    return Behind(question.metric, key, first, last, question.languages, None if question.rolled_up else ids)


def as_json(of: Behind) -> dict[str, Any]:
    return {name: getattr(of, name) for name in Behind.__slots__}
