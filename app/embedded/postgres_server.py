"""A running Postgres as its clients see it."""

from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

import asyncpg

from app.embedded.cluster import SUPERUSER
from app.embedded.ports import LOOPBACK
from app.embedded.server import RunningServer

CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class PostgresServer(RunningServer):
    """A Postgres that answers; `attached` says that another process owns it."""

    password: str = field(repr=False)

    def url(self, database: str) -> str:
        """postgresql:// URL of that database as the superuser, who bypasses row-level security."""
        path = quote(database, safe="")
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@{LOOPBACK}:{self.port}/{path}"

    @property
    def superuser_url(self) -> str:
        """url() of the maintenance database `postgres`."""
        return self.url("postgres")

    async def connect(self) -> asyncpg.Connection:
        """A connection as the superuser to `postgres`; gives up after 5 s with TimeoutError."""
        # ssl=False: else asyncpg looks for keys in the home directory, and fails where that is closed to it.
        return await asyncpg.connect(self.superuser_url, timeout=CONNECT_SECONDS, ssl=False)

    async def ensure_database(self, name: str) -> str:
        """Create the database unless it exists, and return its url(); safe against a concurrent caller."""
        connection = await self.connect()
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
                quoted = '"' + name.replace('"', '""') + '"'
                # A concurrent caller may be first.
                with suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                    await connection.execute(f"CREATE DATABASE {quoted}")
        finally:
            await connection.close()
        return self.url(name)
