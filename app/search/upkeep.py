"""What is seen to again and again for every tenant: where its passages live, and which spaces they are in."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg
import structlog

from app.search import moving, passes
from app.search.spaces import Spaces
from tenancy import tenants
from tenancy.database import Database
from tenancy.models import TenantStatus

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 60.0

LEAD = "select pg_try_advisory_lock(hashtextextended('moving passages', 0))"


async def keep_up(database: Database, spaces: Spaces, threshold: int) -> None:
    """Sees to every tenant, again and again, until it is cancelled; of all workers, one at a time does."""
    leader: asyncpg.Connection | None = None
    try:
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # the next sweep tries
                if leader is None or leader.is_closed():
                    leader = await database.connect(application_name="rap-analyzer-upkeep")
                if await leader.fetchval(LEAD):
                    await sweep(database, spaces, threshold)
            await asyncio.sleep(SWEEP_SECONDS)
    finally:
        if leader is not None:
            leader.terminate()


async def sweep(database: Database, spaces: Spaces, threshold: int) -> None:
    for row in await tenants.every(database):
        try:
            await moving.see_to(database, row["id"], spaces.sizes, threshold)
            if row["status"] == TenantStatus.ACTIVE:  # nothing of others is embedded
                await passes.see_to(database, row["id"], spaces)
        except Exception as error:  # the next sweep finds what is left; others need not wait for it
            log.warning("upkeep_waits", tenant=str(row["id"]), error=type(error).__qualname__)
