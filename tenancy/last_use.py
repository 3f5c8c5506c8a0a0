"""When each key was last used, stored in batches: a write for every request would cost more than it tells."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import bindparam, func, update

from tenancy.authentication import Authenticator
from tenancy.database import Database
from tenancy.models import ApiKey

log = structlog.get_logger(__name__)

EVERY_SECONDS = 30.0


async def keep_storing(database: Database, authenticator: Authenticator) -> None:
    """Stores what was collected every EVERY_SECONDS; what can't be stored waits for the next time."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        await store_what_can_be(database, authenticator)


async def store_what_can_be(database: Database, authenticator: Authenticator) -> None:
    """Stores what was collected; while the database is away it waits where it is."""
    try:
        await store(database, authenticator)
    except Exception as error:
        log.warning("last_use_not_stored", error=type(error).__qualname__)


async def store(database: Database, authenticator: Authenticator) -> None:
    """One transaction a tenant. Raises what the database raises, and then keeps what is not stored."""
    used = authenticator.used
    by_tenant: dict[UUID, dict[UUID, datetime]] = {}
    for (tenant, key), moment in used.items():
        by_tenant.setdefault(tenant, {})[key] = moment
    table = ApiKey.__table__
    for tenant, keys in by_tenant.items():
        async with database.transaction(tenant) as session:
            await session.execute(
                update(table)  # type: ignore[arg-type]  # a mapped class's table is a Table
                .where(table.c.tenant_id == tenant, table.c.id == bindparam("of"))
                .values(last_used_at=func.greatest(table.c.last_used_at, bindparam("moment"))),
                [{"of": key, "moment": moment} for key, moment in keys.items()],
            )
        for key, moment in keys.items():
            if used.get((tenant, key)) == moment:  # not used again meanwhile
                del used[tenant, key]
