"""What the trend service answers, as the JSON that the planner reads."""

from __future__ import annotations

from typing import Any

from api.planner.rows import Ask
from api.trends.enums import Granularity, Metric
from app.trends import metrics
from app.trends.service import TooManyPeriods, Trend, TrendPoint


async def evolution(
    ask: Ask, metric: Metric, granularity: Granularity
) -> list[list[dict[str, Any]] | TooManyPeriods]:
    """The points of each artist of `ask.keys`; or why one has none, which is nothing to the others."""
    trends, tenant = ask.context.services.trends, ask.context.principal.tenant
    found: list[list[dict[str, Any]] | TooManyPeriods] = []
    for key in ask.keys:
        try:
            points = await trends.evolution(tenant, key, wanted(metric), period(granularity))
            found.append([point_json(point) for point in points])
        except TooManyPeriods as error:
            found.append(error)
    return found


def wanted(metric: Metric) -> metrics.Metric:
    return metrics.Metric[metric.name]


def period(granularity: Granularity) -> metrics.Granularity:
    return metrics.Granularity[granularity.name]


def point_json(point: TrendPoint) -> dict[str, Any]:
    return {"period": point.period, "value": point.value, "share": point.share, "tracks": point.tracks}


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
        "track_ids": trend.track_ids,
    }
