"""Subscriptions: a stream of source events, each shown as what the operation selects of it.

The same event under the same selection is executed once a process, by one SQL statement, however many
subscribers of a tenant wait for it: they get the same bytes.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

import orjson
import structlog
from graphql import ExecutionResult, FieldNode, GraphQLSchema, create_source_event_stream
from graphql.execution import Executor, execute_subscription_event

from api.context import Context
from api.documents.document import Bound
from api.encoding import encode_execution
from api.errors import reported
from api.execution.fragments import FragmentExecutor
from api.execution.sharing import Sharing
from api.planner.arguments import variables_in
from tenancy.away import is_away

log = structlog.get_logger(__name__)

SHARED_SECONDS = 0.25  # that what is shown may be old; subscribers who keep up are told of an event together
MOST_SHARED = 10_000
# Waits, in seconds, for a database that is away: no client should get half an event for that.
WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 5.0, 5.0, 5.0)


@dataclass(frozen=True, slots=True)
class Told:
    """One response of a subscription: the JSON of its payload, and the cursor from which it resumes."""

    json: bytes
    cursor: str | None


class Subscribing:
    """The subscriptions of one schema, in one event loop."""

    def __init__(self, schema: GraphQLSchema, *, hide_suggestions: bool) -> None:
        self._schema = schema
        self._hidden = hide_suggestions
        self._shared = Sharing[bytes](SHARED_SECONDS, MOST_SHARED)

    async def subscribe(self, bound: Bound, context: Context) -> AsyncIterator[Told] | ExecutionResult:
        """The stream of responses, or one result when it can't start."""
        executor = FragmentExecutor.build(
            self._schema, bound.document.node, None, context, bound.variables, bound.name,
            hide_suggestions=self._hidden,
        )  # fmt: skip
        if isinstance(executor, list):
            return told(ExecutionResult(None, executor))
        source = create_source_event_stream(executor)
        source = await source if inspect.isawaitable(source) else source
        if isinstance(source, ExecutionResult):
            return told(source)
        events = cast("AsyncIterator[Any]", source)
        return self._show(events, executor, selection(bound, context), context)

    async def _show(
        self, events: AsyncIterator[Any], executor: Executor[Any], key: Hashable, context: Context
    ) -> AsyncIterator[Told]:
        async with aclosing(events):  # type: ignore[type-var]  # a resolver's async generator
            async for event in events:
                cursor = getattr(event, "cursor", None)

                def show(event: Any = event) -> Any:
                    return shown(lambda: executor.build_per_event_executor(event), context)

                if cursor is None:
                    yield Told(await show(), None)
                    continue
                # What was missed stands at the cursor of another event, and since when is each one's own.
                which = (key, cursor, type(event), getattr(event, "since", None))
                yield Told(await self._shared.get(which, show), cursor)


async def shown(executor: Callable[[], Executor[Any]], context: Context) -> bytes:
    """The payload of one event. Raises GraphQLError where the database stays away."""
    for wait in (*WAITS, None):
        executing = execute_subscription_event(executor())
        result = await executing if inspect.isawaitable(executing) else executing
        away = next((error for error in result.errors or () if is_away(error.original_error)), None)
        if away is None:
            return encode_execution(told(result), context, extensions=False)
        if wait is None:
            raise reported(away)  # its client resumes in front of it
        log.warning("event_waits", error=type(away.original_error).__qualname__)
        await asyncio.sleep(wait)
    raise AssertionError("unreachable")


def told(result: ExecutionResult) -> ExecutionResult:
    """The result with its errors as the caller may see them."""
    errors = [reported(error) for error in result.errors] if result.errors else None
    return ExecutionResult(result.data, errors)


def selection(bound: Bound, context: Context) -> Hashable:
    """What decides how an event is shown, beside the event: for whom, which operation, by which variables.

    Arguments of the root field only say which events come: whoever resumes elsewhere shares all the same.
    """
    operation = bound.operation
    if operation.event_variables is None:
        operation.event_variables = event_variables(bound)
    given = bound.variables or {}
    values = {name: given[name] for name in operation.event_variables if name in given}
    principal = context.principal
    return principal.tenant, principal.scopes, operation, orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def event_variables(bound: Bound) -> tuple[str, ...]:
    """The variables that are used anywhere but in the arguments of a root field."""
    names: set[str] = set()
    for node in bound.operation.node.selection_set.selections:
        if isinstance(node, FieldNode):
            node = replace(node, arguments=())
        names |= variables_in(node)
    for fragment in bound.document.fragments.values():
        names |= variables_in(fragment)
    return tuple(sorted(names))
