"""Results as bytes: what the planner got from Postgres goes out as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError

from api.context import Context
from api.execution.fragments import Fragment


def encode_result(
    data: Any,
    errors: Sequence[GraphQLError] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> bytes:
    """The JSON of a GraphQL response.

    Without `data` where no error has a path: the request failed before its execution began
    (GraphQL specification, section 7.1).
    """
    body: dict[str, Any] = {}
    if errors:
        body["errors"] = [error.formatted for error in errors]
    if data is not None or not errors or any(error.path for error in errors):
        body["data"] = data
    if extensions:
        body["extensions"] = extensions
    return orjson.dumps(body, default=fragment)


def encode_execution(result: ExecutionResult, context: Context, *, extensions: bool = True) -> bytes:
    """The JSON of what the engine gave, with the errors that only the context knows; it forgets them.

    With `extensions` the answer is whole: what it did not cost is given back.
    """
    errors = [*(result.errors or ()), *context.errors]
    context.errors.clear()
    if not extensions:
        return encode_result(result.data, errors)
    if result.data is None:
        context.settle(0)
        return encode_result(None, errors, context.extensions())
    json = orjson.dumps(result.data, default=fragment)
    # Braces tell the number of objects without reading JSON again. Those in texts count too, which can only
    # make it larger. The outermost is the answer itself.
    context.settle(json.count(b"{") - 1)
    return encode_result(Fragment(json), errors, context.extensions())


def fragment(value: Any) -> orjson.Fragment:
    if isinstance(value, Fragment):
        return orjson.Fragment(value.json)
    raise TypeError(f"{type(value).__name__} has no JSON form")
