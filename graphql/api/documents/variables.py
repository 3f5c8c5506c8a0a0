"""Variables as their types take them, found once for the few that many requests have in common."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from graphql import GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues, get_variable_values

from api.documents.document import Operation

MAX_KEPT = 16  # of an operation
MAX_SIMPLE = 8  # variables that are remembered together, and
MAX_LENGTH = 100  # characters of each


def coerced(
    schema: GraphQLSchema, operation: Operation, variables: dict[str, Any] | None, *, hide_suggestions: bool
) -> VariableValues | list[GraphQLError]:
    """The values, or why there are none."""
    alike = simple(variables or {})
    kept = operation.coerced.get(alike) if alike is not None else None
    if kept is not None:
        return kept
    values = get_variable_values(
        schema, operation.node.variable_definitions or (), variables or {},
        max_errors=20, hide_suggestions=hide_suggestions,
    )  # fmt: skip
    if alike is not None and not isinstance(values, list):
        if len(operation.coerced) >= MAX_KEPT:
            operation.coerced.clear()
        operation.coerced[alike] = values
    return values


def simple(variables: dict[str, Any]) -> Hashable | None:
    """What tells variables from others where they are few and short, such as those of a first page."""
    if len(variables) > MAX_SIMPLE:
        return None
    for value in variables.values():
        if not isinstance(value, int | float | None) and not (
            isinstance(value, str) and len(value) <= MAX_LENGTH
        ):
            return None
    # With their types, since 1, 1.0 and true are equal to Python.
    return tuple((name, type(value), value) for name, value in variables.items())
