"""Executes operations: planned root fields straight from Postgres, all others through graphql-core."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from typing import Any

import strawberry
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationType,
    execute,
    located_error,
    subscribe,
)
from graphql.execution import Executor
from graphql.execution.values import VariableValues, get_variable_values

from api.context import Context
from api.cost import BASE, Estimate, cost
from api.errors import Forbidden, reported
from api.planner.compiler import Compiler
from api.planner.documents import MAX_PLANS, Document, Documents, Operation
from api.planner.fields import PLAN, Resolved
from api.planner.limits import check
from api.planner.plan import Plan, converter
from api.planner.reading import denied, read
from api.planner.rows import Ask
from api.planner.selection import Selector


class Fragment:
    """JSON that is complete: graphql-core passes it on, and it goes into the response as bytes."""

    __slots__ = ("json",)

    def __init__(self, json: bytes) -> None:
        self.json = json


class FragmentExecutor(Executor[Any]):
    """Leaves a Fragment as it is, where graphql-core would complete it field by field."""

    def complete_value(self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any,
                       position_context: Any) -> Any:  # fmt: skip
        if isinstance(result, Fragment):
            return result
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)


class Engine:
    """One schema's documents and plans. Safe for concurrent requests of any tenants and scopes."""

    def __init__(self, schema: strawberry.Schema, *, suggestions: bool = False) -> None:
        self.schema = schema._schema
        self._hidden = not suggestions
        self.documents = Documents(self.schema, suggestions=suggestions)
        self._convert = converter(schema)
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

    def cost(self, document: Document, operation: Operation, variables: dict[str, Any] | None) -> Estimate:
        """What the operation costs with these variables, as they came: wrong ones fail later.

        Raises LimitExceeded for what no request may cost, whatever its plan: that caps its rows.
        """
        values = self._values(operation, variables)
        name = operation.node.name.value if operation.node.name else ""
        if isinstance(values, list):
            return Estimate(BASE, name)
        key = tuple(values.coerced.get(name) for name in operation.condition_variables)
        if key not in operation.costs:
            if len(operation.costs) >= MAX_PLANS:
                operation.costs.clear()
            root = self.schema.get_root_type(operation.node.operation)
            assert root is not None  # noqa: S101  (validation has seen the operation's root type)
            operation.costs[key] = cost(
                Selector(self.schema, document.fragments, values), operation.node, root
            )
        points = operation.costs[key]
        estimate = points.estimate(values.coerced)
        check("cost", estimate, nodes=[operation.node])
        return Estimate(estimate, name, points, values.coerced)

    def _values(
        self, operation: Operation, variables: dict[str, Any] | None
    ) -> VariableValues | list[GraphQLError]:
        definitions = operation.node.variable_definitions or ()
        return get_variable_values(
            self.schema, definitions, variables or {}, max_errors=20, hide_suggestions=self._hidden
        )

    async def execute(
        self, document: Document, operation: Operation, variables: dict[str, Any] | None, context: Context
    ) -> ExecutionResult:
        """The result of a query or a mutation; planned values in it are Fragments."""
        if operation.node.operation is OperationType.QUERY:
            values = self._values(operation, variables)
            if isinstance(values, list):
                return ExecutionResult(None, [coded(error, "BAD_USER_INPUT") for error in values])
            plans = self._plans(document, operation, values, context)
            if plans is not None:
                return await self._run(plans, values, context)
        name = operation.node.name.value if operation.node.name else None
        result = execute(
            self.schema, document.node, None, context, variables, name,
            executor_class=FragmentExecutor, hide_suggestions=self._hidden,
        )  # fmt: skip
        result = await result if inspect.isawaitable(result) else result
        return ExecutionResult(result.data, [reported(e) for e in result.errors] if result.errors else None)

    async def subscribe(
        self, document: Document, operation: Operation, variables: dict[str, Any] | None, context: Context
    ) -> AsyncIterator[ExecutionResult] | ExecutionResult:
        """The stream of a subscription's results, or one result when it can't start."""
        name = operation.node.name.value if operation.node.name else None
        stream = subscribe(
            self.schema, document.node, None, context, variables, name,
            executor_class=FragmentExecutor, hide_suggestions=self._hidden,
        )  # fmt: skip
        stream = await stream if inspect.isawaitable(stream) else stream
        if isinstance(stream, ExecutionResult):
            return ExecutionResult(
                stream.data, [reported(e) for e in stream.errors] if stream.errors else None
            )
        return self._reported(stream)

    async def _reported(self, stream: AsyncIterator[ExecutionResult]) -> AsyncIterator[ExecutionResult]:
        try:
            async for result in stream:
                yield ExecutionResult(
                    result.data, [reported(e) for e in result.errors] if result.errors else None
                )
        finally:
            await stream.aclose()  # type: ignore[attr-defined]  # graphql-core gives an async generator

    def _plans(
        self, document: Document, operation: Operation, values: VariableValues, context: Context
    ) -> dict[str, Plan] | None:
        """The plan of each root field, or None when one of them is not planned."""
        key = (
            context.principal.scopes,
            *(values.coerced.get(name) for name in operation.condition_variables),
        )
        if key not in operation.plans:
            if len(operation.plans) >= MAX_PLANS:
                operation.plans.clear()
            operation.plans[key] = self._compile(document, operation, values, context)
        return operation.plans[key]

    def _compile(
        self, document: Document, operation: Operation, values: VariableValues, context: Context
    ) -> dict[str, Plan] | None:
        root = self.schema.query_type
        assert root is not None  # noqa: S101  (every schema has a Query)
        selector = Selector(self.schema, document.fragments, values)
        fields = selector.root(root, operation.node.selection_set)
        if not all(is_planned(root, nodes[0]) for nodes in fields.values()):
            return None
        return {
            key: self._compiler(selector, context).root(key, root, nodes) for key, nodes in fields.items()
        }

    def _compiler(self, selector: Selector, context: Context) -> Compiler:
        return Compiler(selector, context.principal.scopes, self._convert, Plan())

    async def _run(self, plans: dict[str, Plan], values: VariableValues, context: Context) -> ExecutionResult:
        data: dict[str, Any] = {}
        errors: list[GraphQLError] = []
        for key, plan in plans.items():
            try:
                json = await read(plan, Ask(context), values)
                errors += denied(plan.denials, (key,), json)
            except Exception as error:
                json = b"null"
                errors.append(reported(located_error(error, plan.nodes, [key])))
            if json == b"null" and plan.non_null:
                return ExecutionResult(None, errors)
            data[key] = Fragment(json)
        return ExecutionResult(data, errors or None)

    async def _resolve(self, source: Any, info: GraphQLResolveInfo[Context], **_: Any) -> Fragment | None:
        """A planned field that graphql-core reached, below a Python object or beside unplanned fields."""
        values = info.variable_values
        selector = Selector(self.schema, info.fragments, values)
        key = str(info.path.key)
        plan = self._compiler(selector, info.context).root(key, info.parent_type, info.field_nodes)
        json = await read(plan, Ask(info.context, source), values)
        if plan.denials:
            path = info.path.as_list()
            errors = denied(plan.denials, tuple(path), json)
            if json == b"null" and plan.non_null:
                raise errors[0]  # the null goes up, and has one cause
            info.context.errors += errors
        return None if json == b"null" else Fragment(json)


def is_planned(root: GraphQLObjectType, node: FieldNode) -> bool:
    if node.name.value == "__typename":
        return True
    definition = root.fields.get(node.name.value)
    if definition is None:  # __schema and __type are graphql-core's
        return False
    spec = definition.extensions["strawberry-definition"].metadata.get(PLAN)
    return spec is not None and not isinstance(spec, Resolved)


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
