"""One request's figures: gathered where its operation is paid for, counted when its answer is known."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from prometheus_client import Counter, Histogram

from app.telemetry.metrics import OPERATIONS, OTHER, POINTS, REQUEST_SECONDS, REQUESTS

Metric = TypeVar("Metric", Counter, Histogram)
Paid = Callable[[], int]  # the points that an operation has cost by now


@dataclass(slots=True)
class Observed:
    """A request on its way. Its operation is known once it is paid for; refusals have none."""

    operation: str = OTHER
    paid: Paid | None = None


OBSERVED: ContextVar[Observed | None] = ContextVar("observed", default=None)


def opened(operation: str, known: Collection[str], paid: Paid) -> None:
    """An operation was let through; `known` are the names that may be labels."""
    name = operation if operation in known else OTHER
    observed = OBSERVED.get()
    if observed is None:
        labelled(OPERATIONS, name, "websocket").inc()
        labelled(POINTS, name).inc(paid())
    else:
        labelled(OPERATIONS, name, "http").inc()
        observed.operation, observed.paid = name, paid


def answered(observed: Observed, method: str, status: int, seconds: float) -> None:
    method = method if method in ("GET", "POST") else OTHER  # clients make up names
    labelled(REQUESTS, observed.operation, method, status).inc()
    labelled(REQUEST_SECONDS, observed.operation).observe(seconds)
    if observed.paid is not None:
        labelled(POINTS, observed.operation).inc(observed.paid())


@lru_cache(maxsize=4096)  # label sets are bounded
def labelled(metric: Metric, *labels: object) -> Metric:
    """What `metric.labels` gives, which takes 3 µs to find it."""
    return metric.labels(*labels)
