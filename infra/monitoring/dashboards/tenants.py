"""Do tenants get what they pay for? By limits and operations: names of tenants are no labels."""

from __future__ import annotations

from typing import Any

from infra.monitoring.panels import board, graph, rate


def dashboard() -> Any:
    return (
        board("tenants", "tenants", "Points, quotas and subscriptions, over all tenants together.")
        .with_panel(
            graph(
                "Points by operation",
                "short",
                "Points a second.",
                **{"{{operation}}": rate("rap_analyzer_points_total", "operation")},
            )
        )
        .with_panel(
            graph(
                "Operations by transport",
                "ops",
                "",
                **{"{{transport}}": rate("rap_analyzer_operations_total", "transport")},
            )
        )
        .with_panel(
            graph(
                "Refused by quotas",
                "reqps",
                "By the limit that was reached; `rap-analyzer tenants` and the usage table say whose.",
                **{"{{limit}}": rate("rap_analyzer_quota_denied_total", "limit")},
            )
        )
        .with_panel(
            graph(
                "Without Valkey",
                "short",
                "Processes that count points by themselves, and what they let through.",
                processes="sum(rap_analyzer_quota_degraded)",
                charges=rate("rap_analyzer_quota_local_charges_total"),
            )
        )
        .with_panel(
            graph(
                "Subscriptions",
                "short",
                "Open, by process.",
                **{"{{instance}}": "sum by (instance) (rap_analyzer_subscribers)"},
            )
        )
    )
