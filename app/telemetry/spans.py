"""Which spans are made, and where they go; imported by a process that traces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes
from pgqueuer.adapters.tracing.opentelemetry import OpenTelemetryTracing
from pgqueuer.ports.tracing import TRACER, set_tracing_class
from sqlalchemy import event
from sqlalchemy.engine import Engine

INSTRUMENTORS: tuple[Any, ...] = (
    AsyncPGInstrumentor(),  # type: ignore[no-untyped-call]
    RedisInstrumentor(),
)
_provider: TracerProvider | None = None


class OfRequests(Sampler):
    """A share of traces, and none that begins at a server of ours: a worker asks for jobs all day."""

    def __init__(self, ratio: float) -> None:
        self._share = TraceIdRatioBased(ratio)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        parent = trace.get_current_span(parent_context).get_span_context()
        if kind is SpanKind.CLIENT and not parent.is_valid:
            return SamplingResult(Decision.DROP)
        return self._share.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        return f"OfRequests({self._share.get_description()})"


def start(endpoint: str, ratio: float, service: str, exporter: SpanExporter | None) -> TracerProvider:
    """The process's provider: OpenTelemetry lets it be set once, so a second start takes it up again."""
    global _provider
    if _provider is None:
        share = OfRequests(ratio)
        _provider = TracerProvider(
            sampler=ParentBased(share, remote_parent_sampled=share, remote_parent_not_sampled=share),
            resource=Resource.create({"service.name": service}),
        )
        trace.set_tracer_provider(_provider)
    _provider.add_span_processor(
        BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces"))
    )
    for instrumentor in INSTRUMENTORS:
        instrumentor.instrument(tracer_provider=_provider)
    for name, listener in LISTENERS.items():
        event.listen(Engine, name, listener)
    set_tracing_class(OpenTelemetryTracing())
    return _provider


def stop(provider: TracerProvider) -> None:
    """Sends what waits; whoever held a connection goes on without spans."""
    provider.force_flush()
    for instrumentor in INSTRUMENTORS:
        instrumentor.uninstrument()
    for name, listener in LISTENERS.items():
        event.remove(Engine, name, listener)
    TRACER.tracer = None


# SQLAlchemy fetches through prepared statements, where the instrumentation of asyncpg does not look.
def begin(_: Any, __: Any, statement: str, ___: Any, execution: Any, ____: bool) -> None:
    attributes = {"db.system.name": "postgresql", "db.query.text": statement}
    tracer = trace.get_tracer("rap_analyzer")
    execution.span = tracer.start_span(
        statement.split(None, 1)[0], kind=SpanKind.CLIENT, attributes=attributes
    )


def end(_: Any, __: Any, ___: str, ____: Any, execution: Any, _____: bool) -> None:
    execution.span.end()


def fail(failure: Any) -> None:
    span = getattr(failure.execution_context, "span", None)
    if span is not None:
        # Its kind alone: what a database says may hold a row.
        span.set_status(trace.StatusCode.ERROR, type(failure.original_exception).__qualname__)
        span.end()


LISTENERS: dict[str, Callable[..., Any]] = {
    "before_cursor_execute": begin,
    "after_cursor_execute": end,
    "handle_error": fail,
}
