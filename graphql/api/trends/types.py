"""Time series over release periods."""

from __future__ import annotations

from datetime import date

from api.catalog.types import Track
from api.nodes import Connection
from api.planner.fields import RowsOf, column, connection, shape
from api.planner.rows import JsonRow, Rows
from api.trends.enums import Granularity, Metric, TrendDirection
from tenancy.scopes import Scope

RELEASED = "coalesce({0}.released_on, '-infinity'::date)"  # as ix_tracks_released has it


def narrow_counted(rows: Rows) -> None:
    """The tracks of `counted` (app.trends.series.Behind): those listed, or else those that have the key."""
    if not isinstance(rows.row, JsonRow):
        raise TypeError("A series is a JSON object.")
    counted, released = rows.row.get("counted"), RELEASED.format(rows.new)
    rows.where(
        f"{released} between ({counted} ->> 'first_day')::date and ({counted} ->> 'last_day')::date",
        f"""case when {counted} ->> 'ids' is not null then {counted} -> 'ids' ? {rows.new}.id::text
        else exists (
          select from trend_observations o where o.tenant_id = $1 and o.track_id = {rows.new}.id
            and o.observed -> ({counted} ->> 'metric') ? ({counted} ->> 'key')
            and ({counted} ->> 'languages' is null or {counted} -> 'languages' ? o.language)) end""",
    )
    rows.order(released, "date", descending=True)


@shape
class TrendPoint:
    """One period of a series."""

    period: date = column("The first day of the period.")
    value: float = column("The metric's value in the period.")
    share: float | None = column("The share of the period's tracks, 0..1, where the metric counts tracks.")
    tracks: int = column("How many tracks of the period the value rests on.")

    @connection(Connection[Track], "tracks", scope=Scope.TRACKS_READ)
    def behind(rows: RowsOf) -> None:
        """These tracks, newest release first; of a series that is filtered by more than languages the newest
        100."""
        narrow_counted(rows)


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
        narrow_counted(rows)
