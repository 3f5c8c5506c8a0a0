"""The worker: takes jobs from the queue, carries events to their streams, and stores usage."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import structlog
from pgqueuer import PgQueuer
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Job as QueuedJob
from redis.asyncio import Redis

from app.analysis import batch
from app.analysis.agents.cascade import Cascade
from app.analysis.batch import Text
from app.analysis.consultants import Consultants
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.slices import advance
from app.events.relay import run_relay
from app.jobs import Job
from app.lyrics.text import Lyrics
from app.processes import ProcessPool
from app.search import index
from app.search.embeddings import FastEmbedder
from app.settings import Settings
from tenancy import usage
from tenancy.database import Database
from tenancy.rls import APP_ROLE

log = structlog.get_logger(__name__)

HEARTBEAT = timedelta(seconds=10)  # a job of a killed worker is taken over after that long
POLL = timedelta(seconds=5)  # NOTIFY wakes us; this is for a notification that was lost


class Worker:
    """Handles one job at a time a process of the pool."""

    def __init__(self, database: Database, pool: ProcessPool, consultants: Consultants | None = None) -> None:
        self._database = database
        self._pool = pool
        self._consultants = consultants

    async def analyze(self, payload: dict[str, Any]) -> None:
        async def in_pool(
            texts: Sequence[Text], names: Sequence[str]
        ) -> list[tuple[str | None, TrackAnalysis]]:
            return await self._pool.run(batch.analyze, texts, names)

        tenant, run = UUID(payload["tenant"]), UUID(payload["run"])
        await advance(self._database, tenant, run, in_pool, self._consultants)

    async def embed(self, payload: dict[str, Any]) -> None:
        tenant, tracks = UUID(payload["tenant"]), [UUID(track) for track in payload["tracks"]]
        async with self._database.reading(tenant) as connection:
            lyrics = await index.load(connection, tenant, tracks)
        embedder = FastEmbedder()
        embedded = await self._pool.run(index.compute, embedder, lyrics)
        async with self._database.transaction(tenant) as session:
            await index.store(session, tenant, embedder.space, embedded)


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set, then finishes what it has begun."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("The worker needs a database and a Valkey.")
    database = Database(settings.database_url)
    valkey = Redis.from_url(settings.redis_url)
    queue_pool = await asyncpg.create_pool(
        settings.database_url, min_size=2, max_size=4, server_settings={"role": APP_ROLE}
    )
    pool = ProcessPool(settings.worker_processes)
    purses = Database(settings.database_url, readers=1, writers=4)
    worker = Worker(database, pool, consultants(settings, purses, pool) if settings.models else None)
    queue = PgQueuer.from_asyncpg_pool(queue_pool)
    for job, handle in ((Job.ANALYZE, worker.analyze), (Job.EMBED, worker.embed)):
        register(queue, job, handle)
    relay = asyncio.create_task(run_relay(database, valkey, stop))
    flusher = asyncio.create_task(usage.keep_flushing(database, valkey, stop))
    stopper = asyncio.create_task(end_with(stop, queue))
    try:
        await queue.run(
            dequeue_timeout=POLL,
            # As many jobs as processes: what waits, waits in the queue, where priorities hold.
            batch_size=max(1, settings.worker_processes // 2),
            max_concurrent_tasks=max(2, settings.worker_processes),
            heartbeat_timeout=HEARTBEAT,
        )
    finally:
        stop.set()
        await asyncio.gather(relay, flusher, stopper, return_exceptions=True)
        pool.close()
        await queue_pool.close()
        await valkey.aclose()
        await purses.close()
        await database.close()


def consultants(settings: Settings, purses: Database, pool: ProcessPool) -> Consultants:
    """The language models of the settings."""

    async def parse(texts: Sequence[Text]) -> list[Lyrics]:
        return await pool.run(batch.parse, texts)

    return Consultants(
        Cascade(settings.agents(), settings.models_below), purses, settings.model_budget_usd, parse
    )


def register(queue: PgQueuer, job: Job, handle: Any) -> None:
    """Jobs that raise come again, at growing intervals: an hour without a database loses none."""

    async def run(queued: QueuedJob) -> None:
        try:
            await handle(orjson.loads(queued.payload or b"{}"))
        except Exception as error:
            # Its name alone: a database error's text can hold a row, and a row can hold lyrics.
            log.warning("job_failed", job=job.value, error=type(error).__qualname__)
            raise

    queue.entrypoint(
        job.value,
        executor_factory=lambda parameters: DatabaseRetryEntrypointExecutor(
            parameters=parameters, max_attempts=60, max_delay=timedelta(minutes=1)
        ),
    )(run)


async def end_with(stop: asyncio.Event, queue: PgQueuer) -> None:
    await stop.wait()
    queue.shutdown.set()
