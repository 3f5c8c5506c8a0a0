"""Running a plan: one statement, the values that Python adds to it, and the errors of what was marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from graphql import GraphQLError
from graphql.execution.values import VariableValues

from api.planner.explaining import explain, shown
from api.planner.faults import TOKEN, settle
from api.planner.plan import Deferred, Plan
from api.planner.rows import Ask


async def read(
    plan: Plan, ask: Ask, values: VariableValues, path: list[str | int]
) -> tuple[bytes, list[GraphQLError]]:
    """The JSON of a planned field at `path`, and its errors: null may be where the type has none.

    One statement on a connection that sees one tenant, and one more for each deferred field, however many
    rows it hangs on.
    """
    failed: dict[str, Exception] = {}
    json = await run(plan, ask, values, failed, (str(path[-1]),))
    return settle(json, plan.faults, failed, path)


async def run(
    plan: Plan, ask: Ask, values: VariableValues, failed: dict[str, Exception], path: tuple[str, ...]
) -> bytes:
    """The JSON with marks in it; `path` are the response keys that lead to this plan's value."""
    sql, params = await plan.render(ask, values, failed)
    context, tenant = ask.context, ask.context.principal.tenant

    async def statement(connection: asyncpg.Connection) -> bytes | None:
        if context.services.show_plans != "off":
            explained = context.services.show_plans == "explain"
            told = await explain(connection, sql, len(params)) if explained else {}
            context.plans.append({"path": path, "sql": shown(sql), **told})
        json: bytes | None = await connection.fetchval(sql, *params)
        return json

    if context.replica is not None:
        json = await context.replica.read(tenant, statement)
    else:
        async with context.database.reading(tenant) as connection:
            json = await statement(connection)
    if json is None or not plan.deferred:
        return b"null" if json is None else json
    value = orjson.loads(json)
    for deferred in plan.deferred:
        slots = [
            (holder, key, UUID(holder[key].removeprefix(deferred.mark)))
            for holder, key in holders(value, deferred.path[len(path) :])
            if isinstance(holder.get(key), str) and holder[key].startswith(deferred.mark)
        ]
        ids = tuple(dict.fromkeys(id_ for _, _, id_ in slots))
        answers = await later(deferred, replace(ask, keys=ids), values, failed) if ids else []
        by_id = dict(zip(ids, answers, strict=True))
        for holder, key, id_ in slots:
            holder[key] = by_id[id_]
    return orjson.dumps(value)


@dataclass(frozen=True, slots=True)
class Values:
    """The source of a deferred field's plan."""

    values: list[Any]


async def later(
    deferred: Deferred, ask: Ask, values: VariableValues, failed: dict[str, Exception]
) -> list[Any]:
    """The JSON of each of the rows `ask.keys`; the mark of a fault where there is none."""
    try:
        found = await deferred.values(ask, values)
    except Exception as error:
        found = [error] * len(ask.keys)
    broken = {n: value for n, value in enumerate(found) if isinstance(value, Exception)}
    given = Values([None if n in broken else value for n, value in enumerate(found)])
    json = await run(deferred.plan, replace(ask, source=given), values, failed, deferred.path)
    answers: list[Any] = orjson.loads(json)
    for n, why in broken.items():
        name = f"{deferred.fault}.{n}"
        failed[name] = why
        answers[n] = TOKEN + name
    return answers


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
