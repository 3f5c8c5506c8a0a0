"""What the tests of events do again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from uuid import UUID

from app.events import outbox, streams
from app.events.hub import StreamEvent
from app.events.outbox import Kind
from app.events.publication import locked, number
from tenancy.database import Database
from tenancy.valkey import Valkey

PATIENCE = 20.0  # seconds until a test gives up; none takes this long when all is well


async def record(database: Database, tenant: UUID, *numbers: int) -> None:
    """One committed transaction with an event for each number."""
    async with database.transaction(tenant) as session:
        await outbox.record(session, tenant, [(Kind.RUN_PROGRESSED, {"run": str(n)}) for n in numbers])


async def take(stream: AsyncGenerator[StreamEvent, None], count: int) -> list[StreamEvent]:
    """The next events of a subscription, which stays open."""
    async with asyncio.timeout(PATIENCE):
        return [await anext(stream) for _ in range(count)]


async def nothing(stream: AsyncGenerator[StreamEvent, None]) -> None:
    """Fails if an event is there to be had. Ends the subscription."""
    waiting = asyncio.ensure_future(anext(stream))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done, waiting.result()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            held = holds()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.01)


def runs(events: list[StreamEvent]) -> list[int | str]:
    """The number of each event, or its kind if it is another's."""
    return [int(e.payload["run"]) if e.kind == Kind.RUN_PROGRESSED else e.kind for e in events]


async def published(valkey: Valkey, tenant: UUID) -> list[StreamEvent]:
    entries = await valkey.xrange(streams.key(tenant))
    return [streams.event(id_, entry) for id_, entry in entries]  # type: ignore[union-attr,arg-type]


async def waiting(database: Database) -> set[UUID]:
    """The tenants with events that are not published."""
    async with database.unpinned() as connection:
        return {row[0] for row in await connection.fetch("select tenants_with_events()")}


async def all_published(database: Database, *tenants: UUID) -> None:
    """Returns when a running relay has nothing left to do for these tenants."""

    async def done() -> bool:
        return not set(tenants) & await waiting(database)

    await until(done)


async def give_positions(database: Database, tenant: UUID) -> None:
    async with database.writing(tenant) as connection:
        assert await locked(connection, tenant)
        await number(connection, tenant)
