"""How mutations and subscriptions are declared: a scope, a use case, and problems as results."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry

from api.planner.fields import PLAN, Resolved
from api.problems import problem
from tenancy.scopes import Scope


def mutation(scope: Scope) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A field of Mutation; what the use case refuses becomes a member of the result's union."""

    def declare(resolve: Callable[..., Awaitable[Any]]) -> Any:
        @functools.wraps(resolve)
        async def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return await resolve(*args, **kwargs)
            except Exception as error:
                return problem(error, "input")

        return strawberry.mutation(
            resolver=guarded, description=inspect.getdoc(resolve), metadata={PLAN: Resolved(scope)}
        )

    return declare


def subscription(scope: Scope) -> Callable[[Callable[..., AsyncIterator[Any]]], Any]:
    """A field of Subscription; its docstring is its description."""
    return lambda resolve: strawberry.subscription(
        resolver=resolve, description=inspect.getdoc(resolve), metadata={PLAN: Resolved(scope)}
    )


def ref(id_: UUID) -> Any:
    """A row that the planner reads from its table, by id."""
    return {"id": id_}


def refs(ids: list[UUID]) -> Any:
    return [ref(id_) for id_ in ids]
