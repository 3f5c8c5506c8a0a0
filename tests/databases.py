"""A migrated database and the service's login on it; a pytest plugin, named in tests/conftest.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import pytest_asyncio

from app.embedded.postgres_server import PostgresServer
from app.migrate import migrate
from tenancy.database import Database
from tenancy.rls import APP_ROLE

LOGIN, PASSWORD = "test_service", "only-for-tests"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def owner_url(postgres_server: PostgresServer) -> str:
    """The migrated test database, for the login that owns its tables."""
    url = await postgres_server.ensure_database("rap_test")
    await migrate(url)
    return url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database_url(postgres_server: PostgresServer, owner_url: str) -> str:
    """The same database for a login like the service's: no superuser, no owner, no way past the policies."""
    connection = await postgres_server.connect()
    try:
        await connection.execute(f"create role {LOGIN} login nosuperuser nobypassrls password '{PASSWORD}'")
        await connection.execute(f"grant {APP_ROLE} to {LOGIN} with inherit false, set true")
    finally:
        await connection.close()
    return f"postgresql://{LOGIN}:{PASSWORD}@127.0.0.1:{postgres_server.port}/rap_test"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Opened as the service opens it; take a tenant of your own with `builders.new_tenant`."""
    async with opened(database_url) as database:
        yield database


async def another(server: PostgresServer, url: str, name: str) -> str:
    """A second migrated database for the login of `url`, where no other test's service works."""
    await migrate(await server.ensure_database(name))
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """As the service opens it."""
    database = Database(url)
    await database.open()
    yield database
    await database.close()
