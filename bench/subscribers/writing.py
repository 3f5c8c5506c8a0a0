"""Events at a steady pace: each in a transaction of its own, or told to the peer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from websockets.asyncio.client import connect

from app.events.outbox import CHANNEL, RECORD, Kind
from tenancy.rls import APP_ROLE
from tenancy.sql import to_json

SET_TENANT = "select set_config('app.tenant_id', $1, true)"
# What ours sends of such an event is as long as this.
TOLD = '{{"type":"next","id":"1","payload":{{"data":{{"event":{{"at":"{at}","more":"{more}"}}}}}}}}'
MORE = "x" * 190

Tell = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Source:
    """A tenant and a run of it, which its events are about."""

    tenant: UUID
    run: UUID


async def steadily(tell: Tell, numbers: Sequence[int], rate: float, seconds: float) -> int:
    """So many events a second, each for the next of these members in turn; how many there were."""
    began, told = time.perf_counter(), 0
    while (now := time.perf_counter() - began) < seconds:
        while told < now * rate:
            await tell(numbers[told % len(numbers)])
            told += 1
        await asyncio.sleep(0.002)
    return told


@asynccontextmanager
async def committing(url: str, sources: Sequence[Source]) -> AsyncIterator[Tell]:
    """One connection commits each event, as a worker would."""
    connection = await asyncpg.connect(url, server_settings={"role": APP_ROLE})

    async def tell(number: int) -> None:
        source = sources[number]
        payload = to_json({"run": source.run}).decode()
        async with connection.transaction():
            await connection.execute(SET_TENANT, str(source.tenant))
            await connection.execute(RECORD, source.tenant, [Kind.RUN_PROGRESSED.value], [payload], CHANNEL)

    try:
        yield tell
    finally:
        await connection.close()


@asynccontextmanager
async def telling(port: int) -> AsyncIterator[Tell]:
    """The peer is told of it, for a room."""
    async with connect(f"ws://127.0.0.1:{port}/tell", proxy=None, compression=None) as socket:

        async def tell(room: int) -> None:
            at = datetime.now(UTC).isoformat()
            await socket.send(f"{room} {TOLD.format(at=at, more=MORE)}")

        yield tell
