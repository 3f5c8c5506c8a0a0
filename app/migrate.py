"""Brings a database to the newest layout: our tables by Alembic, the queue's by PgQueuer itself."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from pgqueuer.queries import Queries
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import migrations
from tenancy.rls import APP_ROLE

SCRIPTS = Path(migrations.__file__).parent
GRANTS = f"""
    do $$ declare relation text; begin
      grant select on alembic_version to {APP_ROLE};
      for relation in select format('%I.%I', schemaname, tablename) from pg_tables
          where tablename like 'pgqueuer%' loop
        execute 'grant select, insert, update, delete on ' || relation || ' to {APP_ROLE}';
      end loop;
      for relation in select format('%I.%I', schemaname, sequencename) from pg_sequences
          where sequencename like 'pgqueuer%' loop
        execute 'grant usage on ' || relation || ' to {APP_ROLE}';
      end loop;
    end $$"""


async def migrate(owner_url: str, revision: str = "head") -> None:
    """Upgrades to `revision`. `owner_url` is a login that owns the tables and may create roles."""
    engine = create_async_engine(urlunsplit(urlsplit(owner_url)._replace(scheme="postgresql+asyncpg")))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade, revision)
            await connection.commit()
    finally:
        await engine.dispose()
    await migrate_queue(owner_url)


def upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(alembic_config(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    command.downgrade(alembic_config(connection), revision)


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def is_outdated(connection: asyncpg.Connection) -> bool:
    """Whether the database lacks what this version needs; one of a newer version is good enough.

    Raises asyncpg.UndefinedTableError for a database that was never migrated.
    """
    revision = await connection.fetchval("select version_num from alembic_version")
    known = [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()]
    has_queue = await connection.fetchval("select to_regclass('pgqueuer') is not null")
    return (revision in known and revision != known[0]) or not has_queue


async def migrate_queue(owner_url: str) -> None:
    """Installs or upgrades PgQueuer's tables; lets the application use them, and see the version of ours."""
    connection = await asyncpg.connect(owner_url)
    try:
        queries = Queries.from_asyncpg_connection(connection)
        if await queries.schema_is_installed():
            await queries.upgrade()
        else:
            await queries.install()
        await connection.execute(GRANTS)
    finally:
        await connection.close()
