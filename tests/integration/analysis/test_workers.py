"""`rap-analyzer worker` as operators run it: several, killed and stopped at any moment."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.analysis import runs
from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tests.builders import add_tracks, new_tenant, song
from tests.processes import children, survivors

ROOT = Path(__file__).resolve().parents[3]
TRACKS = 80
PATIENCE = 120.0  # seconds; a busy machine fails nothing


class Workers:
    """Worker processes of one database."""

    def __init__(self, database_url: str, redis_url: str, log: Path) -> None:
        self._environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "graphql")]),
            "RAP_ANALYZER_DATABASE_URL": database_url,
            "RAP_ANALYZER_REDIS_URL": redis_url,
            "RAP_ANALYZER_LOG_LEVEL": "WARNING",
        }
        self.log = log
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "app.cli", "worker", "--processes", "1"]
            process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        self.running.append(process)
        return process


@pytest.fixture
def workers(jobs_url: str, valkey_server: ValkeyServer, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(jobs_url, valkey_server.url, tmp_path / "workers.log")
    yield workers
    for process in workers.running:
        process.kill()
        process.wait()


async def progress(database: Database, tenant: UUID, run: UUID) -> tuple[int, bool]:
    """Tracks that are done, and whether the run has ended."""
    async with database.reading(tenant) as connection:
        row = await connection.fetchrow(
            "select completed, finished_at is not null from runs where id = $1", run
        )
    return row[0], row[1]


async def until_done(database: Database, tenant: UUID, run: UUID, completed: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            done, ended = await progress(database, tenant, run)
            if ended or done >= completed:
                return
            await asyncio.sleep(0.05)


async def test_a_killed_worker_loses_nothing_and_repeats_nothing(
    jobs_database: Database, workers: Workers
) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(TRACKS)])
    async with jobs_database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks)
    first = workers.start()
    await until_done(jobs_database, tenant, run, 1)
    started = children(first.pid)
    first.kill()
    assert await asyncio.to_thread(survivors, started) == set()
    done, ended = await progress(jobs_database, tenant, run)
    assert not ended, "it was too fast to be killed on the way"
    second = workers.start()
    await until_done(jobs_database, tenant, run, TRACKS)
    async with jobs_database.reading(tenant) as connection:
        counts = await connection.fetch(
            "select count(*), count(distinct analyzer) from analyses group by track_id"
        )
        row = await connection.fetchrow("select status, completed, failed from runs where id = $1", run)
    assert [tuple(each) for each in counts] == [(5, 5)] * TRACKS
    assert tuple(row) == ("COMPLETED", TRACKS, 0)
    assert done < TRACKS

    started = children(second.pid)
    second.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(second.wait, 60) == 0
    assert survivors(started) == set()
    assert "Traceback" not in workers.log.read_text()


async def test_a_worker_that_is_told_to_stop_commits_what_it_is_at(
    jobs_database: Database, workers: Workers
) -> None:
    tenant = await new_tenant(jobs_database)
    tracks = await add_tracks(jobs_database, tenant, [song() for _ in range(3 * TRACKS)])
    async with jobs_database.transaction(tenant) as session:
        run = await runs.start(session, tenant, tracks)
    first = workers.start()
    await until_done(jobs_database, tenant, run, 1)
    started = children(first.pid)
    first.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.wait, 60) == 0
    assert survivors(started) == set()
    done, ended = await progress(jobs_database, tenant, run)
    assert not ended, "it was too fast to be stopped on the way"
    # Its turns are back in the queue: nobody has to wait for their heartbeats to run out.
    async with jobs_database.unpinned() as connection:
        held = await connection.fetchval(
            "select count(*) from pgqueuer where status = 'picked' and dedupe_key like $1", f"%{tenant}%"
        )
    assert held == 0
    workers.start()
    await until_done(jobs_database, tenant, run, 3 * TRACKS)
    async with jobs_database.reading(tenant) as connection:
        row = await connection.fetchrow("select completed, failed from runs where id = $1", run)
        analyses = await connection.fetchval("select count(*) from analyses where run_id = $1", run)
    assert (tuple(row), analyses, done > 0) == ((3 * TRACKS, 0), 15 * TRACKS, True)
    assert "Traceback" not in workers.log.read_text()
