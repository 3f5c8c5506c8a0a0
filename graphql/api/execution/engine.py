"""Executes operations: planned root fields straight from Postgres, all others through graphql-core."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterable
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationType,
    execute,
    located_error,
)

from api.context import Context
from api.cost import BASE, Estimate
from api.deadline import Deadline
from api.documents.document import Bound, Document, Documents, Operation
from api.documents.limits import check, check_variables
from api.documents.variables import coerced
from api.errors import ApiError, Forbidden, reported
from api.execution.fragments import Fragment, FragmentExecutor
from api.execution.subscribing import Subscribing, Told, told
from api.planner.fields import PLAN, Resolved
from api.planner.planner import Planner, unplanned
from api.planner.reading import read
from api.planner.rows import Ask
from api.sizes import sizes
from tenancy.scopes import Scope


class QueryTooSlow(ApiError):
    """The statements of a query took too long together."""

    code = "TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This took more than {seconds:g} s. Ask for fewer items, or in several requests.",
            limit="query_seconds",
            allowed=seconds,
        )


class Engine:
    """One schema's documents and plans. Safe for concurrent requests of any tenants and scopes."""

    def __init__(
        self, schema: strawberry.Schema, *, suggestions: bool = False, query_seconds: float = 30.0
    ) -> None:
        self._query_seconds = query_seconds
        self.schema = schema._schema
        self._hidden = not suggestions
        self.documents = Documents(self.schema, suggestions=suggestions)
        self._planner = Planner(schema)
        self._subscribing = Subscribing(self.schema, hide_suggestions=self._hidden)
        for type_ in self.schema.type_map.values():
            if isinstance(type_, GraphQLObjectType) and "strawberry-definition" in type_.extensions:
                self._route(type_)

    def _route(self, type_: GraphQLObjectType) -> None:
        """Where graphql-core reaches a planned field, the planner takes over; scopes hold everywhere."""
        for definition in type_.fields.values():
            field = definition.extensions.get("strawberry-definition")
            spec = field.metadata.get(PLAN) if field is not None else None
            if isinstance(spec, Resolved) and spec.scope is not None:
                for name in ("resolve", "subscribe"):
                    inner = getattr(definition, name)
                    if inner is not None:
                        setattr(definition, name, scoped(inner, spec))
            elif spec is not None and not isinstance(spec, Resolved):
                definition.resolve = self._resolve

    def bind(self, document: Document, operation: Operation, variables: dict[str, Any] | None) -> Bound:
        """The operation with the variables of one request; wrong ones fail when it is executed.

        Raises LimitExceeded.
        """
        check_variables(variables)
        values = coerced(self.schema, operation, variables, hide_suggestions=self._hidden)
        return Bound(document, operation, variables, values)

    def cost(self, bound: Bound) -> Estimate:
        """Raises LimitExceeded for what no request may cost, whatever its plan: that caps its rows."""
        if isinstance(bound.values, list):
            return Estimate(BASE, bound.name or "")
        points = self._planner.points(bound.document, bound.operation, bound.values)
        asked = sizes(bound.values.coerced)
        estimate = points.estimate(asked)
        check("cost", estimate, nodes=[bound.operation.node])
        return Estimate(estimate, bound.name or "", points, asked)

    def prepare(self, text: str, scopes: Iterable[frozenset[Scope]]) -> None:
        """Keeps a document for good, with its cost and with the plans of queries for these sets of scopes.

        Raises DocumentInvalid.
        """
        self._planner.prepare(self.documents.pin(text), scopes)

    async def execute(self, bound: Bound, context: Context) -> ExecutionResult:
        """The result of a query or a mutation; planned values in it are Fragments.

        A query that takes too long in all is cancelled, in Postgres too: raises QueryTooSlow.
        """
        if bound.operation.node.operation is not OperationType.QUERY:
            return await self._core(bound.document.node, bound, context)
        try:
            with Deadline(self._query_seconds):
                return await self._query(bound, context)
        except TimeoutError as error:
            raise QueryTooSlow(self._query_seconds) from error

    async def _query(self, bound: Bound, context: Context) -> ExecutionResult:
        """One root field after the other, as graphql-core does with what needs no waiting."""
        context.replica = context.services.replica
        values = bound.values
        if isinstance(values, list):
            return ExecutionResult(None, [coded(error, "BAD_USER_INPUT") for error in values])
        try:
            plans = self._planner.plans(bound.document, bound.operation, values, context.principal.scopes)
        except GraphQLError as error:  # a condition of the operation's own fields is null
            return ExecutionResult(None, [coded(error, "BAD_USER_INPUT")])
        rest = unplanned(bound.document, bound.operation, plans)
        data: dict[str, Any] = {}
        errors: list[GraphQLError] = []
        if rest is not None:
            others = await self._core(rest, bound, context)
            errors += others.errors or []
            if others.data is None:
                return others
            data = dict.fromkeys(plans) | others.data  # keys in their order
        for key, plan in plans.items():
            if not plan.parts:
                continue
            try:
                json, found = await read(plan, Ask(context), values, [key])
                errors += found
            except Exception as error:
                json = b"null"
                errors.append(reported(located_error(error, plan.nodes, [key])))
            if json == b"null" and plan.non_null:
                return ExecutionResult(None, errors)
            data[key] = Fragment(json)
        return ExecutionResult(data, errors or None)

    async def _core(self, document: DocumentNode, bound: Bound, context: Context) -> ExecutionResult:
        """graphql-core's result, with Fragments where it reaches planned fields."""
        context.operation = bound.operation
        result = execute(
            self.schema, document, None, context, bound.variables, bound.name,
            executor_class=FragmentExecutor, hide_suggestions=self._hidden,
        )  # fmt: skip
        return told(await result if inspect.isawaitable(result) else result)

    async def subscribe(self, bound: Bound, context: Context) -> AsyncIterator[Told] | ExecutionResult:
        """The stream of a subscription's responses, or one result when it can't start."""
        context.operation = bound.operation
        return await self._subscribing.subscribe(bound, context)

    async def _resolve(self, source: Any, info: GraphQLResolveInfo[Context], **_: Any) -> Fragment | None:
        """A planned field that graphql-core reached, below a Python object or beside unplanned fields."""
        values = info.variable_values
        assert info.context.operation is not None  # noqa: S101  (it was set before graphql-core began)
        plan = self._planner.plan(info.context.operation, info, info.context.principal.scopes)
        json, errors = await read(plan, Ask(info.context, source), values, info.path.as_list())
        if json == b"null" and plan.non_null and errors:
            info.context.errors += errors[:-1]
            raise errors[-1]  # the null goes up, and has one cause
        info.context.errors += errors
        return None if json == b"null" else Fragment(json)


def scoped(resolve: Any, spec: Resolved) -> Any:
    """The resolver, behind a check of its scope."""

    def guarded(source: Any, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
        if spec.scope is not None and spec.scope not in info.context.principal.scopes:
            raise Forbidden(spec.scope)
        return resolve(source, info, **arguments)

    return guarded


def coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error
