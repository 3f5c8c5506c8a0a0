"""Running a plan: one statement, the values that Python adds to it, and the errors of what was denied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLError
from graphql.execution.values import VariableValues

from api.errors import Forbidden, reported
from api.planner.plan import Denial, Plan
from api.planner.rows import Ask


async def read(plan: Plan, ask: Ask, values: VariableValues, at: int = 1) -> bytes:
    """The JSON of a planned field, by one statement on a connection that sees one tenant.

    Each deferred field adds one statement, however many rows it hangs on. `at` is how many steps of
    the response path lead to this plan's value.
    """
    sql, params = await plan.render(ask, values)
    async with ask.context.database.reading(ask.context.principal.tenant) as connection:
        json: bytes | None = await connection.fetchval(sql, *params)
    if json is None or not plan.deferred:
        return b"null" if json is None else json
    value = orjson.loads(json)
    for deferred in plan.deferred:
        slots = [
            (holder, key, UUID(holder[key].removeprefix(deferred.mark)))
            for holder, key in holders(value, deferred.path[at:])
            if isinstance(holder.get(key), str) and holder[key].startswith(deferred.mark)
        ]
        if not slots:
            continue
        ids = tuple(dict.fromkeys(id_ for _, _, id_ in slots))
        answers = await read(deferred.plan, replace(ask, keys=ids), values, len(deferred.path))
        by_id = dict(zip(ids, orjson.loads(answers), strict=True))
        for holder, key, id_ in slots:
            holder[key] = by_id[id_]
    return orjson.dumps(value)


def holders(value: Any, rest: tuple[str, ...]) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects that hold a field, and its key in them."""
    if isinstance(value, list):
        for item in value:
            yield from holders(item, rest)
    elif isinstance(value, dict):
        if len(rest) == 1:
            yield value, rest[0]
        else:
            yield from holders(value.get(rest[0]), rest[1:])


def denied(denials: list[Denial], prefix: tuple[str | int, ...], json: bytes) -> list[GraphQLError]:
    """An error for each place in the answer that a missing scope left null, as graphql-core would report."""
    value = orjson.loads(json) if denials else None
    return [
        reported(Forbidden(denial.scope, nodes=[denial.node], path=list(path)))
        for denial in denials
        for path in places(value, prefix, denial.path[1:])
    ]


def places(value: Any, at: tuple[str | int, ...], rest: tuple[str, ...]) -> list[tuple[str | int, ...]]:
    """The response paths that a path without list positions stands for."""
    if isinstance(value, list):
        return [path for index, item in enumerate(value) for path in places(item, (*at, index), rest)]
    if not rest:
        return [at]
    if not isinstance(value, dict):
        return [(*at, *rest)]  # the null went up to here: the field that caused it is below
    return places(value.get(rest[0]), (*at, rest[0]), rest[1:])
