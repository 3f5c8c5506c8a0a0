"""Does work get done?"""

from __future__ import annotations

from typing import Any

from infra.monitoring.panels import board, figure, graph, quantile, rate


def dashboard() -> Any:
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
