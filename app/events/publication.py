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

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.events import streams
from app.events.cursors import Cursor
from tenancy.database import Database

BATCH = 500  # events of one tenant before another tenant has its turn
STREAM_LENGTH = 10_000  # entries, about; what was trimmed is read from Postgres
RETENTION = timedelta(days=7)
REFUSED = "equal or smaller"  # of Valkey's answer to an id that isn't above the last one

# Not waited for: who holds it has heard of the same events, or the next sweep finds them.
LOCK = text("select pg_try_advisory_xact_lock(hashtextextended('events:' || :tenant, 0))")

# Walks ix_events_waiting and the end of ix_events_position.
NUMBER = text("""
    update events set position = waiting.n + (
      select coalesce(max(position), 0) from events where tenant_id = :tenant)
    from (
      select id, row_number() over (order by id) as n
      from events where tenant_id = :tenant and position is null order by id limit :batch
    ) waiting
    where events.tenant_id = :tenant and events.id = waiting.id""")

UNPUBLISHED = text("""
    select position, at, kind, payload::text as payload from events
    where tenant_id = :tenant and position > 0 and not published order by position limit :batch""")

MARK = text("""
    update events set published = true
    where tenant_id = :tenant and not published and position between :first and :last""")

# Only from the oldest on, so that what is kept has no gaps; never the newest, whose position must not
# be given again.
PRUNE = text("""
    delete from events where tenant_id = :tenant and published and position < least(
      coalesce(
        (select min(position) from events
         where tenant_id = :tenant and at >= now() - cast(:retention as interval)),
        (select max(position) from events where tenant_id = :tenant)),
      (select min(position) + :batch from events where tenant_id = :tenant))""")


# Told of each event that was published: its kind, and the seconds since it was recorded.
Report = Callable[[str, float], None]


def unreported(_: str, __: float) -> None:
    """Nobody is told."""


async def carry(database: Database, valkey: Redis, tenant: UUID, report: Report = unreported) -> bool:
    """Numbers and publishes up to BATCH waiting events of a tenant; True if there may be more."""
    async with database.transaction(tenant) as session:
        if not await locked(session, tenant):
            return False
        numbered = await number(session, tenant)
    async with database.transaction(tenant) as session:
        if not await locked(session, tenant):
            return False
        published = await publish(session, valkey, tenant, report)
    return BATCH in (numbered, published)


async def locked(session: AsyncSession, tenant: UUID) -> bool:
    """Whether this transaction now holds the tenant's events; a statement of its own, so that the next
    one sees what the last holder committed."""
    return bool(await session.scalar(LOCK, {"tenant": str(tenant)}))


async def number(session: AsyncSession, tenant: UUID) -> int:
    """Gives up to BATCH committed events their positions, under the lock; how many."""
    result = await session.execute(NUMBER, {"tenant": tenant, "batch": BATCH})
    return int(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, as for every update


async def publish(session: AsyncSession, valkey: Redis, tenant: UUID, report: Report = unreported) -> int:
    """Appends up to BATCH numbered events to the stream and marks them, under the lock; how many."""
    rows = (await session.execute(UNPUBLISHED, {"tenant": tenant, "batch": BATCH})).all()
    if not rows:
        return 0
    async with valkey.pipeline(transaction=True) as pipeline:
        for row in rows:
            pipeline.xadd(
                streams.key(tenant),
                streams.fields(row.kind, row.payload, row.at),
                id=str(Cursor(row.position, row.at)),
                maxlen=STREAM_LENGTH,
            )
        answers = await pipeline.execute(raise_on_error=False)
    now = datetime.now(UTC)
    for row, answer in zip(rows, answers, strict=True):
        if isinstance(answer, ResponseError) and REFUSED in str(answer):
            continue  # published by a relay that died before it could say so
        if isinstance(answer, Exception):
            raise answer
        report(row.kind, (now - row.at).total_seconds())
    await session.execute(MARK, {"tenant": tenant, "first": rows[0].position, "last": rows[-1].position})
    return len(rows)


async def prune(database: Database, tenant: UUID) -> None:
    """Deletes up to BATCH × 20 published events that are older than RETENTION."""
    async with database.transaction(tenant) as session:
        await session.execute(PRUNE, {"tenant": tenant, "retention": RETENTION, "batch": BATCH * 20})
