"""How far a run has come, and what its worker takes."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bench.reading import processes
from tenancy.database import Database

EVERY_SECONDS = 2.0
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    done: int
    worker_mb: float
    analyzing_mb: list[float]


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of the worker itself, and of the processes that it started."""

    own: float
    children: float


class Watch:
    """One worker at one run."""

    def __init__(self, database: Database, tenant: UUID, run: UUID, pid: int) -> None:
        self._database, self._tenant, self._run, self._pid = database, tenant, run, pid

    async def to_the_end(self, tracks: int) -> list[Sample]:
        """Samples from the first finished tracks on."""
        samples: list[Sample] = []
        while True:
            async with self._database.reading(self._tenant) as connection:
                row = await connection.fetchrow(
                    "select completed + failed as done, finished_at from runs where id = $1", self._run
                )
            if row["done"]:
                started = [resident_mb(child) for child in processes.children(self._pid)]
                # Beside them runs what multiprocessing keeps for itself, which is small.
                analyzing = sorted(mb for mb in started if mb > 50)
                samples.append(Sample(time.perf_counter(), row["done"], resident_mb(self._pid), analyzing))
                if len(samples) % 30 == 0:
                    print(f"{row['done']:,} of {tracks:,} tracks", flush=True)
            if row["finished_at"] is not None:
                return samples
            await asyncio.sleep(EVERY_SECONDS)

    def cpu(self) -> Cpu:
        own = sum(processes.times(self._pid)[:1])
        return Cpu(own, processes.cpu_seconds(self._pid) - own)


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
