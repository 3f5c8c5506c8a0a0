"""What does it cost?"""

from __future__ import annotations

from typing import Any

from infra.monitoring.panels import board, graph, rate

REQUESTS = "rap_analyzer_requests_total"


def dashboard() -> Any:
    spent = "rap_analyzer_model_cost_usd_total"
    return (
        board("cost", "cost", "Language models, CPU and memory.")
        .with_panel(
            graph(
                "Models: US dollars a day",
                "currencyUSD",
                "At the pace of the last hour, by the prices in the settings.",
                **{"{{model}}": f"sum by (model) (rate({spent}[1h])) * 86400"},
            )
        )
        .with_panel(
            graph(
                "Models: tokens",
                "short",
                "A second.",
                **{"{{model}} {{direction}}": rate("rap_analyzer_model_tokens_total", "model, direction")},
            )
        )
        .with_panel(
            graph(
                "CPU",
                "cores",
                "Of the processes that answer; those that analyse are for the kubelet to count.",
                **{"{{job}}": 'sum by (job) (rate(process_cpu_seconds_total{job=~"rap-analyzer-.*"}[5m]))'},
            )
        )
        .with_panel(
            graph(
                "Memory",
                "bytes",
                "",
                **{"{{job}}": 'sum by (job) (process_resident_memory_bytes{job=~"rap-analyzer-.*"})'},
            )
        )
        .with_panel(
            graph(
                "CPU milliseconds a request",
                "ms",
                "The figure that a capacity model begins with: docs/scaling.md.",
                api=(
                    '1000 * sum(rate(process_cpu_seconds_total{job="rap-analyzer-api"}[5m]))'
                    f" / {rate(REQUESTS)}"
                ),
            )
        )
    )
