"""A small schema: what the transports do does not depend on ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime

import strawberry

from api.context import Info
from api.errors import InvalidArgument

OPEN: set[str] = set()  # the subscriptions to `forever` that have not ended


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"Hello, {name}"

    @strawberry.field
    def tenant(self, info: Info) -> str:
        return str(info.context.principal.tenant)

    @strawberry.field
    def boom(self) -> str | None:
        raise ValueError("a secret line of a lyric")

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(60)
        return "late"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def double(self, number: int) -> int:
        return 2 * number


@strawberry.type
class Event:
    cursor: str
    at: datetime
    kind: str
    run: str


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def forever(self, name: str) -> AsyncIterator[str]:
        OPEN.add(name)
        try:
            yield name
            await asyncio.Event().wait()
        finally:
            OPEN.discard(name)

    @strawberry.subscription
    async def broken(self, kindly: bool) -> AsyncIterator[int]:
        yield 1
        if kindly:
            raise InvalidArgument("This is as far as it goes.")
        raise ValueError("a secret line of a lyric")

    @strawberry.subscription
    async def events(self, info: Info, after: str | None = None) -> AsyncIterator[Event]:
        after = info.context.last_event_id or after
        async with aclosing(
            info.context.services.hub.subscribe(info.context.principal.tenant, after)
        ) as events:
            async for event in events:
                yield Event(
                    cursor=event.cursor, at=event.at, kind=event.kind, run=event.payload.get("run", "")
                )


schema = strawberry.Schema(Query, Mutation, Subscription)
