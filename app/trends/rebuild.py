"""Counting everything anew, and saying whether that changed any figure."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tenancy.database import Database

# The lock of migration 0008: nobody counts while we do.
LOCK = text("select pg_advisory_xact_lock(hashtextextended('trends:' || :tenant, 0))")
ROLLUPS = text(
    "select metric, granularity, period, key, language, tracks, total from trend_rollups"
    " where tenant_id = :tenant"
)
STEPS = (
    text("delete from trend_observations where tenant_id = :tenant"),
    text("delete from trend_rollups where tenant_id = :tenant"),
    text("select observe_tracks(:tenant, array_agg(id)) from tracks where tenant_id = :tenant"),
)


async def rebuild(database: Database, tenant: UUID) -> tuple[int, int]:
    """How many figures there are, and how many of them were others, missing or too many before."""
    async with database.transaction(tenant) as session:
        await session.execute(LOCK, {"tenant": str(tenant)})
        before = await figures(session, tenant)
        for step in STEPS:
            await session.execute(step, {"tenant": tenant})
        after = await figures(session, tenant)
        return len(after), len({row[:5] for row in before ^ after})


async def figures(session: AsyncSession, tenant: UUID) -> set[tuple[object, ...]]:
    return {tuple(row) for row in await session.execute(ROLLUPS, {"tenant": tenant})}
