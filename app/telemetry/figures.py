"""Figures that are looked up when somebody asks for them: pools, subscriptions, the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from app.telemetry.metrics import (
    EVENT_BACKLOG,
    POOL_IN_USE,
    POOL_LIMIT,
    POOL_WAITING,
    QUEUE_JOBS,
    QUEUE_OLDEST,
    QUEUE_WAITING,
    SUBSCRIBERS,
)
from tenancy.database import Database

log = structlog.get_logger(__name__)

SECONDS = 2.0  # that the database gets: a scrape does not wait for it any longer
# Jobs that failed come again later: until then they are not late. Both counts walk partial indexes.
QUEUE = """
    select entrypoint as job, status::text as status, count(*) as jobs,
      coalesce(extract(epoch from now() - min(greatest(created, execute_after))
        filter (where status = 'queued' and execute_after <= now())), 0)::float8 as oldest
    from pgqueuer where status in ('queued', 'picked') group by 1, 2"""


class Figures:
    """Of one process. `subscribers` says how many subscriptions are open, where there can be some."""

    def __init__(self, database: Database, subscribers: Callable[[], int] = int) -> None:
        self._database = database
        self._subscribers = subscribers

    async def refresh(self) -> None:
        """Never raises: what can't be known is left out, so that its absence shows."""
        SUBSCRIBERS.set(self._subscribers())
        usage = self._database.usage()
        for pool, (in_use, limit) in (("readers", usage.readers), ("writers", usage.writers)):
            POOL_IN_USE.labels(pool).set(in_use)
            POOL_LIMIT.labels(pool).set(limit)
        POOL_WAITING.set(usage.waiting)
        try:
            async with asyncio.timeout(SECONDS):
                await self._ask()
        except Exception as error:
            for gauge in (QUEUE_WAITING, QUEUE_OLDEST, EVENT_BACKLOG):
                gauge.set(float("nan"))
            QUEUE_JOBS.clear()
            log.warning("figures_missing", error=type(error).__qualname__)

    async def _ask(self) -> None:
        async with self._database.unpinned() as connection:
            rows = await connection.fetch(QUEUE)
            backlog = await connection.fetchval("select count(*) from tenants_with_events()")
        QUEUE_JOBS.clear()
        for row in rows:
            QUEUE_JOBS.labels(row["job"], row["status"]).set(row["jobs"])
        QUEUE_WAITING.set(sum(row["jobs"] for row in rows if row["status"] == "queued"))
        QUEUE_OLDEST.set(max((row["oldest"] for row in rows), default=0))
        EVENT_BACKLOG.set(backlog)
