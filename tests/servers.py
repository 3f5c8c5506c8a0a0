"""The real Postgres and Valkey that the whole suite shares; a pytest plugin, named in tests/conftest.py."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.embedded.postgres import EmbeddedPostgres
from app.embedded.postgres_server import PostgresServer
from app.embedded.valkey import EmbeddedValkey, ValkeyServer


@pytest.fixture(scope="session")
def servers_dir() -> Iterator[Path]:
    """A short path of its own below the system's temporary folder; gone after the run."""
    with tempfile.TemporaryDirectory(prefix="rap-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server(servers_dir: Path) -> AsyncIterator[PostgresServer]:
    """One Postgres for the session, not durable; take a database of your own with ensure_database()."""
    async with EmbeddedPostgres(servers_dir / "postgres", durable=False) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def valkey_server(servers_dir: Path) -> AsyncIterator[ValkeyServer]:
    """One Valkey for the session, in memory alone; keep to keys of your own."""
    async with EmbeddedValkey(servers_dir / "valkey", durable=False) as server:
        yield server
