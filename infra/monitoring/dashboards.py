"""The five dashboards."""

from __future__ import annotations

from typing import Any

from infra.monitoring.panels import board, figure, graph, quantile, rate

REQUESTS = "rap_analyzer_requests_total"
SECONDS = "rap_analyzer_request_seconds"
FAILED = '{status=~"5.."}'
TIMEOUT = '{code="TIMEOUT"}'


def service() -> Any:
    """Is it well, as its clients see it?"""
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


def tenants() -> Any:
    """Do tenants get what they pay for? By limits and operations: names of tenants are no labels."""
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


def pipeline() -> Any:
    """Does work get done?"""
    return (
        board("pipeline", "pipeline", "The queue, jobs, analyses and events.")
        .with_panel(figure("Waiting", "short", "Jobs.", "max(rap_analyzer_queue_waiting)"))
        .with_panel(figure("Oldest", "s", "How long it waits.", "max(rap_analyzer_queue_oldest_seconds)"))
        .with_panel(figure("Processes", "short", "That analyse.", "sum(rap_analyzer_worker_processes)"))
        .with_panel(
            figure(
                "Tenants behind",
                "short",
                "Whose events are not published yet.",
                "max(rap_analyzer_event_backlog_tenants)",
            )
        )
        .with_panel(
            graph(
                "Queue",
                "short",
                "Each process shows the same, so this is no sum of theirs.",
                **{"{{job}} {{status}}": "max by (job, status) (rap_analyzer_queue_jobs)"},
            )
        )
        .with_panel(
            graph(
                "Jobs",
                "ops",
                "",
                **{"{{job}} {{outcome}}": rate("rap_analyzer_job_seconds_count", "job, outcome")},
            )
        )
        .with_panel(
            graph("p95 of jobs", "s", "", **{"{{job}}": quantile(0.95, "rap_analyzer_job_seconds", "job")})
        )
        .with_panel(
            graph(
                "Analyses",
                "ops",
                "",
                **{"{{analyzer}} {{status}}": rate("rap_analyzer_analyses_total", "analyzer, status")},
            )
        )
        .with_panel(
            graph(
                "p95 of analyzers",
                "s",
                "CPU of local ones, waiting for models.",
                **{"{{analyzer}}": quantile(0.95, "rap_analyzer_analyzer_seconds", "analyzer")},
            )
        )
        .with_panel(
            graph(
                "Events",
                "ops",
                "Published, by kind.",
                **{"{{kind}}": rate("rap_analyzer_events_published_total", "kind")},
            )
        )
        .with_panel(
            graph(
                "Event lag",
                "s",
                "From the commit that caused an event to its publication.",
                p50=quantile(0.5, "rap_analyzer_event_lag_seconds"),
                p95=quantile(0.95, "rap_analyzer_event_lag_seconds"),
            )
        )
    )


def database() -> Any:
    """Are there connections enough? What Postgres itself does, its own exporter shows."""
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


def cost() -> Any:
    """What does it cost?"""
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


DASHBOARDS = {
    "service": service,
    "tenants": tenants,
    "pipeline": pipeline,
    "database": database,
    "cost": cost,
}
