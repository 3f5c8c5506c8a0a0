"""Where the database and Valkey are: from the environment, or from an `up` that runs beside us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.failures import Failure, of_database

if TYPE_CHECKING:
    from app.settings import Settings
    from tenancy.database import Database

FILE = "connection.json"
NOTHING_RUNS = "Nothing is running: start `rap-analyzer up` or set RAP_ANALYZER_DATABASE_URL."


def announce(data_dir: Path, database_url: str, redis_url: str) -> None:
    """Tells other commands on this machine, and this user's alone, where the running servers are."""
    import orjson

    from app.embedded.files import write_private

    urls = {"database_url": database_url, "redis_url": redis_url}
    write_private(data_dir / FILE, orjson.dumps(urls, option=orjson.OPT_INDENT_2).decode() + "\n")


def withdraw(data_dir: Path) -> None:
    (data_dir / FILE).unlink(missing_ok=True)


def located(settings: Settings) -> Settings:
    """The settings with both URLs filled in. Raises Failure where nothing runs."""
    if settings.database_url and settings.redis_url:
        return settings
    found = announced(settings.data_dir)
    database_url = settings.database_url or found.get("database_url")
    if database_url is None:
        raise Failure(NOTHING_RUNS)
    return settings.model_copy(
        update={"database_url": database_url, "redis_url": settings.redis_url or found.get("redis_url")}
    )


def announced(data_dir: Path) -> dict[str, str]:
    """What the `up` of this data directory has announced; nothing if it has ended, however it ended."""
    import orjson

    from app.embedded.errors import DataDirInUse
    from app.embedded.locks import DataDirLock

    try:
        urls: dict[str, str] = orjson.loads((data_dir / FILE).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    try:
        with DataDirLock(data_dir):
            return {}  # a killed `up` leaves its file, but not its lock
    except DataDirInUse:
        return urls


@asynccontextmanager
async def open_database(settings: Settings, *, writers: int = 2) -> AsyncIterator[Database]:
    """The service's database, proved to answer. Raises Failure."""
    from tenancy.database import Database, UnsafeDatabaseRole

    url = located(settings).database_url or ""
    try:
        database = Database(
            url,
            readers=2,
            writers=writers,
            statement_timeout_ms=60_000,
            pooled=settings.pooler == "transaction",
        )
        await database.open()
    except UnsafeDatabaseRole:
        raise
    except Exception as error:  # asyncpg, sqlalchemy and the socket each have errors of their own
        raise Failure(of_database(error, url)) from error
    try:
        yield database
    finally:
        await database.close()
