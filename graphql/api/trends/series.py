"""What the trend service answers, as the JSON that the planner reads."""

from __future__ import annotations

from typing import Any

from api.planner.rows import Ask
from api.trends.enums import Granularity, Metric
from app.trends import metrics, periods
from app.trends.series import as_json
from app.trends.service import TooManyPeriods, Trend, TrendPoint


async def evolution(
    ask: Ask, metric: Metric, granularity: Granularity, key: str | None
) -> list[list[dict[str, Any]] | TooManyPeriods]:
    """The points of each artist of `ask.keys`; or why one has none, which is nothing to the others."""
    found = await ask.context.services.trends.evolutions(
        ask.context.principal.tenant, ask.keys, wanted(metric), period(granularity), key
    )
    return [
        its_points if isinstance(its_points, TooManyPeriods) else [point_json(point) for point in its_points]
        for its_points in found
    ]


def wanted(metric: Metric) -> metrics.Metric:
    return metrics.Metric[metric.name]


def period(granularity: Granularity) -> periods.Granularity:
    return periods.Granularity[granularity.name]


def point_json(point: TrendPoint) -> dict[str, Any]:
    return {
        "period": point.period,
        "value": point.value,
        "share": point.share,
        "tracks": point.tracks,
        "counted": as_json(point.behind),
    }


def trend_json(trend: Trend) -> dict[str, Any]:
    return {
        "metric": trend.metric.name,
        "key": trend.key,
        "granularity": trend.granularity.name,
        "points": [point_json(point) for point in trend.points],
        "change": trend.change,
        "slope": trend.slope,
        "confidence": trend.confidence,
        "direction": trend.direction.name,
        "counted": as_json(trend.behind),
    }
