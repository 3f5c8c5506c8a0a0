"""PgBouncer, pooling transactions, in front of Postgres: tenants share two connections and nothing else."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

from app.embedded.ports import free_port
from app.embedded.postgres_server import PostgresServer
from app.embedded.valkey import ValkeyServer
from tenancy.database import Database
from tests.api.test_tenants_together import run, together
from tests.builders import add_tracks, new_tenant, song
from tests.databases import LOGIN, PASSWORD
from tests.service import Service, serving

NEEDED = (1, 24)  # before, half of asyncpg's prepared statements fail
CONFIG = """\
[databases]
{database} = host=127.0.0.1 port={postgres} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = plain
auth_file = {folder}/users.txt
unix_socket_dir =
pool_mode = transaction
default_pool_size = 2
max_prepared_statements = 500
"""


@pytest.fixture(scope="module")
def pgbouncer() -> str:
    """The program, new enough; else the test is skipped, and says what it needs."""
    program = shutil.which("pgbouncer")
    told = subprocess.run([program, "--version"], capture_output=True, text=True).stdout if program else ""
    found = re.search(r"PgBouncer (\d+)\.(\d+)", told)
    if program is None or found is None or (int(found[1]), int(found[2])) < NEEDED:
        here = told.partition("\n")[0] or "none"
        pytest.skip(f"This needs PgBouncer 1.24 or newer on the PATH; there is {here}.")
    return program


@contextmanager
def bouncing(program: str, folder: Path, postgres: int, database: str) -> Iterator[int]:
    """Its port. As an ordinary user, since it refuses to run as root."""
    port = free_port()
    config = CONFIG.format(database=database, postgres=postgres, port=port, folder=folder)
    (folder / "pgbouncer.ini").write_text(config)
    (folder / "users.txt").write_text(f'"{LOGIN}" "{PASSWORD}"\n')
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    command = [program, "--quiet", "--user=nobody", str(folder / "pgbouncer.ini")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        yield port
    finally:
        process.send_signal(signal.SIGQUIT)  # at once: SIGTERM waits for its clients
        process.wait(10)


def folder_of(servers_dir: Path) -> Path:
    """One that another user may enter."""
    servers_dir.chmod(0o755)
    folder = servers_dir / "pgbouncer"
    folder.mkdir(exist_ok=True)
    return folder


@pytest_asyncio.fixture
async def url(
    pgbouncer: str, servers_dir: Path, postgres_server: PostgresServer, database_url: str
) -> AsyncIterator[str]:
    """The test database by way of PgBouncer."""
    folder = folder_of(servers_dir)
    parts = urlsplit(database_url)
    with bouncing(pgbouncer, folder, postgres_server.port, parts.path[1:]) as port:
        url = urlunsplit(parts._replace(netloc=f"{LOGIN}:{PASSWORD}@127.0.0.1:{port}"))
        for _ in range(100):
            try:
                await (await asyncpg.connect(url)).close()
                break
            except OSError:
                await asyncio.sleep(0.1)
        else:
            pytest.fail((folder / "log").read_text())
        yield url


async def test_reads_and_writes_of_many_tenants_share_connections(url: str, database: Database) -> None:
    pooled = Database(url, readers=8, writers=8, pooled=True)
    await pooled.open()
    tenants = [await new_tenant(database) for _ in range(6)]
    for number, tenant in enumerate(tenants):
        await add_tracks(pooled, tenant, [song() for _ in range(number + 1)])

    async def counted(number: int) -> None:
        tenant = tenants[number % len(tenants)]
        async with pooled.reading(tenant) as connection:
            assert await connection.fetchval("select count(*) from tracks") == number % len(tenants) + 1
        async with pooled.unpinned() as connection:
            assert await connection.fetchval("select count(*) from tracks") == 0

    await asyncio.gather(*(counted(number) for number in range(300)))
    async with pooled.reading(tenants[0]) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("delete from tracks")
    async with pooled.reading(tenants[0]) as connection:  # nothing of the failure is left
        assert await connection.fetchval("show statement_timeout") == "10s"
    await pooled.close()


async def test_a_statement_that_is_cancelled_leaves_no_tenant_behind(url: str, database: Database) -> None:
    pooled = Database(url, readers=1, pooled=True)
    tenant = await new_tenant(database)
    await add_tracks(pooled, tenant, [song()])
    for _ in range(5):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), pooled.reading(tenant) as connection:
                await connection.fetchval("select pg_sleep(30)")
        async with pooled.unpinned() as connection:
            assert await connection.fetchval("select count(*) from tracks") == 0
    await pooled.close()


@pytest_asyncio.fixture
async def bounced(url: str, valkey_server: ValkeyServer) -> AsyncIterator[Service]:
    async with serving(url, valkey_server.url, worker=False, pooler="transaction") as service:
        yield service


async def test_nothing_of_one_tenant_reaches_another(
    bounced: Service, service: Service, database: Database
) -> None:
    """`service` is there for its worker, which has connections of its own."""
    machine = await together(bounced, database)
    await asyncio.to_thread(run, machine, 4)
    assert machine.leaks == []
