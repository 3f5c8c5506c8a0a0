"""Migrations: they make what the models say, upgrade a filled database, and can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import app.analysis.models
import app.catalog.models
import app.events.models
import app.search.models
import app.trends.models  # noqa: F401
from app.embedded.postgres_server import PostgresServer
from app.migrate import downgrade, migrate
from tenancy.base import Base
from tenancy.database import Database
from tests.builders import add_tracks, new_tenant, song


@pytest.fixture
async def fresh_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """An empty database that nothing else uses."""
    yield await postgres_server.ensure_database("rap_migrations")
    connection = await postgres_server.connect()
    await connection.execute("drop database rap_migrations with (force)")
    await connection.close()


def run_sync_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+asyncpg://")


async def test_the_tables_are_those_of_the_models(owner_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        def ours(_: object, name: str | None, kind: str, *__: object) -> bool:
            return not (kind == "table" and str(name).startswith(("pgqueuer", "passages_")))

        context = MigrationContext.configure(
            connection, opts={"include_object": ours, "compare_server_default": True}
        )
        return list(compare_metadata(context, Base.metadata))

    engine = create_async_engine(run_sync_url(owner_url))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_filled_database_goes_down_and_up_again(fresh_url: str) -> None:
    await migrate(fresh_url)
    database = Database(fresh_url)
    tenant = await new_tenant(database, "filled")
    await add_tracks(database, tenant, [song()])
    await database.close()
    engine = create_async_engine(run_sync_url(fresh_url))
    async with engine.connect() as connection:
        await connection.run_sync(downgrade, "base")
        await connection.commit()
    await engine.dispose()
    bare = await asyncpg.connect(fresh_url)
    left = await bare.fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'"
        " and relname not like 'pgqueuer%'"
    )
    assert [row["relname"] for row in left] == ["alembic_version"]
    await bare.close()
    await migrate(fresh_url)
    await migrate(fresh_url)  # twice is once
