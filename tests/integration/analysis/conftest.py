"""A database of its own: no other test's worker may take the jobs that wait here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import pytest_asyncio

from app.embedded.postgres_server import PostgresServer
from app.migrate import migrate
from tenancy.database import Database

NAME = "analysis_test"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def jobs_url(postgres_server: PostgresServer, database_url: str) -> str:
    """Migrated, for the service's login."""
    await migrate(await postgres_server.ensure_database(NAME))
    return urlunsplit(urlsplit(database_url)._replace(path=f"/{NAME}"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def jobs_database(jobs_url: str) -> AsyncIterator[Database]:
    database = Database(jobs_url)
    await database.open()
    yield database
    await database.close()
