"""Is it well, as its clients see it?"""

from __future__ import annotations

from typing import Any

from infra.monitoring.panels import board, figure, graph, quantile, rate

REQUESTS = "rap_analyzer_requests_total"
SECONDS = "rap_analyzer_request_seconds"
FAILED = '{status=~"5.."}'


def dashboard() -> Any:
    return (
        board("service", "service", "Requests, errors and latency, as clients see them.")
        .with_panel(figure("Requests", "reqps", "Of all processes.", rate(REQUESTS)))
        .with_panel(
            figure(
                "Failed",
                "percentunit",
                "Answers with a status of 500 or more.",
                f"({rate(REQUESTS, where=FAILED)} or vector(0)) / {rate(REQUESTS)}",
            )
        )
        .with_panel(figure("p99", "s", "Nine of ten are far below.", quantile(0.99, SECONDS)))
        .with_panel(figure("Subscriptions", "short", "Open now.", "sum(rap_analyzer_subscribers)"))
        .with_panel(
            graph(
                "Requests by operation",
                "reqps",
                "Trusted operations by name; all else is other.",
                **{"{{operation}}": rate(REQUESTS, "operation")},
            )
        )
        .with_panel(graph("Requests by status", "reqps", "", **{"{{status}}": rate(REQUESTS, "status")}))
        .with_panel(
            graph(
                "Latency",
                "s",
                "From a request to its answer.",
                p50=quantile(0.5, SECONDS),
                p95=quantile(0.95, SECONDS),
                p99=quantile(0.99, SECONDS),
            )
        )
        .with_panel(
            graph("p99 by operation", "s", "", **{"{{operation}}": quantile(0.99, SECONDS, "operation")})
        )
        .with_panel(
            graph(
                "Errors in answers by code",
                "reqps",
                "INTERNAL is ours; most others are their callers'.",
                **{"{{code}}": rate("rap_analyzer_errors_total", "code")},
            )
        )
        .with_panel(
            graph(
                "Planner: documents and plans that were not known",
                "reqps",
                "A client that writes values into its documents has each of them parsed and planned anew.",
                parsed=rate("rap_analyzer_documents_parsed_total"),
                compiled=rate("rap_analyzer_plans_compiled_total"),
            )
        )
    )
