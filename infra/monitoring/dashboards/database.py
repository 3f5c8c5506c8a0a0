"""Are there connections enough? What Postgres itself does, its own exporter shows."""

from __future__ import annotations

from typing import Any

from infra.monitoring.panels import board, graph, rate

TIMEOUT = '{code="TIMEOUT"}'


def dashboard() -> Any:
    in_use, limit = "rap_analyzer_database_connections_in_use", "rap_analyzer_database_connections_limit"
    return (
        board("database", "database", "Connections of the service to Postgres.")
        .with_panel(
            graph(
                "Share of connections in use",
                "percentunit",
                "By pool: readers answer queries, writers the rest.",
                **{"{{pool}}": f"sum by (pool) ({in_use}) / sum by (pool) ({limit})"},
            )
        )
        .with_panel(
            graph(
                "Waiting for a reader",
                "short",
                "By process.",
                **{"{{instance}}": "max by (instance) (rap_analyzer_database_connections_waiting)"},
            )
        )
        .with_panel(
            graph(
                "Connections that there may be",
                "short",
                "Stay below max_connections of Postgres, or pool them.",
                **{"{{job}} {{pool}}": f"sum by (job, pool) ({limit})"},
            )
        )
        .with_panel(
            graph(
                "Requests that took too long",
                "reqps",
                "Ended by the service in Postgres, too.",
                timeouts=f"{rate('rap_analyzer_errors_total', where=TIMEOUT)} or vector(0)",
            )
        )
    )
