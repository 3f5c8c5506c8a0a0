"""Logs as JSON lines, and the figures that /metrics shows. Neither ever holds secrets or lyrics."""

from __future__ import annotations

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter("rap_analyzer_requests_total", "HTTP requests to /graphql.", ["method", "status"])
SECONDS = Histogram(
    "rap_analyzer_request_seconds",
    "Seconds from a request to /graphql to its answer.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
QUOTA_DEGRADED = Gauge(
    "rap_analyzer_quota_degraded", "1 while this process counts points by itself, as Valkey is away."
)
QUOTA_LOCAL = Counter("rap_analyzer_quota_local_charges_total", "Requests charged without Valkey.")


def report_quota(event: str) -> None:
    """What tenancy.quotas.Quotas reports."""
    if event == "local":
        QUOTA_LOCAL.inc()
    else:
        QUOTA_DEGRADED.set(event == "lost")


def configure_logs(level: str) -> None:
    """One JSON object a line on stderr, for our own events; tracebacks come without local variables."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
