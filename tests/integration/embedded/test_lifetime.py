"""No server outlives its app, no committed write is lost, and what was left behind is taken over."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from app.embedded.errors import DataDirInUse
from app.embedded.locks import DataDirLock
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.process import ServerProcess, is_alive
from app.embedded.users import ServerUser
from app.embedded.valkey import EmbeddedValkey
from tests.integration.embedded.children import (
    HOLDER,
    HOLDER_WITHOUT_PRCTL,
    LOCK_HOLDER,
    becomes_true,
    child,
    first_line,
    kill_9,
)


async def rows_and_key(folder: Path) -> tuple[int, bytes | str | None]:
    async with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedValkey(folder / "valkey") as valkey:
        assert not postgres.attached
        assert not valkey.attached
        connection = await asyncpg.connect(postgres.superuser_url)
        try:
            rows: int = await connection.fetchval("SELECT count(*) FROM verses")
        finally:
            await connection.close()
        async with Redis.from_url(valkey.url) as client:
            return rows, await client.get("verse")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the kernel can't end children with their parent")
async def test_kill_9_of_the_app_takes_the_servers_down_and_loses_nothing(folder: Path) -> None:
    with child(HOLDER, folder) as app:
        pids = [int(pid) for pid in first_line(app).split()]
        assert len(pids) == 2
        assert all(is_alive(pid) for pid in pids)
        kill_9(app)
        assert becomes_true(lambda: not any(is_alive(pid) for pid in pids))
    assert "database system is shut down" in (folder / "postgres" / "server.log").read_text()
    assert await rows_and_key(folder) == (1, b"kept")


async def test_kill_9_of_everything_loses_nothing(folder: Path) -> None:
    with child(HOLDER, folder) as app:
        pids = [int(pid) for pid in first_line(app).split()]
        assert len(pids) == 2
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        kill_9(app)
    # At once: the dead postmaster's backends may still hold its shared memory.
    assert await rows_and_key(folder) == (1, b"kept")


async def test_servers_that_outlived_their_app_are_ended_by_the_next_start(folder: Path) -> None:
    with child(HOLDER_WITHOUT_PRCTL, folder) as app:
        pids = [int(pid) for pid in first_line(app).split()]
        assert len(pids) == 2
        kill_9(app)
    try:
        assert all(is_alive(pid) for pid in pids)
        assert await rows_and_key(folder) == (1, b"kept")
        assert not any(is_alive(pid) for pid in pids)
    finally:
        for pid in filter(is_alive, pids):
            os.kill(pid, signal.SIGKILL)


async def test_a_postmaster_pid_that_a_stranger_got_is_no_obstacle(used_postgres: Path) -> None:
    stranger = ServerProcess(
        ["/bin/sleep", "60"],
        cwd=Path("/"),
        log_path=used_postgres / "stranger.log",
        stop_signal=signal.SIGTERM,
        user=ServerUser.current(),  # Postgres ignores processes of other users by itself
    )
    try:
        stale = used_postgres / "pgdata" / "postmaster.pid"
        stale.write_text(f"{stranger.pid}\n{used_postgres / 'pgdata'}\n1767225600\n5432\n\n127.0.0.1\n")
        async with EmbeddedPostgres(used_postgres, durable=False) as server:
            assert server.pid != stranger.pid
        assert is_alive(stranger.pid)
    finally:
        await stranger.stop()


async def test_an_interrupted_start_leaves_no_process(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    starting = asyncio.create_task(server.start())
    while not (folder / "postgres" / "pgdata.new" / "PG_VERSION").exists():
        assert not starting.done()
        await asyncio.sleep(0.01)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not list((folder / "postgres").glob("p*data*"))
    async with EmbeddedPostgres(folder / "postgres", durable=False) as again:
        assert not again.attached


async def test_a_killed_initdb_is_begun_anew(folder: Path) -> None:
    half = folder / "postgres" / "pgdata.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    async with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        assert not server.attached
    assert not half.exists()


def test_a_data_directory_has_one_instance(folder: Path) -> None:
    with child(LOCK_HOLDER, folder) as holder:
        assert first_line(holder) == "held"
        with pytest.raises(
            DataDirInUse, match=rf"in use by another instance \(pid {holder.pid}\)"
        ) as refused:
            DataDirLock(folder).acquire()
        assert refused.value.pid == holder.pid
        kill_9(holder)
    with DataDirLock(folder), pytest.raises(DataDirInUse):
        DataDirLock(folder).acquire()
    with DataDirLock(folder):
        pass


async def test_a_directory_that_is_held_without_a_server_is_refused(folder: Path) -> None:
    with DataDirLock(folder / "valkey"), pytest.raises(DataDirInUse):
        await EmbeddedValkey(folder / "valkey", timeout=0.5).start()
