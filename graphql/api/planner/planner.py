"""Compiled plans and costs, each made once for an operation, a set of scopes and the values of conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationType,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues

from api.cost import Points, cost
from api.documents.document import Document, Operation
from api.documents.selection import Selector
from api.planner.arguments import Conversion
from api.planner.compiler import Compiler
from api.planner.fields import PLAN, Resolved
from api.planner.plan import Plan
from app.telemetry.metrics import PLANS_COMPILED
from tenancy.scopes import Scope

MAX_PLANS = 64  # of an operation: conditions of n variables would make 2ⁿ
MAX_CONDITIONS = 3  # variables of @skip and @include whose values are planned ahead


class Planner:
    """Remembers what it makes in the operation itself, which goes when its document does."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema._schema
        self._conversion = Conversion(schema)

    def prepare(self, document: Document, scopes: Iterable[frozenset[Scope]]) -> None:
        """Makes the costs of all operations, and the plans of queries for these sets of scopes."""
        sets = list(scopes)
        for operation in document.operations.values():
            names = operation.condition_variables
            if len(names) > MAX_CONDITIONS:
                continue
            for answers in product((True, False), repeat=len(names)):
                values = VariableValues({}, dict(zip(names, answers, strict=True)))
                self.points(document, operation, values)
                if operation.node.operation is OperationType.QUERY:
                    for each in sets:
                        self.plans(document, operation, values, each)

    def points(self, document: Document, operation: Operation, values: VariableValues) -> Points:
        """What the operation costs, whatever the values of its other variables."""
        key = conditions(operation, values)
        if key not in operation.costs:
            if len(operation.costs) >= MAX_PLANS:
                operation.costs.clear()
            root = self._schema.get_root_type(operation.node.operation)
            assert root is not None  # noqa: S101  (validation has seen the operation's root type)
            # Where a condition is null nothing is answered: either value gives no less than its cost.
            known = {name: bool(values.coerced.get(name)) for name in operation.condition_variables}
            values = VariableValues(values.sources, values.coerced | known)
            selector = Selector(self._schema, document.fragments, values)
            operation.costs[key] = cost(selector, operation.node, root)
        points: Points = operation.costs[key]
        return points

    def plans(
        self, document: Document, operation: Operation, values: VariableValues, scopes: frozenset[Scope]
    ) -> dict[str, Plan]:
        """Each root field's plan, by response key; one without parts for what graphql-core has to answer."""

        def compile_() -> dict[str, Plan]:
            root = self._schema.query_type
            assert root is not None  # noqa: S101  (every schema has a Query)
            selector = Selector(self._schema, document.fragments, values)
            compiler = self._compiler(selector, scopes)
            return {
                key: compiler.another(Plan()).root(key, root, nodes)
                if is_planned(root, nodes[0])
                else Plan(nodes=nodes)
                for key, nodes in selector.root(root, operation.node.selection_set).items()
            }

        return kept(operation, (scopes, *conditions(operation, values)), compile_)

    def plan(self, operation: Operation, info: GraphQLResolveInfo[Any], scopes: frozenset[Scope]) -> Plan:
        """The plan of a field that graphql-core has reached."""
        nodes, name = info.field_nodes, str(info.path.key)

        def compile_() -> dict[str, Plan]:
            selector = Selector(self._schema, info.fragments, info.variable_values)
            return {name: self._compiler(selector, scopes).root(name, info.parent_type, nodes)}

        # A plan holds its nodes: as long as it is kept, nothing else has their ids.
        place = info.parent_type.name, *map(id, nodes)
        return kept(operation, (scopes, *conditions(operation, info.variable_values), *place), compile_)[name]

    def _compiler(self, selector: Selector, scopes: frozenset[Scope]) -> Compiler:
        return Compiler(selector, scopes, self._conversion, Plan())


def kept(operation: Operation, key: Any, compile_: Callable[[], dict[str, Plan]]) -> dict[str, Plan]:
    """The operation's plans under this key, compiled unless they are there; the oldest make room."""
    found: dict[str, Plan] | None = operation.plans.get(key)
    if found is None:
        found = compile_()
        PLANS_COMPILED.inc()
        if len(operation.plans) >= MAX_PLANS:
            del operation.plans[next(iter(operation.plans))]
        operation.plans[key] = found
    return found


def unplanned(document: Document, operation: Operation, plans: dict[str, Plan]) -> DocumentNode | None:
    """The operation with nothing but the fields that graphql-core has to answer, if there are any."""
    nodes = [node for plan in plans.values() if not plan.parts for node in plan.nodes]
    if not nodes:
        return None
    alone = replace(operation.node, selection_set=SelectionSetNode(selections=tuple(nodes)))
    return DocumentNode(definitions=(alone, *document.fragments.values()))


def conditions(operation: Operation, values: VariableValues) -> tuple[object, ...]:
    return tuple(values.coerced.get(name) for name in operation.condition_variables)


def is_planned(root: GraphQLObjectType, node: FieldNode) -> bool:
    if node.name.value == "__typename":
        return True
    definition = root.fields.get(node.name.value)
    if definition is None:  # __schema and __type are graphql-core's
        return False
    spec = definition.extensions["strawberry-definition"].metadata.get(PLAN)
    return spec is not None and not isinstance(spec, Resolved)
