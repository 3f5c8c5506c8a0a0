"""Runs one run over many tracks: python -m bench.run [--tracks 57718] [--processes 2] [--write].

Tracks are demo verses and variations of them (bench/throughput/tracks.py), of one tenant, without vectors.
First the turns alone: claiming, paying, counting and asking for the next turn, with an analyzer that finds
nothing, so that nothing is stored either. Then the run itself, by `rap-analyzer worker` as operators start
it, while another tenant adds a single track every few seconds. CPU is that of the processes named, and of
Postgres beside them; memory is resident memory.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from uuid import UUID

import uvloop
from sqlalchemy import select

from app.analysis import runs
from app.catalog.models import Track
from bench import results
from bench.reading import processes
from bench.reading.database import Servers, servers
from bench.run import loading, turns
from bench.run.neighbour import neighbour
from bench.run.watching import Sample, Watch
from tenancy.database import Database

HEAD = ("tracks done", "tracks/s so far", "worker MB", "analyzing processes MB, each")
POINTS = 8  # lines of the table


@dataclass(frozen=True, slots=True)
class Passed:
    """A run that has ended."""

    seconds: float
    worker_cpu: float
    analyzing_cpu: float
    postgres_cpu: float
    samples: list[Sample]
    waited: list[float]  # seconds, by the neighbour for each track


async def start(database: Database, tenant: UUID, key: UUID) -> UUID:
    async with database.transaction(tenant) as session:
        every = select(Track.id).where(Track.tenant_id == tenant)
        return await runs.start(session, tenant, every, charged_to=key)


@asynccontextmanager
async def worker(of: Servers, count: int) -> AsyncIterator[int]:
    """Its process id."""
    port = processes.free_port()
    async with processes.server(
        processes.python("app.cli", "worker", "--processes", str(count)),
        port,
        RAP_ANALYZER_DATABASE_URL=of.url,
        RAP_ANALYZER_REDIS_URL=of.redis_url,
        RAP_ANALYZER_WORKER_PORT=str(port),
        RAP_ANALYZER_LOG_LEVEL="ERROR",
    ) as pid:
        yield pid


async def whole(of: Servers, tenant: UUID, key: UUID, tracks: int, count: int) -> Passed:
    run = await start(of.database, tenant, key)
    postgres = processes.cpu_seconds(of.postgres_pid)
    began = time.perf_counter()
    async with worker(of, count) as pid, neighbour(of.database) as other:
        watch = Watch(of.database, tenant, run, pid)
        samples = await watch.to_the_end(tracks)
        cpu = watch.cpu()
    seconds = samples[-1].at - samples[0].at
    print(f"{time.perf_counter() - began:.0f} s with the start of the worker", flush=True)
    spent = processes.cpu_seconds(of.postgres_pid) - postgres
    return Passed(seconds, cpu.own, cpu.children, spent, samples, sorted(other.waited))


def report(tracks: int, count: int, alone: turns.Alone, passed: Passed) -> str:
    each = 1000 / tracks
    analysis = passed.analyzing_cpu * each
    share = alone.cpu * each / analysis
    first, last = passed.samples[0], passed.samples[-1]
    chosen = [passed.samples[n * (len(passed.samples) - 1) // (POINTS - 1)] for n in range(POINTS)]
    rows = [
        (
            f"{sample.done:,}",
            f"{(sample.done - first.done) / max(1e-9, sample.at - first.at):.0f}",
            f"{sample.worker_mb:.0f}",
            " / ".join(f"{mb:.0f}" for mb in sample.analyzing_mb),
        )
        for sample in chosen[1:]
    ]
    return (
        f"{tracks:,} tracks, five analyses each, by one worker with {count} analyzing processes:"
        f" {(last.done - first.done) / passed.seconds:.0f} tracks/s by the wall clock.\n\n"
        f"A track costs {analysis:.2f} ms of CPU in the analyzers, {passed.worker_cpu * each:.2f} in the"
        f" worker that claims and stores, and {passed.postgres_cpu * each:.2f} in Postgres. Of that, the"
        f" turns alone take {alone.worker_cpu * each:.2f} and {alone.postgres_cpu * each:.2f}:"
        f" {share:.1%} of the analysis (the target is 5 %).\n\n"
        f"{others(passed.waited)}{results.table(HEAD, rows)}"
    )


def others(waited: list[float]) -> str:
    """What the run meant to the neighbour; nothing where it was too short for a track of theirs."""
    if not waited:
        return ""
    return (
        f"Another tenant who added a single track {len(waited)} times meanwhile had its analyses after"
        f" {median(waited):.2f} s, {waited[-1]:.2f} s at the longest.\n\n"
    )


async def measure(tracks: int, count: int) -> str:
    async with servers() as of:
        tenant, key = await loading.tenant(of.database)
        await loading.load(of.database, tenant, tracks)
        alone = await turns.alone(of, tenant, key, tracks, lambda: start(of.database, tenant, key))
        print(f"turns alone: {alone.cpu / tracks * 1000:.2f} ms of CPU a track", flush=True)
        passed = await whole(of, tenant, key, tracks, count)
    return report(tracks, count, alone, passed)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tracks", type=int, default=57_718)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="into bench/RESULTS.md")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        text = runner.run(measure(given.tracks, given.processes))
    print(text)
    if given.write:
        command = f"`python -m bench.run --tracks {given.tracks} --processes {given.processes} --write`"
        results.write("A run", command, text)


if __name__ == "__main__":
    main()
