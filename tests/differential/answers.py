"""Both answers to one request, in a form that can be compared."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema, execute_sync

from api.context import Context
from api.cost import Estimate
from api.documents.limits import LimitExceeded
from api.encoding import encode_execution, encode_result
from api.execution.engine import Engine
from api.failures import errors_of
from api.requests import OpenContext
from tenancy.principals import Principal
from tests.differential.catalogue import TENANT, named
from tests.differential.documents import Run
from tests.differential.errors import shown
from tests.differential.reference import Asked
from tests.differential.rows import Rows


@dataclass(frozen=True, slots=True)
class Answer:
    """Data with the order of its keys, and errors in any order: GraphQL prescribes none."""

    data: str
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Sides:
    """The planner on the real database, and graphql-core over rows in memory."""

    engine: Engine
    open_context: OpenContext
    reference: GraphQLSchema
    rows: Rows
    recorded: dict[tuple[Any, ...], Any]

    async def both(self, text: str, run: Run) -> tuple[Answer, Answer]:
        """The planner's answer and the reference's."""
        principal = Principal(TENANT, "tenant", "TEAM", named(TENANT, "key", 0), "Key 0", run.scopes)
        # Points would run out, and are not what is compared.
        context = await self.open_context(principal, Estimate(0))
        return await self.planned(text, run, context), self.plain(text, run, context)

    async def planned(self, text: str, run: Run, context: Context) -> Answer:
        document = self.engine.documents.get(text)
        operation = document.operation(None)
        try:
            bound = self.engine.bind(document, operation, run.variables)
            with suppress(LimitExceeded):  # what a request may cost is not the planner's business
                self.engine.cost(bound)
            result = await self.engine.execute(bound, context)
            body = encode_execution(result, context, extensions=False)
        except GraphQLError as error:
            body = encode_result(None, errors_of(error))
        return answer(orjson.loads(body))

    def plain(self, text: str, run: Run, context: Context) -> Answer:
        document = self.engine.documents.get(text)
        asked = Asked(self.rows, context.principal, context.charge, self.recorded)
        result = execute_sync(
            self.reference, document.node, context_value=asked, variable_values=run.variables
        )
        errors = [shown(error) for error in result.errors or ()]
        return answer(orjson.loads(orjson.dumps({"data": result.data, "errors": errors})))


def answer(body: dict[str, Any]) -> Answer:
    errors = body.get("errors", [])
    for error in errors:
        error["extensions"].pop("trace", None)
    told = sorted(orjson.dumps(error, option=orjson.OPT_SORT_KEYS).decode() for error in errors)
    return Answer(orjson.dumps(normal(body.get("data"))).decode(), tuple(told))


def normal(value: Any) -> Any:
    """The same JSON with one form for each number: 1 and 1.0 are one to GraphQL's clients."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
