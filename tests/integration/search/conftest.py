"""A database of its own: the worker of another test's service would store passages beside these tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import pytest_asyncio

from app.embedded.postgres_server import PostgresServer
from app.migrate import migrate
from tenancy.database import Database

NAME = "search_test"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres_server: PostgresServer, database_url: str) -> AsyncIterator[Database]:
    await migrate(await postgres_server.ensure_database(NAME))
    database = Database(urlunsplit(urlsplit(database_url)._replace(path=f"/{NAME}")))
    await database.open()
    yield database
    await database.close()
