"""Running a plan: one statement, the values that Python adds to it, and the errors of what was marked."""

from __future__ import annotations

import re
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

    One statement, which says itself whose rows it may see, and one more for each deferred field, however many
    rows it hangs on.
    """
    failed: dict[str, Exception] = {}
    json = await statement(plan, ask, values, failed, (str(path[-1]),))
    [json] = await completed([json], plan, ask, values, failed)
    return settle(json, plan.faults, failed, path)


async def statement(
    plan: Plan, ask: Ask, values: VariableValues, failed: dict[str, Exception], path: tuple[str, ...]
) -> bytes:
    """What Postgres says; deferred fields are marks in it. `path` are the keys that lead to the value."""
    sql, params = await plan.render(ask, values, failed)
    context = ask.context

    async def fetch(connection: asyncpg.Connection) -> bytes | None:
        if context.services.show_plans != "off":
            explained = context.services.show_plans == "explain"
            told = await explain(connection, sql, len(params)) if explained else {}
            context.plans.append({"path": path, "sql": shown(sql), **told})
        json: bytes | None = await connection.fetchval(sql, *params)
        return json

    if context.replica is not None:
        json = await context.replica.read(fetch)
    else:
        async with context.database.unpinned() as connection:
            json = await fetch(connection)
    return b"null" if json is None else json


async def completed(
    texts: list[bytes], plan: Plan, ask: Ask, values: VariableValues, failed: dict[str, Exception]
) -> list[bytes]:
    """The JSON texts with the values of deferred fields, put in as they are: no number is read again."""
    for deferred in plan.deferred:
        ids = list(dict.fromkeys(id_ for text in texts for id_ in deferred.mark.findall(text)))
        if ids:
            keys = tuple(UUID(id_.decode()) for id_ in ids)
            answers = await later(deferred, replace(ask, keys=keys), values, failed)
            texts = put(dict(zip(ids, answers, strict=True)), deferred.mark, texts)
    return texts


def put(answers: dict[bytes, bytes], mark: re.Pattern[bytes], texts: list[bytes]) -> list[bytes]:
    return [mark.sub(lambda found: answers[found[1]], text) for text in texts]


@dataclass(frozen=True, slots=True)
class Values:
    """The source of a deferred field's plan."""

    values: list[Any]


async def later(
    deferred: Deferred, ask: Ask, values: VariableValues, failed: dict[str, Exception]
) -> list[bytes]:
    """The JSON of each of the rows `ask.keys`; the mark of a fault where there is none."""
    try:
        found = await deferred.values(ask, values)
    except Exception as error:
        found = [error] * len(ask.keys)
    broken = {n: value for n, value in enumerate(found) if isinstance(value, Exception)}
    given = replace(ask, source=Values([None if n in broken else value for n, value in enumerate(found)]))
    json = await statement(deferred.plan, given, values, failed, deferred.path)
    texts = [b"null" if text is None else text.encode() for text in orjson.loads(json)]
    answers = await completed(texts, deferred.plan, given, values, failed)
    for n, why in broken.items():
        name = f"{deferred.fault}.{n}"
        failed[name] = why
        answers[n] = orjson.dumps(TOKEN + name)
    return answers
