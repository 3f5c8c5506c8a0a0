"""OpenTelemetry traces. Without a collector nothing of it is even imported, and the read path has no hook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_on = False


@contextmanager
def tracing(
    endpoint: str | None, ratio: float, service: str, exporter: SpanExporter | None = None
) -> Iterator[None]:
    """Within the block, spans go to the collector at `endpoint`: of SQL, of Valkey, of jobs, and our own.

    `ratio` is the share of requests that are traced, whatever their callers say: a `traceparent` decides
    under which id, not how much we record. Statements go without the values of their parameters. A process
    has one tracer: of several blocks, the first is in charge.
    """
    global _on
    if endpoint is None or _on:
        yield
        return
    from app.telemetry import spans

    _on = True
    provider = spans.start(endpoint, ratio, service, exporter)
    try:
        yield
    finally:
        _on = False
        spans.stop(provider)


def span(name: str, **attributes: Any) -> AbstractContextManager[Any]:
    """A part of what is being traced; nothing while nothing is."""
    if not _on:
        return nullcontext()
    from opentelemetry import trace

    return trace.get_tracer("rap_analyzer").start_as_current_span(name, attributes=attributes)
