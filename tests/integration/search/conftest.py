"""A database of its own: the worker of another test's service would store passages beside these tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from app.embedded.postgres_server import PostgresServer
from tenancy.database import Database
from tests.databases import another, opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres_server: PostgresServer, database_url: str) -> AsyncIterator[Database]:
    async with opened(await another(postgres_server, database_url, "search_test")) as database:
        yield database
