"""A Postgres of its own a test: starting, stopping, attaching, refusing."""

# ruff: noqa: ASYNC240 - a test may wait for its disk

import os
import re
import socket
import stat
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from app.embedded import hnsw
from app.embedded.errors import (
    CpuNotSupported,
    DataDirUnusable,
    PasswordRejected,
    PortTaken,
    ServerFailed,
)
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.postgres_server import PostgresServer
from app.embedded.process import is_alive


async def query(server: PostgresServer, sql: str) -> Sequence[asyncpg.Record]:
    connection = await asyncpg.connect(server.superuser_url)
    try:
        rows: Sequence[asyncpg.Record] = await connection.fetch(sql)
    finally:
        await connection.close()
    return rows


async def test_a_second_start_keeps_data_port_and_password(folder: Path) -> None:
    first = EmbeddedPostgres(folder / "deep" / "postgres")
    server = await first.start()
    await query(server, "CREATE TABLE verses AS SELECT 'kept' AS line")
    assert await first.stop() == 0
    assert "database system is shut down" in first.log_path.read_text()
    assert not is_alive(server.pid)

    async with EmbeddedPostgres(folder / "deep" / "postgres") as again:
        assert (again.superuser_url, again.attached) == (server.superuser_url, False)
        assert [row["line"] for row in await query(again, "SELECT line FROM verses")] == ["kept"]
        assert (await query(again, "SHOW fsync"))[0][0] == "on"


async def test_it_listens_on_loopback_with_a_password_alone(used_postgres: Path) -> None:
    async with EmbeddedPostgres(used_postgres, durable=False) as server:
        settings = await query(
            server, "SELECT name, setting FROM pg_settings WHERE name ~ 'listen|socket_dir'"
        )
        assert {row["name"]: row["setting"] for row in settings} == {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
        }
        methods = await query(server, "SELECT DISTINCT auth_method FROM pg_hba_file_rules")
        assert [row[0] for row in methods] == ["scram-sha-256"]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.superuser_url.replace(server.password, "guess"))
        assert server.password not in Path(f"/proc/{server.pid}/cmdline").read_text()
        assert server.password not in repr(server)
    assert stat.S_IMODE((used_postgres / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(used_postgres.stat().st_mode) == 0o700


async def test_the_terminal_does_not_interrupt_the_server(used_postgres: Path) -> None:
    async with EmbeddedPostgres(used_postgres, durable=False) as server:
        assert os.getsid(server.pid) == server.pid


async def test_vectors_are_found_through_hnsw(used_postgres: Path) -> None:
    assert (used_postgres / "checked").exists()
    async with EmbeddedPostgres(used_postgres, durable=False) as server:
        assert not await query(server, "SELECT 1 FROM pg_extension WHERE extname = 'vector'")
        connection = await asyncpg.connect(await server.ensure_database("vectors"))
        try:
            async with connection.transaction():
                await connection.execute("CREATE EXTENSION vector; CREATE TABLE points (at vector(3));")
                await connection.execute(
                    "INSERT INTO points SELECT ARRAY[n, n, 0]::vector FROM generate_series(1, 99) AS n;"
                    "CREATE INDEX ON points USING hnsw (at vector_l2_ops); SET LOCAL enable_seqscan = off"
                )
                nearest = "SELECT at::text FROM points ORDER BY at <-> '[7,7,0]' LIMIT 1"
                plan = [row[0] for row in await connection.fetch("EXPLAIN " + nearest)]
                assert any("Index Scan" in line for line in plan)
                assert await connection.fetchval(nearest) == "[7,7,0]"
        finally:
            await connection.close()


async def test_ensure_database_may_be_repeated(used_postgres: Path) -> None:
    async with EmbeddedPostgres(used_postgres, durable=False) as server:
        name = 'of "artists"'
        assert await server.ensure_database(name) == await server.ensure_database(name)
        found = await query(server, "SELECT count(*) FROM pg_database WHERE datname = 'of \"artists\"'")
        assert found[0][0] == 1


async def test_a_second_start_attaches_to_the_living_server(used_postgres: Path) -> None:
    async with EmbeddedPostgres(used_postgres, durable=False) as server:
        second = EmbeddedPostgres(used_postgres, durable=False)
        attached = await second.start()
        assert (attached.attached, attached.pid, attached.port) == (True, server.pid, server.port)
        assert await second.stop() is None
        assert await query(server, "SELECT 1")


async def test_a_pinned_port_that_is_taken_is_refused(used_postgres: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} is already in use") as taken:
            await EmbeddedPostgres(used_postgres, port=port, durable=False).start()
    assert taken.value.port == port


async def test_a_kept_port_that_is_taken_is_left(used_postgres: Path) -> None:
    async with EmbeddedPostgres(used_postgres, durable=False) as server:
        port = server.port
    with socket.create_server(("127.0.0.1", port)):
        async with EmbeddedPostgres(used_postgres, durable=False) as moved:
            assert moved.port != port
            assert await query(moved, "SELECT 1")


async def test_a_port_lost_between_choice_and_use_is_left(
    used_postgres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        port = squatter.getsockname()[1]
        (used_postgres / "port").write_text(str(port))
        # As if the squatter came just after the look.
        monkeypatch.setattr("app.embedded.ports.is_free", lambda _port, _host="": True)
        async with EmbeddedPostgres(used_postgres, durable=False) as server:
            assert server.port != port
            assert await query(server, "SELECT 1")


async def test_a_lost_password_is_named(used_postgres: Path) -> None:
    password = (used_postgres / "password").read_text()
    (used_postgres / "password").write_text("forgotten\n")
    server = EmbeddedPostgres(used_postgres, durable=False)
    try:
        with pytest.raises(PasswordRejected, match=re.escape(str(used_postgres / "password"))):
            await server.start()
    finally:
        (used_postgres / "password").write_text(password)
    async with EmbeddedPostgres(used_postgres, durable=False) as again:
        assert not again.attached


async def test_a_broken_cluster_is_named_with_its_log(folder: Path) -> None:
    (folder / "postgres" / "pgdata").mkdir(parents=True)
    server = EmbeddedPostgres(folder / "postgres", durable=False)
    with pytest.raises(ServerFailed, match=r"Postgres stopped while it started: .+server\.log") as failed:
        await server.start()
    assert "pgdata" in failed.value.log_tail or "/proc/self/fd" in failed.value.log_tail


async def test_a_file_in_the_way_is_named(folder: Path) -> None:
    (folder / "postgres").write_text("")
    with pytest.raises(DataDirUnusable, match="can't be used"):
        await EmbeddedPostgres(folder / "postgres").start()


async def test_a_processor_without_avx2_is_named(
    used_postgres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (used_postgres / "checked").unlink()
    # The shell's parent is the backend: it dies of the very signal that a missing instruction raises.
    monkeypatch.setattr(hnsw, "_QUERY", "COPY (SELECT 1) TO PROGRAM 'kill -ILL $PPID; sleep 5'")
    server = EmbeddedPostgres(used_postgres, durable=False)
    with pytest.raises(CpuNotSupported, match="AVX2"):
        await server.start()
    assert not (used_postgres / "pid").exists()
    monkeypatch.undo()
    async with EmbeddedPostgres(used_postgres, durable=False):
        assert (used_postgres / "checked").exists()


async def test_an_initdb_that_the_processor_refuses_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.chmod(0o755)  # the server's user executes the stand-in from here
    initdb = folder / "initdb"
    initdb.write_text("#!/bin/sh\nkill -ILL $$\n")
    initdb.chmod(0o755)
    monkeypatch.setattr("app.embedded.binaries.postgres_bin", lambda _user: folder)
    with pytest.raises(CpuNotSupported):
        await EmbeddedPostgres(folder / "postgres").start()
    assert not (folder / "postgres" / "pgdata").exists()
