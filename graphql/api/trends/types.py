"""Time series over release periods."""

from __future__ import annotations

from datetime import date

from api.catalog.types import Track
from api.nodes import Connection
from api.planner.fields import RowsOf, column, connection, shape
from api.trends.enums import Granularity, Metric, TrendDirection


@shape
class TrendPoint:
    """One period of a series."""

    period: date = column("The first day of the period.")
    value: float = column("The metric's value in the period.")
    share: float | None = column("The share of the period's tracks, 0..1, where the metric counts tracks.")
    tracks: int = column("How many tracks of the period the value rests on.")


@shape
class Trend:
    """One series, such as one theme, and where it is heading. Tracks without a release date are left out."""

    metric: Metric = column("What is followed.")
    key: str = column("Which theme, feeling or emotion; the metric's own name where there is but one series.")
    granularity: Granularity = column("How long a period is.")
    points: list[TrendPoint] = column("The periods in order.")
    change: float = column("The last value less the first one.")
    slope: float = column("The usual change from one period to the next (Theil–Sen).")
    confidence: float = column("How sure the direction is, 0..1; small counts make it small.")
    direction: TrendDirection = column("Where it is heading.")

    @connection(Connection[Track], "tracks")
    def tracks(rows: RowsOf) -> None:
        """The tracks behind the series, newest release first."""
        ids = f"jsonb_array_elements_text({rows.row} -> 'track_ids') listed(id)"
        rows.where(f"{rows.new}.id in (select listed.id::uuid from {ids})")
        rows.order(f"coalesce({rows.new}.released_on, '-infinity'::date)", "date", descending=True)
