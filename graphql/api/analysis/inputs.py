"""Which analyses are meant."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.analysis.enums import AnalysisStatus
from api.planner.rows import Rows


@strawberry.input(description="Every part that is given has to hold; lists mean “one of these”.")
class AnalysisFilter:
    analyzers: list[str] | None = strawberry.field(
        default=None, description="By one of these analyzers, by name."
    )
    statuses: list[AnalysisStatus] | None = strawberry.field(default=None, description="This far.")


Analyses = Annotated[AnalysisFilter | None, strawberry.argument(description="Only analyses that fit.")]


def narrow_analyses(rows: Rows, filter: AnalysisFilter | None) -> None:
    """Newest first, along ix_analyses_track."""
    if filter is not None and filter.analyzers is not None:
        rows.where(f"{rows.new}.analyzer = any({rows.params.bind(filter.analyzers, 'text[]')})")
    if filter is not None and filter.statuses is not None:
        statuses = [status.value for status in filter.statuses]
        rows.where(f"{rows.new}.status = any({rows.params.bind(statuses, 'text[]')})")
    rows.order(f"{rows.new}.created_at", "timestamptz", descending=True)
