"""Following a metric in time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry

from api.catalog.inputs import Tracks
from api.planner.fields import Asking, computed
from api.planner.paging import page_size
from api.trends import series
from api.trends.enums import Followed, Granularity, Period
from api.trends.types import Trend
from tenancy.scopes import Scope


@strawberry.type
class TrendQueries:
    @computed(list[Trend], scope=Scope.TRACKS_READ)
    async def trends(
        ask: Asking,
        metric: Followed,
        granularity: Period = Granularity.YEAR,
        from_: Annotated[
            date | None,
            strawberry.argument(name="from", description="Leave out tracks that were released earlier."),
        ] = None,
        to: Annotated[
            date | None, strawberry.argument(description="Leave out tracks that were released later.")
        ] = None,
        filter: Tracks = None,
        first: Annotated[
            int | None, strawberry.argument(description="How many series, the largest first; at most 100.")
        ] = 20,
    ) -> Any:
        """How a metric changed over release periods: one series a theme, feeling or emotion."""
        found = await ask.context.services.trends.trends(
            ask.context.principal.tenant,
            series.wanted(metric),
            series.period(granularity),
            from_,
            to,
            filter.parsed() if filter is not None else None,
            page_size(20 if first is None else first, None),
        )
        return [series.trend_json(trend) for trend in found]
