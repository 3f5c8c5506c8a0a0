"""A database of its own: no other test's worker may take the jobs that wait here."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from app.embedded.postgres_server import PostgresServer
from tenancy.database import Database
from tests.databases import another, opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def jobs_url(postgres_server: PostgresServer, database_url: str) -> str:
    return await another(postgres_server, database_url, "analysis_test")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def jobs_database(jobs_url: str) -> AsyncIterator[Database]:
    async with opened(jobs_url) as database:
        yield database
