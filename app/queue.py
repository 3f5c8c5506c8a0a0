"""PgQueuer, as the worker runs it: turns are taken in order of priority, whatever becomes of the servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import structlog
from pgqueuer import PgQueuer
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job as QueuedJob

from app.jobs import Job, Priority, Turn, request
from app.telemetry.metrics import JOB_SECONDS
from tenancy.database import Database
from tenancy.rls import APP_ROLE

log = structlog.get_logger(__name__)

Handle = Callable[[Turn], Awaitable[None]]

HEARTBEAT = timedelta(seconds=10)  # a turn of a killed worker is taken over after that long
POLL = timedelta(seconds=5)  # NOTIFY wakes us; this is for a notification that was lost
RETRY_SECONDS = 1.0
ASK_SECONDS = 5.0


class Queue:
    """Turns of some kinds of jobs, `most` of them at once."""

    def __init__(self, database_url: str, handlers: Mapping[Job, Handle], most: int) -> None:
        self._url = database_url
        self._handlers = handlers
        self._most = most

    async def run(self, stop: asyncio.Event) -> None:
        """Takes turns until `stop` is set, then ends those that it has begun."""
        failing = False
        while not stop.is_set():
            try:
                await self._run(stop)
                failing = False
            except Exception as error:  # Postgres is away: what was under way is rolled back, and comes again
                if not failing:
                    log.warning("queue_waits", error=type(error).__qualname__)
                failing = True
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RETRY_SECONDS)

    async def _run(self, stop: asyncio.Event) -> None:
        pool = await asyncpg.create_pool(
            self._url, min_size=2, max_size=4, server_settings={"role": APP_ROLE}
        )
        try:
            queue = PgQueuer.from_asyncpg_pool(pool)
            for job, handle in self._handlers.items():
                register(queue, job, handle)
            stopper = asyncio.create_task(end_with(stop, queue))
            try:
                await queue.run(
                    dequeue_timeout=POLL,
                    # What waits, waits in the queue, where priorities hold.
                    batch_size=max(1, self._most // 2),
                    max_concurrent_tasks=self._most,
                    heartbeat_timeout=HEARTBEAT,
                )
            finally:
                stopper.cancel()
        finally:
            pool.terminate()


def register(queue: PgQueuer, job: Job, handle: Handle) -> None:
    """Turns that raise come again, at growing intervals: an hour without a database loses none."""

    async def run(queued: QueuedJob) -> None:
        began, outcome = perf_counter(), "failed"
        try:
            await handle(turn_of(queued, job))
            outcome = "done"
        except Exception as error:
            # Its name alone: a database error's text can hold a row, and a row can hold lyrics.
            log.warning("job_failed", job=job.value, error=type(error).__qualname__)
            raise
        finally:
            JOB_SECONDS.labels(job.value, outcome).observe(perf_counter() - began)

    queue.entrypoint(
        job.value,
        executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
            parameters=parameters, max_attempts=60, max_delay=timedelta(minutes=1)
        ),
    )(run)


def turn_of(queued: QueuedJob, job: Job) -> Turn:
    payload: dict[str, Any] = orjson.loads(queued.payload or b"{}")
    return Turn(int(queued.id), job, UUID(payload["tenant"]), int(payload.get("lane", 0)))


async def end_with(stop: asyncio.Event, queue: PgQueuer) -> None:
    await stop.wait()
    queue.shutdown.set()


async def keep_asking(database: Database, jobs: Collection[Job], stop: asyncio.Event) -> None:
    """Asks for turns of tenants with work, again and again until `stop`: for runs that have paused for long
    enough, and for turns that were lost, as with a queue that was restored from a backup."""
    while not stop.is_set():
        with suppress(Exception):  # the next time will do
            async with database.unpinned() as connection:
                rows = await connection.fetch("select tenant_id, job from tenants_with_work()")
            for row in rows:
                if row["job"] in jobs:
                    async with database.transaction(row["tenant_id"]) as session:
                        await request(session, Job(row["job"]), row["tenant_id"], Priority.BATCH)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), ASK_SECONDS)
