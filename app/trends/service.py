"""Time series over release periods, from counts that are kept as tracks and analyses are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.catalog.filters import TrackFilter
from app.trends.counts import Counts, Question, count, count_by_artist
from app.trends.metrics import Metric
from app.trends.periods import Granularity, TooManyPeriods
from app.trends.series import Trend, TrendPoint, all_series, periods_of, points
from tenancy.database import Database

__all__ = ["TooManyPeriods", "Trend", "TrendPoint", "TrendService"]


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
        question = Question(metric, granularity, first_day, last_day, filter)
        async with self._database.reading(tenant) as connection:
            counts = await count(connection, tenant, question)
        return all_series(question, counts, first)

    async def evolutions(
        self,
        tenant: UUID,
        artists: Sequence[UUID],
        metric: Metric,
        granularity: Granularity = Granularity.YEAR,
        key: str | None = None,
    ) -> list[list[TrendPoint] | TooManyPeriods]:
        """The points of each artist, in order; where a metric has several series those of `key`, or else of
        the artist's commonest one. An artist with too many periods gets the reason."""
        async with self._database.reading(tenant) as connection:
            found = await count_by_artist(connection, tenant, list(artists), Question(metric, granularity))
        return [
            evolution(
                Question(metric, granularity, filter=TrackFilter(artists=[artist])), found.get(artist), key
            )
            for artist in artists
        ]


def evolution(
    question: Question, counts: Counts | None, key: str | None
) -> list[TrendPoint] | TooManyPeriods:
    if counts is None:
        return []
    try:
        if key is not None:
            return points(question, counts, key, periods_of(question, counts))
        series = all_series(question, counts, 1)
    except TooManyPeriods as error:
        return error
    return series[0].points if series else []
