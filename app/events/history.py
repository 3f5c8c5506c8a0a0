"""Events as Postgres keeps them: the source of truth behind the streams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import orjson

from app.events.cursors import Cursor
from app.events.streams import StreamEvent
from tenancy.database import Database

PAGE = 128  # events
# Both walk ix_events_position. A position is visible only after all before it: see app.events.publication.
NEWEST = """
    select position, at from events
    where tenant_id = $1 and position > 0 order by position desc limit 1"""
SINCE = """
    select position, at, kind, payload from events
    where tenant_id = $1 and position > $2 order by position limit $3"""


async def newest(database: Database, tenant: UUID) -> Cursor:
    """The cursor of the tenant's last event; position 0 and the present where there was none."""
    async with database.reading(tenant) as connection:
        row = await connection.fetchrow(NEWEST, tenant)
    return Cursor(row["position"], row["at"]) if row else Cursor(0, datetime.now(UTC))


async def page(database: Database, tenant: UUID, after: int, limit: int = PAGE) -> list[StreamEvent]:
    """The events that follow the position `after`, in order, at most `limit`."""
    async with database.reading(tenant) as connection:
        rows = await connection.fetch(SINCE, tenant, after, limit)
    return [
        StreamEvent(
            str(Cursor(row["position"], row["at"])), row["at"], row["kind"], orjson.loads(row["payload"])
        )
        for row in rows
    ]


async def since(database: Database, tenant: UUID, after: int) -> AsyncIterator[StreamEvent]:
    """All events that follow the position `after`; one page is in memory at a time."""
    while True:
        events = await page(database, tenant, after)
        for event in events:
            yield event
        if len(events) < PAGE:
            return
        after = events[-1].position
