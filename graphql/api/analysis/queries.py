"""Reading runs and analyzers."""

from __future__ import annotations

import strawberry

from api.analysis.types import AnalysisRun, Analyzer
from api.catalog.queries import Id, by_id
from api.nodes import Connection
from api.planner.fields import RowsOf, column, connection, single
from tenancy.scopes import Scope


@strawberry.type
class AnalysisQueries:
    analyzers: list[Analyzer] = column(
        "Every analyzer that there is for you.",
        "(select coalesce(jsonb_agg(to_jsonb(a) order by a.name), '[]')"
        " from analyzers a where a.tenant_id = $1 and a.offered)",
        scope=Scope.TRACKS_READ,
    )

    @single(AnalysisRun | None, "runs", scope=Scope.TRACKS_READ)
    def run(rows: RowsOf, id: Id) -> None:
        """One run; null when there is none."""
        by_id(rows, "AnalysisRun", id)

    @connection(Connection[AnalysisRun], "runs", scope=Scope.TRACKS_READ)
    def runs(rows: RowsOf) -> None:
        """Runs, newest first."""
        rows.order(f"{rows.new}.created_at", "timestamptz", descending=True)
