"""What turns cost when there is nothing to analyse and nothing to store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from redis.asyncio import Redis

from app.analysis.batch import Text
from app.analysis.charging import Charges
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.slices import Analysts, advance
from app.jobs import Job
from app.queue import Queue
from bench.reading import processes
from bench.reading.database import Servers
from tenancy.quotas import Quotas

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Alone:
    """CPU seconds."""

    worker_cpu: float
    postgres_cpu: float

    @property
    def cpu(self) -> float:
        return self.worker_cpu + self.postgres_cpu


async def nothing(texts: Sequence[Text], names: Sequence[str]) -> list[tuple[str | None, TrackAnalysis]]:
    return [(None, TrackAnalysis({}, {}, None)) for _ in texts]


async def alone(
    of: Servers, tenant: UUID, key: UUID, tracks: int, start: Callable[[], Awaitable[UUID]]
) -> Alone:
    """One run over all tracks, in this process."""
    run, stop = await start(), asyncio.Event()
    async with Redis.from_url(of.redis_url) as valkey:
        quotas = Quotas(valkey, of.database)
        analysts = Analysts(nothing, Charges(quotas))
        handle = partial(advance, of.database, analysts=analysts)
        queue = Queue(of.url, {Job.ANALYZE: handle}, AT_ONCE)
        own, postgres = time.process_time(), processes.cpu_seconds(of.postgres_pid)
        working = asyncio.create_task(queue.run(stop))
        await ended(of, run)
        spent = time.process_time() - own, processes.cpu_seconds(of.postgres_pid) - postgres
        stop.set()
        await working
        await quotas.close()
    return Alone(*spent)


async def ended(of: Servers, run: UUID) -> None:
    while True:
        if await of.owner.fetchval("select finished_at is not null from runs where id = $1", run):
            return
        await asyncio.sleep(0.5)
