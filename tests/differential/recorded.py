"""What services say that the reference can't work out from rows, asked once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from itertools import product
from typing import Any

from api.context import Services
from app.trends.metrics import Metric
from app.trends.periods import Granularity, TooManyPeriods
from tenancy.limits import LIMITS, end_of_month
from tests.differential.catalogue import ARTISTS, TENANT, named
from tests.differential.errors import Refused


async def record(services: Services) -> dict[tuple[Any, ...], Any]:
    """By what is asked: trends of each metric, their points by artist, quota and offer; or the refusal."""
    found: dict[tuple[Any, ...], Any] = {}
    artists = [named(TENANT, "artist", number) for number in range(len(ARTISTS))]
    for metric, granularity in product(Metric, Granularity):
        wanted = metric.name, granularity.name
        try:
            found["trends", *wanted] = [
                {
                    **asdict(t),
                    "metric": metric.name,
                    "granularity": granularity.name,
                    "direction": t.direction.name,
                }
                for t in await services.trends.trends(TENANT, metric, granularity, first=100)
            ]
        except TooManyPeriods as error:
            found["trends", *wanted] = Refused(str(error))
        evolutions = await services.trends.evolutions(TENANT, artists, metric, granularity)
        for artist, points in zip(artists, evolutions, strict=True):
            found["evolution", artist, *wanted] = (
                Refused(str(points))
                if isinstance(points, TooManyPeriods)
                else [asdict(point) for point in points]
            )
    found["offer",] = asdict(services.offer)
    limits = LIMITS["TEAM"]
    found["quota",] = {
        "burst": limits.burst, "per_minute": limits.per_minute, "per_month": limits.per_month,
        "used_this_month": 0, "resets_at": end_of_month(datetime.now(UTC)),
    }  # fmt: skip
    return found
