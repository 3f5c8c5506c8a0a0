"""The worker: takes turns from the queue, carries events to their streams, and stores usage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from app.analysis import batch, consultations, slices
from app.analysis.agents.cascade import Cascade
from app.analysis.agents.shared import SharedAnswers
from app.analysis.batch import Text
from app.analysis.charging import Charges
from app.analysis.consultants import Consultants
from app.analysis.orchestrator import TrackAnalysis
from app.analysis.slices import Analysts
from app.events.relay import run_relay
from app.http.probes import probed
from app.jobs import Job, Turn
from app.lifespan import ProbedState
from app.lyrics.text import Lyrics
from app.processes import ProcessPool
from app.queue import Queue, keep_asking
from app.search import embedding, index
from app.search.embeddings import Embedder, FastEmbedder
from app.search.index import EmbeddedTrack, TrackLyrics
from app.search.spaces import Spaces
from app.search.upkeep import keep_up
from app.settings import Settings
from app.telemetry.analyses import report_analyses
from app.telemetry.figures import Figures
from app.telemetry.metrics import WORKER_PROCESSES, report_event, report_quota
from app.telemetry.tracing import span, tracing
from tenancy import usage
from tenancy.database import Database
from tenancy.quotas import Quotas
from tenancy.valkey import Valkey, connect

SLICE_SECONDS = 120.0  # what takes a process longer may never end
CONSULTATIONS = 16  # turns of a worker that wait for language models at once


class Hands:
    """What the worker's processes can do."""

    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool
        # Whatever models searches use: the weights of themes were fitted to this one.
        self._themes_by = FastEmbedder()

    async def analyze(
        self, texts: Sequence[Text], names: Sequence[str]
    ) -> list[tuple[str | None, TrackAnalysis]]:
        with span("analyze", tracks=len(texts)):
            return await self._pool.run(batch.analyze, texts, names, self._themes_by)

    async def parse(self, texts: Sequence[Text]) -> list[Lyrics]:
        return await self._pool.run(batch.parse, texts)

    async def embed(self, embedder: Embedder, lyrics: Sequence[TrackLyrics]) -> list[EmbeddedTrack]:
        with span("embed", tracks=len(lyrics)):
            if embedder.computes:
                return await self._pool.run(index.compute, embedder, lyrics)
            return await asyncio.to_thread(index.compute, embedder, lyrics)


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set, then finishes what it has begun. A server that is gone is waited for."""
    if settings.database_url is None or settings.redis_url is None:
        raise ValueError("The worker needs a database and a Valkey.")
    database = Database(settings.database_url, writers=2 * settings.worker_processes + 8)
    valkey = connect(settings.redis_url)
    state = ProbedState(database=database, valkey=valkey, figures=Figures(database), needs_valkey=False)
    with tracing(settings.otlp_endpoint, settings.trace_ratio, "rap-analyzer-worker"):
        async with probed(settings.host, settings.worker_port, state):
            await work(settings, settings.database_url, database, valkey, stop)


async def work(
    settings: Settings, database_url: str, database: Database, valkey: Valkey, stop: asyncio.Event
) -> None:
    """Takes turns until `stop` is set; closes the database and Valkey."""
    processes = settings.worker_processes
    WORKER_PROCESSES.set(processes)
    pool = ProcessPool(processes, patience_seconds=SLICE_SECONDS)
    quotas = Quotas(valkey, database, without=settings.quota_without_valkey, report=report_quota)
    hands, spaces = Hands(pool), Spaces(settings.text_embedders())
    await spaces.check()
    shared = SharedAnswers(valkey)
    counsel = consultants(settings, database, shared, hands) if settings.models else None
    analysts = Analysts(
        hands.analyze,
        Charges(quotas),
        counsel.concerns if counsel is not None else slices.nobody,
        lanes=settings.tenant_lanes,
        report=report_analyses,
    )
    computing: dict[Job, Callable[[Turn], Awaitable[None]]] = {
        Job.ANALYZE: partial(slices.advance, database, analysts=analysts),
        Job.EMBED: partial(embedding.advance, database, spaces=spaces, embed=hands.embed),
    }
    # Twice as many turns as processes: while one is computed, another one is read or committed.
    queues = [Queue(database_url, computing, 2 * processes)]
    if counsel is not None:
        # Apart: what waits for a model must not keep others from computing.
        asking = {
            Job.CONSULT: partial(consultations.consult, database, consultants=counsel, report=report_analyses)
        }
        queues.append(Queue(database_url, asking, CONSULTATIONS))
    beside = [
        asyncio.create_task(each)
        for each in (
            run_relay(database, valkey, stop, report_event),
            usage.keep_flushing(database, valkey, stop),
            keep_asking(database, [*computing, *([Job.CONSULT] if counsel else [])], stop),
        )
    ]
    # What is cut short loses nothing.
    unbounded = [
        asyncio.create_task(quotas.keep()),
        asyncio.create_task(keep_up(database, spaces, settings.own_partition_above)),
    ]
    try:
        await asyncio.gather(*(queue.run(stop) for queue in queues))
    finally:
        stop.set()
        for task in unbounded:
            task.cancel()
        await asyncio.gather(*beside, *unbounded, return_exceptions=True)
        pool.close()
        await quotas.close()
        await shared.close()
        await valkey.aclose()
        await database.close()


def consultants(settings: Settings, database: Database, shared: SharedAnswers, hands: Hands) -> Consultants:
    """The language models of the settings."""
    return Consultants(Cascade(settings.agents()), database, settings.offer(), hands.parse, shared)
