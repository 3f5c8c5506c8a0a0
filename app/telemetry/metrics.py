"""Every figure that /metrics shows; infra/monitoring/README.md says how to read them.

Labels come from sets that callers can't add to: names of trusted operations, of analyzers, of models in the
settings. What belongs to a tenant is never a label: there may be a hundred thousand of them.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
SLOW = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
OTHER = "other"  # the operations, methods and the like that have no label of their own

# Requests. `operation` is the name of a trusted document's operation, or "other".
REQUESTS = Counter(
    "rap_analyzer_requests_total", "HTTP requests to /graphql.", ["operation", "method", "status"]
)
REQUEST_SECONDS = Histogram(
    "rap_analyzer_request_seconds",
    "Seconds from a request to /graphql to its answer, or to the beginning of a stream.",
    ["operation"],
    buckets=FAST,
)
OPERATIONS = Counter(
    "rap_analyzer_operations_total", "Operations that were let through.", ["operation", "transport"]
)
POINTS = Counter(
    "rap_analyzer_points_total",
    "Points that operations cost: the actual cost over HTTP, the estimate over WebSocket.",
    ["operation"],
)
ERRORS = Counter("rap_analyzer_errors_total", "Errors in answers, by code.", ["code"])
DOCUMENTS_PARSED = Counter(
    "rap_analyzer_documents_parsed_total", "Documents that were not known yet: parsed and validated."
)
PLANS_COMPILED = Counter(
    "rap_analyzer_plans_compiled_total", "Plans that were not known yet: compiled to SQL."
)

# Quotas.
QUOTA_DENIED = Counter(
    "rap_analyzer_quota_denied_total",
    "Requests that a quota refused, by the limit that was reached.",
    ["limit"],
)
QUOTA_DEGRADED = Gauge(
    "rap_analyzer_quota_degraded", "1 while this process counts points by itself, as Valkey is away."
)
QUOTA_LOCAL = Counter("rap_analyzer_quota_local_charges_total", "Requests charged without Valkey.")

# Events.
SUBSCRIBERS = Gauge("rap_analyzer_subscribers", "Open subscriptions of this process.")
EVENTS_PUBLISHED = Counter("rap_analyzer_events_published_total", "Events added to a stream.", ["kind"])
EVENT_LAG = Histogram(
    "rap_analyzer_event_lag_seconds", "Seconds from an event's record to its publication.", buckets=SLOW
)
EVENT_BACKLOG = Gauge(
    "rap_analyzer_event_backlog_tenants", "Tenants that have unpublished events; the same from every process."
)

# The queue, as the database has it: the same from every process.
QUEUE_JOBS = Gauge("rap_analyzer_queue_jobs", "Jobs in the queue.", ["job", "status"])
QUEUE_WAITING = Gauge("rap_analyzer_queue_waiting", "Jobs of all kinds that wait for a worker.")
QUEUE_OLDEST = Gauge(
    "rap_analyzer_queue_oldest_seconds", "How long the job has waited that could be begun first; 0 for none."
)

# Work. `analyzer` is a local analyzer's name, or <task>.<model>.
JOB_SECONDS = Histogram(
    "rap_analyzer_job_seconds", "Seconds that a job took.", ["job", "outcome"], buckets=SLOW
)
ANALYSES = Counter("rap_analyzer_analyses_total", "Analyses that were made.", ["analyzer", "status"])
ANALYZER_SECONDS = Histogram(
    "rap_analyzer_analyzer_seconds",
    "Seconds that an analyzer took for a track: of CPU for local ones, of waiting for models.",
    ["analyzer"],
    buckets=SLOW,
)
MODEL_TOKENS = Counter(
    "rap_analyzer_model_tokens_total", "Tokens of language models.", ["model", "direction"]
)
MODEL_COST = Counter(
    "rap_analyzer_model_cost_usd_total", "What language models cost, in US dollars.", ["model"]
)
WORKER_PROCESSES = Gauge("rap_analyzer_worker_processes", "Processes of this worker that analyse.")

# Connections to Postgres. `pool` is readers or writers.
POOL_IN_USE = Gauge("rap_analyzer_database_connections_in_use", "Connections at work.", ["pool"])
POOL_LIMIT = Gauge("rap_analyzer_database_connections_limit", "Connections that there may be.", ["pool"])
POOL_WAITING = Gauge("rap_analyzer_database_connections_waiting", "Tasks that wait for a reader.")


def report_quota(event: str) -> None:
    """What tenancy.quotas.Quotas reports."""
    if event == "local":
        QUOTA_LOCAL.inc()
    else:
        QUOTA_DEGRADED.set(event == "lost")


def report_event(kind: str, lag_seconds: float) -> None:
    """What app.events.relay reports of each event that it has published."""
    EVENTS_PUBLISHED.labels(kind).inc()
    EVENT_LAG.observe(max(0.0, lag_seconds))
