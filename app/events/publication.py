"""Giving a tenant's committed events their positions, and appending them to its stream.

Everything is done under the tenant's advisory lock, in two transactions:

1. `number` gives positions. It commits before anything is published, so that a position that a
   subscriber has seen can't be given again.
2. `publish` appends to the stream and marks what it appended. Valkey refuses an id that isn't above
   the stream's last one, so a relay that died in between publishes nothing twice.

A lost stream (an emptied Valkey) starts again with the next position; the hub fills the gap from
Postgres. After Postgres itself was restored from a backup, empty Valkey too: its streams are ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from redis.exceptions import ResponseError

from app.events import streams
from app.events.cursors import Cursor
from tenancy.database import Database
from tenancy.pipelined import pipelined
from tenancy.valkey import Valkey

BATCH = 500  # events of one tenant before another tenant has its turn
RETENTION = timedelta(days=7)
REFUSED = "equal or smaller"  # of Valkey's answer to an id that isn't above the last one

# Not waited for: who holds it has heard of the same events, or the next sweep finds them.
LOCK = "select pg_try_advisory_xact_lock(hashtextextended('events:' || $1::uuid, 0))"

# Walks ix_events_waiting and the end of ix_events_position.
NUMBER = """
    update events set position = waiting.n + (
      select coalesce(max(position), 0) from events where tenant_id = $1)
    from (
      select id, row_number() over (order by id) as n
      from events where tenant_id = $1 and position is null order by id limit $2
    ) waiting
    where events.tenant_id = $1 and events.id = waiting.id"""

UNPUBLISHED = """
    select position, at, kind, payload::text as payload from events
    where tenant_id = $1 and position > 0 and not published order by position limit $2"""

MARK = """
    update events set published = true
    where tenant_id = $1 and not published and position between $2 and $3"""

# Only from the oldest on, so that what is kept has no gaps; never the newest, whose position must not
# be given again.
PRUNE = """
    delete from events where tenant_id = $1 and published and position < least(
      coalesce(
        (select min(position) from events
         where tenant_id = $1 and at >= now() - cast($2 as interval)),
        (select max(position) from events where tenant_id = $1)),
      (select min(position) + $3 from events where tenant_id = $1))"""


# Told of each event that was published: its kind, and the seconds since it was recorded.
Report = Callable[[str, float], None]


def unreported(_: str, __: float) -> None:
    """Nobody is told."""


async def carry(database: Database, valkey: Valkey, tenant: UUID, report: Report = unreported) -> bool:
    """Numbers and publishes up to BATCH waiting events of a tenant; True if there may be more."""
    async with database.writing(tenant) as connection:
        if not await locked(connection, tenant):
            return False
        numbered = await number(connection, tenant)
    async with database.writing(tenant) as connection:
        if not await locked(connection, tenant):
            return False
        published = await publish(connection, valkey, tenant, report)
    return BATCH in (numbered, published)


async def locked(connection: asyncpg.Connection, tenant: UUID) -> bool:
    """Whether this transaction now holds the tenant's events; a statement of its own, so that the next
    one sees what the last holder committed."""
    return bool(await connection.fetchval(LOCK, tenant))


async def number(connection: asyncpg.Connection, tenant: UUID) -> int:
    """Gives up to BATCH committed events their positions, under the lock; how many."""
    tag = await connection.execute(NUMBER, tenant, BATCH)
    return int(tag.removeprefix("UPDATE "))


async def publish(
    connection: asyncpg.Connection, valkey: Valkey, tenant: UUID, report: Report = unreported
) -> int:
    """Appends up to BATCH numbered events to the stream and marks them, under the lock; how many."""
    rows = await connection.fetch(UNPUBLISHED, tenant, BATCH)
    if not rows:
        return 0
    answers = await pipelined(
        valkey,
        [
            streams.adding(tenant, Cursor(row["position"], row["at"]), row["kind"], row["payload"], row["at"])
            for row in rows
        ],
    )
    now = datetime.now(UTC)
    for row, answer in zip(rows, answers, strict=True):
        if isinstance(answer, ResponseError) and REFUSED in str(answer):
            continue  # published by a relay that died before it could say so
        if isinstance(answer, Exception):
            raise answer
        report(row["kind"], (now - row["at"]).total_seconds())
    # Before they are marked: a relay that dies in between leaves them to one that announces them.
    await streams.announce(valkey, tenant)
    await connection.execute(MARK, tenant, rows[0]["position"], rows[-1]["position"])
    return len(rows)


async def prune(database: Database, tenant: UUID) -> None:
    """Deletes up to BATCH × 20 published events that are older than RETENTION."""
    async with database.writing(tenant) as connection:
        await connection.execute(PRUNE, tenant, RETENTION, BATCH * 20)
