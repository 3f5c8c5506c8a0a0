"""Compiled plans and costs, each made once for an operation, a set of scopes and the values of conditions."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import strawberry
from graphql import FieldNode, GraphQLObjectType, OperationType
from graphql.execution.values import VariableValues

from api.cost import Points, cost
from api.planner.compiler import Compiler
from api.planner.documents import Document, Operation
from api.planner.fields import PLAN, Resolved
from api.planner.plan import Plan, converter
from api.planner.selection import Selector
from tenancy.scopes import Scope

MAX_PLANS = 32  # of an operation: conditions of n variables would make 2ⁿ
MAX_CONDITIONS = 3  # variables of @skip and @include whose values are planned ahead


class Planner:
    """Remembers what it makes in the operation itself, which goes when its document does."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema._schema
        self._convert = converter(schema)

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
            operation.costs[key] = cost(
                Selector(self._schema, document.fragments, values), operation.node, root
            )
        return operation.costs[key]

    def plans(
        self, document: Document, operation: Operation, values: VariableValues, scopes: frozenset[Scope]
    ) -> dict[str, Plan] | None:
        """The plan of each root field, or None when one of them is not planned."""
        key = (scopes, *conditions(operation, values))
        if key not in operation.plans:
            if len(operation.plans) >= MAX_PLANS:
                operation.plans.clear()
            operation.plans[key] = self._compile(document, operation, values, scopes)
        return operation.plans[key]

    def compiler(self, selector: Selector, scopes: frozenset[Scope]) -> Compiler:
        return Compiler(selector, scopes, self._convert, Plan())

    def _compile(
        self, document: Document, operation: Operation, values: VariableValues, scopes: frozenset[Scope]
    ) -> dict[str, Plan] | None:
        root = self._schema.query_type
        assert root is not None  # noqa: S101  (every schema has a Query)
        selector = Selector(self._schema, document.fragments, values)
        fields = selector.root(root, operation.node.selection_set)
        if not all(is_planned(root, nodes[0]) for nodes in fields.values()):
            return None
        return {key: self.compiler(selector, scopes).root(key, root, nodes) for key, nodes in fields.items()}


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
