"""A Postgres and a Valkey for one benchmark, migrated, with the logins that servers connect with."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from app.embedded.postgres import EmbeddedPostgres
from app.embedded.valkey import EmbeddedValkey
from app.migrate import migrate
from tenancy.database import Database
from tenancy.rls import APP_ROLE

PASSWORD = "only-for-benchmarks"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Servers:
    """`url` is the service's login, which inherits nothing; `open_url` one that reads as it is, under the
    same policies, for a peer that looks its tables up; `owner` is a superuser's connection."""

    url: str
    open_url: str
    redis_url: str
    owner: asyncpg.Connection
    database: Database
    postgres_pid: int


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    with tempfile.TemporaryDirectory(prefix="rap-bench-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - Postgres may run as another user
        async with (
            EmbeddedPostgres(Path(folder) / "postgres", durable=False) as postgres,
            EmbeddedValkey(Path(folder) / "valkey", durable=False) as valkey,
        ):
            owner_url = await postgres.ensure_database("bench")
            await migrate(owner_url)
            owner = await asyncpg.connect(owner_url)
            for name, inherit in (("service", "false"), ("open", "true")):
                await owner.execute(f"create role bench_{name} login password '{PASSWORD}'")
                await owner.execute(f"grant {APP_ROLE} to bench_{name} with inherit {inherit}, set true")
            urls = [
                f"postgresql://bench_{name}:{PASSWORD}@127.0.0.1:{postgres.port}/bench"
                for name in ("service", "open")
            ]
            database = Database(urls[0], statement_timeout_ms=600_000)
            parent = parent_of(await owner.fetchval("select pg_backend_pid()"))
            try:
                yield Servers(urls[0], urls[1], valkey.url, owner, database, parent)
            finally:
                await database.close()
                await owner.close()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
