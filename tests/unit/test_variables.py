"""Values of variables are remembered, and never taken for those of others."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_schema
from graphql.execution.values import VariableValues

from api.documents import variables
from api.documents.document import Documents, Operation
from api.documents.variables import coerced

SCHEMA = build_schema("type Query { field(int: Int, float: Float, text: String, flag: Boolean): Int }")
QUERY = """query ($int: Int = 7, $float: Float, $text: String, $flag: Boolean) {
  field(int: $int, float: $float, text: $text, flag: $flag) }"""


@pytest.fixture
def operation() -> Operation:
    return Documents(SCHEMA).get(QUERY).operation(None)


def values(operation: Operation, given: dict[str, Any] | None) -> dict[str, Any] | None:
    """None where they are refused."""
    found = coerced(SCHEMA, operation, given, hide_suggestions=True)
    return found.coerced if isinstance(found, VariableValues) else None


def test_what_came_before_changes_nothing(operation: Operation) -> None:
    alike: list[tuple[dict[str, Any] | None, dict[str, Any] | None]] = [
        ({"int": 1}, {"int": 1}), ({"int": True}, None), ({"int": "1"}, None), ({"int": None}, {"int": None}),
        ({"float": 1}, {"int": 7, "float": 1.0}), ({"flag": 1}, None),
        ({"flag": True}, {"int": 7, "flag": True}),
        ({}, {"int": 7}), (None, {"int": 7}), ({"text": "1"}, {"int": 7, "text": "1"}), ({"text": 1}, None),
        ({"int": [1]}, None), ({"int": {"int": 1}}, None),
    ]  # fmt: skip
    for _ in range(2):
        for given, expected in (*alike, *reversed(alike)):
            assert values(operation, given) == expected, given


def test_the_same_variables_are_coerced_once(operation: Operation) -> None:
    first = coerced(SCHEMA, operation, {"int": 3}, hide_suggestions=True)
    assert coerced(SCHEMA, operation, {"int": 3}, hide_suggestions=True) is first


def test_little_is_kept(operation: Operation) -> None:
    long = {"text": "x" * (variables.MAX_LENGTH + 1)}
    assert values(operation, long) == {"int": 7} | long
    assert values(operation, {f"v{n}": n for n in range(variables.MAX_SIMPLE + 1)}) == {"int": 7}
    assert operation.coerced == {}
    for n in range(10 * variables.MAX_KEPT):
        assert values(operation, {"int": n}) == {"int": n}
        assert 0 < len(operation.coerced) <= variables.MAX_KEPT
