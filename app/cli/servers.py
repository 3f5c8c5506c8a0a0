"""The servers under `up`: embedded ones, unless the environment names others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.cli import service_login, services
from app.cli.hosting import check_valkey
from app.cli.migrate import bring_up_to_date
from app.cli.terminal import step
from app.embedded import diagnosis
from app.embedded.files import make_private_dir
from app.embedded.locks import DataDirLock
from app.embedded.postgres import EmbeddedPostgres
from app.embedded.valkey import EmbeddedValkey
from app.settings import Settings

DATABASE = "rap_analyzer"


@asynccontextmanager
async def data_dir_of(settings: Settings) -> AsyncIterator[None]:
    """The data directory, ours alone for the time of the block. Raises EmbeddedError."""
    lock = DataDirLock(settings.data_dir)
    try:
        make_private_dir(settings.data_dir)
        lock.acquire()
    except OSError as error:
        raise diagnosis.of_os_error(error, settings.data_dir) from error
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def running_servers(settings: Settings) -> AsyncIterator[Settings]:
    """The settings with the URLs of a migrated database and a Valkey, both announced to other commands.

    Take the data directory first. Raises EmbeddedError or Failure.
    """
    if settings.redis_url:
        await check_valkey(settings.redis_url)
    async with AsyncExitStack() as stack:
        embedded = [
            name
            for name, url in (("Postgres", settings.database_url), ("Valkey", settings.redis_url))
            if not url
        ]
        if embedded:
            with step(f"Starting {' and '.join(embedded)}"):
                owner_url, redis_url = await asyncio.gather(
                    postgres(settings, stack), valkey(settings, stack)
                )
        else:
            owner_url = settings.migration_database_url or settings.database_url or ""
            redis_url = settings.redis_url or ""
        with step("Bringing the database up to date"):
            await bring_up_to_date(owner_url, settings.database_url or owner_url)
            database_url = settings.database_url
            if database_url is None:
                database_url = await service_login.ensure(owner_url, settings.data_dir)
        services.announce(settings.data_dir, database_url, redis_url)
        stack.callback(services.withdraw, settings.data_dir)
        yield settings.model_copy(update={"database_url": database_url, "redis_url": redis_url})


async def postgres(settings: Settings, stack: AsyncExitStack) -> str:
    """The URL of a login that owns the tables."""
    if settings.database_url:
        return settings.migration_database_url or settings.database_url
    server = await stack.enter_async_context(EmbeddedPostgres(settings.data_dir / "postgres"))
    return await server.ensure_database(DATABASE)


async def valkey(settings: Settings, stack: AsyncExitStack) -> str:
    if settings.redis_url:
        return settings.redis_url
    server = await stack.enter_async_context(EmbeddedValkey(settings.data_dir / "valkey"))
    return server.url
