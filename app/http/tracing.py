"""Spans of the API: the request, and what the planner does for it. Used where traces are made at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult
from graphql.execution.values import VariableValues
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import Context
from api.cost import Estimate
from api.documents.document import Bound, Document, Operation
from api.execution.engine import Engine
from api.planner.plan import Plan
from api.planner.planner import Planner
from api.requests import OpenContext
from app.telemetry.tracing import span
from tenancy.principals import Principal
from tenancy.scopes import Scope as Permission

if TYPE_CHECKING:
    import strawberry

ROUTES = frozenset({"/graphql", "/graphiql", "/auth"})
PROBES = frozenset({"/livez", "/readyz", "/metrics"})


class TraceRequests:
    """A span for each HTTP request, under the trace that its caller names.

    Neither the query string nor any header is recorded: a GET has its variables in the one, and a key in the
    other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        from opentelemetry import propagate, trace

        carrier = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in (b"traceparent", b"tracestate")
        }
        path = scope["path"] if scope["path"] in ROUTES else "other"
        method = scope["method"] if scope["method"] in ("GET", "POST") else "other"
        with trace.get_tracer("rap_analyzer").start_as_current_span(
            f"{method} {path}",
            context=propagate.extract(carrier),
            kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": method, "http.route": path},
            record_exception=False,
        ) as current:

            async def observed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    current.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        current.set_status(trace.StatusCode.ERROR)
                await send(message)

            await self._app(scope, receive, observed)


def charged(open_context: OpenContext) -> OpenContext:
    """Shows how long Valkey takes to charge: the scripts of quotas go past redis-py's commands."""

    async def open_(principal: Principal, estimate: Estimate) -> Context:
        with span("charge", points=estimate.requested):
            return await open_context(principal, estimate)

    return open_


class TracedPlanner(Planner):
    """Shows how long it takes to find, or to make, what an operation costs and its statements."""

    def plans(
        self, document: Document, operation: Operation, values: VariableValues, scopes: frozenset[Permission]
    ) -> dict[str, Plan]:
        before = len(operation.plans)
        with span("plan") as current:
            plans = super().plans(document, operation, values, scopes)
            if current is not None:
                current.set_attribute("plan.compiled", len(operation.plans) > before)
            return plans


class TracedEngine(Engine):
    """Shows an operation's kind, name, cost and how it went."""

    def __init__(self, schema: strawberry.Schema, **options: Any) -> None:
        super().__init__(schema, **options)
        self._planner = TracedPlanner(schema)

    def cost(self, bound: Bound) -> Estimate:
        with span("cost"):
            return super().cost(bound)

    async def execute(self, bound: Bound, context: Context) -> ExecutionResult:
        kind = bound.operation.node.operation.value
        attributes = {
            "graphql.operation.type": kind,
            "graphql.operation.name": context.charge.operation,
            "graphql.operation.points": context.charge.cost,
        }
        with span(f"execute {kind}", **attributes) as current:
            result = await super().execute(bound, context)
            if current is not None:
                current.set_attribute("graphql.errors", len(result.errors or ()))
            return result
