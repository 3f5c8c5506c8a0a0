"""What was spent, day by day, in Postgres: the durable side of the account in Valkey."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy.database import Database, driver_of
from tenancy.ledger import Ledger, Usage
from tenancy.unflushed import Unflushed
from tenancy.valkey import Valkey

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3.0

# Whoever stores a tenant's totals, or restores Valkey from them, holds this lock until the transaction's end.
TRY_LOCK = text("select pg_try_advisory_xact_lock(hashtext('rap.usage'), hashtext(:tenant))")
LOCK = text("select pg_advisory_xact_lock(hashtext('rap.usage'), hashtext(:tenant))")

# Totals, not differences: storing them again changes nothing. Requests only grow, so that fewer of them come
# from a Valkey that has lost some, and must not replace what is durable.
STORE = """
    insert into usage (tenant_id, day, key_id, operation, points, requests)
    select $1, * from unnest($2::date[], $3::uuid[], $4::text[], $5::bigint[], $6::bigint[])
    on conflict (tenant_id, day, key_id, operation) do update
    set points = excluded.points, requests = excluded.requests
    where excluded.requests >= usage.requests"""

# The primary key (tenant_id, day, …) serves both.
MONTH = "select coalesce(sum(points), 0)::bigint from usage where tenant_id = $1 and day >= $2 and day < $3"
ROWS = """
    select day, key_id, operation, points, requests from usage
    where tenant_id = $1 and day between $2 and $3"""
DAYS = """
    with newer (day, key_id, operation, points) as (
      select * from unnest($4::date[], $5::uuid[], $6::text[], $7::bigint[])
    )
    select day, sum(points)::bigint as points from (
      select day, points from newer where day between $2 and $3
      union all
      select u.day, u.points from usage u
      where u.tenant_id = $1 and u.day between $2 and $3 and not exists (
        select from newer n where (n.day, n.key_id, n.operation) = (u.day, u.key_id, u.operation))
    ) totals group by day"""


async def keep_flushing(database: Database, valkey: Valkey, stop: asyncio.Event) -> None:
    """Stores what Valkey has counted, every EVERY_SECONDS until `stop` is set, and once more then."""
    ledger = Ledger(valkey)
    failing = False
    try:
        while True:
            last = stop.is_set()
            try:
                await flush(database, ledger.valkey)
                failing = False
            except Exception as error:  # one of the servers is away; what is counted stays where it is
                if not failing:
                    log.warning("usage_not_flushed", error=type(error).__qualname__)
                failing = True
            if last:
                return
            try:
                await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
            except TimeoutError:
                continue
    finally:
        await ledger.close()


async def flush(database: Database, valkey: Valkey) -> int:
    """Stores every tenant's totals that have changed; how many there were. Any number may do so at once."""
    unflushed, stored = Unflushed(valkey), 0
    async with database.unpinned() as connection:
        tenants = [row["id"] for row in await connection.fetch("select id from every_tenant()")]
    for tenant in await unflushed.tenants(tenants):
        stored += await flush_tenant(database, unflushed, tenant)
    return stored


async def flush_tenant(database: Database, unflushed: Unflushed, tenant: UUID) -> int:
    """Stores one tenant's totals, unless somebody else is at it. Killed at any moment, it can begin again."""
    async with database.transaction(tenant) as session:
        if not await session.scalar(TRY_LOCK, {"tenant": str(tenant)}):
            return 0
        # Read under the lock: nobody can store newer totals before these are committed.
        changed, totals = await unflushed.read(tenant)
        await store(session, tenant, totals)
    await unflushed.forget(tenant, changed)
    return len(totals)


async def store(session: AsyncSession, tenant: UUID, totals: Sequence[Usage]) -> None:
    connection = await driver_of(session)
    await connection.execute(STORE, tenant, *columns(totals))


async def restore(database: Database, ledger: Ledger, tenant: UUID) -> None:
    """Gives Valkey the tenant's month, which it has lost or not seen yet."""
    day = today()
    async with database.transaction(tenant) as session:
        # What is being stored comes to its end first.
        await session.execute(LOCK, {"tenant": str(tenant)})
        connection = await driver_of(session)
        month = await connection.fetchval(MONTH, tenant, *month_of(day))
        rows = await connection.fetch(ROWS, tenant, day - timedelta(days=1), day)
        await ledger.restore(tenant, day, month, [Usage(*row) for row in rows])


async def spent(database: Database, tenant: UUID) -> int:
    """Durable points of the current month, UTC."""
    async with database.reading(tenant) as connection:
        return int(await connection.fetchval(MONTH, tenant, *month_of(today())))


async def by_day(
    database: Database, tenant: UUID, first: date, last: date, newer: Sequence[Usage]
) -> dict[date, int]:
    """Points of each day from `first` to `last`, both included; `newer` totals replace durable ones.

    Read `newer` before: what is flushed in between is then in both, and counts once.
    """
    async with database.reading(tenant) as connection:
        rows = await connection.fetch(DAYS, tenant, first, last, *columns(newer)[:4])
    found = {row["day"]: row["points"] for row in rows}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day: found.get(day, 0) for day in days}


def columns(totals: Sequence[Usage]) -> list[list[Any]]:
    return [
        [getattr(row, name) for row in totals] for name in ("day", "key", "operation", "points", "requests")
    ]


def today() -> date:
    """The day that requests count to now, UTC."""
    return datetime.now(UTC).date()


def month_of(day: date) -> tuple[date, date]:
    """Its first day, and the next month's."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)
