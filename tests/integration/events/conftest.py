"""A database of its own: no other test's relay may touch the events that wait here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from app.embedded.postgres_server import PostgresServer
from app.events.hub import Hub
from app.events.relay import run_relay
from app.migrate import migrate
from tenancy.database import Database
from tenancy.valkey import Valkey, connect


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def events_database(postgres_server: PostgresServer) -> AsyncIterator[Database]:
    url = await postgres_server.ensure_database("events_test")
    await migrate(url)
    database = Database(url)
    await database.open()
    yield database
    await database.close()


@pytest_asyncio.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Valkey]:
    async with connect(valkey_url) as client:
        yield client


@pytest_asyncio.fixture
async def relay(events_database: Database, valkey: Valkey) -> AsyncIterator[None]:
    """A relay runs during the test."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_relay(events_database, valkey, stop))
    yield
    stop.set()
    await task


@pytest_asyncio.fixture
async def hub(events_database: Database, valkey: Valkey) -> AsyncIterator[Hub]:
    async with Hub(events_database, valkey) as hub:
        yield hub
