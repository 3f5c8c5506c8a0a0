"""Which tracks a filter selects, for the use cases that write."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.catalog.filters import TrackFilter
from tenancy.database import driver_of
from tenancy.sql import Params


async def matching(session: AsyncSession, tenant: UUID, wanted: TrackFilter) -> list[UUID]:
    """The ids of all tracks that fit, oldest first."""
    params = Params(tenant)
    conditions = " and ".join(["t.tenant_id = $1", *wanted.conditions("t", params)])
    connection = await driver_of(session)
    rows = await connection.fetch(
        f"select t.id from tracks t where {conditions} order by t.id", *params.values
    )
    return [row["id"] for row in rows]
